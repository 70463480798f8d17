# Names of different places never meet: the variables of comprehensions and loops in a process are no locals of it, those
# of a helper hide nothing of its caller, and no name a user may choose is one that the compiler makes.
# Each of 2 tasks: idle, "first" (d picked, 2 ways), "second" (mark 0 or 1 by turns); helper called with the caller's `d`.
# Alone: idle 1, first 2, look__d kept at "look.looking" 2, "second" 2: 7 places. Two tasks: 49 states.
# Steps per task: idle 2, first 2, looking 2, second 2 = 8, times 7, times 2.
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
        seen = yield from self.look(d)
        yield "second"
        assert all(seen == (u is d) or u is not Door.LEFT for u in Door)
        assert look__d is d

    def look(self, e: Door) -> Call[bool]:
        d = Door.RIGHT if e is Door.LEFT else Door.LEFT
        t = d
        yield "looking"
        return (
            any(d is not e and d is Door.LEFT for d2 in Door if d2 is t) != any(t is f for f in Door if f is e)
            and (e is Door.LEFT) == (d is Door.RIGHT)
            and e is Door.LEFT
        )


@invariant(Names)
def apart(m: Names, t: Task) -> bool:
    return not at(m.run, "first", t) or not at(m.run, "second", t)
