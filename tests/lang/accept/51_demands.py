# An assert in a class body says which configurations there are: it is evaluated with the constants and sizes of each, those
# of a derived class and of a component where it is declared included.
# states: 3 transitions: 4 depth: 2
# with slots=3 Task=3
# states: 4 transitions: 6 depth: 3
# with slots=1 Task=1
# states: 2 transitions: 2 depth: 1
from typing import Annotated

from virtspec import Component, Const, Model, Range, Scalarset, action, require


class Task(Scalarset, size=2):
    """A thread."""


class Ring(Component):
    size: Const[int] = 1
    assert size > 0, "a ring has a slot"
    used: Annotated[int, Range(0, size)]

    def put(self) -> None:
        require(self.used < self.size)
        self.used += 1


class Base(Model):
    slots: Const[int] = 1
    """Not enough for two tasks, but a base class is no configuration."""
    assert slots > 0, "there is a slot"
    assert len(Task) < 4, f"{slots} slots are good for three tasks"


class Demands(Base):
    slots: Const[int] = 2
    ring: Ring = Ring(size=slots)

    assert slots >= len(Task), "each task has a slot"
    assert all(number >= 0 for number in (slots, len(Task))), "nothing is negative"

    @action
    def put(self) -> None:
        self.ring.put()

    @action
    def take(self) -> None:
        require(self.ring.used > 0)
        self.ring.used -= 1
