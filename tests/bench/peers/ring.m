-- Doorbell ring: P producers, C slots, values modulo K. One rule is one transition of ring.pml.
-- LOOK_AGAIN=0: the consumer goes to sleep without a second look at the rings.
const P: $P;
      C: $C;
      K: $K;
      M: 2*C;
      LOOK_AGAIN: $LOOK_AGAIN;
type prod: 0..P-1;
     idx: 0..M-1;
     val_t: 0..K-1;
     ploc: enum { W, PUB, LOOK, RING };
     cloc: enum { POLL, READ, TAKE, SLEEP, AGAIN, WAIT, WAKE };
var slot: array[prod] of array[0..C-1] of val_t;
    head: array[prod] of idx;
    tail: array[prod] of idx;
    sleeping: boolean;
    bell: boolean;
    ppc: array[prod] of ploc;
    seq: array[prod] of val_t;
    cpc: cloc;
    cur: prod;
    v: val_t;
    expect: array[prod] of val_t;

startstate begin
  for p: prod do
    for c: 0..C-1 do slot[p][c] := 0; end;
    head[p] := 0; tail[p] := 0; ppc[p] := W; seq[p] := 0; expect[p] := 0;
  end;
  sleeping := false; bell := false; cpc := POLL; cur := 0; v := 0;
end;

ruleset p: prod do
  rule "write" ppc[p] = W & (head[p] + M - tail[p]) % M < C ==> begin
    slot[p][head[p] % C] := seq[p]; ppc[p] := PUB;
  end;
  rule "publish" ppc[p] = PUB ==> begin
    head[p] := (head[p] + 1) % M; seq[p] := (seq[p] + 1) % K; ppc[p] := LOOK;
  end;
  rule "asleep" ppc[p] = LOOK & sleeping ==> begin ppc[p] := RING; end;
  rule "awake" ppc[p] = LOOK & !sleeping ==> begin ppc[p] := W; end;
  rule "ring" ppc[p] = RING ==> begin bell := true; ppc[p] := W; end;
end;

rule "poll: full" cpc = POLL & head[cur] != tail[cur] ==> begin cpc := READ; end;
rule "poll: next" cpc = POLL & head[cur] = tail[cur] & cur < P-1 ==> begin cur := cur + 1; end;
rule "poll: none" cpc = POLL & head[cur] = tail[cur] & cur = P-1 ==> begin cur := 0; cpc := SLEEP; end;
rule "read" cpc = READ ==> begin v := slot[cur][tail[cur] % C]; cpc := TAKE; end;
rule "take" cpc = TAKE ==> begin
  assert v = expect[cur] "values in order";
  expect[cur] := (expect[cur] + 1) % K; tail[cur] := (tail[cur] + 1) % M; v := 0; cpc := POLL;
end;
rule "sleep" cpc = SLEEP ==> begin
  sleeping := true;
  if LOOK_AGAIN = 1 then cpc := AGAIN; else cpc := WAIT; end;
end;
rule "again: full" cpc = AGAIN & head[cur] != tail[cur] ==> begin cpc := WAKE; end;
rule "again: next" cpc = AGAIN & head[cur] = tail[cur] & cur < P-1 ==> begin cur := cur + 1; end;
rule "again: none" cpc = AGAIN & head[cur] = tail[cur] & cur = P-1 ==> begin cur := 0; cpc := WAIT; end;
rule "wait" cpc = WAIT & bell ==> begin bell := false; cpc := WAKE; end;
rule "wake" cpc = WAKE ==> begin sleeping := false; cpc := POLL; end;
