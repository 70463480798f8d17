"""`conform`: is a log of running code a behaviour of the model?"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, cast

from virtspec.api.checking import refuse_endless
from virtspec.api.engines import Done, Engine, by_code, by_oracle
from virtspec.api.shipped import Case, Mechanism, catalog, mechanism
from virtspec.conform import explain, labels, readers
from virtspec.conform.events import Event, Header, Record
from virtspec.conform.mapping import Log, Mapper
from virtspec.conform.observer import Observer, observer
from virtspec.conform.rows import Part, Row
from virtspec.conform.table import Table, read_table
from virtspec.conform.verdict import Conformance, Followed, Limit, Rejection, Violation
from virtspec.errors import InputError, UsageError
from virtspec.explore.machine import default_memory, peak
from virtspec.frontend.load import Specification, compile_model
from virtspec.semantics.interp import Faulted
from virtspec.trace.verdict import violated_by

if TYPE_CHECKING:
    from virtspec.conform.packed import Rows

MOST = 1_000_000
"""Candidates at a time, unless somebody says otherwise."""
TOLD = 10_000
"""Records after which is told how far a log has been read."""
LOOKED_AT = 16
"""Candidates in which is looked for what could have come instead."""
LAST = 5
"""Explained events shown before one that is not."""


@dataclass(frozen=True)
class Progress:
    """How far a log has been read (`row` is the line then, and `rows` is 0), or an instance followed."""

    instance: Hashable
    row: int
    rows: int
    candidates: int


@dataclass(frozen=True)
class Asked:
    """What is to be compared with the log, and how."""

    of: Mechanism
    config: str | None
    params: Mapping[str, object]
    engine: Engine
    most: int
    memory: int
    progress: Callable[[Progress], None] | None


def conform(
    name: str,
    log: Path | str,
    *,
    config: str | None = None,
    params: Mapping[str, object] | None = None,
    table: Path | None = None,
    format: str | None = None,
    engine: Engine = "native",
    most: int = MOST,
    memory: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Conformance:
    """Follow a log of the mechanism `name`.

    The table is the mechanism's own unless one is given; so is the configuration, of which sizes and what the log tells of
    itself are replaced, then `params`. A log whose header says `"source": "reference"` names steps of the model and needs no
    table; its header says which configuration. It is undetermined if the model may be in more than `most` states at a time,
    or if these and what the log says take more than `memory` bytes, 4/5 of the machine's unless told otherwise; states of the
    interpreter are not counted. Raises UsageError, InputError for a log, a table or a mechanism that has none,
    SpecError.
    """
    room = default_memory() if memory is None else memory
    what = Asked(mechanism(name), config, dict(params or {}), engine, most, room, progress)
    records = readers.read(log, None if str(log) == "-" else (), format)
    first = next(records, None)
    if isinstance(first, Header) and first.values.get("source") == "reference":
        found = _ByLabels(what, log, first).conform(readers.read(log, None, format) if str(log) != "-" else records)
        mistake = first.values.get("mistake")
        if found.rejection is not None and isinstance(mistake, str) and config is None and str(log) != "-":
            named = Header(first.line, {**first.values, "config": mistake})
            found.mistake = _ByLabels(what, log, named).conform(readers.read(log, None, format))
        return found
    by = _ByTable(what, table_of(what.of) if table is None else read_table(table))
    if str(log) == "-":
        return by.conform(log, _again(first, records))
    return by.conform(log, readers.read(log, by.table.events.keys(), format))


def _again(first: Record | None, records: Iterator[Record]) -> Iterator[Record]:
    if first is not None:
        yield first
    yield from records


MOST_KEPT = 32
_observers: dict[tuple[str, ...], Observer] = {}
"""Those made last: instances of one log, and several logs, often have the same sizes."""


class _Following:
    """What all logs have in common: instances are followed, verdicts are drawn."""

    def __init__(self, asked: Asked, config: str) -> None:
        self.asked = asked
        self.case: Case = asked.of.case(config)
        self.found = Conformance(asked.of.name, self.case.name, asked.engine)
        self.kept = 0
        """What the rows of all instances take."""

    def fitting(self, records: Iterable[Record], parts: Callable[[], Iterable[Part]]) -> Iterator[Record]:
        """The records, up to where the rows of `parts`, which they become, have no room any more."""
        for number, record in enumerate(records, 1):
            yield record
            if number % TOLD == 0 and not self.goes_on(record.line, parts()):
                return

    def goes_on(self, line: int, parts: Iterable[Part]) -> bool:
        """Tell how far the log has been read. Whether there is room for more: half of the memory is for the states."""
        if self.asked.progress is not None:
            self.asked.progress(Progress(None, line, 0, 0))
        if 2 * sum(part.bytes for part in parts) <= self.asked.memory:
            return True
        self.give_up("memory", f"what the log says up to line {line} takes more than half of {self.room()}")
        return False

    def give_up(self, limit: Limit, why: str) -> None:
        """It is undetermined, unless it was so before."""
        if not self.found.reason:
            self.found.limit, self.found.reason = limit, why

    def room(self) -> str:
        return f"{self.asked.memory / (1 << 20):,.1f} MiB"

    def observer_of(
        self, params: Mapping[str, object], more: tuple[str, ...], make: Callable[[Specification], Observer]
    ) -> Observer:
        """What is made of the model with these parameters; `more` says what else it depends on."""
        of, merged = self.asked.of, {**self.case.params, **params, **self.asked.params}
        key = (of.name, repr(merged), *more)
        if key not in _observers:
            if len(_observers) == MOST_KEPT:
                del _observers[next(iter(_observers))]
            compiled = compile_model(of.model, of.properties, merged)
            refuse_endless(compiled.system)
            _observers[key] = make(compiled)
        return _observers[key]

    def verdict(self) -> Conformance:
        found = self.found
        found.peak = peak()
        if found.rejection is not None:
            found.verdict = "rejected"
            found.violations = [v for v in found.violations if v.line <= found.rejection.line]
        elif found.reason:
            found.verdict = "undetermined"
        elif any(not v.expected for v in found.violations):
            found.verdict = "violated"
        return found

    def follow(self, part: Part, watched: Observer, params: Mapping[str, object]) -> Done:
        """Follow one instance."""
        started = time.monotonic()
        rows = part.in_order()
        done = self.by(watched, part, rows)
        seconds = time.monotonic() - started - done.compile_seconds
        kept = Followed(part.name, len(rows), params, done.largest, done.seen, seconds, done.compile_seconds, done.bits)
        kept.bytes, (kept.conditions, kept.unasked) = part.bytes, demanded(watched, rows)
        self.found.parts.append(kept)
        for name, row in done.violated.items():
            self.violation(name, rows[row].line, part.name)
        if done.full and done.rejected is not None:
            why = (
                f"at line {rows[done.rejected].line} there are more than {done.most:,} states that the model may be in"
            )
            if done.most == self.asked.most:
                self.give_up("max-candidates", why)
            else:
                self.give_up("memory", f"{why}, for which there is no room in {self.room()}")
        elif done.rejected is not None:
            line, rows, done = self.known(watched, part, rows, done)
            if self.found.rejection is None or line < self.found.rejection.line:
                self.found.rejection = self.rejection(watched, part, rows, line, done)
        return done

    def violation(self, name: str, line: int, instance: Hashable) -> None:
        expected = self.case.expect.get(name, "").startswith("violated")
        self.found.violations.append(Violation(name, line, instance, expected))

    def known(self, watched: Observer, part: Part, rows: Rows, done: Done) -> tuple[int, Rows, Done]:
        """The line at which the rejection can be known. What a row says may stand in a later line of the same call; before
        that line, a log that is the same up to there might still be explained.
        """
        assert done.rejected is not None
        first = rows[done.rejected].line
        later = rows[: done.rejected + 1].learned_behind(first)
        for line in [first, *later][: -1 if later else None]:
            before = rows.known_at(line)
            found = self.by(watched, part, before, rows)
            if found.rejected is not None:
                return line, before, found
        return (later or [first])[-1], rows, done

    def by(self, watched: Observer, part: Part, rows: Rows, whole: Rows | None = None) -> Done:
        """Follow the rows, which may be the beginning of others, with the engine that was asked for."""

        def tell(row: int, count: int) -> None:
            if self.asked.progress is not None:
                self.asked.progress(Progress(part.name, row, len(rows), count))

        engine = by_oracle if self.asked.engine == "oracle" else by_code
        left = self.asked.memory - self.kept
        return engine(watched, rows, whole or rows, self.asked.most, left, tell)

    def rejection(self, watched: Observer, part: Part, rows: Rows, line: int, done: Done) -> Rejection:
        assert done.rejected is not None
        row = rows[done.rejected]
        plain = [s for s, _ in done.states]
        why, details = explain.reasons(watched, row, plain, [p for _, p in done.states])
        members = sorted({(str(watched.moves[rule].of), member) for rule, member in rows.steps()})
        possible = explain.possible(watched, plain[:LOOKED_AT], members)
        lines = [at for at in rows[: done.rejected].lines() if at < line]
        some = tuple(dict.fromkeys(plain))
        last = tuple(lines[-LAST:])
        told = (tuple(details), done.count, some, tuple(possible), last)
        return Rejection(line, why, part.name, *told, watched.system)


def demanded(watched: Observer, rows: Rows) -> tuple[int, int]:
    """How many conditions the rows have, and how many of them are not asked, as the log does not say what they look at."""
    number = unasked = 0
    for stretch in rows.stretches():
        for rule in {rule for rule, _ in stretch.steps()}:
            found = stretch.asked(watched.moves[rule])
            number, unasked = number + found.size, unasked + int((~found).sum())
    return number, unasked


class _ByTable(_Following):
    """Logs whose events a table explains."""

    def __init__(self, asked: Asked, table: Table) -> None:
        super().__init__(asked, asked.config or table.config)
        self.table = table

    def conform(self, log: Path | str, records: Iterable[Record]) -> Conformance:
        found, started = self.found, time.monotonic()
        knows = log_of(self.asked.of)
        actors = [None if move.of is None else str(move.of) for move in self.observer({}, {}).moves]
        mapper = Mapper(self.table, knows, actors)
        mapper.read(self.fitting(records, mapper.parts.values))
        found.read_seconds = time.monotonic() - started
        self.kept = sum(part.bytes for part in mapper.parts.values())
        found.events, found.lost = mapper.number + 1, len(mapper.gaps)
        found.matched, found.foreign = mapper.matched, mapper.foreign
        for event, count in mapper.skipped.items():
            ignored = any(fnmatchcase(event, pattern) for pattern in self.table.ignored)
            (found.ignored if ignored else found.unknown)[event] = count
        if not mapper.matched and mapper.rejected is None:
            raise InputError(f"{log}: {self.strangers()}")
        if mapper.rejected is not None:
            why = mapper.rejected
            found.rejection = Rejection(why.line, why.why, why.instance, explained=why.explained)
        for part in mapper.parts.values():
            if part.heads:
                self.large_enough(part)
                params = {**part.sizes, **knows.params(part.name, part.sizes)}
                self.follow(part, self.observer(params, knows.constants(part.name)), params)
        return self.verdict()

    def large_enough(self, part: Part) -> None:
        """Refuse sizes that were asked for and do not suffice."""
        for name, size in part.sizes.items():
            asked = self.asked.params.get(name)
            if asked is not None and str(asked).isdigit() and int(str(asked)) < size:
                raise UsageError(f"-p {name}={asked}: this log needs {size}; leave it out, the log says how many")

    def strangers(self) -> str:
        """What to say of a log without an event of the table."""
        names = sorted({**self.found.ignored, **self.found.unknown})
        if not names:
            return f"all its {self.found.foreign} events are about something else, such as another device's queue"
        tables = {name: m for name, m in catalog().items() if (m.path.parent / "trace.toml").exists()}
        others = [n for n, m in tables.items() if m.name != self.asked.of.name and set(names) & set(table_of(m).events)]
        hint = f"; they look like those of {others[0]}" if others else ""
        return f"none of its events is one of {self.asked.of.name}'s, there are {', '.join(names[:5])}{hint}"

    def observer(self, params: Mapping[str, object], constants: Mapping[str, int]) -> Observer:
        more = (str(self.table.path), self.table.text, repr(constants))
        return self.observer_of(
            {**self.table.params, **params}, more, lambda spec: observer(spec, self.table, constants)
        )


class _ByLabels(_Following):
    """Logs that name the model's steps, as those of reference implementations do."""

    def __init__(self, asked: Asked, log: Path | str, header: Header) -> None:
        config = asked.config or header.values.get("config")
        if not isinstance(config, str):
            raise InputError(f"{log}:{header.line}: the header names no configuration; give one with --config")
        of = header.values.get("mechanism", asked.of.name)
        if of != asked.of.name:
            raise InputError(f"{log}:{header.line}: this is a log of {of}, not of {asked.of.name}")
        try:
            super().__init__(asked, config)
        except UsageError as error:
            if asked.config is not None:
                raise
            raise InputError(f"{log}:{header.line}: the header says: {error}") from None
        prefix = "params."
        self.params = {k.removeprefix(prefix): str(v) for k, v in header.values.items() if k.startswith(prefix)}

    def conform(self, records: Iterable[Record]) -> Conformance:
        found, started = self.found, time.monotonic()
        watched = self.observer_of(self.params, (), lambda spec: labels.observer(spec.system))
        reader = labels.Labels(watched)
        reader.read(self.fitting(records, lambda: [reader.part]))
        found.read_seconds = time.monotonic() - started
        found.events, found.matched, found.lost = reader.matched, reader.matched, reader.lost
        self.kept = reader.part.bytes
        if reader.rejected is not None:
            found.rejection = Rejection(reader.rejected.line, reader.rejected.why)
        done = self.follow(reader.part, watched, self.params)
        if reader.fault is not None and done.rejected is None:
            self.fault(*reader.fault, watched, done)
        return self.verdict()

    def fault(self, event: Event, row: Row, watched: Observer, done: Done) -> None:
        """The log ends with a fault: does the model run into one there?"""
        states = [s for s, _ in done.states]
        ways = list(explain.ways(watched, row, states))
        faults = [set(violated_by(watched.system, o)) for o in ways if isinstance(o, Faulted)]
        for name in sorted(set.intersection(*faults)) if faults else ():
            self.violation(name, event.line, "log")
        if not faults:
            why = f"{row_title(watched, row)} is said to fault ({event.fields.get('message')}); the model's does not"
            self.found.rejection = Rejection(
                event.line, why, "log", candidates=done.count, states=tuple(states), system=watched.system
            )


def row_title(watched: Observer, row: Row) -> str:
    return watched.moves[row.rule].rule.title


# --- what a mechanism has ---------------------------------------------------------------------------------------------


def table_of(of: Mechanism) -> Table:
    """The mechanism's own table. Raises UsageError if it has none, InputError for a malformed one."""
    path = of.path.parent / "trace.toml"
    if not path.exists():
        raise UsageError(f"{of.name} has no trace.toml, which says what its events mean; give one with --table")
    return read_table(path)


def log_of(of: Mechanism) -> Log:
    """What the mechanism's `trace.py` knows of its logs."""
    name = of.package + ".trace"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UsageError(f"{of.name} has no trace.py, which knows what its logs say between the lines") from None
    return cast("Log", module.Log())
