------------------------------- MODULE mcs_live -------------------------------
\* Each process that asks enters at last: mcs.tla with the claim ENTERS of mcs_live.py.
EXTENDS mcs

vars == <<pc, pred, next, locked, tail>>
Step(i) ==
  \/ Start(i) \/ Swap(i) \/ Free(i) \/ Taken(i) \/ Link(i) \/ Spin(i) \/ Leave(i)
  \/ Alone(i) \/ Followed(i) \/ Cas(i) \/ CasFails(i) \/ Wait(i) \/ Unlock(i)
Fair == Init /\ [][Next]_vars /\ \A i \in Proc : WF_vars(Step(i))

ENTERS == \A i \in Proc : pc[i] = "SWP" ~> pc[i] = "CS"
=============================================================================
