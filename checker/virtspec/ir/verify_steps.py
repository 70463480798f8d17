"""The rules of `ir.verify` about processes: program counters, locations and the steps between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from virtspec.ir.nodes import And, Assign, Const, Eq, Expr, Index, Ite, Read, Require, Var
from virtspec.ir.system import Action, Runner, System
from virtspec.ir.text import expr_text
from virtspec.ir.types import TableType
from virtspec.ir.walk import statements

Complaints: TypeAlias = Iterator[str]
"""One sentence per violation."""


def program_counters(system: System) -> Complaints:
    """Each runner's program counter is a field of role "pc": a table from its members to its locations, all idle."""
    for r in system.runners:
        if r.pc not in system.field_index:
            yield f"runner {r.type}: {r.pc} is no field"
            continue
        f = system.fields[system.field_index[r.pc]]
        if f.role != "pc" or f.type != TableType(r.type, r.locations):
            yield f"runner {r.type}: {f.name} is a {f.role} field of type {f.type}"
        elif not (isinstance(f.init, tuple) and all(where == r.idle for where in f.init)):
            yield f"runner {r.type}: {f.name} starts as {f.init!r}"


def process_steps(system: System) -> Complaints:
    """A step of a process belongs to a runner, which is its first parameter, and first requires its location."""
    for a in system.actions:
        if a.process is None and a.location is None:
            continue
        r = _runner_of(system, a)
        if r is None:
            yield f"action {a.name} is a step of {a.process}, which nobody runs"
        elif not a.params or a.params[0].type != r.type:
            yield f"action {a.name} does not take {r.type} first"
        elif a.location not in r.locations.members:
            yield f"action {a.name} stands at {a.location}, which is no location of {r.type}"
        elif not _tests_location(a, r):
            yield f"action {a.name} does not require its location first"


def _runner_of(system: System, action: Action) -> Runner | None:
    return next((r for r in system.runners if action.process in r.processes), None)


def _tests_location(action: Action, r: Runner) -> bool:
    """Whether the first statement requires `pc[runner] == location`, alone or before other conditions."""
    if not action.body or not isinstance(action.body[0], Require):
        return False
    cond = action.body[0].cond
    test = cond.items[0] if isinstance(cond, And) else cond
    match test:
        case Eq(Index(Read(field), Var() as who), Const(where)) | Eq(Const(where), Index(Read(field), Var() as who)):
            return field == r.pc and who is action.params[0] and where == action.location
        case _:
            return False


def live_locations(system: System) -> Complaints:
    """Every location but the idle one has a step that starts there."""
    for r in system.runners:
        starts = {a.location for a in system.actions if a.process in r.processes}
        for where in r.locations.members:
            if where != r.idle and where not in starts:
                yield f"no step of {r.type} starts at {where}"


def jumps(system: System) -> Complaints:
    """A program counter is assigned one member at a time, and only locations by name."""
    pcs = {r.pc: r for r in system.runners}
    for a in system.actions:
        for stmt in statements(a.body):
            if isinstance(stmt, Assign) and stmt.field in pcs:
                if len(stmt.keys) != 1:
                    yield f"action {a.name} assigns all of {stmt.field}"
                elif not _is_location(stmt.value, pcs[stmt.field]):
                    yield f"action {a.name} sets {stmt.field} to {expr_text(stmt.value)}"


def _is_location(e: Expr, r: Runner) -> bool:
    match e:
        case Const(value):
            return value in r.locations.members
        case Ite(_, then, orelse):
            return _is_location(then, r) and _is_location(orelse, r)
        case _:
            return False
