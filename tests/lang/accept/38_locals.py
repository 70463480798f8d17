# Locals that a later step reads are kept, and forgotten when nothing reads them any more; parameters likewise; a local
# captured before a field changes keeps its value; assignments on different paths join.
# n in 0..2 is the call's parameter, kept until "early" and as `old` until "late", when x is 2 - n.
# Idle with x in 0..2: 3 states, 3 steps each; "early" with any n and x: 9; "late": 3.
# states: 15 transitions: 21 depth: 4
# holds: early_or_late
from typing import Annotated

from virtspec import Model, Range, Singleton, Steps, at, invariant, process

Digit = Annotated[int, Range(0, 2)]


class Thread(Singleton):
    """Who runs it."""


class Locals(Model):
    x: Digit

    @process
    def run(self, t: Thread, n: Digit) -> Steps:
        unused = self.x
        was = self.x
        self.x = 2 - was
        assert was == unused and self.x == 2 - was
        self.x = was
        yield "early"
        self.x = n
        old = self.x
        self.x = 2 - n
        if old > 0:
            name: Digit = old
        else:
            name = 0
        yield "late"
        assert name == old == 2 - self.x


@invariant(Locals)
def early_or_late(m: Locals) -> bool:
    return at(m.run) == (at(m.run, "early") or at(m.run, "late"))
