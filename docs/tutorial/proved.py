"""A lock that is one word, and why it excludes any number of tasks. See how-to/prove.md."""

from virtspec import Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset, size=2):
    """A thread that wants the lock."""


class Spinlock(Model):
    """A test-and-set lock."""

    locked: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "spin"
        require(not self.locked)
        self.locked = True
        yield "critical"
        self.locked = False


@invariant(Spinlock, id="exclusion")
def exclusion(m: Spinlock) -> bool:
    """At most one task is in its critical section."""
    return sum(at(m.lock, "critical", t) for t in Task) <= 1


@invariant(Spinlock, id="held")
def held(m: Spinlock) -> bool:
    """The word is set while some task is in its critical section, and only then."""
    return m.locked == any(at(m.lock, "critical", t) for t in Task)
