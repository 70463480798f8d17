"""RCU: readers that nobody waits for but who frees what they may still see."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Component, Const, Steps, require

R = TypeVar("R")
W = TypeVar("W")
Obj = TypeVar("Obj")


class Rcu(Component, Generic[R, W, Obj]):
    """Readers of type R, tasks W that wait for them, objects Obj that are freed behind them.

    A grace period is over when every reader that was inside at its beginning has left once. `no_grace_period` is the
    mistake of not waiting for it: callbacks run at once.
    """

    no_grace_period: Const[bool] = False

    readers: set[R]
    waiters: dict[R, set[W]]  # who waits for the section that the reader is in
    delayed: dict[R, set[Obj]]  # callbacks that wait for it
    callbacks: set[Obj]  # handed over, not yet run
    flushers: dict[Obj, set[W]]  # who waits for the callback

    def read_lock(self, r: R) -> None:
        """rcu_read_lock()."""
        assert r not in self.readers, "rcu_read_lock() within a section of the same reader"
        self.readers.add(r)

    def read_unlock(self, r: R) -> None:
        """rcu_read_unlock()."""
        assert r in self.readers, "rcu_read_unlock() without rcu_read_lock()"
        self.readers.remove(r)
        self.waiters[r] = set()
        self.delayed[r] = set()

    def read_lock_held(self, r: R) -> bool:
        """rcu_read_lock_held()."""
        return r in self.readers

    def call(self, o: Obj) -> None:
        """call_rcu(), kfree_rcu(): the object's callback runs after a grace period."""
        assert o not in self.callbacks, "an object is handed to call_rcu() twice"
        self.callbacks.add(o)
        for r in self.readers:
            self.delayed[r].add(o)

    def invoke(self, o: Obj) -> None:
        """The callback runs. What it does stands behind this, in an action of the model."""
        require(o in self.callbacks)
        require(self.no_grace_period or all(o not in self.delayed[r] for r in self.readers))
        self.callbacks.remove(o)
        self.flushers[o] = set()

    def synchronize(self, w: W) -> Steps:
        """synchronize_rcu(): wait for a grace period. Whoever waits must not be inside."""
        for r in self.readers:
            self.waiters[r].add(w)
        yield "synchronize_rcu"
        require(self.no_grace_period or all(w not in self.waiters[r] for r in self.readers))

    def barrier(self, w: W) -> Steps:
        """rcu_barrier(): wait for the callbacks that were handed over before, not for a grace period."""
        for o in self.callbacks:
            self.flushers[o].add(w)
        yield "rcu_barrier"
        require(all(w not in self.flushers[o] for o in self.callbacks))
