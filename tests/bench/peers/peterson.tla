------------------------------ MODULE peterson ------------------------------
\* Peterson's filter lock: N processes, L levels. One action is one rule of peterson.m, under the same name.
\* LIMIT: how many processes may be in the critical section at once.
\* "= TRUE" makes a disjunction a value: TLC would take it for two ways to go and count the step twice.
EXTENDS Naturals, FiniteSets
CONSTANTS N, L, LIMIT
VARIABLES pc, j, k, level, last

Proc == 0..N-1

Init ==
  /\ pc = [i \in Proc |-> "NCS"]
  /\ j = [i \in Proc |-> 0]
  /\ k = [i \in Proc |-> 0]
  /\ level = [i \in Proc |-> 0]
  /\ last = [l \in 1..L |-> 0]

Goes(i, from, to) == pc[i] = from /\ pc' = [pc EXCEPT ![i] = to]

Start(i) ==
  /\ Goes(i, "NCS", "L1")
  /\ j' = [j EXCEPT ![i] = 1]
  /\ UNCHANGED <<k, level, last>>
Climb(i) ==
  /\ Goes(i, "L1", "L2")
  /\ j[i] <= L
  /\ level' = [level EXCEPT ![i] = j[i]]
  /\ UNCHANGED <<j, k, last>>
Enter(i) ==
  /\ Goes(i, "L1", "CS")
  /\ j[i] = L + 1
  /\ UNCHANGED <<j, k, level, last>>
Arrive(i) ==
  /\ Goes(i, "L2", "L3")
  /\ last' = [last EXCEPT ![j[i]] = i]
  /\ k' = [k EXCEPT ![i] = 0]
  /\ UNCHANGED <<j, level>>
Scan(i) ==
  /\ pc[i] = "L3"
  /\ k[i] < N
  /\ (k[i] = i \/ level[k[i]] < j[i]) = TRUE
  /\ k' = [k EXCEPT ![i] = @ + 1]
  /\ UNCHANGED <<pc, j, level, last>>
Pass(i) ==
  /\ Goes(i, "L3", "L1")
  /\ (last[j[i]] # i \/ k[i] = N) = TRUE
  /\ j' = [j EXCEPT ![i] = @ + 1]
  /\ k' = [k EXCEPT ![i] = 0]
  /\ UNCHANGED <<level, last>>
Leave(i) ==
  /\ Goes(i, "CS", "NCS")
  /\ level' = [level EXCEPT ![i] = 0]
  /\ j' = [j EXCEPT ![i] = 0]
  /\ k' = [k EXCEPT ![i] = 0]
  /\ UNCHANGED last

Next == \E i \in Proc : Start(i) \/ Climb(i) \/ Enter(i) \/ Arrive(i) \/ Scan(i) \/ Pass(i) \/ Leave(i)

Exclusion == Cardinality({i \in Proc : pc[i] = "CS"}) <= LIMIT
=============================================================================
