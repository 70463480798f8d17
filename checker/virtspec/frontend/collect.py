"""Records and collections written down in expressions, and which expressions are a new object rather than one that
exists already (Python would share it, the language copies).
"""

from __future__ import annotations

import ast
import dataclasses
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from virtspec.frontend.calls import counted, misfit
from virtspec.frontend.domains import NoType
from virtspec.frontend.static import fold
from virtspec.ir import build
from virtspec.ir.nodes import Expr
from virtspec.ir.types import OptionType, RecordType, SeqType, SetType, TableType, Type
from virtspec.lang.domains import Scalarset
from virtspec.source import did_you_mean

if TYPE_CHECKING:
    from virtspec.frontend.expr import Expressions

CONTAINERS = (TableType, SetType, SeqType)
COPIES = {TableType: "dict(...)", SetType: "set(...)", SeqType: "Seq(...)"}
"""How the author makes a copy."""
KINDS = {TableType: "dict", SetType: "set", SeqType: "Seq"}


# --- records ---------------------------------------------------------------------------------------------------------


def record(lw: Expressions, node: ast.Call, cls: type[Any], want: Type | None) -> Expr:
    """`Request(id=1, done=False)`. What the type variables of a generic one stand for is known from where it goes."""
    t = want.of if isinstance(want, OptionType) else want
    if t is None or lw.unit.registry.classes.get(t) is not cls:
        try:
            t = lw.unit.registry.type_of(cls)
        except NoType as why:
            raise lw.refuse(why.code, node, *why.args, hint=why.hint) from None
    assert isinstance(t, RecordType)
    names = [n for n, _ in t.fields]
    given = dict(zip(names, node.args, strict=False))
    fits = len(node.args) <= len(names)
    for keyword in node.keywords:
        fits = fits and keyword.arg in names and keyword.arg not in given
        given[str(keyword.arg)] = keyword.value
    items: list[Expr] = []
    for spec, (name, of) in zip(dataclasses.fields(cls), t.fields, strict=True):
        if name in given:
            items.append(stored(lw, given[name], lw.pure(given[name], of)))
        elif spec.default is not dataclasses.MISSING:
            items.append(build.const(lw.unit.registry.canonical(of, spec.default), of))
        else:
            fits = False
    if not fits:
        raise lw.refuse("VS204", node, cls.__name__, counted(names), misfit(node, names, set(given)))
    return build.make_record(t, items)


def replaced(lw: Expressions, node: ast.Call) -> Expr:
    """`replace(record, field=value)`."""
    if len(node.args) != 1:
        raise lw.refuse("VS204", node, "replace", "a record, and new values by name", f"found {len(node.args)} records")
    old = lw.pure(node.args[0])
    if not isinstance(old.type, RecordType):
        raise lw.refuse("VS201", node.args[0], f"replace() wants a record, found {old.type}")
    given = {str(k.arg): k for k in node.keywords}
    for name, keyword in given.items():
        if name not in dict(old.type.fields):
            raise lw.refuse("VS109", keyword, old.type, name, hint=did_you_mean(name, dict(old.type.fields)))
    items = []
    for name, of in old.type.fields:
        new = given.get(name)
        items.append(build.get(old, name) if new is None else stored(lw, new.value, lw.pure(new.value, of)))
    return build.make_record(old.type, items)


# --- collections -----------------------------------------------------------------------------------------------------


def collection(lw: Expressions, node: ast.Call, want: Type | None) -> Expr:
    """`set()`, `set(x)`, `frozenset(x)`, `Seq()`, `Seq((a, b))`, `dict(x)`."""
    assert isinstance(node.func, ast.Name)
    kind = {"Seq": SeqType, "dict": TableType}.get(node.func.id, SetType)
    if node.keywords or len(node.args) > 1:
        raise lw.refuse("VS301", node, f"this use of {node.func.id}()", f"{node.func.id}() or {node.func.id}(x)")
    if want is not None and not isinstance(want, kind):
        raise lw.refuse("VS201", node, f"expected {want}, found a {KINDS[kind]}")
    if not node.args:
        if want is None or kind is TableType:
            raise lw.refuse("VS202", node, ast.unparse(node), hint="assign it to a field, or annotate the local")
        return build.const(frozenset() if kind is SetType else (), want)
    (arg,) = node.args
    if kind is SeqType and isinstance(arg, ast.List | ast.Tuple):
        return _sequence(lw, node, arg.elts, want)
    if kind is SetType and isinstance(arg, ast.GeneratorExp):
        return lw.pure(ast.copy_location(ast.SetComp(arg.elt, arg.generators), arg), want)
    if kind is SetType and isinstance(arg, ast.List | ast.Tuple):
        return set_literal(lw, arg.elts, want)
    if kind is SetType:
        return _as_set(lw, arg, want)
    e = lw.pure(arg, want)
    if not isinstance(e.type, kind):
        raise lw.refuse("VS201", arg, f"expected a {KINDS[kind]}, found {e.type}")
    return e


def _sequence(lw: Expressions, node: ast.Call, items: list[ast.expr], want: Type | None) -> Expr:
    if not isinstance(want, SeqType):
        raise lw.refuse("VS202", node, ast.unparse(node), hint="assign it to a field, or annotate the local")
    e: Expr = build.const((), want)
    for item in items:
        e = build.seq_op("append", e, stored(lw, item, lw.pure(item, want.of)))
    return e


def _as_set(lw: Expressions, arg: ast.expr, want: Type | None) -> Expr:
    """The members of a set, the items of a sequence, or every value of a type."""
    domain = fold(arg, lw.statics)
    if isinstance(domain, type) and issubclass(domain, enum.Enum | Scalarset):
        v = lw.names.var("member", lw.unit.registry.type_of(domain))
        return build.set_of(v, build.TRUE)
    e = lw.pure(arg)
    if isinstance(e.type, SeqType):
        v = lw.names.var("member", e.type.of)
        e = build.set_of(v, build.contains_item(v, e))
    if not isinstance(e.type, SetType):
        raise lw.refuse("VS201", arg, f"expected a set, found {e.type}")
    return e if want is None else build.coerce(e, want)


def set_literal(lw: Expressions, elts: list[ast.expr], want: Type | None) -> Expr:
    """`{a, b}`."""
    if isinstance(want, SetType):
        return build.set_lit(want, [lw.pure(e, want.of) for e in elts])
    items = [lw.pure(e) for e in elts]
    t = items[0].type
    for item in items[1:]:
        t = build.common_type(t, item.type)
    return build.set_lit(SetType(t), items)


# --- sharing ---------------------------------------------------------------------------------------------------------


def stored(lw: Expressions, node: ast.expr, value: Expr) -> Expr:
    """`value`, about to be stored; refused where Python would store a reference to a container that has a place."""
    if not fresh(node, value.type, lw.makes_new):
        kind = type(value.type)
        nested = isinstance(value.type, TableType) and isinstance(value.type.value, CONTAINERS)
        copy = "{k: set(...) for k in K}" if nested else COPIES[kind]
        raise lw.refuse("VS307", node, KINDS[kind], copy)
    return value


def fresh(node: ast.expr, t: Type, makes_new: Callable[[ast.Call, Type], bool]) -> bool:
    """Whether Python shares nothing that can change when it stores the value of `node`, a `t`.

    `makes_new` answers for calls of the specification's own code.
    """
    if not isinstance(t, CONTAINERS):
        return True
    match node:
        case ast.IfExp(body=a, orelse=b):
            return fresh(a, t, makes_new) and fresh(b, t, makes_new)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return False
        case ast.DictComp(value=value):
            return isinstance(t, TableType) and fresh(value, t.value, makes_new)
        case ast.Call(func=ast.Name(id="dict" | "Seq")):  # a new one that shares what it holds
            return not isinstance(t.value if isinstance(t, TableType) else t.of, CONTAINERS)
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call():
            return makes_new(node, t)
        case _:
            return True
