# A component may have @actions: each is one action of the model, its keys in front of its own parameters.
# Two timers count 0..2 independently, by 1 or to the end: 9 states. Per timer: by 1: 2 steps, to the end: 2 (from 0 and
# from 1) = 4, times 3 states of the other, times 2. A parameter may even be called `at`.
# states: 9 transitions: 24 depth: 2
# holds: in_range
from typing import Annotated

from virtspec import Component, Model, Range, Scalarset, action, invariant, require


class Cpu(Scalarset, size=2):
    """A processor."""


class Timer(Component):
    n: Annotated[int, Range(0, 2)]

    @action
    def tick(self, at: bool) -> None:
        require(self.n < 2)
        self.n = 2 if at else self.n + 1


class Board(Model):
    timer: dict[Cpu, Timer]


@invariant(Board)
def in_range(m: Board, c: Cpu) -> bool:
    return m.timer[c].n < 3
