# Methods without effects may stand in any expression, with locals, if, for, early returns, asserts and defaults; those
# with effects stand alone, or at the root of an assignment, a condition, a require or an assert.
# n = 0 -> 1 -> 2 -> 3 by steps of `most` 1; then bounce leads back to 0: 4 states in a circle; `peek` changes nothing.
# states: 4 transitions: 8 depth: 3
# holds: near
from typing import Annotated

from virtspec import Model, Range, Scalarset, action, invariant, require


class Task(Scalarset, size=2):
    """A thread."""


class Count(Model):
    n: Annotated[int, Range(0, 3)]
    rank: dict[Task, Annotated[int, Range(0, 2)]] = {Task(0): 1, Task(1): 2}

    def room(self, most: int = 1) -> bool:
        left = 3 - self.n
        if left < most:
            return False
        return True

    def highest(self) -> int:
        best = 0
        for t in Task:
            if self.rank[t] > best:
                best = self.rank[t]
        assert best > 0
        return best

    def advance(self, by: int = 1) -> bool:
        if not self.room(by):
            return False
        self.n += by
        return self.room(by)

    @action
    def step(self) -> None:
        before = self.n
        require(before < 3 or not self.room())
        more = self.advance()
        if before == 3:
            assert not more
            self.n = 0

    def doubled(self, n: int) -> int:
        return 2 * n

    @action
    def peek(self) -> None:
        require(self.highest() == 2 and self.room(most=0))
        twice = self.doubled(self.highest())
        assert twice == 4


@invariant(Count)
def near(m: Count) -> bool:
    return m.room(3 - m.n) and m.highest() + 1 == 3
