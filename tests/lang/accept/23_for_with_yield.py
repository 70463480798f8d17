# A for loop with yields is unrolled; its labels carry the value: "visit[A]". Over an Enum, a range, a Scalarset, a
# tuple constant; break and continue as usual. B is skipped; range(2) ends after its first turn; one turn per door.
# idle, visit[A], visit[C], count[0], door[Door0], door[Door1], list[2], list[5].
# states: 8 transitions: 8 depth: 7
# reached: last in 7
# holds: skipped
from enum import Enum, auto

from virtspec import Const, Model, Scalarset, Singleton, Steps, at, invariant, process, reachable


class Stop(Enum):
    A = auto()
    B = auto()
    C = auto()


class Door(Scalarset, size=2):
    """A door."""


class Thread(Singleton):
    """Who runs it."""


class Tour(Model):
    listed: Const[tuple[int, ...]] = (2, 5)
    b: bool

    @process
    def run(self, t: Thread) -> Steps:
        for stop in Stop:
            if stop is Stop.B:
                self.b = True
                continue
            yield "visit"
        for i in range(2):
            if i == 1:
                break
            yield "count"
        for d in Door:
            yield "door"
        for n in self.listed:
            yield "list"
            assert n > 1
        self.b = False


@invariant(Tour)
def skipped(m: Tour) -> bool:
    return (m.b or not at(m.run, "visit[C]")) and at(m.run, "visit") == (at(m.run, "visit[A]") or at(m.run, "visit[C]"))


@reachable(Tour)
def last(m: Tour) -> bool:
    return at(m.run, "list[5]")
