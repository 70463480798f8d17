---------------------------- MODULE peterson_live ----------------------------
\* Each process that asks enters at last: peterson.tla with the claim ENTERS of peterson_live.py.
EXTENDS peterson

vars == <<pc, j, k, level, last>>
Step(i) == Start(i) \/ Climb(i) \/ Enter(i) \/ Arrive(i) \/ Scan(i) \/ Pass(i) \/ Leave(i)
Fair == Init /\ [][Next]_vars /\ \A i \in Proc : WF_vars(Step(i))

ENTERS == \A i \in Proc : pc[i] \notin {"NCS", "CS"} ~> pc[i] = "CS"
=============================================================================
