# A loop that changes what it runs through: an error in Python, or worse.
# expect: VS315 at 20:9 `for t in self.some`
# hint: run through a copy: set(self.some)
# expect: VS315 at 22:9 `for u in self.q`
# hint: run through a copy: Seq(self.q)
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Meanwhile(Model):
    some: set[Task]
    q: Annotated[Seq[Task], Cap(3)]

    @action
    def step(self) -> None:
        for t in self.some:
            self.drop(t)
        for u in self.q:
            self.q.remove(u)
        for v in set(self.some):
            self.some.discard(v)

    def drop(self, t: Task) -> None:
        self.some.discard(t)
