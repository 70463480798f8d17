# A mistake in a method called from several places is told once, where it is.
# expect: VS109 at 15:14 `ownr`
# hint: did you mean 'owner'?
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Lock(Component):
    owner: Task | None

    def take(self, t: Task) -> None:
        self.ownr = t


class Two(Model):
    a: Lock
    b: dict[Task, Lock]

    @action
    def one(self, t: Task) -> None:
        self.a.take(t)

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        self.b[t].take(t)
