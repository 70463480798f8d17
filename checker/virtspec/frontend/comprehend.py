"""Quantifiers, sums and comprehensions: expressions that run through a domain."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from virtspec.frontend.collect import stored
from virtspec.frontend.domains import NoType
from virtspec.frontend.inline import domain_values
from virtspec.frontend.scope import Static
from virtspec.frontend.static import fold
from virtspec.ir import build
from virtspec.ir.nodes import Const, Expr, Var
from virtspec.ir.types import BOOL, BoolType, IntType, SeqType, SetType, TableType, Type, bounds, cardinality, values
from virtspec.ir.walk import substitute
from virtspec.lang.domains import Scalarset

if TYPE_CHECKING:
    from virtspec.frontend.expr import Expressions


def builtin(lw: Expressions, node: ast.Call, name: str) -> Expr:
    """A call of one of Python's own functions."""
    args = node.args
    if not node.keywords:
        if name in ("all", "any", "sum") and len(args) == 1 and isinstance(args[0], ast.GeneratorExp):
            return quantified(lw, name, args[0].elt, args[0].generators)
        if name == "len" and len(args) == 1:
            return build.length(lw.pure(args[0]))
        if name in ("min", "max") and len(args) >= 2:
            best = lw.pure(args[0])
            for arg in args[1:]:
                other = lw.pure(arg)
                better = build.lt(other, best) if name == "min" else build.lt(best, other)
                best = build.ite(better, other, best)
            return best
    raise lw.refuse("VS301", node, f"this use of {name}()", "all/any/sum(... for x in T), len(x), min/max(a, b)")


# --- domains ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listed:
    """A domain known item by item: run `bind` of each, then look at what comes under it."""

    values: list[Any]
    binders: list[Callable[[], None]]


@dataclass(frozen=True)
class Ranged:
    """A domain run through by `variable`; it holds those values for which `member` is true."""

    variable: Var
    member: Expr
    whole: bool
    """Whether it is all of the variable's type."""


@contextmanager
def ranging(lw: Expressions, comp: ast.comprehension) -> Iterator[Listed | Ranged]:
    """Bind a comprehension's variable for as long as the block lasts."""
    if not isinstance(comp.target, ast.Name) or comp.is_async:
        raise lw.refuse("VS301", comp.target, "this loop variable", "a single name")
    name, bound = comp.target.id, lw.scope.locals
    domain, element = _domain(lw, comp, name)
    hidden = bound.get(name)
    if element is not None:
        bound[name] = element
    try:
        yield domain
    finally:
        bound.pop(name, None)
        if hidden is not None:
            bound[name] = hidden


def _domain(lw: Expressions, comp: ast.comprehension, name: str) -> tuple[Listed | Ranged, Expr | None]:
    """The domain of a comprehension, and what its variable stands for if that is one expression."""
    known = fold(comp.iter, lw.statics)
    if isinstance(known, type) and issubclass(known, enum.Enum | Scalarset):
        try:
            v = lw.names.var(name, lw.unit.registry.type_of(known))
        except NoType as why:
            raise lw.refuse(why.code, comp.iter, *why.args) from None
        return Ranged(v, build.TRUE, True), v
    listed = domain_values(comp.iter, lw.statics, None)
    if listed is not None:
        return Listed(listed, [_binder(lw, name, value) for value in listed]), None
    if isinstance(comp.iter, ast.Call) and isinstance(comp.iter.func, ast.Name) and comp.iter.func.id == "range":
        return _range(lw, comp, name)
    collection = lw.pure(comp.iter)
    match collection.type:
        case SetType(of):
            v = lw.names.var(name, of)
            return Ranged(v, build.contains_item(v, collection), False), v
        case SeqType(_, cap):
            v = lw.names.var(f"{name}_at", IntType(0, max(cap - 1, 0)))
            return Ranged(v, build.lt(v, build.length(collection)), False), build.seq_at(collection, v)
        case _:
            raise lw.refuse("VS309", comp.iter)


def _binder(lw: Expressions, name: str, value: Any) -> Callable[[], None]:
    def bind() -> None:
        lw.scope.locals[name] = Static(value)

    return bind


def _range(lw: Expressions, comp: ast.comprehension, name: str) -> tuple[Ranged, Expr]:
    """range(lo, hi) with ends that depend on the state."""
    assert isinstance(comp.iter, ast.Call)
    ends = [lw.pure(a) for a in comp.iter.args]
    if len(ends) not in (1, 2) or comp.iter.keywords:
        raise lw.refuse("VS309", comp.iter, hint="range(n) or range(a, b)")
    lo, hi = (build.integer(0), ends[0]) if len(ends) == 1 else ends
    first = bounds(lo.type)[0]
    v = lw.names.var(name, IntType(first, max(bounds(hi.type)[1] - 1, first)))
    return Ranged(v, build.and_(build.le(lo, v), build.lt(v, hi)), False), v


def _filters(lw: Expressions, comp: ast.comprehension) -> Expr:
    return build.and_(*(lw.condition(test) for test in comp.ifs))


# --- quantifiers -----------------------------------------------------------------------------------------------------


def quantified(lw: Expressions, name: str, elt: ast.expr, generators: list[ast.comprehension]) -> Expr:
    """all/any/sum over one or more generators."""
    first, rest = generators[0], generators[1:]

    def inner() -> Expr:
        if rest:
            return quantified(lw, name, elt, rest)
        return lw.pure(elt) if name == "sum" else lw.condition(elt)

    with ranging(lw, first) as domain:
        match domain:
            case Ranged(variable, member):
                cond = build.and_(member, _filters(lw, first))
                return _symbolic(name, variable, cond, inner())
            case Listed(_, binders):
                parts = []
                for bind in binders:
                    bind()
                    parts.append((_filters(lw, first), inner()))
                return _combined(name, parts)


def _symbolic(name: str, variable: Var, cond: Expr, body: Expr) -> Expr:
    """all/any/sum over a variable of a finite type."""
    if name == "all":
        return build.quant("all", variable, build.implies(cond, body))
    if name == "any":
        return build.quant("any", variable, build.and_(cond, body))
    if isinstance(body.type, BoolType):
        return build.quant("count", variable, build.and_(cond, body))
    if body is build.integer(1):
        return build.quant("count", variable, cond)
    parts = []
    for value in values(variable.type):
        here = {variable: build.const(value, variable.type)}
        parts.append((substitute(cond, here), substitute(body, here)))
    return _combined("sum", parts)


def _combined(name: str, parts: list[tuple[Expr, Expr]]) -> Expr:
    """all/any/sum of conditioned bodies."""
    if name == "all":
        return build.and_(*(build.implies(cond, body) for cond, body in parts))
    if name == "any":
        return build.or_(*(build.and_(cond, body) for cond, body in parts))
    total: Expr = build.integer(0)
    for cond, body in parts:
        amount = build.ite(body, build.integer(1), build.integer(0)) if body.type == BOOL else body
        total = build.arith("+", total, build.ite(cond, amount, build.integer(0)))
    return total


# --- comprehensions --------------------------------------------------------------------------------------------------


def set_comprehension(lw: Expressions, node: ast.SetComp) -> Expr:
    """`{x for x in T if condition}`."""
    refused = ("VS301", node, "this set comprehension", "{x for x in T if condition}")
    comp = node.generators[0]
    with ranging(lw, comp) as domain:
        simple = isinstance(node.elt, ast.Name) and isinstance(comp.target, ast.Name) and node.elt.id == comp.target.id
        if not simple or len(node.generators) > 1:
            raise lw.refuse(*refused)
        if isinstance(domain, Listed):
            return _listed_set(lw, node, comp, domain)
        if lw.scope.locals[node.elt.id] is not domain.variable:  # type: ignore[attr-defined]  # a Name
            raise lw.refuse(*refused)
        return build.set_of(domain.variable, build.and_(domain.member, _filters(lw, comp)))


def _listed_set(lw: Expressions, node: ast.SetComp, comp: ast.comprehension, domain: Listed) -> Expr:
    if not domain.values:
        raise lw.refuse("VS202", node, ast.unparse(node), hint="there is nothing to run through; write set()")
    conds, items = [], []
    for bind in domain.binders:
        bind()
        conds.append(_filters(lw, comp))
        items.append(lw.pure(node.elt))
    t = items[0].type
    for item in items[1:]:
        t = build.common_type(t, item.type)
    v = lw.names.var("member", t)
    return build.set_of(v, build.or_(*(build.and_(build.eq(v, i), c) for i, c in zip(items, conds, strict=True))))


def dict_comprehension(lw: Expressions, node: ast.DictComp, want: Type | None) -> Expr:
    """`{k: value for k in K}`, total over K."""
    refused = ("VS301", node, "this dict comprehension", "{k: value for k in K}, total over the key type K")
    comp, key = node.generators[0], node.key
    of = want.value if isinstance(want, TableType) else None
    with ranging(lw, comp) as domain:
        simple = isinstance(key, ast.Name) and isinstance(comp.target, ast.Name) and key.id == comp.target.id
        if not simple or comp.ifs or len(node.generators) > 1:
            raise lw.refuse(*refused)
        assert isinstance(key, ast.Name)
        if isinstance(domain, Listed):
            v = lw.names.var(key.id, _listed_keys(lw, node, domain, want))
            lw.scope.locals[key.id] = v
            return build.map_of(v, stored(lw, node.value, lw.pure(node.value, of)))
        if not domain.whole:
            raise lw.refuse(*refused)
        return build.map_of(domain.variable, stored(lw, node.value, lw.pure(node.value, of)))


def _listed_keys(lw: Expressions, node: ast.DictComp, domain: Listed, want: Type | None) -> Type:
    """The key type of a dict comprehension over a list of keys, which must be all of it."""
    keys = [lw.lift(node.key, value, None) for value in domain.values]
    if isinstance(want, TableType):
        t = want.key
    else:
        t = keys[0].type if keys else BOOL
        for key in keys[1:]:
            t = build.common_type(t, key.type)
    found = {k.value for k in (build.coerce(key, t) for key in keys) if isinstance(k, Const)}
    if not keys or found != set(values(t)) or len(keys) != cardinality(t):
        raise lw.refuse("VS201", node, f"a dict over {t} needs every key")
    return t
