/* Dining philosophers, N of them. One transition is one rule of dining.m.
   ONE_DIFFERS=1: the last one takes the right fork first. */
#define free N
#define left _pid
#define right ((_pid + 1) % N)
#define left_first (!(ONE_DIFFERS && _pid == N-1))
#define first (left_first -> left : right)
#define second (left_first -> right : left)
byte fork[N] = free;  /* who holds it */
bool eats[N];         /* ghost: who is at EAT */

active [N] proctype Phil()
{
IDLE:	if
	:: skip; goto ONE
	fi;
ONE:	if
	:: d_step { fork[first] == free; fork[first] = _pid } goto TWO
	fi;
TWO:	if
	:: d_step { fork[second] == free; fork[second] = _pid; eats[_pid] = true; assert(!eats[right]); assert(!eats[(_pid + N-1) % N]) } goto EAT
	fi;
EAT:	if
	:: d_step { fork[first] = free; eats[_pid] = false } goto BACK
	fi;
BACK:	if
	:: fork[second] = free; goto IDLE
	fi
}
