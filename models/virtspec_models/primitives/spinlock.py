"""spinlock_t: one owner, who alone may unlock."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Component, acquires, releases, require

T = TypeVar("T")


class SpinLock(Component, Generic[T]):
    """A lock that is waited for in a loop. T is who may hold it: a CPU, or a task that stays on its CPU meanwhile.

    Whoever shares T shares a CPU: an interrupt handler that wants the lock its own CPU holds spins for ever.
    """

    owner: T | None

    @acquires
    def lock(self, t: T) -> None:
        """spin_lock()."""
        assert self.owner != t, "a spinlock is locked by its own owner"
        require(self.owner is None)
        self.owner = t

    @acquires
    def trylock(self, t: T) -> bool:
        """spin_trylock()."""
        if self.owner is not None:
            return False
        self.owner = t
        return True

    @releases
    def unlock(self, t: T) -> None:
        """spin_unlock()."""
        assert self.owner == t, "a spinlock is unlocked by somebody who does not own it"
        self.owner = None

    def is_locked(self) -> bool:
        """spin_is_locked()."""
        return self.owner is not None
