# What cannot be run through.
# expect: VS309 at 27:18 `self.busy`
# hint: an Enum, a Scalarset, range(...), a set or a Seq
# expect: VS309 at 29:43 `self.n`
# hint: an Enum, a Scalarset, range(...), a set or a Seq
# expect: VS309 at 30:20 `range(0, 6, 2)`
# hint: choose(range(a, b)) needs constant ends and at least one value
# expect: VS309 at 31:20 `range(3, 3)`
# hint: choose(range(a, b)) needs constant ends and at least one value
# expect: VS309 at 35:18 `self.some`
# hint: a loop with yield, return or break runs through an Enum, a Scalarset, range(...) or a tuple
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Domains(Model):
    n: Annotated[int, Range(0, 3)]
    busy: dict[Task, bool]
    some: set[Task]

    @action
    def step(self) -> None:
        for t in self.busy:
            self.n = 0
        require(all(self.busy[t] for t in self.n))
        x = choose(range(0, 6, 2))
        y = choose(range(3, 3))

    @action
    def search(self) -> None:
        for t in self.some:
            if self.busy[t]:
                break
