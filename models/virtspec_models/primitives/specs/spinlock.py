"""CPUs share a list with their interrupt handlers: spin_lock_irqsave(), and what spin_lock() alone would do."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Steps,
    action,
    at,
    invariant,
    leads_to,
    process,
    reachable,
    require,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.spinlock import SpinLock


class Cpu(Scalarset, size=2):
    """A processor, with the task that runs on it and its interrupts."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    IRQS_ON = auto()  # spin_lock(), although an interrupt handler takes the lock, too
    UNLOCKED_TWICE = auto()


class List(Model):
    """A list that tasks and interrupt handlers change."""

    bug: Const[Bug] = Bug.NONE

    lock: SpinLock[Cpu]

    @process(fair="strong")
    def syscall(self, c: Cpu) -> Steps:
        """spin_lock_irqsave(): waiting with interrupts off, too, so that the wait is one step."""
        yield "spin"
        self.lock.lock(c)
        yield "critical"
        self.lock.unlock(c)
        if self.bug is Bug.UNLOCKED_TWICE:
            yield "out"
            self.lock.unlock(c)

    @action
    def interrupt(self, c: Cpu) -> None:
        """The handler looks at the list, from beginning to end while nobody else holds the lock."""
        require(self.bug is Bug.IRQS_ON or not (at(self.syscall, "critical", c) or at(self.poll, "critical", c)))
        self.lock.lock(c)
        self.lock.unlock(c)

    @process(fair="weak")
    def poll(self, c: Cpu) -> Steps:
        """What may as well be done later: spin_trylock()."""
        entered = self.lock.trylock(c)
        if not entered:
            return
        yield "critical"
        self.lock.unlock(c)


def is_inside(m: List, c: Cpu) -> bool:
    return at(m.syscall, "critical", c) or at(m.poll, "critical", c)


@invariant(List, id="EXCLUSION")
def exclusion(m: List) -> bool:
    """At most one CPU is inside, and the lock says whether one is."""
    inside = sum(is_inside(m, c) for c in Cpu)
    return inside <= 1 and m.lock.is_locked() == (inside == 1)


@reachable(List, id="SPINS")
def spins(m: List) -> bool:
    """One is inside, the other spins."""
    return m.lock.is_locked() and any(at(m.syscall, "spin", c) for c in Cpu)


@temporal(List, id="GETS-IT")
def gets_it(m: List, c: Cpu) -> Formula:
    """Who spins gets in. That takes strong fairness: this lock has no queue."""
    return leads_to(at(m.syscall, "spin", c), at(m.syscall, "critical", c))


CASES = (
    Case("right", "interrupts are off while the lock is held"),
    Case("three", "three CPUs", {"Cpu": 3}),
    Case("weak", "the lock goes to whoever comes first", {"fair.syscall": "weak"}, {"GETS-IT": "violated"}),
    Case("irqs-on", "an interrupt strikes while the lock is held", {"bug": Bug.IRQS_ON}, {"fault": "violated 2"}),
    Case("unlocked-twice", "unlocked twice", {"bug": Bug.UNLOCKED_TWICE}, {"fault": "violated 4"}),
)
