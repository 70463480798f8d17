# at() with a label that the process does not have.
# expect: VS503 at 27:27 `"trylok"`
# hint: did you mean 'trylock'?
# expect: VS503 at 32:27 `"wake"`
# hint: known: trylock
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Labels(Model):
    n: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "trylock"

    @process
    def unlock(self, t: Task) -> Steps:
        yield "wake"


@invariant(Labels)
def places(m: Labels) -> bool:
    return not at(m.lock, "trylok")


@invariant(Labels)
def of_the_other(m: Labels) -> bool:
    return not at(m.lock, "wake")
