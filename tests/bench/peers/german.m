-- German's directory protocol with data: N clients, D values (1..D; 0 is none). One rule is one transition of german.pml.
-- WAIT_FOR_ACKS=0 grants ownership while others hold copies.
const N: $N;
      D: $D;
      WAIT_FOR_ACKS: $WAIT_FOR_ACKS;
type node: 0..N-1;
     data: 0..D;
     cstate: enum { I, S, E };
     cmd: enum { none, ReqS, ReqE, Inv, InvAck, GntS, GntE };
var st: array[node] of cstate;
    dat: array[node] of data;
    ch1: array[node] of cmd;
    ch2: array[node] of cmd;
    ch2d: array[node] of data;
    ch3: array[node] of cmd;
    ch3d: array[node] of data;
    invset: array[node] of boolean;
    shrset: array[node] of boolean;
    exgntd: boolean;
    curcmd: cmd;
    curptr: node;                             -- undefined when curcmd is none
    mem: data;
    aux: data;

startstate begin
  for i: node do
    st[i] := I; dat[i] := 0; ch1[i] := none; ch2[i] := none; ch2d[i] := 0;
    ch3[i] := none; ch3d[i] := 0; invset[i] := false; shrset[i] := false;
  end;
  exgntd := false; curcmd := none; undefine curptr; mem := 1; aux := 1;
end;

ruleset i: node; d: 1..D do
  rule "store" st[i] = E ==> begin dat[i] := d; aux := d; end;
end;

ruleset i: node do
  rule "send ReqS" ch1[i] = none & st[i] = I ==> begin ch1[i] := ReqS; end;
  rule "send ReqE" ch1[i] = none & st[i] != E ==> begin ch1[i] := ReqE; end;
  rule "recv req" curcmd = none & ch1[i] != none ==> begin
    curcmd := ch1[i]; curptr := i; ch1[i] := none;
    for j: node do invset[j] := shrset[j]; end;
  end;
  rule "send Inv" ch2[i] = none & invset[i] & (curcmd = ReqE | (curcmd = ReqS & exgntd)) ==> begin
    ch2[i] := Inv; invset[i] := false;
  end;
  rule "send InvAck" ch2[i] = Inv & ch3[i] = none ==> begin
    ch2[i] := none; ch3[i] := InvAck;
    if st[i] = E then ch3d[i] := dat[i]; end;
    st[i] := I; dat[i] := 0;
  end;
  rule "recv InvAck" ch3[i] = InvAck & curcmd != none ==> begin
    ch3[i] := none; shrset[i] := false;
    if exgntd then exgntd := false; mem := ch3d[i]; ch3d[i] := 0; end;
  end;
  rule "send GntS" curcmd = ReqS & curptr = i & ch2[i] = none & !exgntd ==> begin
    ch2[i] := GntS; ch2d[i] := mem; shrset[i] := true;
    curcmd := none; undefine curptr;
    for j: node do invset[j] := false; end;
  end;
  rule "send GntE" curcmd = ReqE & curptr = i & ch2[i] = none & !exgntd
      & (WAIT_FOR_ACKS = 0 | forall j: node do !shrset[j] end) ==> begin
    ch2[i] := GntE; ch2d[i] := mem; shrset[i] := true; exgntd := true;
    curcmd := none; undefine curptr;
    for j: node do invset[j] := false; end;
  end;
  rule "recv GntS" ch2[i] = GntS ==> begin st[i] := S; dat[i] := ch2d[i]; ch2[i] := none; ch2d[i] := 0; end;
  rule "recv GntE" ch2[i] = GntE ==> begin st[i] := E; dat[i] := ch2d[i]; ch2[i] := none; ch2d[i] := 0; end;
end;

invariant "coherence"
  forall i: node do forall j: node do i != j -> (st[i] = E -> st[j] = I) end end;
invariant "data"
  (!exgntd -> mem = aux) & (forall i: node do st[i] != I -> dat[i] = aux end);
