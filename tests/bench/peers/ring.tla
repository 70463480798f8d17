-------------------------------- MODULE ring --------------------------------
\* Doorbell ring: P producers, C slots, values modulo K. One action is one rule of ring.m, under the same name.
\* LOOK_AGAIN=0: the consumer goes to sleep without a second look at the rings.
EXTENDS Naturals
CONSTANTS P, C, K, LOOK_AGAIN
VARIABLES slot, head, tail, sleeping, bell, ppc, seq, cpc, cur, v, expect

M == 2 * C
Producer == 0..P-1
shared == <<sleeping, bell>>
producers == <<slot, head, ppc, seq>>
consumer == <<tail, cpc, cur, v, expect>>

Init ==
  /\ slot = [p \in Producer |-> [c \in 0..C-1 |-> 0]]
  /\ head = [p \in Producer |-> 0]
  /\ tail = [p \in Producer |-> 0]
  /\ sleeping = FALSE
  /\ bell = FALSE
  /\ ppc = [p \in Producer |-> "W"]
  /\ seq = [p \in Producer |-> 0]
  /\ cpc = "POLL"
  /\ cur = 0
  /\ v = 0
  /\ expect = [p \in Producer |-> 0]

Goes(p, from, to) == ppc[p] = from /\ ppc' = [ppc EXCEPT ![p] = to]
Consumer(from, to) == cpc = from /\ cpc' = to

Write(p) ==
  /\ Goes(p, "W", "PUB")
  /\ (head[p] + M - tail[p]) % M < C
  /\ slot' = [slot EXCEPT ![p][head[p] % C] = seq[p]]
  /\ UNCHANGED <<head, seq, shared, consumer>>
Publish(p) ==
  /\ Goes(p, "PUB", "LOOK")
  /\ head' = [head EXCEPT ![p] = (@ + 1) % M]
  /\ seq' = [seq EXCEPT ![p] = (@ + 1) % K]
  /\ UNCHANGED <<slot, shared, consumer>>
Asleep(p) == Goes(p, "LOOK", "RING") /\ sleeping /\ UNCHANGED <<slot, head, seq, shared, consumer>>
Awake(p) == Goes(p, "LOOK", "W") /\ ~sleeping /\ UNCHANGED <<slot, head, seq, shared, consumer>>
Ring(p) ==
  /\ Goes(p, "RING", "W")
  /\ bell' = TRUE
  /\ UNCHANGED <<slot, head, seq, sleeping, consumer>>

Full == head[cur] # tail[cur]
StepOn == head[cur] = tail[cur] /\ cur < P - 1 /\ cur' = cur + 1
NoneLeft == head[cur] = tail[cur] /\ cur = P - 1 /\ cur' = 0

PollFull == Consumer("POLL", "READ") /\ Full /\ UNCHANGED <<producers, shared, tail, cur, v, expect>>
PollNext == Consumer("POLL", "POLL") /\ StepOn /\ UNCHANGED <<producers, shared, tail, v, expect>>
PollNone == Consumer("POLL", "SLEEP") /\ NoneLeft /\ UNCHANGED <<producers, shared, tail, v, expect>>
Read ==
  /\ Consumer("READ", "TAKE")
  /\ v' = slot[cur][tail[cur] % C]
  /\ UNCHANGED <<producers, shared, tail, cur, expect>>
Take ==
  /\ Consumer("TAKE", "POLL")
  /\ expect' = [expect EXCEPT ![cur] = (@ + 1) % K]
  /\ tail' = [tail EXCEPT ![cur] = (@ + 1) % M]
  /\ v' = 0
  /\ UNCHANGED <<producers, shared, cur>>
Sleep ==
  /\ Consumer("SLEEP", IF LOOK_AGAIN = 1 THEN "AGAIN" ELSE "WAIT")
  /\ sleeping' = TRUE
  /\ UNCHANGED <<producers, bell, tail, cur, v, expect>>
AgainFull == Consumer("AGAIN", "WAKE") /\ Full /\ UNCHANGED <<producers, shared, tail, cur, v, expect>>
AgainNext == Consumer("AGAIN", "AGAIN") /\ StepOn /\ UNCHANGED <<producers, shared, tail, v, expect>>
AgainNone == Consumer("AGAIN", "WAIT") /\ NoneLeft /\ UNCHANGED <<producers, shared, tail, v, expect>>
Wait ==
  /\ Consumer("WAIT", "WAKE")
  /\ bell
  /\ bell' = FALSE
  /\ UNCHANGED <<producers, sleeping, tail, cur, v, expect>>
Wake ==
  /\ Consumer("WAKE", "POLL")
  /\ sleeping' = FALSE
  /\ UNCHANGED <<producers, bell, tail, cur, v, expect>>

Next ==
  \/ \E p \in Producer : Write(p) \/ Publish(p) \/ Asleep(p) \/ Awake(p) \/ Ring(p)
  \/ PollFull \/ PollNext \/ PollNone \/ Read \/ Take \/ Sleep
  \/ AgainFull \/ AgainNext \/ AgainNone \/ Wait \/ Wake

ValuesInOrder == cpc = "TAKE" => v = expect[cur]
=============================================================================
