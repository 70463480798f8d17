"""An object in a table: users find it there without a reference, its owner takes it out and puts the first one."""

from __future__ import annotations

from enum import Enum, auto
from typing import Annotated

from virtspec import (
    Const,
    Formula,
    Model,
    Range,
    Scalarset,
    Singleton,
    Steps,
    at,
    eventually,
    invariant,
    process,
    reachable,
    require,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.kref import Kref


class User(Scalarset, size=2):
    """Who looks the object up."""


class Owner(Singleton):
    """Who made it."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    PLAIN_GET = auto()  # who found it takes a reference as if it held one
    PUT_TWICE = auto()  # an error path puts what the normal one puts, too
    NO_PUT = auto()  # an error path forgets to


class Table(Model):
    """An object with a count. Its memory stays readable for those who still look at it, as under RCU."""

    bug: Const[Bug] = Bug.NONE

    ref: Kref = Kref(at_first=1, most=1 + len(User))
    listed: bool = True
    releases: Annotated[int, Range(0, 2)]  # ghost

    @process(fair="weak", begins="weak")
    def unregister(self, o: Owner) -> Steps:
        require(self.listed)
        self.listed = False
        yield "put"
        self.put()

    @process(fair="weak")
    def look_up(self, u: User) -> Steps:
        require(self.listed)
        yield "get"
        if self.bug is Bug.PLAIN_GET:
            self.ref.get()
        elif not self.ref.get_unless_zero():
            return
        yield "use"
        if self.bug is Bug.PUT_TWICE:
            self.put()
        if self.bug is not Bug.NO_PUT:
            self.put()

    def put(self) -> None:
        last = self.ref.put()
        if last:
            self.releases += 1


@invariant(Table, id="ONCE")
def once(m: Table) -> bool:
    """It is released once at most."""
    return m.releases <= 1


@invariant(Table, id="NOT-IN-USE")
def not_in_use(m: Table) -> bool:
    """Nobody uses what was released."""
    return m.releases == 0 or not any(at(m.look_up, "use", u) for u in User)


@temporal(Table, id="RELEASED")
def released(m: Table) -> Formula:
    """It is released at last."""
    return eventually(m.releases == 1)


@reachable(Table, id="TOO-LATE")
def too_late(m: Table) -> bool:
    """Somebody has found it, and it is released."""
    return m.releases == 1 and any(at(m.look_up, "get", u) for u in User)


@reachable(Table, id="LAST-USER")
def last_user(m: Table) -> bool:
    """The owner has put its reference, a user has the last one."""
    return not m.listed and not at(m.unregister) and m.ref.refcount == 1


CASES = (
    Case("right", "two users and the owner"),
    Case("three", "three users", {"User": 3}),
    Case("plain-get", "kref_get() on what was only found", {"bug": Bug.PLAIN_GET}, {"fault": "violated 4"}),
    Case(
        "put-twice",
        "a user puts its reference twice",
        {"bug": Bug.PUT_TWICE},
        {"NOT-IN-USE": "violated 7", "fault": "violated 5"},
    ),
    Case("no-put", "a user forgets to put it", {"bug": Bug.NO_PUT}, {"RELEASED": "violated", "fault": "violated 7"}),
)
