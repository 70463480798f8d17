"""Which fields a step reads, may write and always writes.

For frames, partial-order reduction, slicing, and the tables in a model's documentation. Sound and syntactic: `reads`
and `may_write` are never too small, `must_write` never too large. What a field is read for does not matter, nor which
entry of a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Expr, Fault, If, Let, Read, Require, Stmt
from virtspec.ir.system import Action, System
from virtspec.ir.walk import expressions, statements, subexpressions


@dataclass(frozen=True, slots=True)
class Footprint:
    """Names of fields. `must_write` is a part of `may_write`: what every step that happens writes some part of."""

    reads: frozenset[str]
    may_write: frozenset[str]
    must_write: frozenset[str]


def footprint(system: System, action: Action) -> Footprint:
    """The footprint of `action`. An assignment of an entry to itself writes nothing."""
    read: set[str] = set()
    written: set[str] = set()
    for stmt in statements(action.body):
        if isinstance(stmt, Assign):
            if _is_idle(system, stmt):
                read |= _reads(*stmt.keys)
                continue
            written.add(stmt.field)
        read |= _reads(*expressions(stmt))
    always = _always(system, action.body)
    return Footprint(frozenset(read), frozenset(written), frozenset() if always is None else always)


def matrix(system: System) -> tuple[tuple[str, ...], ...]:
    """A table for documentation: a header with the fields, then one row per action.

    An entry is `r` for a field that is read, `w` for one that may be written, `W` for one that always is, `rw` or `rW`
    for both, or empty.
    """
    rows = [("", *(f.name for f in system.fields))]
    for action in system.actions:
        prints = footprint(system, action)
        rows.append((action.name, *(_entry(prints, f.name) for f in system.fields)))
    return tuple(rows)


def _entry(prints: Footprint, name: str) -> str:
    write = "W" if name in prints.must_write else "w" if name in prints.may_write else ""
    return ("r" if name in prints.reads else "") + write


def _reads(*roots: Expr) -> set[str]:
    return {e.field for e in subexpressions(*roots) if isinstance(e, Read)}


def _is_idle(system: System, stmt: Assign) -> bool:
    """Whether `stmt` assigns the very entry it reads."""
    entry: Expr = build.read(stmt.field, system.field_type(stmt.field))
    for key in stmt.keys:
        entry = build.index(entry, key)
    return stmt.value is entry


def _always(system: System, body: Block) -> frozenset[str] | None:
    """The fields written on every path through `body`, or None if no path reaches its end."""
    found: frozenset[str] | None = frozenset()
    for stmt in body:
        after = _always_here(system, stmt)
        found = None if found is None or after is None else found | after
    return found


def _always_here(system: System, stmt: Stmt) -> frozenset[str] | None:
    match stmt:
        case Assign():
            return frozenset() if _is_idle(system, stmt) else frozenset({stmt.field})
        case If(_, then, orelse):
            one, other = _always(system, then), _always(system, orelse)
            return one & other if one is not None and other is not None else (other if one is None else one)
        case Fault():
            return None
        case Let() | Require() | Choose() | Cost():
            return frozenset()
        case _:
            assert_never(stmt)
