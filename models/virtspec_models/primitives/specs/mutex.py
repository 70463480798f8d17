"""Tasks take turns: with mutex_lock(), or with mutex_trylock() if nobody is inside."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Steps,
    at,
    invariant,
    leads_to,
    process,
    reachable,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.mutex import Mutex


class Task(Scalarset, size=2):
    """A thread."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    RELOCK = auto()  # what runs under the lock calls a function that takes it
    TRYLOCK_IGNORED = auto()  # whether mutex_trylock() got it is not looked at


class TakeTurns(Model):
    """A mutex among tasks."""

    bug: Const[Bug] = Bug.NONE

    mutex: Mutex[Task]

    @process(fair="strong")
    def work(self, t: Task) -> Steps:
        yield "lock"
        self.mutex.lock(t)
        yield "critical"
        if self.bug is Bug.RELOCK:
            self.mutex.lock(t)
        self.mutex.unlock(t)

    @process(fair="strong")
    def try_to_work(self, t: Task) -> Steps:
        entered = self.mutex.trylock(t)
        if not entered and self.bug is not Bug.TRYLOCK_IGNORED:
            return
        yield "critical"
        self.mutex.unlock(t)


def is_inside(m: TakeTurns, t: Task) -> bool:
    return at(m.work, "critical", t) or at(m.try_to_work, "critical", t)


@invariant(TakeTurns, id="EXCLUSION")
def exclusion(m: TakeTurns) -> bool:
    """At most one task is inside."""
    return sum(is_inside(m, t) for t in Task) <= 1


@reachable(TakeTurns, id="CONTENDED")
def contended(m: TakeTurns) -> bool:
    """One is inside, the other waits."""
    return any(is_inside(m, t) for t in Task) and any(at(m.work, "lock", t) for t in Task)


@temporal(TakeTurns, id="GETS-IT")
def gets_it(m: TakeTurns, t: Task) -> Formula:
    """Who waits gets in. That takes strong fairness: this mutex has no queue."""
    return leads_to(at(m.work, "lock", t), at(m.work, "critical", t))


CASES = (
    Case("right", "two tasks take turns"),
    Case("three", "three tasks do", {"Task": 3}),
    Case("weak", "nobody hands the mutex over", {"fair.work": "weak"}, {"GETS-IT": "violated"}),
    Case(
        "relock",
        "what runs under the mutex takes it again",
        {"bug": Bug.RELOCK},
        {"fault": "violated 3"},
    ),
    Case(
        "unowned",
        "a trylock that failed is not noticed",
        {"bug": Bug.TRYLOCK_IGNORED},
        {"EXCLUSION": "violated 2", "fault": "violated 3"},
    ),
)
