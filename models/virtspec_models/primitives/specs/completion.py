"""A device is set up by one task, others wait until it is there: each of them is told, or one is told for all."""

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
from virtspec_models.primitives.completion import Completion


class Waiter(Scalarset, size=2):
    """Who needs the device."""


class Worker(Singleton):
    """Who sets it up."""


class How(Enum):
    """How the waiters are told."""

    ALL = auto()  # complete_all(): now and later
    EACH = auto()  # complete() for each of them
    ONE = auto()  # complete() once, whoever gets it
    AGAIN = auto()  # complete_all(), then reinit_completion() for the next round, too early
    TOO_OFTEN = auto()  # complete() once more than anybody waits


class Probe(Model):
    """One round: set the device up, tell the waiters. A waiter waits once, or just looks."""

    how: Const[How] = How.ALL

    comp: Completion = Completion(most=len(Waiter))
    ready: bool
    came: set[Waiter]

    @process(fair="weak", begins="weak")
    def set_up(self, w: Worker) -> Steps:
        require(not self.ready)
        self.ready = True
        yield "complete"
        if self.how in (How.ALL, How.AGAIN):
            self.comp.complete_all()
        elif self.how is How.ONE:
            self.comp.complete()
        else:
            for _ in Waiter:
                self.comp.complete()
        if self.how is How.TOO_OFTEN:
            self.comp.complete()
        if self.how is How.AGAIN:
            yield "reinit"
            self.comp.reinit_completion()

    @process(fair="weak", begins="weak")
    def use(self, t: Waiter) -> Steps:
        """Without waiting if it is there, else as soon as it is."""
        require(t not in self.came)
        self.came.add(t)
        at_once = self.comp.try_wait_for_completion()
        if not at_once:
            yield "wait"
            self.comp.wait_for_completion()
        yield "use"


@invariant(Probe, id="READY")
def ready(m: Probe, t: Waiter) -> bool:
    """Who uses it finds it set up."""
    return m.ready or not at(m.use, "use", t)


@invariant(Probe, id="COUNTED")
def counted(m: Probe) -> bool:
    """Where each is told, as many may go as have not gone."""
    gone = sum(t in m.came and not at(m.use, "wait", t) for t in Waiter)
    return m.how is not How.EACH or not m.comp.completion_done() or m.comp.done == len(Waiter) - gone


@reachable(Probe, id="TOLD-BEFORE")
def told_before(m: Probe) -> bool:
    """It is said before anybody waits."""
    return m.comp.completion_done() and not any(t in m.came for t in Waiter)


@reachable(Probe, id="ALL-WAIT")
def all_wait(m: Probe) -> bool:
    """Everybody waits."""
    return all(at(m.use, "wait", t) for t in Waiter)


@temporal(Probe, id="GOES-ON")
def goes_on(m: Probe, t: Waiter) -> Formula:
    """Who waits goes on."""
    return leads_to(at(m.use, "wait", t), at(m.use, "use", t))


CASES = (
    Case("all", "complete_all()"),
    Case("each", "complete() for each of two waiters", {"how": How.EACH}),
    Case("three", "complete() for each of three", {"how": How.EACH, "Waiter": 3}),
    Case(
        "one",
        "complete() once for two waiters: one waits for ever",
        {"how": How.ONE},
        {"GOES-ON": "violated", "deadlock": "violated 5"},
    ),
    Case(
        "again",
        "reinit_completion() before all waiters have gone",
        {"how": How.AGAIN},
        {"GOES-ON": "violated", "deadlock": "violated 5"},
    ),
    Case(
        "too-often",
        "complete() more often than anybody waits",
        {"how": How.TOO_OFTEN},
        {"TOLD-BEFORE": "unreached", "fault": "violated 2"},
    ),
)
