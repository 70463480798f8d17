/* Each process that asks enters at last: mcs.pml with the claim ENTERS of mcs_live.py. N is 1 to 9. */
#include "../peers/mcs.pml"
#define E(i) [] (Proc[i]@SWP -> <> Proc[i]@CS)
#include "each.h"
ltl claim { EACH(N) }
