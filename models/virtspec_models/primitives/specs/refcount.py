"""Users enter a device that its owner takes away: the gate of vfio_device, and of mdev as proposed in v2 and v3."""

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
from virtspec_models.primitives.refcount import Refcount


class User(Scalarset, size=2):
    """Who enters and leaves, again and again."""


class Owner(Singleton):
    """Who takes the device away."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    PUT_TWICE = auto()  # a user leaves twice
    KILLED_TWICE = auto()  # the owner goes twice
    NOT_KILLED = auto()  # the owner waits without having put its reference
    NO_PUT = auto()  # an error path of a user forgets to leave
    NO_WAIT = auto()  # the owner does not wait


class Gate(Model):
    """A count of who is inside."""

    live_only: Const[bool] = False  # who enters looks whether the owner wants to go, too
    again: Const[bool] = False  # the owner comes back
    bug: Const[Bug] = Bug.NONE

    ref: Refcount = Refcount(at_first=1, most=1 + len(User))
    gone: bool

    @process(fair="weak")
    def use(self, u: User) -> Steps:
        if self.live_only:
            require(self.ref.get_live())
        else:
            require(self.ref.get_unless_zero())
        yield "inside"
        if self.bug is Bug.PUT_TWICE:
            self.ref.put()
        if self.bug is not Bug.NO_PUT:
            self.ref.put()

    @process(fair="weak")
    def unregister(self, o: Owner) -> Steps:
        require(self.ref.live)
        if self.bug is not Bug.NOT_KILLED:
            self.ref.kill()
        if self.bug is Bug.KILLED_TWICE:
            self.ref.kill()
        yield "wait"
        if self.bug is not Bug.NO_WAIT:
            self.ref.wait()
        self.gone = True
        if self.again:
            yield "register"
            self.gone = False
            self.ref.init()


@invariant(Gate, id="NOBODY-LEFT")
def nobody_left(m: Gate, u: User) -> bool:
    """When the owner has gone nobody is inside."""
    return not m.gone or not at(m.use, "inside", u)


@reachable(Gate, id="LATE-ENTRY")
def late_entry(m: Gate) -> bool:
    """Everybody is inside while the owner waits."""
    return at(m.unregister, "wait") and all(at(m.use, "inside", u) for u in User)


@temporal(Gate, id="GOES")
def goes(m: Gate) -> Formula:
    """The owner goes at last."""
    return leads_to(at(m.unregister, "wait"), m.gone)


CASES = (
    Case(
        "starved", "users who come for ever keep each other inside: the owner waits for ever", {}, {"GOES": "violated"}
    ),
    Case("alone", "one user lets the count fall to zero when it leaves", {"User": 1}),
    Case("live", "users look whether the owner wants to go", {"live_only": True}),
    Case("again", "the same, and the owner registers anew", {"live_only": True, "again": True}),
    Case(
        "put-twice",
        "a user puts its reference twice",
        {"bug": Bug.PUT_TWICE},
        {"NOBODY-LEFT": "violated 5", "fault": "violated 2"},
    ),
    Case(
        "killed-twice",
        "the owner puts its own twice",
        {"bug": Bug.KILLED_TWICE},
        {"LATE-ENTRY": "unreached", "fault": "violated 1"},
    ),
    Case(
        "not-killed",
        "the owner keeps its own and waits",
        {"bug": Bug.NOT_KILLED},
        {"fault": "violated 2"},
    ),
    Case(
        "no-put",
        "a user forgets to put its reference",
        {"bug": Bug.NO_PUT},
        {"GOES": "violated", "fault": "violated 4"},
    ),
    Case("no-wait", "the owner does not wait", {"bug": Bug.NO_WAIT}, {"NOBODY-LEFT": "violated 3"}),
)
