"""The MCS queue lock (J. M. Mellor-Crummey and M. L. Scott, "Algorithms for scalable synchronization", 1991).

Every process spins on its own node. The nodes of those who wait form a list, and `tail` is its end.
"""

from __future__ import annotations

from virtspec import Model, Scalarset, Steps, at, invariant, process, reachable, require


class Proc(Scalarset, size=3):
    """A process, and the one node it has."""


class Mcs(Model):
    """One lock; labels name the step that follows them."""

    tail: Proc | None
    next: dict[Proc, Proc | None]
    locked: dict[Proc, bool]

    @process
    def acquire(self, i: Proc) -> Steps:
        """acquire_lock(), the critical section and release_lock()."""
        self.next[i] = None
        yield "swap"
        pred = self.tail
        self.tail = i
        yield "check"
        if pred is not None:
            self.locked[i] = True
            yield "link"
            self.next[pred] = i
            yield "spin"
            require(not self.locked[i])
        yield "critical"
        yield "release"
        if self.next[i] is None:
            yield "cas"
            if self.tail == i:
                self.tail = None
                return
            yield "wait"  # somebody has swapped, but not linked yet
            require(self.next[i] is not None)
        yield "unlock"
        successor = self.next[i]
        assert successor is not None, "unlock without a successor"
        self.locked[successor] = False


@invariant(Mcs, id="EXCLUSION")
def exclusion(m: Mcs) -> bool:
    """One process at a time."""
    return sum(1 for p in Proc if at(m.acquire, "critical", p)) <= 1


@reachable(Mcs, id="QUEUE")
def full_queue(m: Mcs) -> bool:
    """One process is in the critical section and all others spin behind it."""
    return at(m.acquire, "critical") and sum(1 for p in Proc if at(m.acquire, "spin", p)) == len(Proc) - 1
