/* MCS queue lock, N processes. One transition is one rule of mcs.m. Pointers are 0..N-1, nil is N. */
#define nil N
byte tail = nil;
byte next[N] = nil;
bool locked[N];
byte ncrit;           /* ghost: how many processes are at CS */

active [N] proctype Proc()
{	byte pred;
NCS:	if
	:: next[_pid] = nil
	fi;
SWP:	if
	:: d_step { pred = tail; tail = _pid } goto CHK
	fi;
CHK:	if
	:: d_step { pred == nil; pred = 0; ncrit++; assert(ncrit == 1) } goto CS
	:: d_step { pred != nil; locked[_pid] = true } goto LNK
	fi;
LNK:	if
	:: d_step { next[pred] = _pid; pred = 0 } goto SPN
	fi;
SPN:	if
	:: d_step { !locked[_pid]; ncrit++; assert(ncrit == 1) } goto CS
	fi;
CS:	if
	:: d_step { ncrit-- } goto REL
	fi;
REL:	if
	:: next[_pid] == nil; goto CAS
	:: next[_pid] != nil; goto UNL
	fi;
CAS:	if
	:: d_step { tail == _pid; tail = nil } goto NCS
	:: tail != _pid; goto WAI
	fi;
WAI:	if
	:: next[_pid] != nil; goto UNL
	fi;
UNL:	if
	:: locked[next[_pid]] = false; goto NCS
	fi
}
