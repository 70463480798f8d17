"""A thread while its log is read: where it stands in the code, and what it has logged in the call it is in."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from virtspec.conform.events import Event
from virtspec.conform.paths import START, Automaton
from virtspec.conform.rows import Part
from virtspec.conform.table import Object, Rule, Selector, Table


class Unexplained(Exception):
    """No run of the code logs this event here."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why
        self.instance: Hashable | None = None
        self.explained: tuple[int, ...] = ()
        """The lines of what the thread has logged before."""


@dataclass(slots=True)
class Stop:
    """What the table says of a place of the code."""

    begins: list[Rule] = field(default_factory=list)
    ends: list[Rule] = field(default_factory=list)
    points: list[Rule] = field(default_factory=list)
    born: list[Object] = field(default_factory=list)
    named: list[tuple[Selector, str, Object]] = field(default_factory=list)
    seen: list[tuple[Selector, str, Object]] = field(default_factory=list)
    dies: list[tuple[Selector, Object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """What values call the event here."""


@dataclass(slots=True, eq=False)
class Thread:
    """Where a thread stands, and what it has logged in the call it is in."""

    who: str
    automaton: Automaton
    place: int = START
    part: Part | None = None
    last: int = -1
    """Its last event."""
    values: dict[str, Event] = field(default_factory=dict)
    """The last events in this call, by what values call them."""
    begun: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By rule, the event at which its window begins, and its line."""
    hand: dict[str, int] = field(default_factory=dict)
    """The objects it has to do with in this call."""
    keys: dict[str, int | str] = field(default_factory=dict)
    """What they are called."""
    held: list[tuple[Part, str, int]] = field(default_factory=list)
    members: dict[tuple[Hashable, str], int] = field(default_factory=dict)
    """By instance and Scalarset, which member it is while it is inside a call, or for ever."""
    waiting: dict[str, list[tuple[Part, int, str | None]]] = field(default_factory=dict)
    """By event, values of rows that are one of its fields, or whether it comes."""
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=5))
    """The lines of its last events."""
    lost: bool = False
    """Events of its are missing: it is anywhere."""


def stops(table: Table, automaton: Automaton) -> list[Stop]:
    """By place, what happens there."""
    found = [Stop() for _ in range(len(automaton.places) + 1)]

    def at(selector: Selector) -> list[Stop]:
        return [found[number] for number in automaton.called(selector.place)]

    for rule in table.rules:
        if rule.is_point:
            for w in at(rule.end):
                w.points.append(rule)
            continue
        for w in at(rule.end):
            w.ends.append(rule)
        for w in at(rule.begin) if rule.begin is not None else ():
            w.begins.append(rule)
    for value in {v.event for rule in table.rules for v in rule.values}:
        for number in automaton.called(value):
            found[number].keys.append(value)
    for kind in table.objects.values():
        for w in at(kind.born) if kind.born is not None else ():
            w.born.append(kind)
        for selector, name in kind.named:
            for w in at(selector):
                w.named.append((selector, name, kind))
        for selector, name in kind.seen:
            for w in at(selector):
                w.seen.append((selector, name, kind))
        for selector in kind.dies:
            for w in at(selector):
                w.dies.append((selector, kind))
    return found
