# A local that some path to here leaves without a value; within a step, across a yield, behind a loop.
# expect: VS303 at 26:18 `old`
# hint: assign it on every path that leads here
# expect: VS303 at 33:18 `old`
# hint: assign it on every path that leads here
# expect: VS303 at 39:22 `last`
# hint: assign it on every path that leads here
# expect: VS303 at 43:18 `LIMIT`
# hint: assign it on every path that leads here
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Maybe(Model):
    n: Annotated[int, Range(0, 3)]
    some: set[Task]

    @action
    def within(self) -> None:
        if self.n > 0:
            old = self.n
        self.n = old

    @process
    def across(self, t: Task) -> Steps:
        if self.n > 0:
            old = self.n
        yield "later"
        self.n = old

    @action
    def behind(self) -> None:
        for t in self.some:
            last = t
        self.some = {last}

    @action
    def global_name(self) -> None:
        self.n = LIMIT
        LIMIT = 2


LIMIT = 1
