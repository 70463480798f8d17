-- Dining philosophers, N of them. One rule is one transition of dining.pml.
-- ONE_DIFFERS=1: the last one takes the right fork first.
const N: $N;
      ONE_DIFFERS: $ONE_DIFFERS;
type pid: 0..N-1;
     holder: 0..N;             -- N: nobody
     loc: enum { IDLE, ONE, TWO, EAT, BACK };
var pc: array[pid] of loc;
    fork: array[pid] of holder;

function first(i: pid): pid; begin
  if ONE_DIFFERS = 1 & i = N-1 then return (i + 1) % N; else return i; end;
end;
function second(i: pid): pid; begin
  if ONE_DIFFERS = 1 & i = N-1 then return i; else return (i + 1) % N; end;
end;

startstate begin
  for i: pid do pc[i] := IDLE; fork[i] := N; end;
end;

ruleset i: pid do
  rule "hungry" pc[i] = IDLE ==> begin pc[i] := ONE; end;
  rule "one" pc[i] = ONE & fork[first(i)] = N ==> begin fork[first(i)] := i; pc[i] := TWO; end;
  rule "two" pc[i] = TWO & fork[second(i)] = N ==> begin fork[second(i)] := i; pc[i] := EAT; end;
  rule "eat" pc[i] = EAT ==> begin fork[first(i)] := N; pc[i] := BACK; end;
  rule "back" pc[i] = BACK ==> begin fork[second(i)] := N; pc[i] := IDLE; end;
end;

invariant "neighbours" forall i: pid do !(pc[i] = EAT & pc[(i + 1) % N] = EAT) end;
