"""What is known when a specification is compiled: constants of the configuration and everything computed from them.

`fold` gives the Python value of an expression, or UNKNOWN where it depends on the state. Branches on a known condition
vanish, so that one text serves every version of a mechanism.
"""

from __future__ import annotations

import ast
import enum
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from virtspec.errors import Endless
from virtspec.frontend.shape import Instance
from virtspec.ir.types import grows
from virtspec.lang.domains import Scalarset


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""Not known before the state is."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
KNOWN = (bool, int, str, enum.Enum, type(None), Scalarset)
"""Values a constant may have, and tuples and frozensets of them."""


def fold(node: ast.expr, names: Mapping[str, Any], instance: Instance | None = None) -> Any:
    """The value of `node`, or UNKNOWN. `names` are those known statically; `instance` is what `self` is.

    An `Instance` may be the result (`self.sem`), and so may a class (an Enum, a Scalarset).
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id="self") if instance is not None:
            return instance
        case ast.Name(id=name):
            return names.get(name, UNKNOWN)
        case ast.Attribute(value=base, attr=attr):
            return _attribute(fold(base, names, instance), attr)
        case ast.Subscript(value=base, slice=key):
            return _subscript(fold(base, names, instance), fold(key, names, instance))
        case ast.Tuple(elts=elts) | ast.Set(elts=elts):
            items = [fold(e, names, instance) for e in elts]
            if not all(map(is_known, items)):
                return UNKNOWN
            return tuple(items) if isinstance(node, ast.Tuple) else frozenset(items)
        case ast.UnaryOp(op=ast.Not(), operand=e):
            value = fold(e, names, instance)
            return (not value) if isinstance(value, bool) else UNKNOWN
        case ast.UnaryOp(op=ast.USub(), operand=e):
            value = fold(e, names, instance)
            return -value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN
        case ast.BoolOp(op=op, values=parts):
            return _junction(isinstance(op, ast.And), [fold(p, names, instance) for p in parts])
        case ast.BinOp(left=a, op=op, right=b) if type(op) in _BINARY:
            return _apply(_BINARY[type(op)], fold(a, names, instance), fold(b, names, instance))
        case ast.Compare(left=a, ops=[op], comparators=[b]) if type(op) in _COMPARE:
            return _apply(_COMPARE[type(op)], fold(a, names, instance), fold(b, names, instance))
        case ast.Compare(left=a, ops=ops, comparators=rest):
            pairs = [ast.Compare(x, [op], [y]) for x, op, y in zip([a, *rest], ops, rest, strict=False)]
            return _junction(True, [fold(pair, names, instance) for pair in pairs])
        case ast.IfExp(test=test, body=a, orelse=b):
            value = fold(test, names, instance)
            return fold(a if value else b, names, instance) if isinstance(value, bool) else UNKNOWN
        case ast.Call(func=ast.Name(id="len"), args=[e], keywords=[]) if "len" not in names:
            value = fold(e, names, instance)
            sized = isinstance(value, tuple | frozenset) or (isinstance(value, type) and issubclass(value, Scalarset))
            return len(value) if sized else UNKNOWN
        case _:
            return UNKNOWN


def is_known(value: Any) -> bool:
    """Whether `value` is a constant (rather than UNKNOWN, an Instance or a class)."""
    return isinstance(value, KNOWN) or (isinstance(value, tuple | frozenset) and all(map(is_known, value)))


def in_order(values: tuple[Any, ...] | frozenset[Any]) -> list[Any]:
    """The items of a constant in a fixed order, whatever a frozenset's hash seed says: by class, then as declared."""
    if isinstance(values, tuple):
        return list(values)
    return sorted(values, key=lambda v: (type(v).__name__, *_rank(v)))


def _rank(value: Any) -> tuple[int, str]:
    if isinstance(value, enum.Enum):
        return list(type(value)).index(value), ""
    if isinstance(value, Scalarset):
        return value.index, ""
    return (value, "") if isinstance(value, int) else (0, repr(value))


def _attribute(base: Any, attr: str) -> Any:
    if isinstance(base, Instance):
        if attr in base.constants:
            return base.constants[attr]
        return base.parts.get(attr, UNKNOWN)
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return base.__members__.get(attr, UNKNOWN)
    return UNKNOWN


def _subscript(base: Any, key: Any) -> Any:
    if isinstance(base, Instance):
        return base  # one entry of a table of components: the same constants whatever the key
    if isinstance(base, tuple) and isinstance(key, int) and -len(base) <= key < len(base):
        return base[key]
    return UNKNOWN


def _junction(conjunction: bool, parts: list[Any]) -> Any:
    for part in parts:
        if not isinstance(part, bool):
            return UNKNOWN
        if part is not conjunction:
            return part
    return conjunction


def _apply(op: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if not (is_known(a) and is_known(b)):
        return UNKNOWN
    if op in _COMPARE.values() and (grows(a) or grows(b)):
        raise Endless  # who knows what comes of it for other numbers of members
    try:
        return op(a, b)
    except (TypeError, ZeroDivisionError):
        return UNKNOWN  # the checker of types says it better
