"""A mechanism's `trace.toml`: which event of a log is which step of the model, and what it tells of the state.

    [paths]      what a thread, or a CPU in its interrupts, logs one behind the other (see `paths`)
    [objects.X]  what a field of an event names: which member of a Scalarset, from which event on, until when
    [[step]]     a step of the model, the events between which it happens, and what these tell of the states around it
    [[see]]      an event that is no step, but tells something of the state
    own          of either: hidden steps of the same process that matter to nobody else, and happen just before
    hidden       steps that no event shows; they may happen at any time
    [eager]      hidden steps that commute with all others: they happen as soon as they can
    never        steps that cannot happen where such logs come from
    [ignored]    events that are logged with the others and say nothing about the model, each with the reason

Conditions are expressions of the language over the model, called `m`. The reference is docs/reference/trace-table.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from virtspec.conform.paths import Automaton, BadPath, automaton
from virtspec.errors import InputError
from virtspec.source import did_you_mean, shown_path

ROOTS = ("thread", "interrupt")
"""The paths that are not part of another one: of each thread, and of each CPU while it handles an interrupt."""

_SELECTOR = re.compile(r"((?:[a-z_]\w*\.)*[a-z_]\w*)(?:\[(\w+)(!?=)(-?\w+)\])?", re.IGNORECASE)
_VALUE = re.compile(r"((?:[a-z_]\w*\.)*[a-z_]\w*)(?:\?|\.(\w+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selector:
    """`event`, `path.event`, `event[field=value]` or `event[field!=value]`."""

    text: str
    place: str
    """The part that names places of the paths."""
    field: str | None = None
    value: int | str = 0
    equal: bool = True

    def takes(self, fields: Mapping[str, int | str]) -> bool:
        """Whether an event with these fields is meant, given that its place is."""
        return self.field is None or (fields.get(self.field) == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class Value:
    """What a name in a condition stands for: a field of an event of the same call, or whether the event came at all."""

    name: str
    event: str
    """`event` or `path.event`."""
    field: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A step, or something seen. What it says is demanded of the state before, and of the one after."""

    number: int
    title: str
    actions: tuple[str, ...]
    """Patterns of the names of actions; none if nothing happens."""
    process: str | None
    """Of something seen: the process whose member the thread is."""
    begin: Selector | None
    """The step happens at this event or behind it; None: behind whatever the thread has logged before `end`."""
    end: Selector
    """It has happened when this event is logged. If that is `begin`, the two are one event."""
    given: Mapping[str, str]
    """Parameters of the action, or names for conditions, that are the objects in hand."""
    values: tuple[Value, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    own: tuple[str, ...]
    """Patterns of the names of hidden steps of the same member, which are taken before the event and at no other time."""

    @property
    def is_point(self) -> bool:
        return self.begin == self.end


@dataclass(frozen=True, slots=True)
class Object:
    """What fields name, for instance by a pointer."""

    name: str
    type: str | None
    """The Scalarset whose members it becomes; None: the model does not tell them apart, but they live and die."""
    born: Selector | None
    """From here on there is a new one. None: there is one as soon as it is named."""
    named: tuple[tuple[Selector, str], ...]
    """Events, and their fields, that say what the new one in hand is called."""
    seen: tuple[tuple[Selector, str], ...]
    """Events, and their fields, that name one that must be alive."""
    dies: tuple[Selector, ...]
    keeps: tuple[str, ...]
    """Other objects that are in use as long as this one lives: those in hand when it was named."""


@dataclass(frozen=True)
class Table:
    """All of a `trace.toml`."""

    path: Path
    text: str
    config: str
    params: Mapping[str, object]
    constants: Mapping[str, int]
    """Numbers that conditions may name; a log may have others."""
    leave_out: tuple[str, ...]
    """Ids of invariants that are not judged: they are about workloads that end."""
    kept: frozenset[str]
    """Scalarsets whose members stay with a thread; others are given to whoever needs one next."""
    paths: Mapping[str, str]
    objects: Mapping[str, Object]
    rules: tuple[Rule, ...]
    hidden: tuple[str, ...]
    eager: Mapping[str, str]
    """By action, the condition on which the step is taken at once."""
    never: tuple[str, ...]
    ignored: Mapping[str, str]

    @cached_property
    def automata(self) -> dict[str, Automaton]:
        """By root."""
        return {root: automaton(self.paths, root) for root in ROOTS if root in self.paths}

    @cached_property
    def events(self) -> dict[str, str]:
        """Every event of the paths, with the root it is an event of."""
        return {place.event: root for root, a in self.automata.items() for place in a.places}

    def line_of(self, text: str) -> int:
        """Where an expression stands in the file, for messages about it."""
        found = self.text.find(text)
        return self.text.count("\n", 0, max(found, 0)) + 1


def read_table(path: Path) -> Table:
    """The table of a file. Raises InputError, which says where and what."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{shown_path(str(path))} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{shown_path(str(path))} is not TOML: {error}") from error
    return _Reader(path, text).table(content)


TOP: dict[str, type | tuple[type, ...]] = {
    "config": str,
    "params": dict,
    "constants": dict,
    "leave_out": list,
    "kept": list,
    "paths": dict,
    "objects": dict,
    "step": list,
    "see": list,
    "hidden": list,
    "eager": dict,
    "never": list,
    "ignored": dict,
}
RULE = {"action": (str, list), "process": str, "at": str, "from": str, "to": str, "with": dict, "values": dict}
RULE |= {"before": list, "after": list, "own": list}
TEXTS = ("with", "eager", "ignored")
OBJECT = {"type": str, "born": str, "named": list, "seen": list, "dies": list, "keeps": list}


class _Reader:
    """Reads one file; what is wrong is told with the part of the file it is in."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def fail(self, where: str, what: str) -> NoReturn:
        raise InputError(f"{shown_path(str(self.path))}: {where}: {what}")

    def table(self, content: dict[str, Any]) -> Table:
        self.keys("the file", content, TOP)
        for key in ("config", "paths"):
            if key not in content:
                self.fail("the file", f"the key {key!r} is missing")
        rules = [(kind, entry) for kind in ("step", "see") for entry in content.get(kind, ())]
        table = Table(
            self.path,
            self.text,
            content["config"],
            content.get("params", {}),
            content.get("constants", {}),
            tuple(content.get("leave_out", ())),
            frozenset(content.get("kept", ())),
            content["paths"],
            {name: self.object(name, entry) for name, entry in content.get("objects", {}).items()},
            tuple(self.rule(number, kind, entry) for number, (kind, entry) in enumerate(rules)),
            tuple(content.get("hidden", ())),
            content.get("eager", {}),
            tuple(content.get("never", ())),
            content.get("ignored", {}),
        )
        self.check(table)
        return table

    def keys(self, where: str, entry: Any, known: Mapping[str, Any]) -> None:
        """Refuse keys that have no meaning, and values of another kind."""
        if not isinstance(entry, dict):
            self.fail(where, "is no table")
        for key, value in entry.items():
            if key not in known:
                self.fail(
                    where,
                    f"the key {key!r} has no meaning; {did_you_mean(key, known) or 'there are ' + ', '.join(known)}",
                )
            if not isinstance(value, known[key]):
                self.fail(where, f"{key} is of the wrong kind")
            if isinstance(value, list) and key not in ("step", "see") and not all(isinstance(v, str) for v in value):
                self.fail(where, f"{key} is a list of texts")
            if key in TEXTS and not all(isinstance(v, str) for v in value.values()):
                self.fail(where, f"{key} holds texts")
            if key == "constants" and not all(type(v) is int for v in value.values()):
                self.fail(where, f"{key} holds whole numbers")

    def selector(self, where: str, text: str) -> Selector:
        found = _SELECTOR.fullmatch(text)
        if found is None:
            self.fail(where, f"{text!r} is no event; write event, path.event or event[field=value]")
        place, field, sign, value = found.groups()
        if field is None:
            return Selector(text, place)
        return Selector(text, place, field, int(value) if re.fullmatch(r"-?\d+", value) else value, sign == "=")

    def named(self, where: str, texts: list[str]) -> tuple[tuple[Selector, str], ...]:
        """Texts like "event.field"."""
        found = []
        for text in texts:
            event, _, field = text.rpartition(".")
            if not event or not field.isidentifier():
                self.fail(where, f"{text!r} names no field; write event.field")
            found.append((self.selector(where, event), field))
        return tuple(found)

    def object(self, name: str, entry: Any) -> Object:
        where = f"objects.{name}"
        self.keys(where, entry, OBJECT)
        return Object(
            name,
            entry.get("type"),
            self.selector(where, entry["born"]) if "born" in entry else None,
            self.named(where, entry.get("named", [])),
            self.named(where, entry.get("seen", [])),
            tuple(self.selector(where, text) for text in entry.get("dies", [])),
            tuple(entry.get("keeps", ())),
        )

    def rule(self, number: int, kind: str, entry: Any) -> Rule:
        said = entry if isinstance(entry, dict) else {}
        actions = said.get("action", [])
        actions = actions if isinstance(actions, list) else [actions]
        title = " and ".join(map(str, actions)) if kind == "step" else f"at {said.get('at', '?')}"
        where = f"{kind} {title}".rstrip()
        self.keys(where, entry, RULE)
        if (kind == "step") is not bool(actions):
            self.fail(
                where, "a step has an action" if kind == "step" else "what is only seen has no action; use [[step]]"
            )
        if ("at" in entry) is ("to" in entry) or ("at" in entry and "from" in entry):
            self.fail(where, "say `at`, or `to` with or without `from`")
        end = self.selector(where, entry.get("at", entry.get("to")))
        begin = end if "at" in entry else self.selector(where, entry["from"]) if "from" in entry else None
        values = tuple(self.value(where, name, text) for name, text in entry.get("values", {}).items())
        before, after = (tuple(entry.get(side, ())) for side in ("before", "after"))
        if kind == "see" and after:
            self.fail(where, "nothing happens there: say `before`")
        process, given, own = entry.get("process"), entry.get("with", {}), tuple(entry.get("own", ()))
        if own and "at" not in entry:
            self.fail(where, "own steps happen right before one event: say `at`")
        return Rule(number, title, tuple(actions), process, begin, end, given, values, before, after, own)

    def value(self, where: str, name: str, text: Any) -> Value:
        found = _VALUE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            self.fail(where, f"the value {name} is event.field, or event? for whether it came; not {text!r}")
        return Value(name, found[1], found[2])

    # --- what only the whole can tell

    def check(self, table: Table) -> None:
        self.paths(table)
        places = [place for a in table.automata.values() for place in a.places]
        for rule in table.rules:
            where = f"the rule {rule.title}"
            for selector in {s for s in (rule.begin, rule.end) if s is not None}:
                self.known(where, table, selector)
            for value in rule.values:
                if not any(place.is_called(value.event) for place in places):
                    self.fail(where, f"no path has an event {value.event!r}{self.hint(value.event, table)}")
            for name, kind in rule.given.items():
                if kind not in table.objects:
                    self.fail(where, f"with: {name} is {kind!r}, and there is no such object")
        for found in table.objects.values():
            where = f"objects.{found.name}"
            births = () if found.born is None else (found.born,)
            for selector in (*births, *found.dies, *(s for s, _ in (*found.named, *found.seen))):
                self.known(where, table, selector)
            for kept in found.keeps:
                if kept not in table.objects:
                    self.fail(where, f"keeps {kept!r}, and there is no such object")

    def paths(self, table: Table) -> None:
        for name, text in table.paths.items():
            if not isinstance(text, str):
                self.fail("paths", f"{name} is no text")
        try:
            automata = table.automata
        except BadPath as why:
            self.fail("paths", str(why))
        if not automata:
            self.fail("paths", "there is neither `thread` nor `interrupt`")
        for unused in set(table.paths).difference(*(a.used for a in automata.values())):
            self.fail("paths", f"{unused} is a part of neither `thread` nor `interrupt`")
        owners: dict[str, str] = {}
        for root, a in automata.items():
            for place in a.places:
                if owners.setdefault(place.event, root) != root:
                    self.fail("paths", f"{place.event} is an event of both `thread` and `interrupt`")

    def known(self, where: str, table: Table, selector: Selector) -> None:
        if not any(a.called(selector.place) for a in table.automata.values()):
            self.fail(where, f"no path has {selector.place!r}{self.hint(selector.place, table)}")

    def hint(self, name: str, table: Table) -> str:
        hint = did_you_mean(name.rpartition(".")[2], table.events)
        return f"; {hint}" if hint else ""
