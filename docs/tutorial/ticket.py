"""A ticket lock: first come, first served. See lock.md."""

from typing import Annotated

from virtspec import Const, Mod, Model, Scalarset, Steps, at, invariant, process, reachable, require


class Task(Scalarset, size=2):
    """A thread that wants the lock."""


class TicketLock(Model):
    """A lock with a counter for those who come and one for those who may go."""

    tickets: Const[int] = 4
    next: Annotated[int, Mod(tickets)]
    owner: Annotated[int, Mod(tickets)]

    @process
    def lock(self, t: Task) -> Steps:
        ticket = self.next
        self.next += 1
        yield "wait"
        require(self.owner == ticket)
        yield "critical"
        self.owner += 1


@invariant(TicketLock, id="exclusion")
def exclusion(m: TicketLock) -> bool:
    """At most one task is in its critical section."""
    return sum(at(m.lock, "critical", t) for t in Task) <= 1


@reachable(TicketLock, id="queue")
def queue(m: TicketLock) -> bool:
    """Everybody has a ticket and nobody has entered yet."""
    return all(at(m.lock, "wait", t) for t in Task)
