"""Two locks, each taken inside the other. See lock.md."""

from typing import Annotated

from virtspec import Const, Model, Range, Scalarset, Steps, at, invariant, process, reachable, require

LockId = Annotated[int, Range(0, 1)]


class Task(Scalarset, size=2):
    """A thread that takes both locks."""


class TwoLocks(Model):
    """Nested critical sections, with or without a rule about the order."""

    ordered: Const[bool] = False
    holder: dict[LockId, Task | None]

    @process
    def nested(self, t: Task, outer: LockId, inner: LockId) -> Steps:
        require(outer < inner if self.ordered else outer != inner)
        yield "outer"
        require(self.holder[outer] is None)
        self.holder[outer] = t
        yield "inner"
        require(self.holder[inner] is None)
        self.holder[inner] = t
        yield "critical"
        self.holder[inner] = None
        yield "unlock"
        self.holder[outer] = None


@invariant(TwoLocks, id="exclusion")
def exclusion(m: TwoLocks) -> bool:
    """At most one task is in its critical section."""
    return sum(at(m.nested, "critical", t) for t in Task) <= 1


@reachable(TwoLocks, id="inside")
def inside(m: TwoLocks, t: Task) -> bool:
    """A task gets both locks."""
    return at(m.nested, "critical", t)
