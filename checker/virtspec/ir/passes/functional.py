"""The functional form of an action: choices, guard, simultaneous updates and fault conditions.

Symbolic execution of the sequential body. Everything it yields is an expression over the state before the step and the
choices, so that a solver or TLA+ needs no notion of sequence. The meaning is that of `semantics.interp.run`:

- `guard`: no `Require` reached before a fault is false; the step is enabled.
- `faults`: where the guard holds, at most one of the conditions holds; if one does, the step ends in an error state.
- `updates`: where the guard holds and no fault does, the new values of the fields; the others keep theirs.

Guard, fault conditions and the paths of choices and costs are defined in every state (their parts stand in the order
that makes it so); updates are defined where they apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from virtspec.errors import Endless
from virtspec.ir import build
from virtspec.ir.nodes import (
    And,
    Assign,
    Block,
    Choose,
    Const,
    Cost,
    Expr,
    Fault,
    If,
    Let,
    MapUpdate,
    Quant,
    Read,
    Require,
    Stmt,
    Var,
)
from virtspec.ir.passes.defined import defined, either
from virtspec.ir.system import Action, System
from virtspec.ir.text import expr_text
from virtspec.ir.types import is_any
from virtspec.ir.walk import expressions, subexpressions, substitute, unused
from virtspec.source import Span

__all__ = ["Choice", "FaultCase", "Functional", "Spent", "defined", "functional"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter or a pick, in the order in which the interpreter asks for them.

    Where `path` is false the step never comes to the `Choose`: the variable then occurs in nothing that matters, and an
    engine that enumerates choices fixes it (to the default of its type) so as not to count one step several times.
    """

    var: Var
    """Free in the other expressions. Named like `source`, with a number if that name is taken."""
    source: Var
    """The variable of the parameter or of the `Choose`, under which traces record the pick."""
    path: Expr


@dataclass(frozen=True, slots=True)
class FaultCase:
    """Where the step faults, and at which statement."""

    cond: Expr
    message: str
    span: Span
    stated: bool
    """Whether a `Fault` statement says so, and no expression is outside its domain."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One `Cost` statement and where a step comes to it."""

    cond: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Functional:
    """See the module's docstring. `updates` are in the order of the System's fields."""

    action: Action
    choices: tuple[Choice, ...]
    guard: Expr
    updates: tuple[tuple[str, Expr], ...]
    faults: tuple[FaultCase, ...]
    costs: tuple[Spent, ...]


def functional(system: System, action: Action) -> Functional:
    """The functional form of `action`."""
    execution = _Execution(build.read(f.name, f.type) for f in system.fields)
    start = _State({}, {})
    for v in action.params:
        execution.choose(v, start)
    end = execution.block(action.body, start)
    return Functional(
        action,
        tuple(execution.choices),
        build.and_(*execution.guards),
        tuple((f.name, end.fields[f.name]) for f in system.fields if execution.changed(f.name, end)),
        tuple(execution.faults),
        tuple(execution.costs),
    )


def updates(body: Block, reads: Iterable[Read]) -> tuple[tuple[str, Expr], ...] | None:
    """The new values of the fields `reads` behind `body`, in terms of those before it; None if it may do anything else
    than assign."""
    execution = _Execution(reads)
    end = execution.block(body, _State({}, {}))
    if execution.choices or execution.guards or execution.faults or execution.costs:
        return None
    return tuple((name, end.fields[name]) for name in execution.reads if execution.changed(name, end))


class _State:
    """What is known at one place of the body; all expressions are over the state before the step.

    `sound` and `alive` say how control gets from the entry of the innermost block to here: `sound` that branches lead
    here and nothing faults on the way, provided that every `Require` on the way holds; `alive` that they hold, too.
    `sound_entry` and `alive_entry` say the same of the way from the beginning of the step to that entry.
    """

    def __init__(
        self,
        vars: dict[Var, Expr],
        fields: dict[str, Expr],
        sound_entry: Expr = build.TRUE,
        alive_entry: Expr = build.TRUE,
    ) -> None:
        self.vars = vars
        self.fields = fields
        """New values; a field that is missing has its old one."""
        self.sound_entry = sound_entry
        self.alive_entry = alive_entry
        self.sound: Expr = build.TRUE
        self.alive: Expr = build.TRUE

    def branch(self, cond: Expr) -> _State:
        """The state at the entry of a block taken where `cond` holds."""
        sound, alive = build.and_(self.path_sound, cond), build.and_(self.path, cond)
        return _State(dict(self.vars), dict(self.fields), sound, alive)

    @property
    def path(self) -> Expr:
        """Where a step comes here."""
        return build.and_(self.alive_entry, self.alive)

    @property
    def path_sound(self) -> Expr:
        """Where a step comes here if nothing disables it."""
        return build.and_(self.sound_entry, self.sound)

    @property
    def dead(self) -> bool:
        """Whether no step comes here."""
        return self.alive is build.FALSE

    def need(self, cond: Expr) -> None:
        """From here on, every `Require` up to here included `cond`."""
        self.alive = build.FALSE if cond is build.FALSE else build.and_(self.alive, cond)

    def survive(self, cond: Expr) -> None:
        """From here on, nothing faulted where `cond` holds."""
        self.sound = build.FALSE if cond is build.FALSE else build.and_(self.sound, cond)
        self.need(cond)


class _Execution:
    """Runs a body once, both branches of every `If`, and collects what is asked for on the way."""

    def __init__(self, reads: Iterable[Read]) -> None:
        self.reads = {read.field: read for read in reads}
        self.choices: list[Choice] = []
        self.guards: list[Expr] = []
        self.faults: list[FaultCase] = []
        self.costs: list[Spent] = []

    def block(self, body: Block, state: _State) -> _State:
        """Bring `state` behind `body`. What follows a certain fault is left out."""
        for stmt in body:
            if not state.dead:
                self.check_defined(stmt, state)
            if not state.dead:
                self.statement(stmt, state)
        return state

    def value(self, e: Expr, state: _State) -> Expr:
        """`e`, which speaks of the state here, in terms of the state before the step."""
        leaves: dict[Var | Read, Expr] = {self.reads[name]: now for name, now in state.fields.items()}
        leaves.update(state.vars.items())
        return substitute(e, leaves)

    def field(self, name: str, state: _State) -> Expr:
        return state.fields.get(name, self.reads[name])

    def changed(self, name: str, state: _State) -> bool:
        return self.field(name, state) is not self.reads[name]

    def check_defined(self, stmt: Stmt, state: _State) -> None:
        """Split off the fault of evaluating what `stmt` itself evaluates, unless the way here excludes it."""
        for e in expressions(stmt):
            _refuse_without_order(e)
            known = _conjuncts(state.path)
            fine = build.and_(*(c for c in _conjuncts(self.value(defined(e), state)) if c not in known))
            if fine is not build.TRUE:
                cond = build.and_(state.path, build.not_(fine))
                self.faults.append(FaultCase(cond, f"undefined: {expr_text(e)}", stmt.span, stated=False))
                state.survive(fine)

    def statement(self, stmt: Stmt, state: _State) -> None:
        """Bring `state` behind `stmt`, the evaluation of whose own expressions is known to be defined."""
        match stmt:
            case Require(cond):
                here = self.value(cond, state)
                self.guards.append(_implied(state.path_sound, here))
                state.need(here)
            case Assign(name, keys, value):
                path = tuple(self.value(key, state) for key in keys)
                state.fields[name] = _stored(self.field(name, state), path, self.value(value, state))
            case Let(v, value):
                state.vars[v] = self.value(value, state)
            case If(cond, then, orelse):
                self.branch(self.value(cond, state), then, orelse, state)
            case Choose(v):
                self.choose(v, state)
            case Fault(message):
                self.faults.append(FaultCase(state.path, message, stmt.span, stated=True))
                state.survive(build.FALSE)
            case Cost(name):
                self.costs.append(Spent(state.path, name))
            case _:
                assert_never(stmt)

    def choose(self, v: Var, state: _State) -> None:
        pick = build.var(unused(v.name, (c.var.name for c in self.choices)), v.type)
        self.choices.append(Choice(pick, v, state.path))
        state.vars[v] = pick

    def branch(self, cond: Expr, then: Block, orelse: Block, state: _State) -> None:
        """Run the branches from `state` and join them in it."""
        if isinstance(cond, Const):
            self.block(then if cond.value else orelse, state)
            return
        one = self.block(then, state.branch(cond))
        other = self.block(orelse, state.branch(build.not_(cond)))
        state.sound = build.and_(state.sound, either(cond, one.sound, other.sound))
        state.alive = (
            build.FALSE if one.dead and other.dead else build.and_(state.alive, either(cond, one.alive, other.alive))
        )
        if one.dead or other.dead:
            survivor = other if one.dead else one
            state.vars, state.fields = survivor.vars, survivor.fields
            return
        state.vars = {v: _joined(cond, new, other.vars[v]) for v, new in one.vars.items() if v in other.vars}
        written = dict.fromkeys([*one.fields, *other.fields])
        state.fields = {name: _joined(cond, self.field(name, one), self.field(name, other)) for name in written}


def _refuse_without_order(e: Expr) -> None:
    """Raise Endless where it depends on the order of members whether `e` faults, and these have none."""
    for part in subexpressions(e):
        if isinstance(part, Quant) and part.kind != "count" and is_any(part.var.type) and not build.total(part.body):
            raise Endless(str(part.var.type))


def _stored(old: Expr, path: tuple[Expr, ...], value: Expr) -> Expr:
    """`old` with the entry at `path` replaced."""
    if not path:
        return value
    entry = build.index(old, path[0])
    new = _stored(entry, path[1:], value)
    return old if new is entry else build.map_update(old, path[0], new)


def _joined(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    """`then if cond else orelse`; two versions of a table that differ in one entry by name are joined in that entry."""
    if then is orelse:
        return then
    for update in (then, orelse):
        if isinstance(update, MapUpdate) and isinstance(update.key, Const | Var):
            one, other = _entry(then, update), _entry(orelse, update)
            if one is not None and other is not None:
                return build.map_update(update.table, update.key, _joined(cond, one, other))
    return build.ite(cond, then, orelse)


def _entry(version: Expr, update: MapUpdate) -> Expr | None:
    """What `version` holds at the key of `update` if it differs from the table updated nowhere else, else None."""
    if version is update.table:
        return build.index(version, update.key)
    if isinstance(version, MapUpdate) and version.table is update.table and version.key is update.key:
        return version.value
    return None


def _implied(cond: Expr, then: Expr) -> Expr:
    """`then` where `cond` holds, else true; conjunct by conjunct, so that what is short stays readable."""
    return build.or_(*map(build.not_, _conjuncts(cond)), then)


def _conjuncts(e: Expr) -> tuple[Expr, ...]:
    return e.items if isinstance(e, And) else (e,)
