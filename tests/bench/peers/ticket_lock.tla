----------------------------- MODULE ticket_lock -----------------------------
\* Ticket lock: N processors, numbers modulo TICKETS. One action is one rule of ticket_lock.m, under the same name.
\* FETCH_ADD=0 draws a ticket with a read and a write.
EXTENDS Naturals, FiniteSets
CONSTANTS N, TICKETS, FETCH_ADD
VARIABLES pc, ticket, next, owner

Cpu == 0..N-1

Init ==
  /\ pc = [i \in Cpu |-> "IDLE"]
  /\ ticket = [i \in Cpu |-> 0]
  /\ next = 0
  /\ owner = 0

Goes(i, from, to) == pc[i] = from /\ pc' = [pc EXCEPT ![i] = to]

FetchAdd(i) ==
  /\ Goes(i, "IDLE", "WAIT")
  /\ FETCH_ADD = 1
  /\ ticket' = [ticket EXCEPT ![i] = next]
  /\ next' = (next + 1) % TICKETS
  /\ UNCHANGED owner
Read(i) ==
  /\ Goes(i, "IDLE", "DRAW")
  /\ FETCH_ADD = 0
  /\ ticket' = [ticket EXCEPT ![i] = next]
  /\ UNCHANGED <<next, owner>>
Write(i) ==
  /\ Goes(i, "DRAW", "WAIT")
  /\ next' = (ticket[i] + 1) % TICKETS
  /\ UNCHANGED <<ticket, owner>>
Enter(i) ==
  /\ Goes(i, "WAIT", "CS")
  /\ owner = ticket[i]
  /\ ticket' = [ticket EXCEPT ![i] = 0]
  /\ UNCHANGED <<next, owner>>
Leave(i) ==
  /\ Goes(i, "CS", "IDLE")
  /\ owner' = (owner + 1) % TICKETS
  /\ UNCHANGED <<ticket, next>>

Next == \E i \in Cpu : FetchAdd(i) \/ Read(i) \/ Write(i) \/ Enter(i) \/ Leave(i)

Exclusion == Cardinality({i \in Cpu : pc[i] = "CS"}) <= 1
=============================================================================
