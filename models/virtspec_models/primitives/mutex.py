"""struct mutex: one owner, who alone may unlock."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Component, acquires, releases, require

T = TypeVar("T")


class Mutex(Component, Generic[T]):
    """A sleeping lock. Locking it twice by one task is a deadlock of that task with itself."""

    owner: T | None

    @acquires
    def lock(self, t: T) -> None:
        """mutex_lock()."""
        assert self.owner != t, "a mutex is locked by its own owner"
        require(self.owner is None)
        self.owner = t

    @acquires
    def trylock(self, t: T) -> bool:
        """mutex_trylock()."""
        if self.owner is not None:
            return False
        self.owner = t
        return True

    @releases
    def unlock(self, t: T) -> None:
        """mutex_unlock()."""
        assert self.owner == t, "a mutex is unlocked by a task that does not own it"
        self.owner = None
