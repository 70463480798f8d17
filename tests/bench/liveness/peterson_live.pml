/* Each process that asks enters at last: peterson.pml with the claim ENTERS of peterson_live.py. N is 2 to 9. */
#include "../peers/peterson.pml"
#define asks(i) (!Proc[i]@NCS && !Proc[i]@CS)
#define E(i) [] (asks(i) -> <> Proc[i]@CS)
#include "each.h"
ltl claim { EACH(N) }
