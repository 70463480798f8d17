--------------------------------- MODULE mcs ---------------------------------
\* MCS queue lock, N processes. One action is one rule of mcs.m, under the same name. Pointers are 0..N-1, nil is N.
EXTENDS Naturals, FiniteSets
CONSTANT N
VARIABLES pc, pred, next, locked, tail

Proc == 0..N-1
nil == N

Init ==
  /\ pc = [i \in Proc |-> "NCS"]
  /\ pred = [i \in Proc |-> 0]
  /\ next = [i \in Proc |-> nil]
  /\ locked = [i \in Proc |-> FALSE]
  /\ tail = nil

Goes(i, from, to) == pc[i] = from /\ pc' = [pc EXCEPT ![i] = to]

Start(i) ==
  /\ Goes(i, "NCS", "SWP")
  /\ next' = [next EXCEPT ![i] = nil]
  /\ UNCHANGED <<pred, locked, tail>>
Swap(i) ==
  /\ Goes(i, "SWP", "CHK")
  /\ pred' = [pred EXCEPT ![i] = tail]
  /\ tail' = i
  /\ UNCHANGED <<next, locked>>
Free(i) ==
  /\ Goes(i, "CHK", "CS")
  /\ pred[i] = nil
  /\ pred' = [pred EXCEPT ![i] = 0]
  /\ UNCHANGED <<next, locked, tail>>
Taken(i) ==
  /\ Goes(i, "CHK", "LNK")
  /\ pred[i] # nil
  /\ locked' = [locked EXCEPT ![i] = TRUE]
  /\ UNCHANGED <<pred, next, tail>>
Link(i) ==
  /\ Goes(i, "LNK", "SPN")
  /\ next' = [next EXCEPT ![pred[i]] = i]
  /\ pred' = [pred EXCEPT ![i] = 0]
  /\ UNCHANGED <<locked, tail>>
Spin(i) == Goes(i, "SPN", "CS") /\ ~locked[i] /\ UNCHANGED <<pred, next, locked, tail>>
Leave(i) == Goes(i, "CS", "REL") /\ UNCHANGED <<pred, next, locked, tail>>
Alone(i) == Goes(i, "REL", "CAS") /\ next[i] = nil /\ UNCHANGED <<pred, next, locked, tail>>
Followed(i) == Goes(i, "REL", "UNL") /\ next[i] # nil /\ UNCHANGED <<pred, next, locked, tail>>
Cas(i) ==
  /\ Goes(i, "CAS", "NCS")
  /\ tail = i
  /\ tail' = nil
  /\ UNCHANGED <<pred, next, locked>>
CasFails(i) == Goes(i, "CAS", "WAI") /\ tail # i /\ UNCHANGED <<pred, next, locked, tail>>
Wait(i) == Goes(i, "WAI", "UNL") /\ next[i] # nil /\ UNCHANGED <<pred, next, locked, tail>>
Unlock(i) ==
  /\ Goes(i, "UNL", "NCS")
  /\ locked' = [locked EXCEPT ![next[i]] = FALSE]
  /\ UNCHANGED <<pred, next, tail>>

Next == \E i \in Proc :
  \/ Start(i) \/ Swap(i) \/ Free(i) \/ Taken(i) \/ Link(i) \/ Spin(i) \/ Leave(i)
  \/ Alone(i) \/ Followed(i) \/ Cas(i) \/ CasFails(i) \/ Wait(i) \/ Unlock(i)

Exclusion == Cardinality({i \in Proc : pc[i] = "CS"}) <= 1
=============================================================================
