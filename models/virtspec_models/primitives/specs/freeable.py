"""A session that one task closes while others use it, with a count of its users or without."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Const, Model, Scalarset, Singleton, Steps, at, invariant, process, reachable, require
from virtspec_models.case import Case
from virtspec_models.primitives.freeable import Freeable, Mem
from virtspec_models.primitives.kref import Kref


class User(Scalarset, size=2):
    """Who uses the session."""


class Owner(Singleton):
    """Who opens and closes it."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    NO_REFERENCE = auto()  # users hold none: the owner frees what they use
    FREED_TWICE = auto()  # the owner frees it, whatever the last put does
    PUBLISHED_EARLY = auto()  # users find the pointer before anything is there
    NOT_CLOSED = auto()  # the owner opens a second one and forgets the first


class Session(Model):
    """An object behind a pointer that is published and withdrawn."""

    stale: Const[bool] = False  # what was freed can still be read
    bug: Const[Bug] = Bug.NONE

    memory: Freeable = Freeable(stale=stale)
    ref: Kref = Kref(most=1 + len(User))
    published: bool

    @process
    def serve(self, o: Owner) -> Steps:
        """Open, publish; withdraw, close. Nothing is opened anew while the old one is in use."""
        if self.bug is not Bug.NOT_CLOSED:
            require(not self.memory.is_ok())
        if self.bug is Bug.PUBLISHED_EARLY:
            self.published = True
            yield "alloc"
        self.memory.alloc()
        self.ref.init()
        self.published = True
        yield "withdraw"
        self.published = False
        if self.bug is Bug.NOT_CLOSED:
            return
        yield "close"
        self.put()
        if self.bug is Bug.FREED_TWICE:
            self.memory.free()

    @process
    def use(self, u: User) -> Steps:
        """Find the pointer, take a reference in the same step (under the lock that guards the pointer), use it."""
        require(self.published)
        if self.bug not in (Bug.NO_REFERENCE, Bug.PUBLISHED_EARLY):
            self.ref.get()
        yield "read"
        self.memory.use()
        yield "done"
        if self.bug not in (Bug.NO_REFERENCE, Bug.PUBLISHED_EARLY):
            self.put()

    def put(self) -> None:
        last = self.ref.put()
        if last:
            self.memory.free()


@invariant(Session, id="NO-USE-AFTER-FREE")
def no_use_after_free(m: Session) -> bool:
    """While somebody is about to use it, it is there."""
    return m.memory.is_ok() or not any(at(m.use, "read", u) for u in User)


@reachable(Session, id="OUTLIVES")
def outlives(m: Session) -> bool:
    """The owner has closed it, and a user still uses it."""
    return m.memory.is_ok() and not at(m.serve) and any(at(m.use, "read", u) for u in User)


@reachable(Session, id="FREED")
def freed(m: Session) -> bool:
    """Nobody needs it any more."""
    return m.memory.mem is Mem.FREED


CASES = (
    Case("right", "users hold references"),
    Case("three", "three users", {"User": 3}),
    Case(
        "no-reference",
        "users hold none",
        {"bug": Bug.NO_REFERENCE},
        {"NO-USE-AFTER-FREE": "violated 4", "OUTLIVES": "unreached", "fault": "violated 5"},
    ),
    Case(
        "stale",
        "the same where freed memory keeps its content: only the property notices",
        {"bug": Bug.NO_REFERENCE, "stale": True},
        {"NO-USE-AFTER-FREE": "violated 4", "OUTLIVES": "unreached"},
    ),
    Case(
        "freed-twice",
        "the owner frees what the last put frees",
        {"bug": Bug.FREED_TWICE},
        {"NO-USE-AFTER-FREE": "violated 4", "OUTLIVES": "unreached", "fault": "violated 3"},
    ),
    Case(
        "published-early",
        "users find it before it is there",
        {"bug": Bug.PUBLISHED_EARLY},
        {"NO-USE-AFTER-FREE": "violated 2", "OUTLIVES": "unreached", "fault": "violated 3"},
    ),
    Case(
        "not-closed",
        "a second one at the same place",
        {"bug": Bug.NOT_CLOSED},
        {"FREED": "unreached", "fault": "violated 3"},
    ),
)
