"""Who waits for a lock without a queue?"""

from __future__ import annotations

from virtspec import Formula, Model, Scalarset, Steps, always, at, eventually, leads_to, process, require, temporal


class Task(Scalarset, size=2):
    """A thread."""


class Lock(Model):
    """A test-and-set lock."""

    owner: Task | None

    @process
    def lock(self, t: Task) -> Steps:
        yield "acquire"
        require(self.owner is None)
        self.owner = t
        yield "release"
        self.owner = None


@temporal(Lock, id="L1")
def is_let_go(m: Lock) -> Formula:
    """The lock is free again and again."""
    return always(eventually(m.owner is None))


@temporal(Lock, id="L2")
def gets_it(m: Lock, t: Task) -> Formula:
    """Who asks for the lock gets it."""
    return leads_to(at(m.lock, "acquire", t), m.owner == t)
