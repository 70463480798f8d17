# choose picks from an Enum, a Scalarset, a range, bool or an annotated int; require narrows it; every pick counts as a
# step. n in 0..2 by 2 tasks by 2 signals: 12 states; in each 2 coins x 2 digits let through, and 2 tasks x 2 signals.
# states: 12 transitions: 96 depth: 2
# reached: high in 2
from enum import Enum, auto
from typing import Annotated

from virtspec import Model, Range, Scalarset, action, choose, reachable, require

Digit = Annotated[int, Range(0, 2)]


class Task(Scalarset, size=2):
    """A thread."""


class Signal(Enum):
    TERM = auto()
    KILL = auto()


class Picks(Model):
    n: Digit
    who: Task
    what: Signal

    @action
    def number(self) -> None:
        coin = choose(bool)
        digit = choose(range(3))
        require(digit > 0)
        self.n = 3 - digit if coin else digit

    @action
    def somebody(self) -> None:
        self.who = choose(Task)
        signal: Signal = choose(Signal)
        self.what = signal

    @action
    def never(self) -> None:
        digit = choose(Digit)
        require(digit > 2)


@reachable(Picks)
def high(m: Picks) -> bool:
    return m.n == 2 and m.what is Signal.KILL
