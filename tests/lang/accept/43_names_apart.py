# Names of different places never meet: the variables of comprehensions and loops in a process are no locals of it,
# those of a helper hide nothing of its caller, and no name that a user may choose is one that the compiler makes.
# A task is idle, or at one of 3 labels with one of 2 doors: 7 places, 8 steps. Two: 7 * 7 states, 2 * 7 * 8 steps.
# states: 49 transitions: 112 depth: 6
# holds: apart
from enum import Enum, auto

from virtspec import Call, Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset, size=2):
    """A thread."""


class Door(Enum):
    LEFT = auto()
    RIGHT = auto()


class Names(Model):
    open: dict[Door, bool] = {Door.LEFT: True, Door.RIGHT: False}

    @process
    def run(self, t: Task, d: Door) -> Steps:
        look__d = d
        yield "first"
        require(any(self.open[e] or e is d for e in Door))
        for e in Door:
            assert e is d or e is not look__d
        left = yield from self.look(d)
        yield "second"
        assert left == any(u is d for u in Door if u is Door.LEFT)
        assert look__d is d

    def look(self, e: Door) -> Call[bool]:
        d = Door.RIGHT if e is Door.LEFT else Door.LEFT
        t = d
        yield "looking"
        return any(d is Door.RIGHT for d2 in Door if d2 is t) != any(t is f for f in Door if f is e)


@invariant(Names)
def apart(m: Names, t: Task) -> bool:
    return not at(m.run, "first", t) or not at(m.run, "second", t)
