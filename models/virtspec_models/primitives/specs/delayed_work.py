"""A driver polls its device by a work item that queues itself again, until the device is removed."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Singleton,
    Steps,
    at,
    invariant,
    leads_to,
    process,
    reachable,
    require,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.delayed_work import DelayedWork
from virtspec_models.primitives.freeable import Freeable


class User(Scalarset, size=1):
    """Who wants the device to be polled earlier, or later, or now."""


class Kworker(Scalarset, size=2):
    """A thread of the workqueue."""


class Driver(Singleton):
    """Who probes and removes the device."""


class Request(Enum):
    """What a user does."""

    QUEUE = auto()
    MOD = auto()
    CANCEL = auto()
    FLUSH = auto()


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    CANCEL_ONLY = auto()  # the function may still run
    QUEUED_LATE = auto()  # whoever queues it does not look whether the device is being removed
    ENDS_TWICE = auto()


class Poll(Model):
    """One device, one work item."""

    bug: Const[Bug] = Bug.NONE

    poll: DelayedWork[User]
    device: Freeable
    stopping: bool

    @process(fair="weak")
    def life(self, d: Driver) -> Steps:
        """Probe, then remove."""
        require(not self.stopping)
        self.device.alloc()
        self.poll.queue()
        yield "remove"
        self.stopping = True
        if self.bug is Bug.CANCEL_ONLY:
            self.poll.cancel()
        else:
            yield from self.poll.cancel_sync()
        yield "free"
        self.device.free()

    @process(fair="weak", begins="weak")
    def worker(self, k: Kworker) -> Steps:
        self.poll.begin()
        yield "poll"
        self.device.use()
        if not self.stopping:
            self.poll.queue()
        self.poll.end()
        if self.bug is Bug.ENDS_TWICE:
            self.poll.end()

    @process(fair="weak")
    def ask(self, u: User, what: Request) -> Steps:
        require(self.device.is_ok())
        require(not self.stopping or self.bug is Bug.QUEUED_LATE)
        if what is Request.QUEUE:
            self.poll.queue()
        elif what is Request.MOD:
            self.poll.mod()
        elif what is Request.CANCEL:
            self.poll.cancel()
        else:
            yield from self.poll.flush(u)


@invariant(Poll, id="GONE")
def gone(m: Poll) -> bool:
    """Behind cancel_delayed_work_sync() it neither runs nor is pending."""
    return not at(m.life, "free") or not (m.poll.is_pending() or m.poll.running)


@reachable(Poll, id="BOTH")
def pending_and_running(m: Poll) -> bool:
    """It is queued while it runs."""
    return m.poll.queued and m.poll.running


@temporal(Poll, id="RUNS")
def what_is_pending_runs(m: Poll) -> Formula:
    """What is queued runs at last, or is cancelled."""
    return leads_to(m.poll.timer or m.poll.queued, m.poll.running or not m.poll.is_pending())


@temporal(Poll, id="CANCELLED")
def cancelling_ends(m: Poll) -> Formula:
    """Cancelling waits for one run, although the function queues itself."""
    return leads_to(at(m.life, "cancel_sync"), at(m.life, "free"))


@temporal(Poll, id="FLUSHED")
def flushing_ends(m: Poll, u: User) -> Formula:
    """Flushing waits for one run, too."""
    return leads_to(at(m.ask, "flush", u), not at(m.ask, "flush", u))


CASES = (
    Case("right", "one user"),
    Case("two", "two users", {"User": 2}),
    Case(
        "cancel-only",
        "nobody waits for a run that has begun",
        {"bug": Bug.CANCEL_ONLY},
        {"GONE": "violated 4", "fault": "violated 6"},
    ),
    Case(
        "queued-late",
        "a user does not look whether it may",
        {"bug": Bug.QUEUED_LATE},
        {"GONE": "violated 4", "fault": "violated 8"},
    ),
    Case(
        "ends-twice",
        "a worker loses count",
        {"bug": Bug.ENDS_TWICE},
        {"fault": "violated 4"},
    ),
)
