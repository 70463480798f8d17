"""Readers of a pointer, and a task that takes it away, waits for them and frees what it pointed to."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Steps,
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
from virtspec_models.primitives.srcu import Srcu


class Reader(Scalarset, size=2):
    """Who reads."""


class Writer(Scalarset, size=1):
    """Who replaces what is read."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    NO_WAIT = auto()  # freed at once
    KEPT = auto()  # used behind the end of the section
    NESTED = auto()
    NO_LOCK = auto()  # read outside any section, which ends nevertheless


class Replace(Model):
    """One object that is published, then withdrawn."""

    until_nobody: Const[bool] = False
    bug: Const[Bug] = Bug.NONE

    srcu: Srcu[Reader, Writer] = Srcu(until_nobody=until_nobody)
    old: Freeable
    published: bool

    @process(fair="weak")
    def read(self, r: Reader) -> Steps:
        """For ever: readers never run out."""
        if self.bug is not Bug.NO_LOCK:
            self.srcu.read_lock(r)
        found = self.published
        yield "use"
        if self.bug is Bug.NESTED:
            self.srcu.read_lock(r)
        if self.bug is Bug.KEPT:
            self.srcu.read_unlock(r)
            yield "use_late"
        if found:
            self.old.use()
        if self.bug is not Bug.KEPT:
            self.srcu.read_unlock(r)

    @process(fair="weak")
    def replace(self, w: Writer) -> Steps:
        require(self.published is False and not self.old.is_ok())
        self.old.alloc()
        self.published = True
        yield "withdraw"
        self.published = False
        if self.bug is not Bug.NO_WAIT:
            yield from self.srcu.synchronize(w)
        yield "free"
        self.old.free()


@invariant(Replace, id="NOT-SEEN")
def what_is_freed_is_not_seen(m: Replace) -> bool:
    """What is published is there."""
    return not m.published or m.old.is_ok()


@reachable(Replace, id="NEW-READER")
def a_new_reader_does_not_delay(m: Replace) -> bool:
    """Waiting is over while somebody is inside."""
    return any(
        at(m.replace, "synchronize_srcu", w) and enabled(m.replace, w) and any(m.srcu.read_lock_held(r) for r in Reader)
        for w in Writer
    )


@temporal(Replace, id="ENDS")
def waiting_ends(m: Replace, w: Writer) -> Formula:
    """synchronize_srcu() ends, although readers come for ever."""
    return leads_to(at(m.replace, "synchronize_srcu", w), at(m.replace, "free", w))


CASES = (
    Case("right", "two readers"),
    Case("three", "three readers", {"Reader": 3}),
    Case(
        "until-nobody",
        "it waits until nobody is inside",
        {"until_nobody": True},
        {"ENDS": "violated", "NEW-READER": "unreached"},
    ),
    Case("no-wait", "it does not wait", {"bug": Bug.NO_WAIT}, {"NEW-READER": "unreached", "fault": "violated 5"}),
    Case("kept", "a reader keeps what it found", {"bug": Bug.KEPT}, {"fault": "violated 7"}),
    Case("nested", "a reader enters twice", {"bug": Bug.NESTED}, {"fault": "violated 2"}),
    Case(
        "no-lock", "a reader forgets to enter", {"bug": Bug.NO_LOCK}, {"NEW-READER": "unreached", "fault": "violated 2"}
    ),
)
