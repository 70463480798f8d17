-- Peterson's filter lock: N processes, L levels. One rule is one transition of peterson.pml.
-- LIMIT: how many processes may be in the critical section at once.
const N: $N;
      L: $L;
      LIMIT: $LIMIT;
type pid: 0..N-1;
     cnt: 0..N;
     loc: enum { NCS, L1, L2, L3, CS };
var pc: array[pid] of loc;
    j: array[pid] of 0..L+1;
    k: array[pid] of 0..N;
    level: array[pid] of 0..L;
    last: array[1..L] of pid;

function ncrit(): cnt; var n: cnt; begin
  n := 0;
  for i: pid do if pc[i] = CS then n := n + 1; end; end;
  return n;
end;

startstate begin
  for i: pid do pc[i] := NCS; j[i] := 0; k[i] := 0; level[i] := 0; end;
  for l: 1..L do last[l] := 0; end;
end;

ruleset i: pid do
  rule "start" pc[i] = NCS ==> begin j[i] := 1; pc[i] := L1; end;
  rule "climb" pc[i] = L1 & j[i] <= L ==> begin level[i] := j[i]; pc[i] := L2; end;
  rule "enter" pc[i] = L1 & j[i] = L+1 ==> begin pc[i] := CS; end;
  rule "arrive" pc[i] = L2 ==> begin last[j[i]] := i; k[i] := 0; pc[i] := L3; end;
  rule "scan" pc[i] = L3 & k[i] < N & (k[i] = i | level[k[i]] < j[i]) ==> begin k[i] := k[i] + 1; end;
  rule "pass" pc[i] = L3 & (last[j[i]] != i | k[i] = N) ==> begin j[i] := j[i] + 1; k[i] := 0; pc[i] := L1; end;
  rule "leave" pc[i] = CS ==> begin level[i] := 0; j[i] := 0; k[i] := 0; pc[i] := NCS; end;
end;

invariant "exclusion" ncrit() <= LIMIT;
