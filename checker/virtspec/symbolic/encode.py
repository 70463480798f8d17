"""Expressions as solver terms.

An expression means what `semantics.interp` says wherever it is defined; where it is not, its term may be anything, and
whoever encodes asks `ir.passes.defined` first. Quantifiers over finite types are written out; over a scalarset of any
size they are the solver's own, and numbers of members are what `counting` says of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never, cast
from weakref import WeakKeyDictionary

import z3

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
from virtspec.ir.types import EnumType, RecordType, SeqType, SetType, TableType, Type, bounds, is_any, values
from virtspec.ir.walk import bound_var, children
from virtspec.symbolic import logic
from virtspec.symbolic.counting import Counts, Members
from virtspec.symbolic.numbers import ENDLESS, Number
from virtspec.symbolic.values import Entries, Fields, Function, Items, Maybe, Tree, Values

State = Mapping[str, Tree]
"""A tree for each field."""


@dataclass
class Encoder:
    """Encodes expressions over one state, or two, and given values of variables; each distinct expression once."""

    make: Values
    state: State
    before: State = field(default_factory=dict)
    vars: Mapping[Var, Tree] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    outer: Encoder | None = None
    bound: Var | None = None
    memo: dict[Expr, Tree] = field(default_factory=dict)
    boundless: bool = False
    """Whether a bound that grows with a type of any size is taken for none: where it is asked whether a range is left."""

    def truth(self, e: Expr) -> z3.BoolRef:
        """A Boolean expression."""
        return cast("z3.BoolRef", self.tree(e))

    def number(self, e: Expr) -> Number:
        return cast("Number", self.tree(e))

    def tree(self, e: Expr) -> Tree:
        if self.outer is not None and self.bound not in free(e):
            return self.outer.tree(e)
        found = self.memo.get(e)
        if found is None:
            found = self.memo[e] = self._tree(e)
        return found

    def under(self, v: Var, tree: Tree) -> Encoder:
        """For the part of an expression in which `v` is bound to `tree`."""
        vars = {**self.vars, v: tree}
        return Encoder(self.make, self.state, self.before, vars, self.counts, self, v, boundless=self.boundless)

    def given(self, vars: Mapping[Var, Tree], boundless: bool = False) -> Encoder:
        """An encoder over the same states with other values of variables."""
        return Encoder(self.make, self.state, self.before, vars, self.counts, boundless=boundless)

    def _tree(self, e: Expr) -> Tree:
        make = self.make
        match e:
            case Const(value, t):
                return make.constant(t, value)
            case Read(name, _, before):
                return (self.before if before else self.state)[name]
            case Var():
                return self.vars[e]
            case Index(table, key):
                return make.entry(self.tree(table), _key_type(table), self.tree(key))
            case MapUpdate(table, key, value):
                return make.updated(self.tree(table), _key_type(table), self.tree(key), self.tree(value))
            case MapOf(v, body) | SetOf(v, body):
                return self._each(v, body)
            case Get(record, name):
                fields = [n for n, _ in cast("RecordType", record.type).fields]
                return cast("Fields", self.tree(record)).items[fields.index(name)]
            case MakeRecord(items):
                return Fields(tuple(map(self.tree, items)))
            case Some(value):
                return Maybe(logic.TRUE, self.tree(value))
            case Unwrap(option):
                return cast("Maybe", self.tree(option)).value
            case Narrow(value, t):
                return make.numbers.cast(self.number(value), *bounds(t))
            case Not(a):
                return logic.no(self.truth(a))
            case And(items):
                return logic.every(map(self.truth, items))
            case Or(items):
                return logic.some(self._alternatives(items))
            case Eq(a, b):
                return self._equal(a, b)
            case Lt(a, b) | Le(a, b):
                return self._less(a, b, isinstance(e, Le))
            case Arith(op, a, b):
                return make.numbers.arith(op, self.number(a), self.number(b), *bounds(e.type))
            case Ite(cond, then, orelse):
                return make.choose(self.truth(cond), self.tree(then), self.tree(orelse))
            case Quant():
                return self._quant(e)
            case In(item, collection):
                return self._inside(item, collection)
            case SetOp() | SetLit():
                return self._set(e)
            case Len(collection):
                return self._length(e, collection)
            case SeqAt(seq, i):
                return self._item(cast("Items", self.tree(seq)), self.number(i))
            case SeqOp():
                return self._sequence(e)
            case _:
                assert_never(e)

    def _alternatives(self, items: tuple[Expr, ...]) -> Iterator[z3.BoolRef]:
        """The parts of a disjunction; where something is one of most members of an enum, that it is none of the others.

        A process that is anywhere but at rest is the usual case, and the shorter formula is the better one.
        """
        one_of: dict[Expr, list[Expr]] = {}
        for item in items:
            match item:
                case Eq(x, Const(_, EnumType()) as value):
                    one_of.setdefault(x, []).append(value)
                case _:
                    yield self.truth(item)
        for x, named in one_of.items():
            every = [build.const(v, x.type) for v in values(x.type)]
            others = [value for value in every if value not in named]
            if len(others) < len(named):
                yield logic.no(logic.some(self.truth(build.eq(x, value)) for value in others))
            else:
                yield from (self.truth(build.eq(x, value)) for value in named)

    # --- relations

    def _equal(self, a: Expr, b: Expr) -> z3.BoolRef:
        for one, other in ((a, b), (b, a)):
            members = self.members(one)
            if members is not None and other == _zero(other):
                return members.none(self.make)
        return self.make.same(self.tree(a), self.tree(b))

    def _less(self, a: Expr, b: Expr, or_equal: bool) -> z3.BoolRef:
        grows = self.make.numbers.endless and isinstance(b, Const) and isinstance(b.value, int) and b.value >= ENDLESS
        if self.boundless and grows:
            return logic.TRUE
        some, none = self.members(b), self.members(a)
        if some is not None and not or_equal and a == _zero(a):
            return logic.no(some.none(self.make))
        if none is not None and or_equal and b == _zero(b):
            return none.none(self.make)
        return self.make.numbers.less(self.number(a), self.number(b), or_equal)

    # --- quantifiers

    def _each(self, v: Var, body: Expr) -> Tree:
        if is_any(v.type):
            return Function(self.make.names.sort(str(v.type)), lambda k: self.under(v, k).tree(body))
        return Entries(tuple(self._at_all(v, body)))

    def _at_all(self, v: Var, body: Expr) -> list[Tree]:
        """`body` at every value of the finite type of `v`, in order."""
        return [self.under(v, self.make.constant(v.type, value)).tree(body) for value in values(v.type)]

    def _quant(self, e: Quant) -> Tree:
        if e.kind == "count":
            members = self.members(e)
            if members is not None:
                return self.counts.number(members, self.make)
            return self._sum(cast("list[z3.BoolRef]", self._at_all(e.var, e.body)))
        if is_any(e.var.type):
            sort = self.make.names.sort(str(e.var.type))
            return self.make.for_all(sort, lambda k: self.under(e.var, k).truth(e.body), exists=e.kind == "any")
        each = cast("list[z3.BoolRef]", self._at_all(e.var, e.body))
        return logic.every(each) if e.kind == "all" else logic.some(each)

    def _sum(self, conditions: list[z3.BoolRef]) -> Number:
        """How many of them hold."""
        numbers = self.make.numbers
        total = numbers.constant(0)
        one, zero = numbers.constant(1), numbers.constant(0)
        for n, cond in enumerate(conditions, 1):
            if not z3.is_false(cond):
                unit = numbers.choose(cond, one, zero) if not z3.is_true(cond) else one
                total = numbers.arith("+", total, unit, 0, n)
        return numbers.cast(total, 0, len(conditions))

    def members(self, e: Expr) -> Members | None:
        """What is counted, if `e` counts members of a scalarset of any size."""
        match e:
            case Quant("count", v, body) if is_any(v.type):
                return Members(e, str(v.type), self._frame(e), lambda k: self.under(v, k).truth(body))
            case Len(collection) if isinstance(collection.type, SetType) and is_any(collection.type.of):
                tree = cast("Function", self.tree(collection))
                return Members(e, str(collection.type.of), self._frame(e), lambda k: cast("z3.BoolRef", tree.at(k)))
        return None

    def _frame(self, e: Expr) -> tuple[Tree, ...]:
        """The values of the variables that occur free in `e`."""
        return tuple(self.vars[v] for v in sorted(free(e), key=lambda v: v.name))

    # --- sets

    def _inside(self, item: Expr, collection: Expr) -> z3.BoolRef:
        make, key = self.make, self.tree(item)
        tree = self.tree(collection)
        if isinstance(tree, Items):
            return logic.some(
                logic.both(make.numbers.less(make.numbers.constant(i), tree.length, False), make.same(x, key))
                for i, x in enumerate(tree.items)
            )
        of = cast("SetType", collection.type).of
        return cast("z3.BoolRef", make.entry(tree, of, key))

    def _set(self, e: SetOp | SetLit) -> Tree:
        make = self.make
        if isinstance(e, SetLit):
            of, items = e.type.of, [self.tree(item) for item in e.items]
            if is_any(of):
                sort = make.names.sort(str(of))
                return Function(sort, lambda k: logic.some(make.same(k, item) for item in items))
            return Entries(tuple(logic.some(make.is_key(of, item, v) for item in items) for v in values(of)))
        one, other = self.tree(e.left), self.tree(e.right)
        if isinstance(one, Function) and isinstance(other, Function):
            f, g = one.at, other.at
            if e.op == "<=":
                return make.for_all(one.sort, lambda k: _bits(e.op, f(k), g(k)))
            return Function(one.sort, lambda k: _bits(e.op, f(k), g(k)))
        assert isinstance(one, Entries)
        assert isinstance(other, Entries)
        bits = tuple(_bits(e.op, x, y) for x, y in zip(one.items, other.items, strict=True))
        return logic.every(bits) if e.op == "<=" else Entries(bits)

    def _length(self, e: Expr, collection: Expr) -> Number:
        members = self.members(e)
        if members is not None:
            return self.counts.number(members, self.make)
        tree = self.tree(collection)
        if isinstance(tree, Items):
            return tree.length
        return self._sum(list(cast("Entries", tree).items))

    # --- sequences

    def _item(self, seq: Items, i: Number) -> Tree:
        """The item at `i`, from the end where it is negative."""
        numbers = self.make.numbers
        if i.lo < 0:
            from_end = numbers.arith("+", i, seq.length, i.lo, i.hi + seq.length.hi)
            i = numbers.choose(numbers.less(i, numbers.constant(0), False), from_end, i)
        *front, found = seq.items
        for k, item in reversed(list(enumerate(front))):
            found = self.make.choose(numbers.equal(i, numbers.constant(k)), item, found)
        return found

    def _sequence(self, e: SeqOp) -> Items:
        make, numbers = self.make, self.make.numbers
        seq = cast("Items", self.tree(e.seq))
        cap = cast("SeqType", e.type).cap
        one = numbers.constant(1)
        if e.op in ("append", "appendleft"):
            assert e.item is not None
            item = self.tree(e.item)
            length = numbers.cast(numbers.arith("+", seq.length, one, 1, cap + 1), 0, cap)
            if e.op == "appendleft":
                return Items(length, (item, *seq.items[:-1]))
            ends = [numbers.equal(seq.length, numbers.constant(k)) for k in range(cap)]
            return Items(length, tuple(make.choose(end, item, x) for end, x in zip(ends, seq.items, strict=True)))
        length = numbers.cast(numbers.arith("-", seq.length, one, -1, cap - 1), 0, cap)
        if e.op == "init":
            return Items(length, seq.items)
        shifted = (*seq.items[1:], seq.items[-1])
        if e.op == "tail":
            return Items(length, shifted)
        assert e.item is not None
        gone = self.tree(e.item)
        passed, kept = logic.FALSE, []
        for x, following in zip(seq.items, shifted, strict=True):
            passed = logic.either(passed, make.same(x, gone))
            kept.append(make.choose(passed, following, x))
        return Items(length, tuple(kept))


def _bits(op: str, a: Tree, b: Tree) -> z3.BoolRef:
    x, y = cast("z3.BoolRef", a), cast("z3.BoolRef", b)
    match op:
        case "|":
            return logic.either(x, y)
        case "&":
            return logic.both(x, y)
        case "-":
            return logic.both(x, logic.no(y))
        case _:
            return logic.implied(x, y)


def _key_type(table: Expr) -> Type:
    return cast("TableType", table.type).key


def _zero(e: Expr) -> Expr | None:
    """`e` itself if it is the constant 0."""
    return e if isinstance(e, Const) and e.value == 0 and not isinstance(e.value, bool) else None


_free: WeakKeyDictionary[Expr, frozenset[Var]] = WeakKeyDictionary()


def free(e: Expr) -> frozenset[Var]:
    """The variables of `e` that nothing in it binds."""
    found = _free.get(e)
    if found is None:
        below: frozenset[Var] = frozenset().union(*map(free, children(e)))
        found = _free[e] = frozenset((e,)) if isinstance(e, Var) else below - {bound_var(e)}
    return found
