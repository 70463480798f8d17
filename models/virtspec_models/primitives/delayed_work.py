"""struct delayed_work: a timer that queues a work item, a worker that runs it, and how to be rid of both."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Call, Component, Steps, action, require

T = TypeVar("T")


class DelayedWork(Component, Generic[T]):
    """One work item on a workqueue; T is who flushes it.

    It is idle or pending (its timer runs, or it is queued), and besides it may be running: from when a worker takes it
    to when its function returns. A worker is a process of the model that calls `begin()` and `end()`.
    """

    timer: bool
    queued: bool
    running: bool
    canceling: bool
    behind_queued: set[T]  # who flushes, and waits for the run to come
    behind_running: set[T]  # and for the one that is under way

    def is_pending(self) -> bool:
        """delayed_work_pending(): what is being cancelled counts as pending, so that nobody queues it."""
        return self.timer or self.queued or self.canceling

    def queue(self) -> bool:
        """queue_delayed_work(), schedule_delayed_work(): start the timer. False, and nothing done, if it is pending."""
        if self.is_pending():
            return False
        self.timer = True
        return True

    def mod(self) -> bool:
        """mod_delayed_work(): start the timer, anew if it is pending. Whether it was."""
        if self.canceling:
            return True
        was_pending = self.is_pending()
        self.unqueue()
        self.timer = True
        return was_pending

    @action(fair="weak")
    def fire(self) -> None:
        """delayed_work_timer_fn(), at any time."""
        require(self.timer)
        self.timer = False
        self.queued = True

    def begin(self) -> None:
        """A worker takes it: no longer pending, so that it may be queued again while it runs. Never run by two at once."""
        require(self.queued and not self.running)
        self.queued = False
        self.running = True
        self.behind_running = set(self.behind_queued)
        self.behind_queued = set()

    def end(self) -> None:
        """Its function returns."""
        assert self.running, "a work item ends that does not run"
        self.running = False
        self.behind_running = set()

    def cancel(self) -> bool:
        """cancel_delayed_work(): not pending any more. It may still be running. Whether it was pending."""
        was_pending = self.timer or self.queued
        self.unqueue()
        return was_pending

    def cancel_sync(self) -> Call[bool]:
        """cancel_delayed_work_sync(): neither pending nor running, nor queued by itself meanwhile. Whether it was pending.

        Called by its own function it would wait for itself.
        """
        require(not self.canceling)
        was_pending = self.timer or self.queued
        self.unqueue()
        self.canceling = True
        yield "cancel_sync"
        require(not self.running)
        self.canceling = False
        return was_pending

    def flush(self, t: T) -> Steps:
        """flush_delayed_work(): run it now if it is pending; wait for that run, or for the one that is under way."""
        if self.timer:
            self.timer = False
            self.queued = True
        if self.queued:
            self.behind_queued.add(t)
        elif self.running:
            self.behind_running.add(t)
        yield "flush"
        require(t not in self.behind_queued and t not in self.behind_running)

    def unqueue(self) -> None:
        """It will not run. Who waits for that waits no more."""
        self.timer = False
        self.queued = False
        self.behind_queued = set()
