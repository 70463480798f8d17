# Five different mistakes in one file: all are told at once, in order.
# expect: VS109 at 32:22 `reders`
# hint: did you mean 'readers'?
# expect: VS201 at 34:24 `3`
# hint: it can never fit; widen the range or mend the value
# expect: VS111 at 35:28 `ACTIV`
# hint: did you mean 'ACTIVE'?
# expect: VS401 at 37:9 `while self.readers > 0`
# hint: end every iteration with a `yield "label"`, or leave it
# expect: VS304 at 43:20 `choose(Dev)`
# hint: x = choose(T)
from enum import Enum, auto
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Dev(Enum):
    FREE = auto()
    ACTIVE = auto()


class Five(Model):
    readers: Annotated[int, Range(0, 2)]
    dev: Dev

    @process
    def enter(self, t: Task) -> Steps:
        require(self.reders < 2)
        yield "enter"
        self.readers = 3
        if self.dev is Dev.ACTIV:
            return
        while self.readers > 0:
            self.readers -= 1
        yield "leave"

    @action
    def leave(self) -> None:
        self.dev = choose(Dev) or Dev.FREE


@invariant(Five)
def fine(m: Five) -> bool:
    return m.readers >= 0
