"""The ticket spinlock: every CPU draws a ticket and waits until that number is served.

The names are those of the kernel's ticket locks (`next` and `owner`, arm; Mellor-Crummey and Scott 1991 call them
`next_ticket` and `now_serving`). Numbers wrap; there must be at least as many of them as CPUs.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Const, Mod, Model, Scalarset, Steps, at, invariant, process, reachable, require


class Cpu(Scalarset, size=3):
    """A CPU that wants the lock."""


class TicketLock(Model):
    """One lock. `fetch_add=false` draws the ticket with a plain read and a plain write."""

    tickets: Const[int] = len(Cpu)
    fetch_add: Const[bool] = True

    next: Annotated[int, Mod(tickets)]
    owner: Annotated[int, Mod(tickets)]

    @process
    def spin_lock(self, cpu: Cpu) -> Steps:
        """Draw a ticket, wait, enter; leave."""
        ticket: Annotated[int, Mod(self.tickets)] = self.next
        if not self.fetch_add:
            yield "draw"
        self.next = ticket + 1
        yield "wait"
        require(self.owner == ticket)
        yield "critical"
        self.owner += 1  # spin_unlock()


@invariant(TicketLock, id="EXCLUSION")
def exclusion(m: TicketLock) -> bool:
    """One CPU at a time."""
    return sum(1 for cpu in Cpu if at(m.spin_lock, "critical", cpu)) <= 1


@reachable(TicketLock, id="CONTENDED")
def contended(m: TicketLock) -> bool:
    """One CPU holds the lock and all others wait for it."""
    return at(m.spin_lock, "critical") and sum(1 for cpu in Cpu if at(m.spin_lock, "wait", cpu)) == len(Cpu) - 1
