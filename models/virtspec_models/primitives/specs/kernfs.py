"""Methods of one sysfs file, some of which remove the file, while somebody else removes it, too."""

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
    invariant,
    leads_to,
    process,
    reachable,
    require,
    temporal,
)
from virtspec_models.case import Case
from virtspec_models.primitives.kernfs import File, KernfsFile


class Task(Scalarset, size=2):
    """Who writes to the file."""


class Remover(Singleton):
    """Who takes the device away, and its files with it."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    REMOVE_FROM_METHOD = auto()  # a method removes its file as others would: it waits for itself
    NO_PUT = auto()  # an error path of the method forgets its reference
    PUT_TWICE = auto()
    SELF_FROM_OUTSIDE = auto()  # kernfs_remove_self() where no method runs
    CREATED_TWICE = auto()


class Attribute(Model):
    """A file with a method that may remove it."""

    again: Const[bool] = False  # a method that has removed its file may create it again, as mdev did before 5.2
    bug: Const[Bug] = Bug.NONE

    file: KernfsFile[Task] = KernfsFile(at_first=File.PRESENT)
    again_left: bool = again
    gone: bool  # the other remover has returned
    found: bool  # ghost: it found a file to remove
    wins: Annotated[int, Range(0, 3)]  # ghost: methods that were told that they have removed the file

    @process(fair="weak")
    def store(self, t: Task) -> Steps:
        """A method that leaves the file alone."""
        require(self.file.get_active(t))
        yield "run"
        if self.bug is Bug.REMOVE_FROM_METHOD:
            yield from self.file.remove()
        if self.bug is Bug.PUT_TWICE:
            self.file.put_active(t)
        if self.bug is not Bug.NO_PUT:
            self.file.put_active(t)

    @process(fair="weak")
    def remove_store(self, t: Task) -> Steps:
        """A method that removes the file."""
        if self.bug is not Bug.SELF_FROM_OUTSIDE:
            require(self.file.get_active(t))
        yield "run"
        first = yield from self.file.remove_self(t)
        if first:
            self.wins += 1
            yield "first"
            if self.again_left and self.file.file is File.ABSENT:
                self.again_left = False
                self.file.create()
                yield "created"
        else:
            yield "late"
        self.file.put_active(t)

    @process(fair="weak")
    def device_del(self, r: Remover) -> Steps:
        """The other remover, once."""
        require(not self.gone)
        if self.bug is Bug.CREATED_TWICE:
            self.file.create()
        self.found = self.file.file is not File.ABSENT
        yield from self.file.remove()
        self.gone = True


def is_first(m: Attribute) -> bool:
    """Whether a method runs that has removed its file."""
    return any(at(m.remove_store, "first", t) for t in Task)


@invariant(Attribute, id="DRAINED")
def drained(m: Attribute, t: Task) -> bool:
    """Once the file was removed no method runs, but for those that were about to remove it themselves."""
    return not m.gone or not (at(m.store, "run", t) or at(m.remove_store, "run", t))


@invariant(Attribute, id="COUNTED")
def counted(m: Attribute, t: Task) -> bool:
    """The count sees every method but those that wait to remove the file, and none of a file that is not there begins."""
    waiting = at(m.remove_store, "drain", t) or at(m.remove_store, "wait", t)
    inside = at(m.store, "run", t) or (at(m.remove_store, None, t) and not waiting)
    return m.file.is_running(t) == inside and (m.again or not m.gone or not m.file.is_present())


@invariant(Attribute, id="ONE-FIRST")
def one_first(m: Attribute) -> bool:
    """One method at most is told that it has removed the file, each time there is one."""
    return m.wins <= (2 if m.again and not m.again_left else 1)


@invariant(Attribute, id="OTHERS-LATE")
def others_late(m: Attribute) -> bool:
    """Who removes the file second is told so when the first one has ended."""
    return m.again or not (any(at(m.remove_store, "late", t) for t in Task) and is_first(m))


@reachable(Attribute, id="SLIPS")
def slips(m: Attribute) -> bool:
    """The other remover came by between break and unbreak: it has returned, and the method still runs."""
    return m.gone and m.found and is_first(m)


@reachable(Attribute, id="WAITS")
def waits(m: Attribute) -> bool:
    """The other remover has missed that moment and waits for the end of the method."""
    return at(m.device_del, "drain") and is_first(m)


@reachable(Attribute, id="FINDS-NOTHING")
def finds_nothing(m: Attribute) -> bool:
    """The other remover came later: it finds no file, and the method still runs."""
    return m.gone and not m.found and is_first(m)


@reachable(Attribute, id="COMPETE")
def compete(m: Attribute) -> bool:
    """A method waits for the one that was first."""
    return any(at(m.remove_store, "wait", t) for t in Task) and is_first(m)


@temporal(Attribute, id="RETURNS")
def returns(m: Attribute) -> Formula:
    """Removing the file comes to an end."""
    return leads_to(at(m.device_del, "drain"), m.gone)


@temporal(Attribute, id="SOMEBODY-WINS")
def somebody_wins(m: Attribute, t: Task) -> Formula:
    """Of several methods that remove the file one is the first."""
    return leads_to(at(m.remove_store, "run", t), m.wins > 0)


CASES = (
    Case("right", "two tasks and another remover"),
    Case("three", "three tasks", {"Task": 3}),
    Case(
        "again",
        "who removed it creates it again: it comes back behind the other remover",
        {"again": True},
        {"DRAINED": "violated 6"},
    ),
    Case(
        "from-method",
        "a method removes its file as others would",
        {"bug": Bug.REMOVE_FROM_METHOD},
        {"COUNTED": "violated 2", "RETURNS": "violated", "SOMEBODY-WINS": "violated", "deadlock": "violated 3"},
    ),
    Case(
        "no-put",
        "a method forgets its reference",
        {"bug": Bug.NO_PUT},
        {"COUNTED": "violated 2", "RETURNS": "violated", "SOMEBODY-WINS": "violated", "deadlock": "violated 3"},
    ),
    Case(
        "put-twice",
        "a method puts its reference twice",
        {"bug": Bug.PUT_TWICE},
        {"fault": "violated 2"},
    ),
    Case(
        "outside",
        "self-removal where no method runs",
        {"bug": Bug.SELF_FROM_OUTSIDE},
        {
            "DRAINED": "violated 3",
            "COUNTED": "violated 1",
            "SLIPS": "unreached",
            "WAITS": "unreached",
            "FINDS-NOTHING": "unreached",
            "COMPETE": "unreached",
            "fault": "violated 2",
        },
    ),
    Case(
        "created-twice",
        "the file is created again while it is there",
        {"bug": Bug.CREATED_TWICE},
        {"FINDS-NOTHING": "unreached", "fault": "violated 1"},
    ),
)
