/* Peterson's filter lock: N processes, L levels. One transition is one rule of peterson.m.
   LIMIT: how many processes may be in the critical section at once. */
byte level[N];        /* 0: not competing */
byte last[L+1];       /* the last process to arrive at a level; [0] is not used */
byte ncrit;           /* ghost: how many processes are at CS */

active [N] proctype Proc()
{	byte j, k;
NCS:	if
	:: j = 1
	fi;
L1:	if
	:: d_step { j <= L; level[_pid] = j } goto L2
	:: d_step { j == L+1; ncrit++; assert(ncrit <= LIMIT) } goto CS
	fi;
L2:	if
	:: d_step { last[j] = _pid; k = 0 } goto L3
	fi;
L3:	if
	:: d_step { k < N && (k == _pid || level[k] < j); k++ } goto L3
	:: d_step { last[j] != _pid || k == N; j++; k = 0 } goto L1
	fi;
CS:	if
	:: d_step { level[_pid] = 0; j = 0; k = 0; ncrit-- } goto NCS
	fi
}
