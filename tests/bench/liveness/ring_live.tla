------------------------------ MODULE ring_live ------------------------------
\* The consumer takes values for ever: ring.tla with the claim TAKES of ring_live.py.
EXTENDS ring

vars == <<slot, head, tail, sleeping, bell, ppc, seq, cpc, cur, v, expect>>
Produces(p) == Write(p) \/ Publish(p) \/ Asleep(p) \/ Awake(p) \/ Ring(p)
Consumes ==
  \/ PollFull \/ PollNext \/ PollNone \/ Read \/ Take \/ Sleep
  \/ AgainFull \/ AgainNext \/ AgainNone \/ Wait \/ Wake
Fair == Init /\ [][Next]_vars /\ (\A p \in Producer : WF_vars(Produces(p))) /\ WF_vars(Consumes)

TAKES == []<>(cpc = "TAKE")
=============================================================================
