"""The dining philosophers (E. W. Dijkstra, EWD 310, 1971): N philosophers, N forks, and each needs two.

If all take the fork on their left first, all may wait for ever. It is enough that one of them is left-handed.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Const, Model, Range, Steps, at, invariant, process, reachable, require


class Dining(Model):
    """Philosopher i has fork i on the left and fork i + 1 on the right; the last fork is next to the first."""

    N: Const[int] = 3
    one_differs: Const[bool] = False  # the last philosopher takes the right fork first

    fork: dict[Annotated[int, Range(0, N - 1)], Annotated[int, Range(0, N - 1)] | None]  # who holds it

    def left_first(self, i: int) -> bool:
        """Whether philosopher i takes the left fork before the right one."""
        return not (self.one_differs and i == self.N - 1)

    def first(self, i: int) -> int:
        """The fork that philosopher i takes first."""
        return i if self.left_first(i) else (i + 1) % self.N

    def second(self, i: int) -> int:
        """The fork that philosopher i takes second."""
        return (i + 1) % self.N if self.left_first(i) else i

    @process
    def dine(self, i: Annotated[int, Range(0, N - 1)]) -> Steps:
        """Get hungry, eat, and put both forks back."""
        yield "first"
        require(self.fork[self.first(i)] is None)
        self.fork[self.first(i)] = i
        yield "second"
        require(self.fork[self.second(i)] is None)
        self.fork[self.second(i)] = i
        yield "eat"
        self.fork[self.first(i)] = None
        yield "put"
        self.fork[self.second(i)] = None


@invariant(Dining, id="NEIGHBOURS")
def neighbours(m: Dining) -> bool:
    """No two neighbours eat at the same time."""
    return all(not (at(m.dine, "eat", i) and at(m.dine, "eat", (i + 1) % m.N)) for i in range(m.N))


@reachable(Dining, id="HALF")
def half_eat(m: Dining) -> bool:
    """As many eat at once as there are pairs of forks."""
    return sum(1 for i in range(m.N) if at(m.dine, "eat", i)) == m.N // 2
