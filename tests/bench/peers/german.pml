/* German's directory protocol with data: N clients, D values (1..D; 0 is none). One transition is one rule of german.m.
   Each client process has one location and runs the rules of client _pid together with the directory's rules about that
   client, so that a state is a valuation of the variables. WAIT_FOR_ACKS=0 grants ownership while others hold copies. */
#define I 0
#define S 1
#define E 2
#define none   0
#define ReqS   1
#define ReqE   2
#define Inv    3
#define InvAck 4
#define GntS   5
#define GntE   6
byte st[N], dat[N];               /* caches */
byte ch1[N];                      /* requests: none, ReqS, ReqE */
byte ch2[N], ch2d[N];             /* grants and invalidations */
byte ch3[N], ch3d[N];             /* acknowledgements */
byte invset, shrset;              /* bit masks of clients */
bool exgntd;
byte curcmd, curptr = N;          /* curptr is N when curcmd is none */
byte mem = 1, aux = 1;            /* aux: ghost, the last value stored */
byte k, n;                        /* of CHECK alone, 0 outside it */

/* Coherence and data, in all rules that can break them. */
#define CHECK \
	assert(exgntd || mem == aux); \
	do \
	:: k < N -> assert(st[k] == I || dat[k] == aux); \
	            if :: st[k] == E -> n = n + N :: st[k] == S -> n++ :: else fi; \
	            k++ \
	:: else -> break \
	od; \
	assert(n <= N); \
	k = 0; n = 0

active [N] proctype Client()
{
end:	do
	:: d_step { st[_pid] == E; dat[_pid] = 1; aux = 1; CHECK }
#if D > 1
	:: d_step { st[_pid] == E; dat[_pid] = 2; aux = 2; CHECK }
#endif
	:: d_step { ch1[_pid] == none && st[_pid] == I; ch1[_pid] = ReqS }
	:: d_step { ch1[_pid] == none && st[_pid] != E; ch1[_pid] = ReqE }
	:: d_step { curcmd == none && ch1[_pid] != none;
	            curcmd = ch1[_pid]; curptr = _pid; ch1[_pid] = none; invset = shrset }
	:: d_step { ch2[_pid] == none && (invset & (1<<_pid)) && (curcmd == ReqE || (curcmd == ReqS && exgntd));
	            ch2[_pid] = Inv; invset = invset & ~(1<<_pid) }
	:: d_step { ch2[_pid] == Inv && ch3[_pid] == none;
	            ch2[_pid] = none; ch3[_pid] = InvAck;
	            if :: st[_pid] == E -> ch3d[_pid] = dat[_pid] :: else fi;
	            st[_pid] = I; dat[_pid] = 0 }
	:: d_step { ch3[_pid] == InvAck && curcmd != none;
	            ch3[_pid] = none; shrset = shrset & ~(1<<_pid);
	            if :: exgntd -> exgntd = false; mem = ch3d[_pid]; ch3d[_pid] = 0 :: else fi;
	            CHECK }
	:: d_step { curcmd == ReqS && curptr == _pid && ch2[_pid] == none && !exgntd;
	            ch2[_pid] = GntS; ch2d[_pid] = mem; shrset = shrset | (1<<_pid);
	            curcmd = none; curptr = N; invset = 0 }
	:: d_step { curcmd == ReqE && curptr == _pid && ch2[_pid] == none && !exgntd && (shrset == 0 || !WAIT_FOR_ACKS);
	            ch2[_pid] = GntE; ch2d[_pid] = mem; shrset = shrset | (1<<_pid);
	            exgntd = true; curcmd = none; curptr = N; invset = 0 }
	:: d_step { ch2[_pid] == GntS; st[_pid] = S; dat[_pid] = ch2d[_pid]; ch2[_pid] = none; ch2d[_pid] = 0; CHECK }
	:: d_step { ch2[_pid] == GntE; st[_pid] = E; dat[_pid] = ch2d[_pid]; ch2[_pid] = none; ch2d[_pid] = 0; CHECK }
	od
}
