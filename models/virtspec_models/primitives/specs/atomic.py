"""Tasks come to what has to be set up once: the first one does it, the others wait."""

from __future__ import annotations

from enum import Enum, auto
from typing import Annotated

from virtspec import (
    Const,
    Formula,
    Model,
    Range,
    Scalarset,
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
from virtspec_models.primitives.atomic import AtomicWord


class Task(Scalarset, size=2):
    """A thread."""


class Stage(Enum):
    NEW = auto()
    BUSY = auto()
    READY = auto()


class How(Enum):
    """How a task claims the work."""

    TRY_CMPXCHG = auto()
    CMPXCHG = auto()
    XCHG = auto()  # a mistake: whoever comes late takes the word back to BUSY
    READ_SET = auto()  # a mistake: two tasks may read before either sets


class Once(Model):
    """Setting up, once."""

    how: Const[How] = How.TRY_CMPXCHG

    stage: AtomicWord[Stage]
    times: Annotated[int, Range(0, len(Task))]  # ghost: how often it was set up
    served: dict[Task, bool]

    @process(fair="weak")
    def use(self, t: Task) -> Steps:
        require(not self.served[t])
        if self.how is How.READ_SET:
            mine = self.stage.read() is Stage.NEW
            yield "claim"
            if mine:
                self.stage.set(Stage.BUSY)
        else:
            yield "claim"
            mine = self.claim()
        if mine:
            yield "set_up"
            self.times += 1
            self.stage.set(Stage.READY)
        yield "wait"
        require(self.stage.read() is Stage.READY)
        self.served[t] = True

    def claim(self) -> bool:
        if self.how is How.XCHG:
            old = self.stage.xchg(Stage.BUSY)
            return old is Stage.NEW
        if self.how is How.CMPXCHG:
            old = self.stage.cmpxchg(Stage.NEW, Stage.BUSY)
            return old is Stage.NEW
        return self.stage.try_cmpxchg(Stage.NEW, Stage.BUSY)


@invariant(Once, id="ONCE")
def once(m: Once) -> bool:
    """It is set up once at most."""
    return m.times <= 1


@invariant(Once, id="READY")
def ready_means_set_up(m: Once) -> bool:
    """Who has been served was served behind that."""
    return m.times > 0 or not any(m.served[t] for t in Task)


@reachable(Once, id="BOTH")
def both_try(m: Once) -> bool:
    """All tasks are about to claim it."""
    return all(at(m.use, "claim", t) for t in Task)


@temporal(Once, id="SERVED")
def served(m: Once, t: Task) -> Formula:
    """Who comes is served."""
    return leads_to(at(m.use, None, t), m.served[t])


CASES = (
    Case("right", "the first one claims it with try_cmpxchg()"),
    Case("three", "three tasks do", {"Task": 3}),
    Case("cmpxchg", "with cmpxchg(), and a look at the old value", {"how": How.CMPXCHG}),
    Case(
        "xchg",
        "with xchg(): a late one makes everybody wait",
        {"how": How.XCHG},
        {"SERVED": "violated", "deadlock": "violated 5"},
    ),
    Case("read-set", "with read(), then set()", {"how": How.READ_SET}, {"ONCE": "violated 6"}),
)
