/* The consumer takes values for ever: ring.pml with the claim TAKES of ring_live.py. EMPTIES=1: the claim EMPTIES. */
#include "../peers/ring.pml"
#if EMPTIES
#define E(p) [] ((head[p] != tail[p]) -> <> (head[p] == tail[p]))
#include "each.h"
ltl claim { EACH(P) }
#else
ltl claim { [] <> Consumer@TAKE }
#endif
