"""Which scalarsets are symmetric: no action and no property tells their members apart.

Nothing can tell members apart but what names them: constants of a scalarset's type, which come from unrolled loops, from
resets and from `all` and `any` where the order of evaluation matters (`ir.passes.defined` writes these out member by
member). An action or a property is therefore symmetric at once if it holds no such constant. Else it is compared with
itself under other names: it must say the same, up to what has no meaning, such as the order of commuting parts.

The comparison is that of canonical forms (`ir.passes.permute`). An expression may be partial; its form is the same value
wherever the expression has one, and says nothing elsewhere. That is why `Narrow`, `Some` and `Unwrap` leave no trace in
it and the order of short-circuits may be lost: where a step faults, and where a property is not defined, is compared as a
condition of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, assert_never

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
from virtspec.ir.passes.dead import optional_locals
from virtspec.ir.passes.functional import Functional, defined, functional
from virtspec.ir.passes.permute import Form, Forms, Permutations, TooLarge, is_fixed, permuted, transpositions
from virtspec.ir.system import Property, System
from virtspec.ir.text import types_used
from virtspec.ir.types import BoolType, RecordType, ScalarsetType, SetType, TableType, Type, show
from virtspec.ir.walk import subexpressions

__all__ = ["Symmetry", "optional_locals", "permuted", "symmetric"]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Why the members of a scalarset are not interchangeable: one sentence, with the place; empty where they are.

    Interchangeable members may be renamed in any state: its successors, faults and costs are those of the state before,
    renamed, and the judged properties are worth the same. The initial state is asked nothing: renaming it renames all
    that is reached.
    """

    reasons: Mapping[ScalarsetType, str]
    """By scalarset of more than one member, in order of first use."""

    @property
    def interchangeable(self) -> tuple[ScalarsetType, ...]:
        return tuple(s for s, reason in self.reasons.items() if not reason)


def symmetric(system: System, properties: Sequence[str] | None = None) -> Symmetry:
    """Judge every scalarset of `system`; `properties` are the ids of those that count, None means all.

    Locals that hold members should be made optional before (`optional_locals`). Sound, not complete: a symmetric
    scalarset may be refused.
    """
    scalarsets = [t for t in types_used(system) if isinstance(t, ScalarsetType) and t.size > 1]
    units = [_step(system, functional(system, a)) for a in system.actions]
    units += [_condition(p) for p in system.properties if properties is None or p.id in properties]
    return Symmetry({s: next(_complaints(units, s), "") for s in scalarsets})


@dataclass(frozen=True, slots=True)
class _Unit:
    """An action or a property as a whole; if all parts mean the same under other names, so does it."""

    name: str
    """With the place."""
    variables: tuple[Var, ...]
    """Free in the parts; they stand for any value."""
    parts: tuple[tuple[str, Expr], ...]


def _step(system: System, form: Functional) -> _Unit:
    faults: dict[str, list[Expr]] = {"its faults": []}
    for f in form.faults:  # those that the same properties name are told apart by nobody
        named = ", ".join(p.id for p in system.naming(f.message) if f.stated)
        faults.setdefault(f"its faults of {named}" if named else "its faults", []).append(f.cond)
    spent: dict[str, Expr] = {}
    for c in form.costs:
        unit = build.ite(c.cond, build.integer(1), build.integer(0))
        spent[c.name] = build.arith("+", spent.get(c.name, build.integer(0)), unit)
    parts = (
        ("its guard", form.guard),
        *((what, build.and_(form.guard, build.or_(*conds))) for what, conds in faults.items()),
        *((f"the choice of {c.source.name}", c.path) for c in form.choices),
        *((f"what it stores in {name}", value) for name, value in form.updates),
        *((f"its cost of {name}", total) for name, total in spent.items()),
    )
    return _Unit(f"action {form.action.name} ({form.action.span})", tuple(c.var for c in form.choices), parts)


def _condition(p: Property) -> _Unit:
    parts = (("whether it is defined", defined(p.expr)), ("its condition", p.expr))
    return _Unit(f"property {p.id} ({p.span})", (), parts)


def _complaints(units: Sequence[_Unit], s: ScalarsetType) -> Iterator[str]:
    """Why `units` do not treat the members of `s` alike."""
    for unit in units:
        named = (e for e in subexpressions(*(e for _, e in unit.parts)) if isinstance(e, Const))
        if not all(is_fixed(e.type, e.value, s) for e in named):
            try:
                yield from (f"{unit.name} {difference}" for difference in _differences(unit, s))
            except (TooLarge, RecursionError):  # a diagram may also be too deep
                yield f"{unit.name} is too large to tell whether it treats the members of {s} alike"


def _differences(unit: _Unit, s: ScalarsetType) -> Iterator[str]:
    """The parts in which a member of `s` is treated differently from the next.

    Parameters and picks stand for one member after the other, so that it is known which entry of a table is meant.
    """
    forms = Forms()
    free = [v for v in unit.variables if v.type == s]
    for members in product(forms.all_of(s), repeat=len(free)):
        stand_for = dict(zip(free, members, strict=True))
        plain = Reading(forms, stand_for, {})
        for i, exchange in enumerate(transpositions(s)):
            renamed = Reading(forms, stand_for, {s: exchange})
            for what, e in unit.parts:
                if plain.stored(e) != renamed.stored(e):
                    yield f"treats {show(s, i)} and {show(s, i + 1)} differently in {what}"


# --- expressions as forms --------------------------------------------------------------------------------------------


class Reading:
    """Expressions read under given names: `vars` says what variables stand for, `perms` what members are called."""

    def __init__(self, forms: Forms, variables: Mapping[Var, Form], perms: Permutations, depth: int = 0) -> None:
        self.forms = forms
        self.vars = variables
        self.perms = perms
        self.depth = depth
        """How many quantifiers are around, which is the name of the next one's variable."""
        self.memo: dict[tuple[Expr, tuple[Form, ...]], Form] = {}
        self.inner: dict[tuple[Var, Form], Reading] = {}

    def of(self, e: Expr) -> Form:
        """The form of `e`."""
        return self.entry(e, ())

    def stored(self, e: Expr, path: tuple[Form, ...] = ()) -> Form:
        """The form of `e[path]` taken apart as far as its type goes, as is best for what becomes of a field."""
        match _at(e.type, path):
            case TableType(key):
                return self.forms.node("table", *(self.stored(e, (*path, k)) for k in self.forms.all_of(key)))
            case SetType(of) if not path:
                return self.forms.node("set", *(self.member(e, x) for x in self.forms.all_of(of)))
            case _:
                return self.entry(e, path)

    def under(self, v: Var, stands_for: Form, deeper: int = 0) -> Reading:
        """What is read below the binder of `v`."""
        key = (v, stands_for)
        if key not in self.inner:
            self.inner[key] = Reading(self.forms, {**self.vars, v: stands_for}, self.perms, self.depth + deeper)
        return self.inner[key]

    def under_any(self, v: Var, body: Expr) -> Form:
        """The form of `body` for a value of `v` that is left open."""
        bound = self.forms.term(v.type, "bound", v.type, self.depth)
        return self.under(v, bound, deeper=1).of(body)

    # entries of tables and members of sets

    def entry(self, e: Expr, path: tuple[Form, ...]) -> Form:
        """The form of `e[path]`; `path` consists of terms."""
        key = (e, path)
        if key not in self.memo:
            self.memo[key] = self.entry_of(e, path) if path else self.made(e)
        return self.memo[key]

    def entry_of(self, e: Expr, path: tuple[Form, ...]) -> Form:
        forms, here = self.forms, path[0]

        def updated(key: Form) -> Form:
            assert isinstance(e, MapUpdate)
            return forms.ite(forms.equal(key, here), self.entry(e.value, path[1:]), self.entry(e.table, path))

        match e:
            case Index(table, key):
                return self.lift(lambda at: self.entry(table, (at, *path)), key)
            case MapUpdate(_, key):
                return self.lift(updated, key)
            case MapOf(v, body):
                return self.under(v, here).entry(body, path[1:])
            case Ite(cond, then, orelse):
                return forms.ite(self.of(cond), self.entry(then, path), self.entry(orelse, path))
            case _:
                return self.lift(lambda table: self.picked(e.type, table, path), e)

    def picked(self, t: Type, table: Form, path: tuple[Form, ...]) -> Form:
        """The entry at `path` of a table known as a term."""
        parts = self.forms.nodes[table]
        keys = self.forms.all_of(t.key) if isinstance(t, TableType) else []
        if parts[0] == "table" and path and path[0] in keys:
            assert isinstance(t, TableType)
            found = parts[1:][keys.index(path[0])]
            return self.forms.lift(lambda inner: self.picked(t.value, inner, path[1:]), found)
        return self.forms.term(_at(t, path), "index", table, *path) if path else table

    def member(self, e: Expr, x: Form) -> Form:
        """Whether the term `x` is in the set `e`."""
        forms = self.forms
        match e:
            case SetLit(items):
                return forms.disjunction([self.lift(lambda item: forms.equal(item, x), item) for item in items])
            case SetOf(v, body):
                return self.under(v, x).of(body)
            case SetOp("-", a, b):
                return forms.conjunction([self.member(a, x), forms.negation(self.member(b, x))])
            case SetOp("&", a, b):
                return forms.conjunction([self.member(a, x), self.member(b, x)])
            case SetOp("|", a, b):
                return forms.disjunction([self.member(a, x), self.member(b, x)])
            case Ite(cond, then, orelse):
                return forms.ite(self.of(cond), self.member(then, x), self.member(orelse, x))
            case _:
                assert isinstance(e.type, SetType)
                known = self.forms.all_of(e.type.of)
                return self.lift(lambda found: self.held(found, x, known), e)

    def held(self, found: Form, x: Form, known: list[Form]) -> Form:
        """Whether `x` is in a set known as a term; `known` is what may be in it."""
        parts = self.forms.nodes[found]
        if parts[0] == "set" and x in known:
            return int(parts[1:][known.index(x)])
        return self.forms.term(BoolType(), "in", x, found)

    # everything else

    def lift(self, f: Callable[..., Form], *parts: Expr) -> Form:
        return self.forms.lift(f, *map(self.of, parts))

    def opaque(self, t: Type, *head: Any) -> Callable[..., Form]:
        """Makes a term of `head` and the terms it is given."""
        return lambda *terms: self.forms.term(t, *head, *terms)

    def made(self, e: Expr) -> Form:
        forms = self.forms
        match e:
            case Const(value, t):
                return self.forms.constant(t, permuted(t, value, self.perms))
            case Read(name, t, before):
                return forms.term(t, "read", name, before)
            case Var(name, t):
                return self.vars[e] if e in self.vars else forms.term(t, "var", name)
            case Not() | And() | Or() | Eq() | Lt() | Le() | In() | Ite():
                return self.logic(e)
            case Some(a) | Narrow(a):
                return self.of(a)
            case Unwrap(a, BoolType()):
                return self.lift(self.truth, a)
            case Unwrap(a):
                return self.of(a)
            case Index(table, key):
                return self.lift(lambda at: self.entry(table, (at,)), key)
            case MapUpdate() | MapOf():
                return self.stored(e)
            case SetLit(_, t) | SetOf(_, _, t) | SetOp("|" | "&" | "-", _, _, t):
                return forms.node("set", *(self.member(e, x) for x in self.forms.all_of(t.of)))  # type: ignore[union-attr]
            case SetOp(_, a, b):
                assert isinstance(a.type, SetType)
                members = self.forms.all_of(a.type.of)
                return forms.conjunction([forms.ite(self.member(a, x), self.member(b, x), forms.true) for x in members])
            case Quant(kind, v, body, t):
                return forms.term(t, kind, v.type, self.under_any(v, body))
            case Arith(op, a, b):
                return self.lift(lambda x, y: forms.arith(op, x, y), a, b)
            case MakeRecord(items):
                return self.lift(lambda *terms: forms.node("record", *terms), *items)
            case Get(record, name, t):
                return self.lift(lambda r: self.component(record.type, r, name, t), record)
            case Len(a, t):
                return self.lift(self.opaque(t, "len"), a)
            case SeqAt(a, b, t):
                return self.lift(self.opaque(t, "at"), a, b)
            case SeqOp(what, seq, item, t):
                return self.lift(self.opaque(t, what), seq, *(() if item is None else (item,)))
            case _:
                assert_never(e)

    def logic(self, e: Not | And | Or | Eq | Lt | Le | In | Ite) -> Form:
        forms = self.forms
        match e:
            case Not(a):
                return forms.negation(self.of(a))
            case And(items):
                return forms.conjunction(list(map(self.of, items)))
            case Or(items):
                return forms.disjunction(list(map(self.of, items)))
            case Eq(a, b):
                return self.lift(forms.equal, a, b)
            case Lt(a, b):
                return self.lift(forms.less, a, b)
            case Le(a, b):
                return forms.negation(self.lift(forms.less, b, a))
            case In(item, collection) if isinstance(collection.type, SetType):
                return self.lift(lambda x: self.member(collection, x), item)
            case In(item, collection):
                return self.lift(self.opaque(e.type, "in"), item, collection)
            case Ite(cond, then, orelse):
                return forms.ite(self.of(cond), self.of(then), self.of(orelse))
            case _:
                assert_never(e)

    def truth(self, option: Form) -> Form:
        """The value of an optional Boolean, known as a term."""
        constant = option in (self.forms.true, self.forms.false, self.forms.none)
        if constant:
            return self.forms.boolean(option == self.forms.true)
        return self.forms.term(BoolType(), "unwrap", option)

    def component(self, record: Type, known: Form, name: str, t: Type) -> Form:
        """A component of a record known as a term."""
        assert isinstance(record, RecordType)
        parts = self.forms.nodes[known]
        if parts[0] == "record":
            return int(parts[1:][[n for n, _ in record.fields].index(name)])
        return self.forms.term(t, "get", known, name)


def _at(t: Type, path: tuple[Form, ...]) -> Type:
    """The type of the entry at `path` of a `t`."""
    for _ in path:
        assert isinstance(t, TableType)
        t = t.value
    return t
