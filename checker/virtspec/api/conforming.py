"""`conform`: is a log of running code a behaviour of the model?"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from virtspec.api.shipped import Case, Mechanism, mechanism
from virtspec.conform import explain, readers
from virtspec.conform.events import Event, Lost
from virtspec.conform.follow import asked, follow
from virtspec.conform.mapping import Log, Mapper
from virtspec.conform.observer import Observer, observer
from virtspec.conform.rows import Part, Row
from virtspec.conform.table import Table, read_table
from virtspec.conform.verdict import Conformance, Followed, Rejection, Violation
from virtspec.errors import InputError, UsageError
from virtspec.frontend.load import compile_model
from virtspec.ir.types import IntType
from virtspec.semantics.interp import State

if TYPE_CHECKING:
    from virtspec.explore.native.following import Following, Way
    from virtspec.explore.native.memory import Numbers

Engine: TypeAlias = Literal["native", "oracle"]

MOST = 1_000_000
"""Candidates at a time, unless somebody says otherwise."""
SHOWN = 200
"""Candidates that a rejection is explained with."""
LAST = 5
"""Explained events shown before one that is not."""


@dataclass(frozen=True)
class Progress:
    """How far a log has been followed."""

    instance: Hashable
    row: int
    rows: int
    candidates: int


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
    progress: Callable[[Progress], None] | None = None,
) -> Conformance:
    """Follow a log of the mechanism `name`.

    The table is the mechanism's own unless one is given; so is the configuration, of which sizes and what the log tells of
    itself are replaced, then `params`. Raises UsageError, InputError for a log, a table or a mechanism that has none,
    SpecError.
    """
    return _Conforming(mechanism(name), config, dict(params or {}), table, engine, most, progress).conform(log, format)


MOST_KEPT = 32
_observers: dict[tuple[str, ...], Observer] = {}
"""Those made last: instances of one log, and several logs, often have the same sizes."""


class _Conforming:
    def __init__(
        self,
        of: Mechanism,
        config: str | None,
        params: dict[str, object],
        table: Path | None,
        engine: Engine,
        most: int,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.of = of
        self.table = table_of(of) if table is None else read_table(table)
        self.case: Case = of.case(config or self.table.config)
        self.base = {**self.case.params, **self.table.params}
        self.given = params
        self.engine = engine
        self.most = most
        self.progress = progress
        self.found = Conformance(of.name, self.case.name, engine)

    def conform(self, log: Path | str, format: str | None) -> Conformance:
        found = self.found
        started = time.monotonic()
        knows = log_of(self.of)
        actors = [None if move.of is None else str(move.of) for move in self.observer({}, {}).moves]
        mapper = Mapper(self.table, knows, actors)
        mapper.read(self.counted(readers.read(log, self.table.events.keys(), format)))
        found.read_seconds = time.monotonic() - started
        found.matched, found.foreign = mapper.matched, mapper.foreign
        for event, count in mapper.skipped.items():
            ignored = any(fnmatchcase(event, pattern) for pattern in self.table.ignored)
            (found.ignored if ignored else found.unknown)[event] = count
        if not mapper.matched and mapper.rejected is None:
            raise InputError(f"{log}: {self.strangers()}")
        if mapper.rejected is not None:
            found.rejection = Rejection(mapper.rejected.line, mapper.rejected.why)
        for part in mapper.parts.values():
            self.follow(part, knows)
        if found.rejection is not None:
            found.verdict = "rejected"
            found.violations = [v for v in found.violations if v.line <= found.rejection.line]
        elif found.reason:
            found.verdict = "undetermined"
        elif any(not v.expected for v in found.violations):
            found.verdict = "violated"
        return found

    def counted(self, records: Any) -> Any:
        for record in records:
            if type(record) is Event:
                self.found.events += 1
            elif type(record) is Lost:
                self.found.lost += 1
            yield record

    def strangers(self) -> str:
        """What to say of a log without an event of the table."""
        names = sorted({**self.found.ignored, **self.found.unknown})
        others = [m for m in mechanism_names() if m != self.of.name and set(names) & set(table_events(m))]
        hint = f"; they look like those of {others[0]}" if others else ""
        return f"none of its events is one of {self.of.name}'s, there are {', '.join(names[:5])}{hint}"

    def observer(self, params: Mapping[str, object], constants: Mapping[str, int]) -> Observer:
        merged = {**self.base, **params, **self.given}
        key = (self.of.name, str(self.table.path), self.table.text, repr(merged), repr(constants))
        if key not in _observers:
            if len(_observers) == MOST_KEPT:
                del _observers[next(iter(_observers))]
            _observers[key] = observer(compile_model(self.of.model, self.of.properties, merged), self.table, constants)
        return _observers[key]

    # --- one instance

    def follow(self, part: Part, knows: Log) -> None:
        rows = part.in_order()
        if not rows:
            return
        params = {**part.sizes, **knows.params(part.name, part.sizes)}
        watched = self.observer(params, knows.constants(part.name))
        started = time.monotonic()
        done = self.by(watched, part, rows)
        seconds = time.monotonic() - started - done.compile_seconds
        kept = Followed(part.name, len(rows), params, done.largest, done.seen, seconds, done.compile_seconds, done.bits)
        self.found.parts.append(kept)
        for name, row in done.violated.items():
            expected = self.case.expect.get(name, "").startswith("violated")
            self.found.violations.append(Violation(name, rows[row].line, part.name, expected))
        if done.full and done.rejected is not None:
            why = (
                f"at line {rows[done.rejected].line} there are more than {self.most:,} states that the model may be in"
            )
            self.found.reason = self.found.reason or why
        elif done.rejected is not None:
            line, rows, done = self.known(watched, part, rows, done)
            if self.found.rejection is None or line < self.found.rejection.line:
                self.found.rejection = self.rejection(watched, part, rows, line, done)

    def known(self, watched: Observer, part: Part, rows: list[Row], done: Done) -> tuple[int, list[Row], Done]:
        """The line at which the rejection can be known. What a row says may stand in a later line of the same call; before
        that line, a log that is the same up to there might still be explained.
        """
        assert done.rejected is not None
        first = rows[done.rejected].line
        later = sorted({line for row in rows[: done.rejected + 1] for line in row.learned if line > first})
        for line in [first, *later][: -1 if later else None]:
            before = [_as_known_at(row, line) for row in rows if row.line <= line]
            found = self.by(watched, part, before)
            if found.rejected is not None:
                return line, before, found
        return (later or [first])[-1], rows, done

    def by(self, watched: Observer, part: Part, rows: Sequence[Row]) -> Done:
        """Follow the rows with the engine that was asked for."""

        def tell(row: int, count: int) -> None:
            if self.progress is not None:
                self.progress(Progress(part.name, row, len(rows), count))

        engine = by_oracle if self.engine == "oracle" else by_code
        return engine(watched, rows, self.most, tell)

    def rejection(self, watched: Observer, part: Part, rows: Sequence[Row], line: int, done: Done) -> Rejection:
        assert done.rejected is not None
        row = rows[done.rejected]
        plain = [s for s, _ in done.states]
        why, details = explain.reasons(watched, row, plain, [p for _, p in done.states])
        members = sorted({(str(watched.moves[r.rule].of), r.member) for r in rows if r.rule >= 0})
        possible = explain.possible(watched, plain, members)
        lines = {r.line for r in rows[: done.rejected] if r.line < line}
        some = tuple(dict.fromkeys(plain))
        last = tuple(sorted(lines)[-LAST:])
        return Rejection(line, why, part.name, tuple(details), done.count, some, tuple(possible), last)


def _as_known_at(row: Row, line: int) -> Row:
    """The row with only what the log has said up to a line."""
    if all(at <= line for at in row.learned):
        return row
    return replace(row, given=[v if at <= line else None for v, at in zip(row.given, row.learned, strict=True)])


# --- engines -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """How far an engine has come."""

    rejected: int | None
    """The row that no candidate allows."""
    full: bool
    states: list[tuple[State, bool]]
    """Some candidates before it, and whether its window was still open."""
    count: int
    violated: Mapping[str, int]
    largest: int
    seen: int
    compile_seconds: float = 0.0
    bits: int = 0


def by_oracle(watched: Observer, rows: Sequence[Row], most: int, tell: Callable[[int, int], None]) -> Done:
    done = follow(watched, rows, most, tell)
    window = -1 if done.rejected is None else rows[done.rejected].window
    states = [(c.state, window in c.pending) for c in done.before[:SHOWN]]
    return Done(done.rejected, done.full, states, len(done.before), done.violated, done.largest, done.seen)


def by_code(watched: Observer, rows: Sequence[Row], most: int, tell: Callable[[int, int], None]) -> Done:
    coded = Coded(watched, rows)
    done = coded.following.follow(watched.system.init, coded.rows, coded.given, most, SHOWN, tell)
    bit = 0 if done.rejected is None else 1 << coded.bits[done.rejected]
    states = [(state, bool(pending & bit)) for state, pending in done.candidates]
    bits = coded.following.made.layout.bits
    seconds = done.compile_seconds
    return Done(done.rejected, done.full, states, done.count, done.violated, done.largest, done.seen, seconds, bits)


class Coded:
    """Rows as numbers, and the machine code that follows them."""

    def __init__(self, watched: Observer, rows: Sequence[Row]) -> None:
        import numpy as np

        from virtspec.explore.native import follow_kernels as kernels
        from virtspec.explore.native.following import Following

        self.watched = watched
        self.ways: list[Way] = []
        self.numbers: dict[tuple[int, int, bool], int] = {}
        self.values: list[int] = []
        self.bits: list[int] = []
        """The bit of each row's window."""
        free = list(range(kernels.WINDOWS))
        bit_of: dict[int, int] = {}
        code = {"open": kernels.OPEN, "close": kernels.CLOSE, "move": kernels.MOVE, "lost": kernels.LOST}
        found: list[int] = []
        for row in rows:
            step, own, bit, given = -1, -1, 0, 0
            if row.kind == "lost":
                given = -1 if row.count is None else row.count
            elif row.kind == "close":
                bit = bit_of.pop(row.window)
                free.append(bit)
            else:
                step, own = self.way(row, False), self.way(row, True)
                given = self.told(row)
                if row.kind == "open":
                    if not free:
                        raise UsageError(
                            f"line {row.line}: more than {kernels.WINDOWS} threads are inside a step at once"
                        )
                    bit = bit_of[row.window] = free.pop()
            self.bits.append(bit)
            found += [code[row.kind], step, own, bit, given]
        self.rows: Numbers = np.array(found, np.int64)
        self.given: Numbers = np.array(self.values or [0], np.int64)
        left_out = watched.table.leave_out
        judged = [p for p in watched.system.properties if p.kind == "invariant" and p.id not in left_out]
        anything = dict.fromkeys((*watched.shown, *(a for move in watched.moves for a in move.own)))
        self.following: Following = Following(
            watched.system, watched.hidden, tuple(anything), watched.eager, self.ways, judged
        )

    def way(self, row: Row, own: bool) -> int:
        """The number of the way that a row is followed, or that comes before it; -1 for none."""
        from virtspec.explore.native.following import Way

        move = self.watched.moves[row.rule]
        if own and (not move.own or row.kind != "move"):
            return -1
        key = (row.rule, row.member, own)
        if key not in self.numbers:
            self.numbers[key] = 2 + len(self.ways)
            given = len(move.given) + len(move.asked)
            self.ways.append(Way(move.own, row.member) if own else Way(move.actions, row.member, given))
        return self.numbers[key]

    def told(self, row: Row) -> int:
        """Where the values of a row lie: positions of objects, numbers from the least one there is, truth values."""
        move = self.watched.moves[row.rule]
        first = 0 if move.of is None else 1
        at = len(self.values)
        for param, value in zip(move.actions[0].params[first:], row.given, strict=False):
            low = param.type.lo if isinstance(param.type, IntType) else 0
            self.values.append((value or 0) - low)
        self.values += [int(a) for a in asked(move, row)]
        return at


# --- what a mechanism has ---------------------------------------------------------------------------------------------


def table_of(of: Mechanism) -> Table:
    """The mechanism's own table. Raises InputError."""
    path = of.path.parent / "trace.toml"
    if not path.exists():
        raise UsageError(f"{of.name} has no trace.toml, which says what its events mean; give one with --table")
    return read_table(path)


def log_of(of: Mechanism) -> Log:
    """What the mechanism's `trace.py` knows of its logs."""
    module = importlib.import_module(of.package + ".trace")
    return cast("Log", module.Log())


def mechanism_names() -> list[str]:
    from virtspec.api.shipped import catalog

    return [name for name, m in catalog().items() if (m.path.parent / "trace.toml").exists()]


def table_events(name: str) -> list[str]:
    return list(table_of(mechanism(name)).events)
