"""struct srcu_struct: read-side sections that may sleep, and a wait for those that have begun."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Component, Const, Steps, require

R = TypeVar("R")
W = TypeVar("W")


class Srcu(Component, Generic[R, W]):
    """Readers of type R, and tasks W that wait for them; the same Scalarset where any task may do either.

    synchronize_srcu() waits for the readers that are inside when it begins. Those that enter later do not delay it.
    `until_nobody` is the mistake of waiting for them, too.
    """

    until_nobody: Const[bool] = False

    readers: set[R]
    waiters: dict[R, set[W]]  # who waits for the section that the reader is in

    def read_lock(self, r: R) -> None:
        """srcu_read_lock()."""
        assert r not in self.readers, "srcu_read_lock() within a section of the same reader"
        self.readers.add(r)

    def read_unlock(self, r: R) -> None:
        """srcu_read_unlock()."""
        assert r in self.readers, "srcu_read_unlock() without srcu_read_lock()"
        self.readers.remove(r)
        self.waiters[r] = set()

    def read_lock_held(self, r: R) -> bool:
        """srcu_read_lock_held()."""
        return r in self.readers

    def synchronize(self, w: W) -> Steps:
        """synchronize_srcu(): whoever waits must not be inside."""
        for r in self.readers:
            self.waiters[r].add(w)
        yield "synchronize_srcu"
        require(all(w not in self.waiters[r] for r in self.readers))
        require(not self.until_nobody or len(self.readers) == 0)
