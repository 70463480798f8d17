"""Values of the language as trees of solver terms.

    bool                              a Boolean term
    integers, enums, scalarsets       a `Number`: of an enum or a finite scalarset its position
    scalarset of any size             a term of an uninterpreted sort
    T | None                          `Maybe`: whether there is a value, and the value
    record                            `Fields`: a tree for each component
    table, set                        `Entries`: a tree for each key; `Function` where there are keys of any number
    sequence                          `Items`: the length, and a tree for each place up to the capacity

What does not count (the value of None, an item behind the end) may be anything; `same` does not look at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, assert_never, cast

import z3

from virtspec.ir.types import (
    ANY,
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
    Value,
    bounds,
    cardinality,
    default,
    is_any,
    ordinal,
    values,
)
from virtspec.symbolic import logic
from virtspec.symbolic.numbers import ENDLESS, Number, Numbers


@dataclass(frozen=True, slots=True)
class Maybe:
    present: z3.BoolRef
    value: Tree


@dataclass(frozen=True, slots=True)
class Fields:
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """One tree per key, in the order of the key's values."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """The tree at a key, made when it is asked for."""

    sort: Any
    """Of the keys."""
    at: Callable[[Any], Tree]


@dataclass(frozen=True, slots=True)
class Items:
    length: Number
    items: tuple[Tree, ...]


Tree: TypeAlias = z3.BoolRef | z3.ExprRef | Number | Maybe | Fields | Entries | Function | Items


class Names:
    """Sorts and the constants that name members of scalarsets of any size: one of each name per encoding."""

    def __init__(self) -> None:
        self.sorts: dict[str, Any] = {}
        self.members: dict[str, list[Any]] = {}
        self.amounts: dict[int, Any] = {}

    def sort(self, name: str) -> Any:
        if name not in self.sorts:
            self.sorts[name] = z3.DeclareSort(name)
        return self.sorts[name]

    def member(self, name: str, index: int) -> Any:
        """A member that the text names by its number, as a default does."""
        known = self.members.setdefault(name, [])
        while len(known) <= index:
            known.append(z3.Const(f"{name}!{len(known)}", self.sort(name)))
        return known[index]

    def amount(self, value: int) -> Any:
        """A number that has to do with how many members a type of any size has: some number, at least 1."""
        return self.amounts.setdefault(value, z3.Int(f"size!{len(self.amounts)}"))

    def facts(self) -> list[z3.BoolRef]:
        """That members named differently are different, and sizes positive."""
        distinct = [z3.Distinct(*named) for named in self.members.values() if len(named) > 1]
        return [*distinct, *(n >= 1 for n in self.amounts.values())]


@dataclass(frozen=True)
class Values:
    """Makes and combines trees."""

    numbers: Numbers
    names: Names

    # --- making

    def constant(self, t: Type, value: Value) -> Tree:
        """The tree of a canonical value."""
        match t:
            case BoolType():
                return logic.truth(bool(value))
            case IntType() | ModType():
                assert isinstance(value, int)
                if self.numbers.endless and value >= ENDLESS:
                    return Number(self.names.amount(value), 1, 2 * ANY)  # of no known value
                return self.numbers.constant(value)
            case ScalarsetType(name) if is_any(t):
                assert isinstance(value, int)
                return self.names.member(name, value)
            case EnumType() | ScalarsetType():
                return self.numbers.constant(ordinal(t, value))
            case OptionType(of):
                if value is None:
                    return Maybe(logic.FALSE, self.constant(of, default(of)))
                return Maybe(logic.TRUE, self.constant(of, value))
            case RecordType(_, fields):
                return Fields(tuple(self.constant(f, v) for (_, f), v in zip(fields, _tuple(value), strict=True)))
            case TableType(key, of) if is_any(key):
                (everywhere,) = _tuple(value)
                tree = self.constant(of, everywhere)
                return Function(self.names.sort(str(key)), lambda _: tree)
            case TableType(_, of):
                return Entries(tuple(self.constant(of, v) for v in _tuple(value)))
            case SetType(of) if is_any(of):
                assert isinstance(value, frozenset)
                named = [self.constant(of, v) for v in value]
                return Function(self.names.sort(str(of)), lambda k: logic.some(self.same(k, n) for n in named))
            case SetType(of):
                assert isinstance(value, frozenset)
                return Entries(tuple(logic.truth(v in value) for v in values(of)))
            case SeqType(of, cap):
                items = _tuple(value)
                filled = (*items, *[default(of)] * (cap - len(items)))
                return Items(self.numbers.constant(len(items)), tuple(self.constant(of, v) for v in filled))
            case _:
                assert_never(t)

    def variable(self, t: Type, name: str, keys: tuple[Any, ...] = ()) -> Tree:
        """A tree of fresh variables: constants, or functions of `keys`, terms of uninterpreted sorts."""
        match t:
            case BoolType():
                return _symbol(name, keys, z3.BoolSort())
            case ScalarsetType() if is_any(t):
                return _symbol(name, keys, self.names.sort(str(t)))
            case IntType() | ModType():
                lo, hi = bounds(t)
                return Number(_symbol(name, keys, self.numbers.sort(lo, hi)), lo, hi)
            case EnumType() | ScalarsetType():
                hi = cardinality(t) - 1
                return Number(_symbol(name, keys, self.numbers.sort(0, hi)), 0, hi)
            case OptionType(of):
                return Maybe(_symbol(f"{name}?", keys, z3.BoolSort()), self.variable(of, name, keys))
            case RecordType(_, fields):
                return Fields(tuple(self.variable(f, f"{name}.{n}", keys) for n, f in fields))
            case TableType(key, of) if is_any(key):
                return Function(self.names.sort(str(key)), lambda k: self.variable(of, name, (*keys, k)))
            case TableType(key, of):
                return Entries(tuple(self.variable(of, f"{name}[{k}]", keys) for k in values(key)))
            case SetType(of) if is_any(of):
                return Function(
                    self.names.sort(str(of)), lambda k: cast("Tree", _symbol(name, (*keys, k), z3.BoolSort()))
                )
            case SetType(of):
                return Entries(tuple(_symbol(f"{name}[{k}]", keys, z3.BoolSort()) for k in values(of)))
            case SeqType(of, cap):
                length = Number(_symbol(f"len({name})", keys, self.numbers.sort(0, cap)), 0, cap)
                return Items(length, tuple(self.variable(of, f"{name}[{i}]", keys) for i in range(cap)))
            case _:
                assert_never(t)

    def domain(self, t: Type, tree: Tree) -> z3.BoolRef:
        """That the variables of a tree have values of the type, and those that do not count have its default: then two
        states are the same exactly if their variables are."""
        match tree, t:
            case Number(), _:
                return logic.TRUE if is_value(tree.term) else self.numbers.domain(tree)
            case Maybe(present, value), OptionType(of):
                absent = self._pinned(value, self.constant(of, default(of)))
                return logic.both(self.domain(of, value), logic.either(present, absent))
            case Fields(items), RecordType(_, fields):
                return logic.every(self.domain(f, item) for (_, f), item in zip(fields, items, strict=True))
            case Entries(items), TableType(_, of):
                return logic.every(self.domain(of, item) for item in items)
            case Items(length, items), SeqType(of, _):
                blank = self.constant(of, default(of))
                behind = (self.numbers.less(length, self.numbers.constant(i), True) for i in range(len(items)))
                unused = (logic.implied(cond, self._pinned(x, blank)) for cond, x in zip(behind, items, strict=True))
                inside = (self.domain(of, item) for item in items)
                return logic.both(self.domain(IntType(0, len(items)), length), *inside, *unused)
            case Function(sort, at), TableType(_, of):
                return self.for_all(sort, lambda k: self.domain(of, at(k)))
            case _:
                return logic.TRUE

    def canonical(self, t: Type, tree: Tree) -> Tree:
        """The same value, what does not count in it having its type's default, of a tree without functions."""
        match tree, t:
            case Maybe(present, value), OptionType(of):
                return Maybe(present, self.choose(present, self.canonical(of, value), self.constant(of, default(of))))
            case Fields(items), RecordType(_, fields):
                return Fields(tuple(self.canonical(f, item) for (_, f), item in zip(fields, items, strict=True)))
            case Entries(items), TableType(_, of):
                return Entries(tuple(self.canonical(of, item) for item in items))
            case Items(length, items), SeqType(of, _):
                blank = self.constant(of, default(of))
                inside = (self.numbers.less(self.numbers.constant(i), length, False) for i in range(len(items)))
                kept = (self.choose(c, self.canonical(of, x), blank) for c, x in zip(inside, items, strict=True))
                return Items(length, tuple(kept))
            case _:
                return tree

    def _pinned(self, tree: Tree, to: Tree) -> z3.BoolRef:
        """That all variables of a tree are what `to` has in their place, whether they count or not."""
        match tree, to:
            case Maybe(p, v), Maybe(q, w):
                return logic.both(logic.same_truth(p, q), self._pinned(v, w))
            case (Fields(xs), Fields(ys)) | (Entries(xs), Entries(ys)):
                return logic.every(self._pinned(x, y) for x, y in zip(xs, ys, strict=True))
            case Items(n, xs), Items(m, ys):
                pairs = zip(xs, ys, strict=True)
                return logic.both(self.numbers.equal(n, m), *(self._pinned(x, y) for x, y in pairs))
            case _:
                return self.same(tree, to)

    def for_all(self, sort: Any, body: Callable[[Any], z3.BoolRef], exists: bool = False) -> z3.BoolRef:
        """A quantifier over an uninterpreted sort."""
        bound = z3.FreshConst(sort, "x")
        inside = body(bound)
        if logic.is_constant(inside):
            return inside  # no sort is empty
        return z3.Exists([bound], inside) if exists else z3.ForAll([bound], inside)

    def at_most(self, sort: Any, most: int) -> z3.BoolRef:
        """That an uninterpreted sort has at most so many members."""
        members = [z3.FreshConst(sort, "m") for _ in range(most)]
        return self.for_all(sort, lambda k: logic.some(k == m for m in members))

    # --- combining

    def choose(self, cond: z3.BoolRef, then: Tree, orelse: Tree) -> Tree:
        """`then` where `cond` holds, else `orelse`."""
        if logic.is_constant(cond):
            return then if z3.is_true(cond) else orelse
        if then is orelse:
            return then
        match then, orelse:
            case Number(), Number():
                return self.numbers.choose(cond, then, orelse)
            case Maybe(p, v), Maybe(q, w):
                return Maybe(logic.pick_truth(cond, p, q), self.choose(cond, v, w))
            case Fields(a), Fields(b):
                return Fields(self._each(cond, a, b))
            case Entries(a), Entries(b):
                return Entries(self._each(cond, a, b))
            case Items(n, a), Items(m, b):
                return Items(self.numbers.choose(cond, n, m), self._each(cond, a, b))
            case Function(sort, f), Function(_, g):
                return Function(sort, lambda k: self.choose(cond, f(k), g(k)))
            case z3.BoolRef(), z3.BoolRef():
                return logic.pick_truth(cond, then, orelse)
            case _:
                return _chosen(cond, then, orelse)

    def _each(self, cond: z3.BoolRef, a: tuple[Tree, ...], b: tuple[Tree, ...]) -> tuple[Tree, ...]:
        return tuple(self.choose(cond, x, y) for x, y in zip(a, b, strict=True))

    def same(self, a: Tree, b: Tree) -> z3.BoolRef:
        """Whether the two are the same value."""
        if a is b:
            return logic.TRUE
        match a, b:
            case Number(), Number():
                return self.numbers.equal(a, b)
            case Maybe(p, v), Maybe(q, w):
                return logic.both(logic.same_truth(p, q), logic.either(logic.no(p), logic.no(q), self.same(v, w)))
            case (Fields(xs), Fields(ys)) | (Entries(xs), Entries(ys)):
                return logic.every(self.same(x, y) for x, y in zip(xs, ys, strict=True))
            case Items(n, xs), Items(m, ys):
                inside = (
                    logic.implied(self.numbers.less(self.numbers.constant(i), n, False), self.same(x, y))
                    for i, (x, y) in enumerate(zip(xs, ys, strict=True))
                )
                return logic.both(self.numbers.equal(n, m), *inside)
            case Function(sort, f), Function(_, g):
                return self.for_all(sort, lambda k: self.same(f(k), g(k)))
            case z3.BoolRef(), z3.BoolRef():
                return logic.same_truth(a, b)
            case _:
                return _equal(a, b)

    def entry(self, table: Tree, key_type: Type, key: Tree) -> Tree:
        """What `table` holds at `key`."""
        if isinstance(table, Function):
            return table.at(key)
        assert isinstance(table, Entries)
        *front, last = table.items
        found = last
        for k, item in zip(reversed(values(key_type)[:-1]), reversed(front), strict=True):
            found = self.choose(self.is_key(key_type, key, k), item, found)
        return found

    def updated(self, table: Tree, key_type: Type, key: Tree, value: Tree) -> Tree:
        """`table` with another value at `key`."""
        if isinstance(table, Function):
            return Function(table.sort, lambda k: self.choose(self.same(k, key), value, table.at(k)))
        assert isinstance(table, Entries)
        keys = zip(values(key_type), table.items, strict=True)
        return Entries(tuple(self.choose(self.is_key(key_type, key, k), value, item) for k, item in keys))

    def is_key(self, key_type: Type, key: Tree, value: Value) -> z3.BoolRef:
        """Whether a key is this one."""
        return self.same(key, self.constant(key_type, value))


def universe_of(names: Names, model: z3.ModelRef) -> Universe:
    """The members a model has, those that the text names by a number first."""
    found: dict[str, list[Any]] = {}
    for name, sort in names.sorts.items():
        known = [model.eval(m, model_completion=True) for m in names.members.get(name, [])]
        others = [m for m in model.get_universe(sort) or [] if not any(m.eq(k) for k in known)]
        found[name] = [*known, *others]
        if not found[name]:
            found[name] = [model.eval(names.member(name, 0), model_completion=True)]
    return found


def leaves(tree: Tree) -> Iterator[Any]:
    """The terms of a tree without functions."""
    match tree:
        case Number(term):
            yield term
        case Maybe(present, value):
            yield present
            yield from leaves(value)
        case Fields(items) | Entries(items):
            for item in items:
                yield from leaves(item)
        case Items(length, items):
            yield length.term
            for item in items:
                yield from leaves(item)
        case Function():
            raise TypeError("a function has no leaves")
        case _:
            yield tree


Universe = Mapping[str, Sequence[Any]]
"""The members that a model gives to each uninterpreted sort, by its name: the member at a place has that number."""


def _chosen(cond: Any, then: Any, orelse: Any) -> Any:
    """Of two terms of an uninterpreted sort."""
    return then if then.eq(orelse) else z3.If(cond, then, orelse)


def _equal(a: Any, b: Any) -> Any:
    """Of two terms of an uninterpreted sort."""
    return logic.TRUE if a.eq(b) else a == b


def is_value(term: Any) -> bool:
    """Whether a term of a number is a numeral."""
    return bool(z3.is_bv_value(term) or z3.is_int_value(term))


def is_variable(term: Any) -> bool:
    """Whether a term is a variable, and no constant."""
    return bool(z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED)


def value_of(t: Type, tree: Tree, model: z3.ModelRef, universe: Universe = MappingProxyType({})) -> Value:
    """The canonical value that `model` gives to a tree; of types of any size there are as many members as it has."""
    match tree:
        case Number(term):
            found = model.eval(term, model_completion=True)
            if not is_value(found):  # the model leaves it open: any will do
                found = z3.IntVal(tree.lo)
            number = found.as_signed_long() if isinstance(found, z3.BitVecNumRef) and tree.lo < 0 else found.as_long()
            return values(t)[number] if isinstance(t, EnumType) else int(number)
        case Maybe(present, value):
            assert isinstance(t, OptionType)
            return value_of(t.of, value, model, universe) if _true(model, present) else None
        case Fields(items):
            assert isinstance(t, RecordType)
            return tuple(value_of(f, item, model, universe) for (_, f), item in zip(t.fields, items, strict=True))
        case Entries(items):
            if isinstance(t, SetType):
                members = zip(values(t.of), items, strict=True)
                return frozenset(v for v, inside in members if _true(model, cast("z3.BoolRef", inside)))
            assert isinstance(t, TableType)
            return tuple(value_of(t.value, item, model, universe) for item in items)
        case Items(length, items):
            assert isinstance(t, SeqType)
            n = model.eval(length.term, model_completion=True).as_long()
            return tuple(value_of(t.of, item, model, universe) for item in items[:n])
        case Function(_, at):
            if isinstance(t, SetType):
                numbered = enumerate(universe[str(t.of)])
                return frozenset(i for i, k in numbered if _true(model, cast("z3.BoolRef", at(k))))
            assert isinstance(t, TableType)
            return tuple(value_of(t.value, at(k), model, universe) for k in universe[str(t.key)])
        case _:
            if isinstance(t, BoolType):
                return _true(model, cast("z3.BoolRef", tree))
            found = model.eval(cast("z3.ExprRef", tree), model_completion=True)
            return next(i for i, k in enumerate(universe[str(t)]) if k.eq(found))


def _true(model: z3.ModelRef, e: z3.BoolRef) -> bool:
    return bool(z3.is_true(model.eval(e, model_completion=True)))


def _symbol(name: str, keys: tuple[Any, ...], sort: Any) -> Any:
    if not keys:
        return z3.Const(name, sort)
    return z3.Function(name, *(k.sort() for k in keys), sort)(*keys)


def _tuple(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value
