# A tuple constant may be indexed by what is known, or by what is not: then it is a table.
# A negative index counts from the end. The permutation 0 -> 2 -> 1 -> 0, walked one by one.
# states: 3 transitions: 3 depth: 2
# holds: inverse
# with plan=1,2,3,0
# states: 4 transitions: 4 depth: 3
# violated: inverse in 0
from typing import Annotated

from virtspec import Const, Model, Range, action, invariant


class Walk(Model):
    plan: Const[tuple[int, ...]] = (2, 0, 1)
    n: Annotated[int, Range(0, len(plan) - 1)]

    @action
    def step(self) -> None:
        self.n = self.plan[self.n]
        assert (
            self.plan[self.n - len(self.plan)] == self.plan[self.n] and self.plan[-1] == self.plan[len(self.plan) - 1]
        )


@invariant(Walk)
def inverse(m: Walk) -> bool:
    return m.plan[0] == 2 and m.plan[m.plan[m.plan[m.n]]] == m.n
