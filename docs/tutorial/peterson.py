"""Peterson's lock for two, the protocol of ../toy_checker.py."""

from virtspec import Const, Model, Scalarset, Steps, at, invariant, process, require


class Proc(Scalarset, size=2):
    """One of the two."""


class Peterson(Model):
    """Mutual exclusion with nothing but reads and writes."""

    polite: Const[bool] = True
    wants: dict[Proc, bool]
    last: Proc

    def may_enter(self, i: Proc) -> bool:
        return all(not self.wants[other] or (self.polite and self.last != i) for other in Proc if other != i)

    @process
    def lock(self, i: Proc) -> Steps:
        self.wants[i] = True
        yield "turn"
        self.last = i
        yield "wait"
        require(self.may_enter(i))
        yield "critical"
        self.wants[i] = False


@invariant(Peterson, id="exclusion")
def exclusion(m: Peterson) -> bool:
    """At most one process is in its critical section."""
    return sum(at(m.lock, "critical", i) for i in Proc) <= 1
