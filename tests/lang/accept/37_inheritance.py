# A model may derive from another: fields, constants and processes are inherited, methods overridden, more added.
# The base counts by 1 and may also be reset, the derived one counts by 2, and further: `most` counts in the base, too.
# 0 -> 2 -> 4, and reset from each.
# states: 3 transitions: 5 depth: 2
# holds: even, base
# with most=3
# states: 2 transitions: 3 depth: 1
# holds: even, base
from typing import Annotated

from virtspec import Const, Model, Range, action, invariant, require


class Count(Model):
    most: Const[int] = 2
    n: Annotated[int, Range(0, most)]

    def by(self) -> int:
        return 1

    @action
    def step(self) -> None:
        require(self.n + self.by() <= self.most)
        self.n += self.by()


class Even(Count):
    most: Const[int] = 4

    def by(self) -> int:
        return 2

    @action
    def reset(self) -> None:
        self.n = 0


@invariant(Count)
def base(m: Count) -> bool:
    return m.n <= m.most


@invariant(Even)
def even(m: Even) -> bool:
    return m.n % 2 == 0
