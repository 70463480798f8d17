"""When the evaluation of an expression is defined.

Partial are `Narrow`, `Unwrap`, `SeqAt`, `SeqOp`, and `//` and `%`; everything else is defined if what it evaluates is,
and short-circuits decide what that is.
"""

from __future__ import annotations

from typing import assert_never

from virtspec.ir import build
from virtspec.ir.nodes import (
    And,
    Arith,
    Const,
    Eq,
    Expr,
    Get,
    In,
    Index,
    Ite,
    Le,
    Len,
    Lt,
    MakeRecord,
    MapOf,
    MapUpdate,
    Narrow,
    Not,
    Or,
    Quant,
    Read,
    SeqAt,
    SeqOp,
    SetLit,
    SetOf,
    SetOp,
    Some,
    Unwrap,
    Var,
)
from virtspec.ir.types import SeqType, bounds, is_any, values
from virtspec.ir.walk import children, substitute


def defined(e: Expr) -> Expr:
    """The condition under which evaluating `e` does not fault; itself defined in every state.

    Short-circuits are those of `semantics.interp`: `And` and `Or` from the left, `Ite`, and `all` and `any` in value
    order, so a partial body of these is written out once per value. Over a type of any size, which has no order, the
    condition is stronger than it need be: the body is defined for all values.
    """
    match e:
        case Const() | Read() | Var():
            return build.TRUE
        case And(items) | Or(items):
            return _in_turn(items, stop=isinstance(e, Or))
        case Ite(cond, then, orelse):
            return build.and_(defined(cond), either(cond, defined(then), defined(orelse)))
        case MapOf(v, body) | SetOf(v, body) | Quant("count", v, body):
            return build.quant("all", v, defined(body))
        case Quant(kind, v, body):
            if defined(body) is build.TRUE or is_any(v.type):
                return build.quant("all", v, defined(body))
            each = tuple(substitute(body, {v: build.const(x, v.type)}) for x in values(v.type))
            return _in_turn(each, stop=kind == "any")
        case Narrow() | Unwrap() | Arith() | SeqAt() | SeqOp():
            return build.and_(*map(defined, children(e)), _inside(e))
        case (
            (Index() | MapUpdate() | Get() | MakeRecord() | Some() | Not() | Eq() | Lt() | Le() | In())
            | SetOp()
            | SetLit()
            | Len()
        ):
            return build.and_(*map(defined, children(e)))
        case _:
            assert_never(e)


def _in_turn(items: tuple[Expr, ...], stop: bool) -> Expr:
    """When evaluating `items` from the left, until one is worth `stop`, is defined."""
    rest: Expr = build.TRUE
    for item in reversed(items):
        ahead = either(item, build.TRUE, rest) if stop else either(item, rest, build.TRUE)
        rest = build.and_(defined(item), ahead)
    return rest


def _inside(e: Narrow | Unwrap | Arith | SeqAt | SeqOp) -> Expr:
    """Whether the operands of a partial expression, themselves defined, lie in its domain."""
    match e:
        case Narrow(value, t):
            (lo, hi), (have_lo, have_hi) = bounds(t), build.interval(value)
            above = build.TRUE if lo <= have_lo else build.le(build.integer(lo), value)
            below = build.TRUE if have_hi <= hi else build.le(value, build.integer(hi))
            return build.and_(above, below)
        case Unwrap(option):
            return build.not_(build.eq(option, build.const(None, option.type)))
        case Arith(op, _, divisor):
            lo, hi = build.interval(divisor)
            if op not in ("//", "%") or lo > 0 or hi < 0:
                return build.TRUE
            return build.not_(build.eq(divisor, build.integer(0)))
        case SeqAt(seq, i):
            lo, hi = build.interval(i)
            length = build.length(seq)
            negative = build.arith("-", build.integer(0), length)
            above = build.TRUE if lo >= 0 else build.le(negative, i)
            below = build.TRUE if hi < 0 else build.lt(i, length)
            return build.and_(above, below)
        case SeqOp("append" | "appendleft", seq, _, t):
            assert isinstance(t, SeqType)
            return build.lt(build.length(seq), build.integer(t.cap))
        case SeqOp("init" | "tail", seq):
            return build.lt(build.integer(0), build.length(seq))
        case SeqOp(_, seq, item):
            assert item is not None
            return build.contains_item(item, seq)
        case _:
            assert_never(e)


def either(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    """`then if cond else orelse` for conditions, in connectives where one of the branches is constant."""
    if then is orelse:
        return then
    match then, orelse:
        case Const(True), _:
            return build.or_(cond, orelse)
        case Const(False), _:
            return build.and_(build.not_(cond), orelse)
        case _, Const(True):
            return build.or_(build.not_(cond), then)
        case _, Const(False):
            return build.and_(cond, then)
        case _:
            return build.ite(cond, then, orelse)
