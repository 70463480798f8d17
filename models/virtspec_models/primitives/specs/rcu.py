"""Readers follow a pointer to the newest object; who replaces it frees the old one behind a grace period."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Singleton,
    Steps,
    action,
    at,
    enabled,
    invariant,
    leads_to,
    process,
    reachable,
    require,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.freeable import Freeable
from virtspec_models.primitives.rcu import Rcu


class Reader(Scalarset, size=2):
    """Who reads."""


class Module(Singleton):
    """Who replaces what is read, and is unloaded at last."""


class Obj(Scalarset, size=2):
    """A version of what is read."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    KEPT = auto()  # used behind the end of the section
    NESTED = auto()
    NO_LOCK = auto()  # read outside any section, which ends nevertheless
    TWICE = auto()  # an object is handed to call_rcu() by two who replace it
    NO_BARRIER = auto()  # unloaded behind a grace period, not behind the callbacks


class Publish(Model):
    """A pointer to one of some objects, or to none."""

    no_grace_period: Const[bool] = False
    wait: Const[bool] = False  # synchronize_rcu() and kfree(), not kfree_rcu()
    bug: Const[Bug] = Bug.NONE

    rcu: Rcu[Reader, Module, Obj] = Rcu(no_grace_period=no_grace_period)
    mem: dict[Obj, Freeable]
    newest: Obj | None
    unloaded: bool

    @process(fair="weak")
    def read(self, r: Reader) -> Steps:
        """For ever: readers never run out."""
        if self.bug is not Bug.NO_LOCK:
            self.rcu.read_lock(r)
        found = self.newest
        yield "use"
        if self.bug is Bug.NESTED:
            self.rcu.read_lock(r)
        if self.bug is Bug.KEPT:
            self.rcu.read_unlock(r)
            yield "use_late"
        if found is not None:
            self.mem[found].use()
        if self.bug is not Bug.KEPT:
            self.rcu.read_unlock(r)

    @process(fair="weak")
    def replace(self, w: Module, o: Obj) -> Steps:
        require(not self.unloaded and not self.mem[o].is_ok())
        self.mem[o].alloc()
        old = self.newest
        self.newest = o
        yield "retire"
        if old is None:
            return
        if self.wait:
            yield from self.rcu.synchronize(w)
            yield "free"
            self.mem[old].free()
        else:
            self.rcu.call(old)
            if self.bug is Bug.TWICE:
                self.rcu.call(old)

    @action(fair="weak")
    def free_rcu(self, o: Obj) -> None:
        """The callback, which is code of the module."""
        self.rcu.invoke(o)
        assert not self.unloaded, "the callback's code is gone"
        self.mem[o].free()

    @process(fair="weak")
    def unload(self, w: Module) -> Steps:
        require(not self.unloaded)
        yield "retire"
        if self.newest is not None:
            self.rcu.call(self.newest)
            self.newest = None
        if self.bug is Bug.NO_BARRIER:
            yield from self.rcu.synchronize(w)
        else:
            yield from self.rcu.barrier(w)
        self.unloaded = True


@invariant(Publish, id="THERE")
def what_is_published_is_there(m: Publish) -> bool:
    """The pointer leads to an object that is not freed."""
    return all(m.newest != o or m.mem[o].is_ok() for o in Obj)


@reachable(Publish, id="NEW-READER")
def a_new_reader_does_not_delay(m: Publish) -> bool:
    """A grace period is over while somebody is inside."""
    return any(m.rcu.read_lock_held(r) for r in Reader) and (
        any(enabled(m.free_rcu, o) for o in Obj)
        or any(at(m.replace, "synchronize_rcu", w) and enabled(m.replace, w) for w in Module)
    )


@temporal(Publish, id="FREED")
def freed(m: Publish, o: Obj) -> Formula:
    """A callback runs at last, although readers come for ever."""
    return leads_to(o in m.rcu.callbacks, o not in m.rcu.callbacks)


@temporal(Publish, id="ENDS")
def waiting_ends(m: Publish) -> Formula:
    """So does waiting: for a grace period, and for callbacks."""
    return leads_to(
        at(m.replace, "synchronize_rcu") or at(m.unload, "rcu_barrier"),
        not at(m.replace, "synchronize_rcu") and not at(m.unload, "rcu_barrier"),
    )


CASES = (
    Case("right", "what is replaced is freed by a callback"),
    Case("wait", "it is freed by who replaces it, which waits", {"wait": True}),
    Case("at-once", "callbacks do not wait", {"no_grace_period": True}, {"fault": "violated 7"}),
    Case("kept", "a reader keeps what it found", {"bug": Bug.KEPT}, {"fault": "violated 8"}),
    Case(
        "nested",
        "a reader enters twice",
        {"bug": Bug.NESTED},
        {"fault": "violated 2"},
    ),
    Case(
        "no-lock", "a reader forgets to enter", {"bug": Bug.NO_LOCK}, {"NEW-READER": "unreached", "fault": "violated 2"}
    ),
    Case("twice", "an object is handed over twice", {"bug": Bug.TWICE}, {"fault": "violated 4"}),
    Case(
        "no-barrier",
        "the module goes behind a grace period",
        {"bug": Bug.NO_BARRIER},
        {"fault": "violated 6"},
    ),
)
