/* Doorbell ring: P producers, each with its own ring of C slots (indices modulo 2C), values modulo K; one consumer that
   polls the rings, and before it sleeps sets `sleeping', looks at every ring once more and then waits for the bell.
   One transition is one rule of ring.m. LOOK_AGAIN=0 leaves the second look out. */
#define M (2*C)
byte slot[P*C];
byte head[P], tail[P];
bool sleeping, bell;

active [P] proctype Producer()
{	byte seq;
W:	if
	:: d_step { (head[_pid] + M - tail[_pid]) % M < C; slot[_pid*C + head[_pid] % C] = seq } goto PUB
	fi;
PUB:	if
	:: d_step { head[_pid] = (head[_pid] + 1) % M; seq = (seq + 1) % K } goto LOOK
	fi;
LOOK:	if
	:: sleeping; goto RING
	:: !sleeping; goto W
	fi;
RING:	if
	:: bell = true; goto W
	fi
}

active proctype Consumer()
{	byte cur, val;
	byte expect[P];
POLL:	if
	:: head[cur] != tail[cur]; goto READ
	:: d_step { head[cur] == tail[cur] && cur < P-1; cur++ } goto POLL
	:: d_step { head[cur] == tail[cur] && cur == P-1; cur = 0 } goto SLEEP
	fi;
READ:	if
	:: val = slot[cur*C + tail[cur] % C]; goto TAKE
	fi;
TAKE:	if
	:: d_step { assert(val == expect[cur]); expect[cur] = (expect[cur] + 1) % K;
	            tail[cur] = (tail[cur] + 1) % M; val = 0 } goto POLL
	fi;
SLEEP:	if
	:: d_step { LOOK_AGAIN; sleeping = true } goto AGAIN
	:: d_step { !LOOK_AGAIN; sleeping = true } goto WAIT
	fi;
AGAIN:	if
	:: head[cur] != tail[cur]; goto WAKE
	:: d_step { head[cur] == tail[cur] && cur < P-1; cur++ } goto AGAIN
	:: d_step { head[cur] == tail[cur] && cur == P-1; cur = 0 } goto WAIT
	fi;
WAIT:	if
	:: d_step { bell; bell = false } goto WAKE
	fi;
WAKE:	if
	:: sleeping = false; goto POLL
	fi
}
