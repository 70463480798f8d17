"""Formulas of the solver over the variables of a state, brought back into the language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

import z3

from virtspec.ir import build
from virtspec.ir.nodes import Expr
from virtspec.ir.types import (
    BoolType,
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    default,
    is_int,
    values,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A variable of the solver and the part of the state that it stands for."""

    term: Any
    expr: Expr


class NoCounterpart(Exception):
    """A formula uses something that the language has no word for."""


def leaf_exprs(field: str, t: Type) -> Iterator[Expr]:
    """The parts of a field in the order of `values.leaves`. What does not count has its type's default."""
    yield from _parts(build.read(field, t))


def _parts(e: Expr) -> Iterator[Expr]:
    match e.type:
        case BoolType() | IntType() | ModType() | EnumType() | ScalarsetType():
            yield e
        case OptionType(of) as t:
            there = build.not_(build.eq(e, build.const(None, t)))
            yield there
            for part in _parts(build.unwrap(e)):
                yield build.ite(there, part, _blank(part))
        case RecordType(_, fields):
            for name, _ in fields:
                yield from _parts(build.get(e, name))
        case TableType(key):
            for k in values(key):
                yield from _parts(build.index(e, build.const(k, key)))
        case SetType(of):
            for v in values(of):
                yield build.contains_item(build.const(v, of), e)
        case SeqType(_, cap):
            length = build.length(e)
            yield length
            for i in range(cap):
                for part in _parts(build.seq_at(e, build.integer(i))):
                    yield build.ite(build.lt(build.integer(i), length), part, _blank(part))
        case _:
            assert_never(e.type)


def _blank(part: Expr) -> Expr:
    return build.const(default(part.type), part.type)


def brought_back(formula: Any, leaves: Sequence[Leaf]) -> Expr:
    """A Boolean formula as an expression over the state. Raises NoCounterpart."""
    return _Back({leaf.term.get_id(): leaf.expr for leaf in leaves}).go(formula)


class _Back:
    def __init__(self, leaves: dict[int, Expr]) -> None:
        self.leaves = leaves
        self.memo: dict[int, Expr] = {}

    def go(self, e: Any) -> Expr:
        key = e.get_id()
        if key not in self.memo:
            self.memo[key] = self._go(e)
        return self.memo[key]

    def _go(self, e: Any) -> Expr:
        if e.get_id() in self.leaves:
            return _number(self.leaves[e.get_id()])
        if z3.is_int_value(e):
            return build.integer(e.as_long())
        if not z3.is_app(e):
            raise NoCounterpart("a quantifier")
        parts = e.children()
        match e.decl().kind():
            case z3.Z3_OP_TRUE:
                return build.TRUE
            case z3.Z3_OP_FALSE:
                return build.FALSE
            case z3.Z3_OP_AND:
                return build.and_(*map(self.go, parts))
            case z3.Z3_OP_OR:
                return build.or_(*map(self.go, parts))
            case z3.Z3_OP_NOT:
                return build.not_(self.go(parts[0]))
            case z3.Z3_OP_IMPLIES:
                return build.implies(self.go(parts[0]), self.go(parts[1]))
            case z3.Z3_OP_ITE:
                return build.ite(*map(self.go, parts))
            case z3.Z3_OP_EQ | z3.Z3_OP_IFF:
                return self.compared("==", *parts)
            case z3.Z3_OP_DISTINCT if len(parts) == 2:
                return build.not_(self.compared("==", *parts))
            case z3.Z3_OP_LE:
                return self.compared("<=", *parts)
            case z3.Z3_OP_GE:
                return self.compared("<=", parts[1], parts[0])
            case z3.Z3_OP_LT:
                return build.not_(self.compared("<=", parts[1], parts[0]))
            case z3.Z3_OP_GT:
                return build.not_(self.compared("<=", *parts))
            case z3.Z3_OP_UMINUS:
                return build.arith("-", build.integer(0), self.go(parts[0]))
            case z3.Z3_OP_ADD:
                return self.folded("+", parts)
            case z3.Z3_OP_SUB:
                return self.folded("-", parts)
            case z3.Z3_OP_MUL:
                return self.folded("*", parts)
            case z3.Z3_OP_MOD if z3.is_int_value(parts[1]) and parts[1].as_long() > 0:
                return self.folded("%", parts)
            case z3.Z3_OP_IDIV if z3.is_int_value(parts[1]) and parts[1].as_long() > 0:
                return self.folded("//", parts)
            case _:
                raise NoCounterpart(e.decl().name())

    def folded(self, op: Any, parts: Sequence[Any]) -> Expr:
        first, *rest = map(self.go, parts)
        for part in rest:
            first = build.arith(op, first, part)
        return first

    def compared(self, op: str, a: Any, b: Any) -> Expr:
        """A comparison; one of a named member with a constant is said in terms of members."""
        for leaf, constant, turned in ((a, b, False), (b, a, True)):
            found = self.leaves.get(leaf.get_id())
            if found is not None and not is_int(found.type) and z3.is_int_value(constant):
                return _members(found, op, constant.as_long(), turned)
        left, right = self.go(a), self.go(b)
        return build.eq(left, right) if op == "==" else build.le(left, right)


def _members(e: Expr, op: str, at: int, turned: bool) -> Expr:
    """`e`, of an enum or a scalarset, compared with the member at a place."""
    which = [
        build.eq(e, build.const(v, e.type))
        for i, v in enumerate(values(e.type))
        if (i == at if op == "==" else at <= i if turned else i <= at)
    ]
    return build.or_(*which)


def _number(e: Expr) -> Expr:
    """A part of the state as the solver has it: members of enums and scalarsets by their place."""
    if not isinstance(e.type, EnumType | ScalarsetType):
        return e
    *front, last = range(len(values(e.type)))
    found: Expr = build.integer(last)
    for i in reversed(front):
        found = build.ite(build.eq(e, build.const(values(e.type)[i], e.type)), build.integer(i), found)
    return found
