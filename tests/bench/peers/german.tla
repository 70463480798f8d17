------------------------------- MODULE german -------------------------------
\* German's directory protocol with data: N clients, D values (1..D; 0 is none). One action is one rule of german.m,
\* under the same name. WAIT_FOR_ACKS=0 grants ownership while others hold copies.
\* "= TRUE" makes a disjunction a value: TLC would take it for two ways to go and count the step twice.
EXTENDS Naturals
CONSTANTS N, D, WAIT_FOR_ACKS
VARIABLES st, dat, ch1, ch2, ch2d, ch3, ch3d, invset, shrset, exgntd, curcmd, curptr, mem, aux

Node == 0..N-1
nobody == N                                      \* curptr when curcmd is none

caches == <<st, dat>>
grants == <<ch2, ch2d>>
answers == <<ch3, ch3d>>
serving == <<curcmd, curptr>>
memory == <<mem, aux>>

Init ==
  /\ st = [i \in Node |-> "I"]
  /\ dat = [i \in Node |-> 0]
  /\ ch1 = [i \in Node |-> "none"]
  /\ ch2 = [i \in Node |-> "none"]
  /\ ch2d = [i \in Node |-> 0]
  /\ ch3 = [i \in Node |-> "none"]
  /\ ch3d = [i \in Node |-> 0]
  /\ invset = {}
  /\ shrset = {}
  /\ exgntd = FALSE
  /\ curcmd = "none"
  /\ curptr = nobody
  /\ mem = 1
  /\ aux = 1

Store(i, d) ==
  /\ st[i] = "E"
  /\ dat' = [dat EXCEPT ![i] = d]
  /\ aux' = d
  /\ UNCHANGED <<st, ch1, grants, answers, invset, shrset, exgntd, serving, mem>>
SendReqS(i) ==
  /\ ch1[i] = "none"
  /\ st[i] = "I"
  /\ ch1' = [ch1 EXCEPT ![i] = "ReqS"]
  /\ UNCHANGED <<caches, grants, answers, invset, shrset, exgntd, serving, memory>>
SendReqE(i) ==
  /\ ch1[i] = "none"
  /\ st[i] # "E"
  /\ ch1' = [ch1 EXCEPT ![i] = "ReqE"]
  /\ UNCHANGED <<caches, grants, answers, invset, shrset, exgntd, serving, memory>>
RecvReq(i) ==
  /\ curcmd = "none"
  /\ ch1[i] # "none"
  /\ curcmd' = ch1[i]
  /\ curptr' = i
  /\ ch1' = [ch1 EXCEPT ![i] = "none"]
  /\ invset' = shrset
  /\ UNCHANGED <<caches, grants, answers, shrset, exgntd, memory>>
SendInv(i) ==
  /\ ch2[i] = "none"
  /\ i \in invset
  /\ (curcmd = "ReqE" \/ (curcmd = "ReqS" /\ exgntd)) = TRUE
  /\ ch2' = [ch2 EXCEPT ![i] = "Inv"]
  /\ invset' = invset \ {i}
  /\ UNCHANGED <<caches, ch1, ch2d, answers, shrset, exgntd, serving, memory>>
SendInvAck(i) ==
  /\ ch2[i] = "Inv"
  /\ ch3[i] = "none"
  /\ ch2' = [ch2 EXCEPT ![i] = "none"]
  /\ ch3' = [ch3 EXCEPT ![i] = "InvAck"]
  /\ ch3d' = IF st[i] = "E" THEN [ch3d EXCEPT ![i] = dat[i]] ELSE ch3d
  /\ st' = [st EXCEPT ![i] = "I"]
  /\ dat' = [dat EXCEPT ![i] = 0]
  /\ UNCHANGED <<ch1, ch2d, invset, shrset, exgntd, serving, memory>>
RecvInvAck(i) ==
  /\ ch3[i] = "InvAck"
  /\ curcmd # "none"
  /\ ch3' = [ch3 EXCEPT ![i] = "none"]
  /\ shrset' = shrset \ {i}
  /\ exgntd' = FALSE
  /\ mem' = IF exgntd THEN ch3d[i] ELSE mem
  /\ ch3d' = IF exgntd THEN [ch3d EXCEPT ![i] = 0] ELSE ch3d
  /\ UNCHANGED <<caches, ch1, grants, invset, serving, aux>>

Grant(i, what) ==
  /\ ch2[i] = "none"
  /\ ~exgntd
  /\ ch2' = [ch2 EXCEPT ![i] = what]
  /\ ch2d' = [ch2d EXCEPT ![i] = mem]
  /\ shrset' = shrset \cup {i}
  /\ curcmd' = "none"
  /\ curptr' = nobody
  /\ invset' = {}
  /\ UNCHANGED <<caches, ch1, answers, memory>>
SendGntS(i) == curcmd = "ReqS" /\ curptr = i /\ Grant(i, "GntS") /\ UNCHANGED exgntd
SendGntE(i) ==
  /\ curcmd = "ReqE"
  /\ curptr = i
  /\ (WAIT_FOR_ACKS = 0 \/ shrset = {}) = TRUE
  /\ Grant(i, "GntE")
  /\ exgntd' = TRUE

Fill(i, what, state) ==
  /\ ch2[i] = what
  /\ st' = [st EXCEPT ![i] = state]
  /\ dat' = [dat EXCEPT ![i] = ch2d[i]]
  /\ ch2' = [ch2 EXCEPT ![i] = "none"]
  /\ ch2d' = [ch2d EXCEPT ![i] = 0]
  /\ UNCHANGED <<ch1, answers, invset, shrset, exgntd, serving, memory>>
RecvGntS(i) == Fill(i, "GntS", "S")
RecvGntE(i) == Fill(i, "GntE", "E")

Next == \E i \in Node :
  \/ \E d \in 1..D : Store(i, d)
  \/ SendReqS(i) \/ SendReqE(i) \/ RecvReq(i) \/ SendInv(i) \/ SendInvAck(i) \/ RecvInvAck(i)
  \/ SendGntS(i) \/ SendGntE(i) \/ RecvGntS(i) \/ RecvGntE(i)

Coherence == \A i, j \in Node : i # j => (st[i] = "E" => st[j] = "I")
Data == (~exgntd => mem = aux) /\ \A i \in Node : st[i] # "I" => dat[i] = aux
=============================================================================
