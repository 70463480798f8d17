# Expressions of the wrong type: caught without running anything.
# expect: VS201 at 53:18 `True`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS201 at 54:18 `4`
# hint: it can never fit; widen the range or mend the value
# expect: VS201 at 55:21 `t`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS201 at 56:17 `self.n`
# hint: compare with a number
# expect: VS201 at 57:17 `self.mode == self.n`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS201 at 58:17 `self.mode`
# hint: declare it Mode | None, if it may be absent
# expect: VS201 at 59:17 `t < t`
# hint: only integers have an order and arithmetic
# expect: VS201 at 60:17 `self.some`
# hint: compare len(...) with 0
# expect: VS201 at 61:18 `self.n // 0`
# hint: divide by a positive number
# expect: VS201 at 62:12 `self.owner`
# hint: compare with None
# expect: VS201 at 64:9 `self.owner[t]`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS201 at 65:17 `self.n in self.busy`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS201 at 67:18 `self.helper()`
# hint: return a value on every path
# expect: VS201 at 74:1 `def maybe`
# hint: return one on every path
from enum import Enum, auto
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Mode(Enum):
    ON = auto()
    OFF = auto()


class Types(Model):
    n: Annotated[int, Range(0, 3)]
    mode: Mode
    owner: Task | None
    busy: dict[Task, bool]
    some: set[Task]

    @action
    def step(self, t: Task) -> None:
        self.n = True
        self.n = 4
        self.mode = t
        require(self.n)
        require(self.mode == self.n)
        require(self.mode is None)
        require(t < t)
        require(self.some)
        self.n = self.n // 0
        if self.owner:
            self.busy[self.mode] = True
        self.owner[t] = True
        require(self.n in self.busy)
        self.helper()
        self.n = self.helper()

    def helper(self) -> None:
        self.n = 0


@invariant(Types)
def maybe(m: Types) -> bool:
    if m.n > 0:
        return True
