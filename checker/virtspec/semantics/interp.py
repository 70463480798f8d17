"""The living definition of the semantics: what an expression is worth and what a step does.

Small, plain, without caches. A state is the tuple of the fields' values in the System's order. Evaluation follows
Python: left to right, short-circuits decide what is evaluated at all. A step runs its statements in order on a private
copy of the state:

- the first false `Require` disables it (nothing happened);
- the first fault ends the run: a `Fault` statement, or a partial expression outside its domain;
- otherwise the copy is the successor.

May not import anything but the IR.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from virtspec.ir.nodes import (
    And,
    Arith,
    Assign,
    Block,
    Choose,
    Const,
    Cost,
    Eq,
    Expr,
    Fault,
    Get,
    If,
    In,
    Index,
    Ite,
    Le,
    Len,
    Let,
    Lt,
    MakeRecord,
    MapOf,
    MapUpdate,
    Narrow,
    Not,
    Or,
    Quant,
    Read,
    Require,
    SeqAt,
    SeqOp,
    SetLit,
    SetOf,
    SetOp,
    Some,
    Stmt,
    Unwrap,
    Var,
)
from virtspec.ir.system import Action, System
from virtspec.ir.types import TableType, Type, Value, contains, ordinal, show, values
from virtspec.source import Span

State: TypeAlias = tuple[Value, ...]


class Undefined(Exception):
    """A partial expression was evaluated outside its domain. The text says which and why."""


@dataclass(slots=True)
class Env:
    """What an expression may refer to. `state` is the state being read (and, inside a step, being written)."""

    index: dict[str, int]
    """Position of each field in a state."""
    state: Sequence[Value]
    before: Sequence[Value] = ()
    """The state left, for transition properties."""
    vars: dict[str, Value] = field(default_factory=dict)


def evaluate(e: Expr, env: Env) -> Any:
    """The canonical value of `e`. Raises Undefined where `e` is partial and outside its domain."""
    match e:
        case Index(table, key):
            return evaluate(table, env)[ordinal(_key_type(table), evaluate(key, env))]
        case Read(name, _, before):
            return (env.before if before else env.state)[env.index[name]]
        case Var(name):
            return env.vars[name]
        case Const(value):
            return value
        case Eq(a, b):
            return evaluate(a, env) == evaluate(b, env)
        case And(items):
            return all(evaluate(item, env) for item in items)
        case Or(items):
            return any(evaluate(item, env) for item in items)
        case Not(a):
            return not evaluate(a, env)
        case Lt(a, b):
            return evaluate(a, env) < evaluate(b, env)
        case Le(a, b):
            return evaluate(a, env) <= evaluate(b, env)
        case Ite(cond, then, orelse):
            return evaluate(then if evaluate(cond, env) else orelse, env)
        case Arith(op, a, b):
            return _arith(op, evaluate(a, env), evaluate(b, env))
        case Narrow(a, t):
            value = evaluate(a, env)
            if not contains(t, value):
                raise Undefined(f"{value} lies outside {t}")
            return value
        case Unwrap(a):
            value = evaluate(a, env)
            if value is None:
                raise Undefined("None where a value is needed")
            return value
        case Some(a):
            return evaluate(a, env)
        case MapUpdate(table, key, a):
            return _replaced(evaluate(table, env), ordinal(_key_type(table), evaluate(key, env)), evaluate(a, env))
        case MapOf(v, body) | SetOf(v, body) | Quant(_, v, body):
            return _over(e, v, body, env)
        case Get(record, name):
            return evaluate(record, env)[_component(record.type, name)]
        case MakeRecord(items):
            return tuple(evaluate(item, env) for item in items)
        case SetLit(items):
            return frozenset(evaluate(item, env) for item in items)
        case In(item, collection):
            return evaluate(item, env) in evaluate(collection, env)
        case Len(collection):
            return len(evaluate(collection, env))
        case SetOp(op, a, b):
            return _set_op(op, evaluate(a, env), evaluate(b, env))
        case SeqAt(seq, i):
            return _seq_at(evaluate(seq, env), evaluate(i, env))
        case SeqOp(op, seq, item, t):
            return _seq_op(op, evaluate(seq, env), None if item is None else evaluate(item, env), t)
        case _:
            assert_never(e)


def _key_type(table: Expr) -> Type:
    assert isinstance(table.type, TableType)
    return table.type.key


def _component(record: Type, name: str) -> int:
    return [n for n, _ in record.fields].index(name)  # type: ignore[union-attr]  # ir.build made it a record


def _replaced(table: tuple[Value, ...], i: int, value: Value) -> tuple[Value, ...]:
    return (*table[:i], value, *table[i + 1 :])


def _over(e: MapOf | SetOf | Quant, v: Var, body: Expr, env: Env) -> Any:
    """`body` at every value of `v`, in order."""

    def at(value: Value) -> Any:
        env.vars[v.name] = value
        return evaluate(body, env)

    domain = values(v.type)
    try:
        match e:
            case MapOf():
                return tuple(at(x) for x in domain)
            case SetOf():
                return frozenset(x for x in domain if at(x))
            case Quant("all"):
                return all(at(x) for x in domain)
            case Quant("any"):
                return any(at(x) for x in domain)
            case Quant():
                return sum(at(x) for x in domain)
            case _:
                assert_never(e)
    finally:
        env.vars.pop(v.name, None)


def _arith(op: str, a: int, b: int) -> int:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
    if b == 0:
        raise Undefined("division by 0")
    return a // b if op == "//" else a % b


def _set_op(op: str, a: frozenset[Value], b: frozenset[Value]) -> Any:
    match op:
        case "|":
            return a | b
        case "&":
            return a & b
        case "-":
            return a - b
        case _:
            return a <= b


def _seq_at(seq: tuple[Value, ...], i: int) -> Value:
    if not -len(seq) <= i < len(seq):
        raise Undefined(f"index {i} lies outside a sequence of {len(seq)}")
    return seq[i]


def _seq_op(op: str, seq: tuple[Value, ...], item: Value, t: Type) -> tuple[Value, ...]:
    if op in ("append", "appendleft") and len(seq) == t.cap:  # type: ignore[union-attr]  # a SeqType
        raise Undefined(f"the sequence is full ({len(seq)})")
    if op in ("init", "tail") and not seq:
        raise Undefined("the sequence is empty")
    if op == "remove" and item not in seq:
        raise Undefined(f"{show(t.of, item)} is not in the sequence")  # type: ignore[union-attr]
    match op:
        case "append":
            return (*seq, item)
        case "appendleft":
            return (item, *seq)
        case "init":
            return seq[:-1]
        case "tail":
            return seq[1:]
        case _:
            i = seq.index(item)
            return seq[:i] + seq[i + 1 :]


# --- steps -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """The step happened. `picks` are the values of parameters and choices by name, `costs` the units spent."""

    state: State
    picks: tuple[tuple[Var, Value], ...]
    costs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Faulted:
    """The step ran into an error state at `span`."""

    message: str
    span: Span
    picks: tuple[tuple[Var, Value], ...]
    stated: bool
    """Whether a `Fault` statement says so, and no expression was outside its domain."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """A `Require` was false. `env` is as it was there, so that the false conjunct can be told."""

    require: Require
    env: Env


Outcome: TypeAlias = Taken | Faulted | Disabled


class MorePicks(Exception):
    """The step reached a `Choose` for which no pick was given."""

    def __init__(self, var: Var) -> None:
        self.var = var


class NoSuchPick(Exception):
    """A pick given is no value of what it is for."""

    def __init__(self, var: Var, value: Value) -> None:
        self.var = var
        self.value = value


def outcomes(system: System, action: Action, state: State) -> list[Outcome]:
    """Every way `action` can go in `state`: parameters in lexicographic order, then picks in the order met."""
    found: list[Outcome] = []
    for params in itertools.product(*(values(param.type) for param in action.params)):
        _explore(system, action, state, params, found)
    return found


def _explore(system: System, action: Action, state: State, picks: tuple[Value, ...], found: list[Outcome]) -> None:
    try:
        found.append(run(system, action, state, picks))
    except MorePicks as more:
        for value in values(more.var.type):
            _explore(system, action, state, (*picks, value), found)


def run(system: System, action: Action, state: State, picks: Sequence[Value]) -> Outcome:
    """Run `action` with the given values of its parameters and choices, in the order met.

    Raises MorePicks where they do not suffice, NoSuchPick where one does not exist; those left over are ignored.
    """
    work = _Run(system, Env(system.field_index, list(state)), picks)
    for param in action.params:
        work.pick(param)
    stopped = work.block(action.body)
    return Taken(tuple(work.env.state), tuple(work.taken), tuple(work.costs)) if stopped is None else stopped


class _Run:
    """One execution of one step."""

    def __init__(self, system: System, env: Env, picks: Sequence[Value]) -> None:
        self.system = system
        self.env = env
        self.picks = picks
        self.taken: list[tuple[Var, Value]] = []
        self.costs: list[str] = []

    def pick(self, v: Var) -> None:
        if len(self.taken) == len(self.picks):
            raise MorePicks(v)
        value = self.picks[len(self.taken)]
        if not contains(v.type, value):
            raise NoSuchPick(v, value)
        self.taken.append((v, value))
        self.env.vars[v.name] = value

    def block(self, body: Block) -> Disabled | Faulted | None:
        """Run the statements in order up to one that stops the step; why it did."""
        for stmt in body:
            try:
                stopped = self.stmt(stmt)
            except Undefined as why:
                stopped = self.fault(str(why), stmt.span, stated=False)
            if stopped is not None:
                return stopped
        return None

    def stmt(self, stmt: Stmt) -> Disabled | Faulted | None:
        env = self.env
        match stmt:
            case Require(cond):
                return None if evaluate(cond, env) else Disabled(stmt, env)
            case Assign(name, keys, value):
                assert isinstance(env.state, list)
                new = evaluate(value, env)
                path = [evaluate(key, env) for key in keys]
                i = env.index[name]
                env.state[i] = _stored(env.state[i], self.system.fields[i].type, path, new)
            case Let(v, value):
                env.vars[v.name] = evaluate(value, env)
            case If(cond, then, orelse):
                return self.block(then if evaluate(cond, env) else orelse)
            case Choose(v):
                self.pick(v)
            case Fault(message):
                return self.fault(message, stmt.span, stated=True)
            case Cost(name):
                self.costs.append(name)
            case _:
                assert_never(stmt)
        return None

    def fault(self, message: str, span: Span, stated: bool) -> Faulted:
        return Faulted(message, span, tuple(self.taken), stated)


def _stored(old: Any, t: Type, path: list[Value], new: Value) -> Value:
    """`old`, a value of `t`, with the entry at `path` replaced by `new`."""
    if not path:
        return new
    assert isinstance(t, TableType)
    i = ordinal(t.key, path[0])
    return _replaced(old, i, _stored(old[i], t.value, path[1:], new))
