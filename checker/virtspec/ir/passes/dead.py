"""Dead values: what a process keeps and no step of it reads again before it is written.

A dead value splits a state in two that behave alike. `reset_dead` gives the fields of processes a fixed value while they
are dead, as the front end does for locals. `optional_locals` makes that value None for locals that hold a member of a
scalarset: the front end resets them to the first member, of which nobody may be the first for symmetry's sake.

Both look at fields that only the steps of one runner touch, each member its own entry; whether such an entry is live
depends on where the member stands and on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never
from weakref import WeakKeyDictionary

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Const, Cost, Expr, Fault, If, Index, Ite, Let, Read, Require, Stmt
from virtspec.ir.passes.permute import is_fixed
from virtspec.ir.system import Action, Field, Runner, System
from virtspec.ir.text import types_used
from virtspec.ir.types import OptionType, ScalarsetType, TableType, Value, cardinality, default
from virtspec.ir.walk import children, expressions, rewrite, statements, subexpressions

Locations: TypeAlias = frozenset[str]
"""Where a member may stand, or the places for which something holds."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A System in which dead values are fixed, and the fields this concerns."""

    system: System
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A field of which every member of `runner` has an entry of its own, or which its only member has for itself."""

    field: Field
    runner: Runner
    keyed: bool
    """Whether it is a table from the members to their entries, each touched by its own member."""


def reset_dead(system: System, properties: Sequence[str] | None = None) -> Reset:
    """Set what processes keep to a fixed value on every step after which it is dead.

    `properties` are the ids of those to be judged, None means all; the others are dropped. Verdicts and the lengths of
    shortest traces stay; actions and what they choose stay, so that (action, picks) is a behaviour of both systems.
    Fields whose fixed value would be a member of a scalarset are left alone.
    """
    judged = tuple(p for p in system.properties if properties is None or p.id in properties)
    found = replace(system, properties=judged)
    fields = []
    for f in system.fields:
        own = own_field(found, f)
        after = found if own is None else _with_resets(found, own)
        if after is not found:
            found = after
            fields.append(f.name)
    return Reset(found, tuple(fields))


# --- whose field it is -----------------------------------------------------------------------------------------------


def own_field(system: System, f: Field) -> Own | None:
    """How `f` belongs to the members of a runner, if no other step and no property looks at it."""
    users = [a for a in system.actions if _touches(a, f.name)]
    runner = next((r for r in system.runners if users and users[0].process in r.processes), None)
    if runner is None or f.role == "pc" or _reads(f.name, *(p.expr for p in system.properties)):
        return None
    steps = [a for a in system.actions if a.process in runner.processes]
    if any(a not in steps for a in users) or not all(_moves_alone(a, runner) for a in system.actions):
        return None
    if isinstance(f.type, TableType) and f.type.key == runner.type and all(_keeps_to_itself(a, f.name) for a in users):
        return Own(f, runner, keyed=True)
    return Own(f, runner, keyed=False) if cardinality(runner.type) == 1 else None


def _touches(a: Action, name: str) -> bool:
    return any(
        _reads(name, *expressions(stmt)) or (isinstance(stmt, Assign) and stmt.field == name)
        for stmt in statements(a.body)
    )


def _reads(name: str, *roots: Expr) -> bool:
    return any(name in _fields(e) for e in roots)


_known: WeakKeyDictionary[Expr, frozenset[str]] = WeakKeyDictionary()
"""The fields that expressions read: each is asked about for every field."""


def _fields(e: Expr) -> frozenset[str]:
    found = _known.get(e)
    if found is None:
        found = _known[e] = frozenset(x.field for x in subexpressions(e) if isinstance(x, Read))
    return found


def _moves_alone(a: Action, runner: Runner) -> bool:
    """Whether `a` moves no member of `runner` but, if it is a step of one, this one; whose name it keeps."""
    own_step = a.process in runner.processes
    for stmt in statements(a.body):
        if isinstance(stmt, Assign) and stmt.field == runner.pc and not (own_step and stmt.keys == a.params[:1]):
            return False
        if own_step and isinstance(stmt, Let | Choose) and stmt.var is a.params[0]:
            return False
    return True


def _keeps_to_itself(a: Action, name: str) -> bool:
    """Whether `a` touches no entry of the table `name` but that of its own member."""
    own = a.params[0]
    for stmt in statements(a.body):
        if isinstance(stmt, Assign) and stmt.field == name and stmt.keys[:1] != (own,):
            return False
        for root in expressions(stmt):
            if isinstance(root, Read) and root.field == name:
                return False
            for e in subexpressions(root):
                entry = isinstance(e, Index) and e.key is own
                if any(isinstance(x, Read) and x.field == name for x in children(e)) and not entry:
                    return False
    return True


# --- where it is live ------------------------------------------------------------------------------------------------


def live_locations(system: System, own: Own) -> Locations:
    """Where the entry of a member that stands there may be read before it is written: the least fixpoint."""
    live: Locations = frozenset()
    while True:
        found = live | {
            str(a.location)
            for a in system.actions
            if a.process in own.runner.processes and a.location in live_before(a.body, live, own)
        }
        if found == live:
            return live
        live = found


def live_before(body: Block, after: Locations, own: Own) -> Locations:
    """The places for which the entry is live before `body` if the program counter shows them there.

    `after` are those behind it. What counts is the program counter at the end of the step, so before it is assigned all
    places have the same answer.
    """
    for stmt in reversed(body):
        after = _live_before(stmt, after, own)
    return after


def _live_before(stmt: Stmt, after: Locations, own: Own) -> Locations:
    everywhere, nowhere = frozenset(own.runner.locations.members), frozenset[str]()
    if _reads(own.field.name, *expressions(stmt)):
        return everywhere
    match stmt:
        case Assign():
            if stmt.field == own.runner.pc:
                return everywhere if not after.isdisjoint(_targets(stmt.value)) else nowhere
            return nowhere if _overwrites(stmt, own) else after
        case If(_, then, orelse):
            return live_before(then, after, own) | live_before(orelse, after, own)
        case Fault():
            return nowhere
        case Let() | Require() | Choose() | Cost():
            return after
        case _:
            assert_never(stmt)


def _targets(value: Expr) -> Locations:
    """The locations that what is assigned to a program counter may be."""
    match value:
        case Const(str(location)):
            return frozenset({location})
        case Ite(_, then, orelse):
            return _targets(then) | _targets(orelse)
        case _:
            raise TypeError("ir.verify allows nothing else")


def _overwrites(stmt: Assign, own: Own) -> bool:
    """Whether `stmt` replaces all of the entry."""
    return stmt.field == own.field.name and len(stmt.keys) <= own.keyed


# --- resets ----------------------------------------------------------------------------------------------------------


def _with_resets(system: System, own: Own) -> System:
    """`system` with the entry reset where it dies; `system` itself if it always is, or cannot be."""
    value = _dead_value(own)
    scalarsets = (t for t in types_used(system) if isinstance(t, ScalarsetType))
    if not all(is_fixed(value.type, value.value, s) for s in scalarsets):
        return system
    live = live_locations(system, own)
    actions = tuple(
        _with_reset(a, own, live, value) if a.process in own.runner.processes else a for a in system.actions
    )
    return system if actions == system.actions else replace(system, actions=actions)


def _dead_value(own: Own) -> Const:
    """What a dead entry is: as in the initial state, if all entries are alike there."""
    t, init = own.field.type, own.field.init
    if not own.keyed:
        return build.const(init, t)
    assert isinstance(t, TableType) and isinstance(init, tuple)
    return build.const(init[0] if len(set(init)) == 1 else default(t.value), t.value)


def _with_reset(a: Action, own: Own, live: Locations, value: Const) -> Action:
    """`a` with a reset at its end, for those places it may lead to where the entry is dead and may be something else."""
    start = str(a.location)
    never_reset = start == own.runner.idle and not _starts_with(own, value.value)
    ends = _ends(a.body, frozenset({(start, start in live or never_reset)}), own, value)
    dies = {location for location, dirty in ends if dirty} - live
    if not dies:
        return a
    who = a.params[0]
    reset: Stmt = Assign(own.field.name, (who,) if own.keyed else (), value, a.span)
    if any(location in live for location, _ in ends):
        pc = build.index(build.read(own.runner.pc, TableType(own.runner.type, own.runner.locations)), who)
        places = [m for m in own.runner.locations.members if m in dies]
        there = build.or_(*(build.eq(pc, build.const(m, own.runner.locations)) for m in places))
        reset = If(there, (reset,), (), a.span)
    return replace(a, body=(*a.body, reset))


def _starts_with(own: Own, value: Value) -> bool:
    init = own.field.init
    return all(v == value for v in init) if own.keyed and isinstance(init, tuple) else init == value


Ends: TypeAlias = frozenset[tuple[str, bool]]
"""Where the member may stand, and whether its entry may be something else than the value of a dead one."""


def _ends(body: Block, states: Ends, own: Own, value: Const) -> Ends:
    for stmt in body:
        states = _behind(stmt, states, own, value)
    return states


def _behind(stmt: Stmt, states: Ends, own: Own, value: Const) -> Ends:
    match stmt:
        case Assign(name):
            if name == own.runner.pc:
                return frozenset((location, dirty) for _, dirty in states for location in _targets(stmt.value))
            if name == own.field.name:
                clean = _overwrites(stmt, own) and isinstance(stmt.value, Const) and stmt.value.value == value.value
                return frozenset((location, not clean) for location, _ in states)
            return states
        case If(_, then, orelse):
            return _ends(then, states, own, value) | _ends(orelse, states, own, value)
        case Fault():
            return frozenset()
        case Let() | Require() | Choose() | Cost():
            return states
        case _:
            assert_never(stmt)


# --- locals that hold members ----------------------------------------------------------------------------------------


def optional_locals(system: System) -> System:
    """Make locals that hold a member of a scalarset hold None while they are dead.

    The field becomes optional and starts as None; where a constant is stored and never read, None is stored; reads
    unwrap, which never fails, as a local is read only after it was written. Everything else stays, so that (action,
    picks) is a behaviour of both systems. Locals that hold members inside of something else are left alone, and so are
    those that are read before they are written.
    """
    for f in system.fields:
        own = own_field(system, f) if f.role == "local" else None
        if own is not None and own.keyed and _holds_member(f):
            live = live_locations(system, own)
            if own.runner.idle not in live:
                system = _Optional(own, live).system(system)
    return system


def _holds_member(f: Field) -> bool:
    return isinstance(f.type, TableType) and isinstance(f.type.value, ScalarsetType) and f.type.value.size > 1


class _Optional:
    """Rewrites what touches one local."""

    def __init__(self, own: Own, live: Locations) -> None:
        assert isinstance(own.field.type, TableType)
        self.own = own
        self.live = live
        self.entry = OptionType(own.field.type.value)
        self.table = TableType(own.field.type.key, self.entry)
        self.field = replace(own.field, type=self.table, init=default(self.table))

    def system(self, system: System) -> System:
        fields = tuple(self.field if f == self.own.field else f for f in system.fields)
        actions = tuple(
            replace(a, body=self.block(a.body, self.live)[0]) if a.process in self.own.runner.processes else a
            for a in system.actions
        )
        return replace(system, fields=fields, actions=actions)

    def block(self, body: Block, after: Locations) -> tuple[Block, Locations]:
        """`body` rewritten, and for which places the local is live before it."""
        done: list[Stmt] = []
        for stmt in reversed(body):
            done.append(self.statement(stmt, after))
            after = _live_before(stmt, after, self.own)
        return tuple(reversed(done)), after

    def statement(self, stmt: Stmt, after: Locations) -> Stmt:
        match stmt:
            case Assign(name, keys, value):
                keys, value = tuple(map(self.expr, keys)), self.expr(value)
                if name == self.own.field.name:
                    dead = isinstance(value, Const) and not after
                    value = build.const(None, self.entry) if dead else build.coerce(value, self.entry)
                return replace(stmt, keys=keys, value=value)
            case Let(_, value):
                return replace(stmt, value=self.expr(value))
            case If(cond, then, orelse):
                return replace(
                    stmt, cond=self.expr(cond), then=self.block(then, after)[0], orelse=self.block(orelse, after)[0]
                )
            case Require(cond):
                return replace(stmt, cond=self.expr(cond))
            case Choose() | Fault() | Cost():
                return stmt
            case _:
                assert_never(stmt)

    def expr(self, e: Expr) -> Expr:
        """`e` with every entry of the local unwrapped."""
        table = build.read(self.field.name, self.table)

        def renewed(part: Expr) -> Expr:
            if isinstance(part, Read) and part.field == self.field.name:
                return table
            if isinstance(part, Index) and part.table is table:
                return build.unwrap(part)
            return part

        return rewrite(e, renewed)
