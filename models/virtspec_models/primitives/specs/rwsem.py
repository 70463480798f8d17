"""Readers come again and again, and a writer that wants them out: the gate of a device that goes."""

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
    temporal,
    transition,
)
from virtspec_models.case import Case
from virtspec_models.primitives.rwsem import RwSem


class Reader(Scalarset, size=2):
    """A task inside the device's methods."""


class Writer(Singleton):
    """The task that takes the device away."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    NESTED_READ = auto()  # who reads calls a function that reads
    UNREAD = auto()  # the error path of a trylock unlocks, too
    KEPT = auto()  # an error path forgets to unlock
    NESTED_WRITE = auto()  # who writes calls a function that writes
    UNWRITTEN = auto()  # unlocked twice


class Gate(Model):
    """A semaphore among readers and one writer."""

    gate_at_acquisition: Const[bool] = False
    bug: Const[Bug] = Bug.NONE

    sem: RwSem[Writer] = RwSem(
        most=len(Reader) * (2 if bug is Bug.NESTED_READ else 1), gate_at_acquisition=gate_at_acquisition
    )

    @process(fair="weak")
    def read(self, r: Reader) -> Steps:
        yield "down_read"
        self.sem.down_read()
        yield "critical"
        if self.bug is Bug.NESTED_READ:
            self.sem.down_read()
            self.sem.up_read()
        if self.bug is not Bug.KEPT:
            self.sem.up_read()

    @process(fair="weak")
    def try_to_read(self, r: Reader) -> Steps:
        entered = self.sem.down_read_trylock()
        if not entered and self.bug is not Bug.UNREAD:
            return
        yield "critical"
        self.sem.up_read()

    @process(fair="weak")
    def write(self, w: Writer) -> Steps:
        yield from self.sem.down_write(w)
        yield "critical"
        if self.bug is Bug.NESTED_WRITE:
            yield from self.sem.down_write(w)
        self.sem.up_write(w)
        if self.bug is Bug.UNWRITTEN:
            yield "again"
            self.sem.up_write(w)


def reads(m: Gate, r: Reader) -> bool:
    return at(m.read, "critical", r) or at(m.try_to_read, "critical", r)


def waits(m: Gate) -> bool:
    """Whether the writer has come and is not in yet."""
    return at(m.write, "down_write.down_write")


@invariant(Gate, id="EXCLUSION")
def exclusion(m: Gate) -> bool:
    """While the writer is inside no reader is."""
    return not at(m.write, "critical") or not any(reads(m, r) for r in Reader)


@invariant(Gate, id="KNOWN")
def known(m: Gate, w: Writer) -> bool:
    """The semaphore knows how many read, and who writes."""
    return m.sem.readers == sum(reads(m, r) for r in Reader) and m.sem.is_write_locked_by(w) == at(
        m.write, "critical", w
    )


@transition(Gate, id="GATE")
def gate(before: Gate, after: Gate, r: Reader) -> bool:
    """While the writer waits no reader enters."""
    return not waits(before) or reads(before, r) or not reads(after, r)


@reachable(Gate, id="TOGETHER")
def together(m: Gate) -> bool:
    """All readers are inside at once."""
    return all(reads(m, r) for r in Reader)


@reachable(Gate, id="KEPT-OUT")
def kept_out(m: Gate) -> bool:
    """The writer waits for one reader while it keeps another one out."""
    return waits(m) and any(reads(m, r) for r in Reader) and any(at(m.read, "down_read", r) for r in Reader)


@temporal(Gate, id="WRITER-IN")
def writer_in(m: Gate) -> Formula:
    """The writer gets in, even if readers come for ever."""
    return leads_to(waits(m), at(m.write, "critical"))


CASES = (
    Case("right", "two readers and a writer"),
    Case("three", "three readers", {"Reader": 3}),
    Case(
        "open",
        "the gate closes when the writer is in, not when it begins to wait",
        {"gate_at_acquisition": True},
        {"GATE": "violated 2", "WRITER-IN": "violated"},
    ),
    Case(
        "open-strong",
        "the same, the writer favoured by strong fairness: readers overlap, it never has a chance",
        {"gate_at_acquisition": True, "fair.write": "strong"},
        {"GATE": "violated 2", "WRITER-IN": "violated"},
    ),
    Case(
        "open-alone",
        "the same with one reader: between two of its turns there is a chance",
        {"gate_at_acquisition": True, "fair.write": "strong", "Reader": 1},
        {"GATE": "violated 2", "KEPT-OUT": "unreached"},
    ),
    Case(
        "nested-read",
        "a reader reads again, while the writer waits for it",
        {"bug": Bug.NESTED_READ},
        {"WRITER-IN": "violated", "deadlock": "violated 4"},
    ),
    Case(
        "kept",
        "an error path of a reader forgets to unlock",
        {"bug": Bug.KEPT},
        {"KNOWN": "violated 3", "WRITER-IN": "violated", "fault": "violated 5", "deadlock": "violated 6"},
    ),
    Case(
        "unread",
        "a trylock that failed is not noticed",
        {"bug": Bug.UNREAD},
        {"EXCLUSION": "violated 3", "KNOWN": "violated 2", "GATE": "violated 2", "fault": "violated 3"},
    ),
    Case("nested-write", "the writer writes again", {"bug": Bug.NESTED_WRITE}, {"fault": "violated 3"}),
    Case("unwritten", "the writer unlocks twice", {"bug": Bug.UNWRITTEN}, {"fault": "violated 4"}),
)
