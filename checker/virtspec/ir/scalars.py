"""Expressions without collections: leaves, coercion, Boolean and integer operators. `build` offers them to others."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, assert_never

from virtspec.errors import Endless
from virtspec.ir.nodes import (
    And,
    Arith,
    ArithOp,
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
from virtspec.ir.types import (
    BOOL,
    BoolType,
    IntType,
    ModType,
    OptionType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    bounds,
    contains,
    grows,
    is_int,
)


class IllTyped(Exception):
    """An expression that has no type. `hint` may say how to mend it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


E = TypeVar("E", bound="Any")
_interned: weakref.WeakValueDictionary[tuple[Any, ...], Any] = weakref.WeakValueDictionary()


def intern(node: E) -> E:
    """The one object that stands for all expressions equal to `node`."""
    key = (type(node), *(getattr(node, name) for name in type(node).__slots__ if name != "__weakref__"))
    if isinstance(node, Const):  # True == 1 in Python, not here
        key += (type(node.value),)
    found = _interned.setdefault(key, node)
    return found  # type: ignore[no-any-return]


# --- leaves ------------------------------------------------------------------------------------------------------


def const(value: Value, t: Type) -> Const:
    """A literal; `value` must be a canonical value of `t`."""
    if not contains(t, value):
        raise IllTyped(f"{value!r} is not a value of {t}")
    return intern(Const(value, t))


def integer(value: int) -> Const:
    return const(value, IntType(value, value))


TRUE = const(True, BOOL)
FALSE = const(False, BOOL)


def boolean(value: bool) -> Const:
    return TRUE if value else FALSE


def read(field: str, t: Type, before: bool = False) -> Read:
    return intern(Read(field, t, before))


def var(name: str, t: Type) -> Var:
    return intern(Var(name, t))


def interval(e: Expr) -> tuple[int, int]:
    """The smallest and largest value the integer `e` can have by its type, or by its value if it is a constant."""
    if isinstance(e, Const) and is_int(e.type):
        assert isinstance(e.value, int)
        return e.value, e.value
    return bounds(e.type)


# --- coercion ------------------------------------------------------------------------------------------------------


def coerce(e: Expr, want: Type) -> Expr:
    """`e` as a value of `want`.

    Integers narrow (a fault where the value lies outside) or wrap (`ModType`); a value becomes an optional; an optional
    is unwrapped (a fault on None); a table made entry by entry is coerced entry by entry. Everything else must fit
    exactly.
    """
    have = e.type
    if have == want:
        return e
    if is_int(have) and is_int(want):
        return _coerce_int(e, want)
    if isinstance(want, OptionType) and not isinstance(have, OptionType):
        inner = coerce(e, want.of)
        return const(inner.value, want) if isinstance(inner, Const) else intern(Some(inner, want))
    if isinstance(have, OptionType) and isinstance(want, OptionType):
        return _coerce_option(e, have, want)
    if isinstance(have, OptionType) and not isinstance(want, OptionType):
        return coerce(unwrap(e), want)
    if isinstance(e, Const) and contains(want, e.value) and type(have) is type(want):
        return const(e.value, want)
    if isinstance(e, MapOf) and isinstance(want, TableType) and e.type.key == want.key:
        return intern(MapOf(e.var, coerce(e.body, want.value), want))
    raise IllTyped(f"expected {want}, found {have}")


def _coerce_option(e: Expr, have: OptionType, want: OptionType) -> Expr:
    if isinstance(e, Const):
        return const(None, want) if e.value is None else coerce(unwrap(e), want)
    if isinstance(e, Some):
        return coerce(e.value, want)
    if isinstance(e, Ite):  # branch by branch: what follows names `e` twice
        return ite(e.cond, coerce(e.then, want), coerce(e.orelse, want))
    if not (is_int(have.of) and is_int(want.of)):
        raise IllTyped(f"expected {want}, found {have}")
    some = intern(Some(coerce(unwrap(e), want.of), want))
    return ite(eq(e, const(None, have)), const(None, want), some)


def _coerce_int(e: Expr, want: Type) -> Expr:
    lo, hi = interval(e)
    want_lo, want_hi = bounds(want)
    if isinstance(want, ModType) and not (want_lo <= lo and hi <= want_hi):
        return arith("%", e, integer(want.n))
    if isinstance(e, Const):
        assert isinstance(e.value, int)
        if not want_lo <= e.value <= want_hi:
            raise IllTyped(f"{e.value} lies outside {want}", "it can never fit; widen the range or mend the value")
        return integer(e.value)
    if want_lo <= lo and hi <= want_hi:
        return e
    return intern(Narrow(e, IntType(want_lo, want_hi)))


def fits(e: Expr, want: Type) -> bool:
    """Whether every value of the integer `e` lies in the integer type `want`."""
    (lo, hi), (want_lo, want_hi) = bounds(e.type), bounds(want)
    return want_lo <= lo and hi <= want_hi


def int_range(lo: int, hi: int) -> IntType:
    """The integer type lo..hi. Raises IllTyped where it is empty."""
    if hi < lo:
        raise IllTyped(f"the range {lo}..{hi} is empty")
    return IntType(lo, hi)


def unwrap(e: Expr) -> Expr:
    if not isinstance(e.type, OptionType):
        raise IllTyped(f"{e.type} is not optional")
    if isinstance(e, Some):
        return e.value
    if isinstance(e, Const):
        if e.value is None:
            raise IllTyped("None has no value here")
        return const(e.value, e.type.of)
    return intern(Unwrap(e, e.type.of))


def optional(t: Type) -> Type:
    """`t | None`."""
    return t if isinstance(t, OptionType) else OptionType(t)


def common_type(a: Type, b: Type) -> Type:
    """The smallest type that holds the values of both. Raises IllTyped if there is none."""
    if a == b:
        return a
    if is_int(a) and is_int(b):
        (alo, ahi), (blo, bhi) = bounds(a), bounds(b)
        return IntType(min(alo, blo), max(ahi, bhi))
    if isinstance(a, OptionType) and isinstance(b, OptionType):
        return OptionType(common_type(a.of, b.of))
    if isinstance(a, OptionType):
        return OptionType(common_type(a.of, b))
    if isinstance(b, OptionType):
        return OptionType(common_type(a, b.of))
    raise IllTyped(f"{a} and {b} have no common type")


# --- Boolean -------------------------------------------------------------------------------------------------------


def need_bool(e: Expr) -> None:
    if not isinstance(e.type, BoolType):
        hint = {
            True: "compare with a number",
            isinstance(e.type, OptionType): "compare with None",
            isinstance(e.type, SetType | SeqType): "compare len(...) with 0",
        }.get(True, "")
        raise IllTyped(f"expected bool, found {e.type}", hint)


def not_(e: Expr) -> Expr:
    need_bool(e)
    match e:
        case Const(value, _):
            return boolean(not value)
        case Not(value, _):
            return value
        case _:
            return intern(Not(e))


def and_(*items: Expr) -> Expr:
    return _junction(And, True, items)


def or_(*items: Expr) -> Expr:
    return _junction(Or, False, items)


def _junction(kind: type[And] | type[Or], neutral: bool, items: Iterable[Expr]) -> Expr:
    flat: list[Expr] = []
    for e in items:
        need_bool(e)
        parts = e.items if isinstance(e, And | Or) and isinstance(e, kind) else (e,)
        for part in parts:
            if isinstance(part, Const):
                if part.value is neutral:
                    continue
                flat.append(part)
                return part if all(map(total, flat)) else intern(kind(tuple(flat)))
            if part not in flat:
                flat.append(part)
    if not flat:
        return boolean(neutral)
    return flat[0] if len(flat) == 1 else intern(kind(tuple(flat)))


def implies(a: Expr, b: Expr) -> Expr:
    return or_(not_(a), b)


def _refuse_amounts(a: Expr, b: Expr, arithmetic: bool = False) -> None:
    """Raise Endless where a number that stands for one that grows with a type of any size meets one that does not: what
    comes of it differs from size to size.
    """
    for one, other in ((a, b), (b, a)):
        amount = isinstance(one, Const) and grows(one.value) and not isinstance(other, Const)
        if amount and (arithmetic or not grows(interval(other)[1])):
            raise Endless


def eq(a: Expr, b: Expr) -> Expr:
    if is_int(a.type) and is_int(b.type):
        _refuse_amounts(a, b)
        (alo, ahi), (blo, bhi) = interval(a), interval(b)
        if ahi < blo or bhi < alo:
            return FALSE if total(a) and total(b) else intern(Eq(a, b))
    else:
        try:
            t = common_type(a.type, b.type)
            a, b = coerce(a, t), coerce(b, t)
        except IllTyped:
            raise IllTyped(f"{a.type} is never equal to {b.type}") from None
    if a is b and total(a):
        return TRUE
    if isinstance(a, Const) and isinstance(b, Const):
        return boolean(a.value == b.value)
    return intern(Eq(a, b))


_totals: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()


def total(e: Expr) -> bool:
    """Whether `e` is known never to fault by its shape alone, so that it may go where its value does not matter."""
    found = _totals.get(e)
    if found is None:
        found = _totals[e] = _total(e)
    return found


def _total(e: Expr) -> bool:
    match e:
        case Const() | Read() | Var():
            return True
        case Unwrap() | Narrow() | SeqAt() | SeqOp():
            return False
        case Arith("//" | "%", a, b):
            return interval(b)[0] > 0 and total(a) and total(b)
        case Index(a, b) | Eq(a, b) | Lt(a, b) | Le(a, b) | In(a, b) | Arith(_, a, b) | SetOp(_, a, b):
            return total(a) and total(b)
        case MapUpdate(a, b, c) | Ite(a, b, c):
            return total(a) and total(b) and total(c)
        case Get(a) | Some(a) | Not(a) | Len(a) | Quant(_, _, a) | MapOf(_, a) | SetOf(_, a):
            return total(a)
        case And(items) | Or(items) | MakeRecord(items) | SetLit(items):
            return all(map(total, items))
        case _:
            assert_never(e)


def need_int(e: Expr) -> Expr:
    if isinstance(e.type, OptionType) and is_int(e.type.of):
        return unwrap(e)
    if not is_int(e.type):
        raise IllTyped(f"expected an integer, found {e.type}", "only integers have an order and arithmetic")
    return e


def lt(a: Expr, b: Expr) -> Expr:
    a, b = need_int(a), need_int(b)
    _refuse_amounts(a, b)
    (alo, ahi), (blo, bhi) = interval(a), interval(b)
    if total(a) and total(b) and (ahi < blo or alo >= bhi):
        return boolean(ahi < blo)
    return intern(Lt(a, b))


def le(a: Expr, b: Expr) -> Expr:
    a, b = need_int(a), need_int(b)
    _refuse_amounts(a, b)
    (alo, ahi), (blo, bhi) = interval(a), interval(b)
    if total(a) and total(b) and (ahi <= blo or alo > bhi):
        return boolean(ahi <= blo)
    return intern(Le(a, b))


# --- arithmetic ------------------------------------------------------------------------------------------------------

_PYTHON: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def arith(op: ArithOp, a: Expr, b: Expr) -> Expr:
    a, b = need_int(a), need_int(b)
    _refuse_amounts(a, b, arithmetic=True)
    (alo, ahi), (blo, bhi) = interval(a), interval(b)
    if op in ("//", "%"):
        if blo <= 0 and not (blo == 0 and bhi > 0):
            raise IllTyped(f"the divisor may be negative or is always 0 ({blo}..{bhi})", "divide by a positive number")
        corners = [_PYTHON["//"](x, y) for x in (alo, ahi) for y in (max(blo, 1), bhi)]
        if op == "%":
            corners = [alo, ahi] if 0 <= alo and ahi < max(blo, 1) else [0, bhi - 1]
    else:
        corners = [_PYTHON[op](x, y) for x in (alo, ahi) for y in (blo, bhi)]
    if isinstance(a, Const) and isinstance(b, Const):
        assert isinstance(a.value, int) and isinstance(b.value, int)
        return integer(_PYTHON[op](a.value, b.value))
    if isinstance(b, Const) and b.value == 0 and op in ("+", "-"):
        return a
    if isinstance(a, Const) and a.value == 0 and op == "+":
        return b
    return intern(Arith(op, a, b, IntType(min(corners), max(corners))))


def ite(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    need_bool(cond)
    if isinstance(cond, Const):
        return then if cond.value else orelse
    t = common_type(then.type, orelse.type)
    then, orelse = coerce(then, t), coerce(orelse, t)
    if then is orelse and total(cond):
        return then
    return intern(Ite(cond, then, orelse, t))
