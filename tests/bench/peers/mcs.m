-- MCS queue lock, N processes. One rule is one transition of mcs.pml. Pointers are 0..N-1, nil is N.
const N: $N;
type pid: 0..N-1;
     cnt: 0..N;
     ptr: 0..N;
     loc: enum { NCS, SWP, CHK, LNK, SPN, CS, REL, CAS, WAI, UNL };
var pc: array[pid] of loc;
    pred: array[pid] of ptr;
    next: array[pid] of ptr;
    locked: array[pid] of boolean;
    tail: ptr;

function ncrit(): cnt; var n: cnt; begin
  n := 0;
  for i: pid do if pc[i] = CS then n := n + 1; end; end;
  return n;
end;

startstate begin
  for i: pid do pc[i] := NCS; pred[i] := 0; next[i] := N; locked[i] := false; end;
  tail := N;
end;

ruleset i: pid do
  rule "start" pc[i] = NCS ==> begin next[i] := N; pc[i] := SWP; end;
  rule "swap" pc[i] = SWP ==> begin pred[i] := tail; tail := i; pc[i] := CHK; end;
  rule "free" pc[i] = CHK & pred[i] = N ==> begin pred[i] := 0; pc[i] := CS; end;
  rule "taken" pc[i] = CHK & pred[i] != N ==> begin locked[i] := true; pc[i] := LNK; end;
  rule "link" pc[i] = LNK ==> begin next[pred[i]] := i; pred[i] := 0; pc[i] := SPN; end;
  rule "spin" pc[i] = SPN & !locked[i] ==> begin pc[i] := CS; end;
  rule "leave" pc[i] = CS ==> begin pc[i] := REL; end;
  rule "alone" pc[i] = REL & next[i] = N ==> begin pc[i] := CAS; end;
  rule "followed" pc[i] = REL & next[i] != N ==> begin pc[i] := UNL; end;
  rule "cas" pc[i] = CAS & tail = i ==> begin tail := N; pc[i] := NCS; end;
  rule "cas fails" pc[i] = CAS & tail != i ==> begin pc[i] := WAI; end;
  rule "wait" pc[i] = WAI & next[i] != N ==> begin pc[i] := UNL; end;
  rule "unlock" pc[i] = UNL ==> begin locked[next[i]] := false; pc[i] := NCS; end;
end;

invariant "exclusion" ncrit() <= 1;
