-------------------------------- MODULE dining --------------------------------
\* Dining philosophers, N of them. One action is one rule of dining.m, under the same name.
\* ONE_DIFFERS=1: the last one takes the right fork first.
EXTENDS Naturals
CONSTANTS N, ONE_DIFFERS
VARIABLES pc, fork

Phil == 0..N-1
nobody == N
Right(i) == (i + 1) % N
LeftFirst(i) == ~(ONE_DIFFERS = 1 /\ i = N - 1)
First(i) == IF LeftFirst(i) THEN i ELSE Right(i)
Second(i) == IF LeftFirst(i) THEN Right(i) ELSE i

Init ==
  /\ pc = [i \in Phil |-> "IDLE"]
  /\ fork = [i \in Phil |-> nobody]

Goes(i, from, to) == pc[i] = from /\ pc' = [pc EXCEPT ![i] = to]

Hungry(i) == Goes(i, "IDLE", "ONE") /\ UNCHANGED fork
One(i) == Goes(i, "ONE", "TWO") /\ fork[First(i)] = nobody /\ fork' = [fork EXCEPT ![First(i)] = i]
Two(i) == Goes(i, "TWO", "EAT") /\ fork[Second(i)] = nobody /\ fork' = [fork EXCEPT ![Second(i)] = i]
Eat(i) == Goes(i, "EAT", "BACK") /\ fork' = [fork EXCEPT ![First(i)] = nobody]
Back(i) == Goes(i, "BACK", "IDLE") /\ fork' = [fork EXCEPT ![Second(i)] = nobody]

Next == \E i \in Phil : Hungry(i) \/ One(i) \/ Two(i) \/ Eat(i) \/ Back(i)

Neighbours == \A i \in Phil : ~(pc[i] = "EAT" /\ pc[Right(i)] = "EAT")
=============================================================================
