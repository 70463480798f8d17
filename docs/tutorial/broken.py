"""The lock of spinlock.py, test and set in two steps. See lock.md."""

from virtspec import Model, Scalarset, Steps, at, invariant, process, reachable, require


class Task(Scalarset, size=2):
    """A thread that wants the lock."""


class Spinlock(Model):
    """A test-and-set lock."""

    locked: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "spin"
        require(not self.locked)
        yield "set"
        self.locked = True
        yield "critical"
        self.locked = False


@invariant(Spinlock, id="exclusion")
def exclusion(m: Spinlock) -> bool:
    """At most one task is in its critical section."""
    return sum(at(m.lock, "critical", t) for t in Task) <= 1


@reachable(Spinlock, id="contention")
def contention(m: Spinlock, holder: Task, waiter: Task) -> bool:
    """One task holds the lock while another spins."""
    return at(m.lock, "critical", holder) and at(m.lock, "spin", waiter)
