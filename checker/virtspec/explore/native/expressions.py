"""The IR's expressions as instructions.

Evaluation is that of `semantics.interp`: a partial expression outside its domain leaves for a label given by whoever
asks, and short-circuits decide what is evaluated at all. Where nothing can go wrong both sides are computed and one is
chosen, which is cheaper than a jump. Equal expressions are evaluated once per stretch of code that nothing is assigned
in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import assert_never

from virtspec.explore.native.emitter import WORD_MASK, Bit, Emitter, Num
from virtspec.explore.native.layout import Layout, TooWide, is_leaf, part_types
from virtspec.explore.native.places import (
    Place,
    State,
    Tree,
    constant,
    from_position,
    position,
    zero,
)
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
from virtspec.ir.types import (
    BOOL,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TableType,
    Type,
    bounds,
    cardinality,
    is_int,
    values,
)
from virtspec.ir.text import expr_text
from virtspec.ir.walk import children, free_vars

free_vars_of = cache(free_vars)
LARGEST = 1 << 62
"""Integers beyond this might not fit into a word together with what is computed from them."""


@cache
def is_partial(e: Expr) -> bool:
    """Whether evaluating `e` might fault."""
    match e:
        case Narrow() | Unwrap() | SeqAt() | SeqOp():
            return True
        case Arith("//" | "%", _, divisor):
            lo, hi = build.interval(divisor)
            if lo <= 0 <= hi:
                return True
    return any(map(is_partial, children(e)))


class Expressions:
    """Emits expressions over one state, or over two for transition properties."""

    def __init__(self, emitter: Emitter, layout: Layout, state: State, before: State | None = None) -> None:
        self.emitter = emitter
        self.layout = layout
        self.state = state
        self.before = before
        self.variables: dict[str, Callable[[], Tree]] = {}
        """How to get at the value of each parameter, pick and local variable."""
        self.members: dict[str, Num | Bit] = {}
        """What each variable of the quantifiers around stands for at the moment; these are written out, so it is known."""
        self.memo: list[dict[object, Tree]] = [{}]
        """Values by expression, those of the innermost branch last."""
        self.undefined = "undefined"
        """Where to go when an expression has no value."""

    # --- what callers use

    def value(self, e: Expr) -> Tree:
        """The value of `e`."""
        if isinstance(e, Const):
            return constant(e.type, e.value)
        if isinstance(e, Var):
            return self.members[e.name] if e.name in self.members else self.variables[e.name]()
        key = (e, *(self.members[v.name] for v in free_vars_of(e) if v.name in self.members))
        for known in reversed(self.memo):
            if key in known:
                return known[key]
        found = self.memo[-1][key] = self._value(e)
        return found

    def bit(self, e: Expr) -> Bit:
        found = self.value(e)
        assert isinstance(found, bool | str)
        return found

    def num(self, e: Expr) -> Num:
        found = self.value(e)
        assert isinstance(found, int | str)
        return found

    def parts(self, e: Expr) -> list[Tree]:
        found = self.value(e)
        assert isinstance(found, list)
        return found

    def forget(self) -> None:
        """Something was assigned: what was known may have changed."""
        self.memo = [{} for _ in self.memo]

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Code that runs only on some ways: what is evaluated there is not known afterwards."""
        self.memo.append({})
        try:
            yield
        finally:
            self.memo.pop()

    def each(self, v: Var, body: Expr) -> Generator[Tree]:
        """`body` at every value of `v`, in order; code is written while the caller asks for them."""
        for x in values(v.type):
            member = constant(v.type, x)
            assert isinstance(member, int | bool)
            self.members[v.name] = member
            try:
                yield self.value(body)
            finally:
                del self.members[v.name]

    # --- places

    def place(self, e: Expr) -> tuple[Place, State] | None:
        """Where `e` lies, and in which state, if it is a part of one."""
        match e:
            case Read(name, _, before):
                state = self.before if before else self.state
                assert state is not None
                return Place((self.layout.node(name),)), state
            case Index(table, key):
                inner = self.place(table)
                return None if inner is None else (self.entry(inner[0], key_type(table), self.value(key)), inner[1])
            case Get(record, name):
                inner = self.place(record)
                return None if inner is None else (inner[0].part(component(record.type, name)), inner[1])
            case _:
                return None

    def entry(self, place: Place, key: Type, value: Tree) -> Place:
        """The entry, at a key of the given type, of a table that lies at `place`."""
        at = position(self.emitter, key, value)
        self.emitter.insist(at, cardinality(key))
        return place.at(at, cardinality(key))

    # --- one expression

    def _value(self, e: Expr) -> Tree:
        found = self.place(e)
        if found is not None:
            place, state = found
            return state.read(place, e.type)
        match e:
            case And(items) | Or(items):
                return self._connective(items, stop=isinstance(e, Or))
            case Not(a):
                return self.emitter.not_(self.bit(a))
            case Eq(a, b):
                return self.equal(a.type, self.value(a), self.value(b))
            case Lt(a, b):
                return self.emitter.lt(self._position(a), self._position(b))
            case Le(a, b):
                return self.emitter.le(self._position(a), self._position(b))
            case Arith(op, a, b):
                return self._arith(e, op, a, b)
            case Ite(cond, then, orelse):
                return self._choice(e.type, self.bit(cond), then, orelse)
            case Quant() | MapOf() | SetOf():
                return self._over(e)
            case Narrow(a, t):
                return self._narrow(a, t)
            case Unwrap(a) | Some(a):
                return self._optional(e, a)
            case Index(table, key):
                return self.pick(e.type, self.parts(table), position(self.emitter, key_type(table), self.value(key)))
            case Get(record, name):
                return self.parts(record)[component(record.type, name)]
            case MapUpdate(table, key, a):
                at, new = position(self.emitter, key_type(table), self.value(key)), self.value(a)
                return self._replaced(a.type, self.parts(table), at, new)
            case MakeRecord(items):
                return [self.value(item) for item in items]
            case SetLit(items):
                return self._literal(e.type, items)
            case SetOp():
                return self._set(e)
            case _:
                return self._collection(e)

    def _collection(self, e: Expr) -> Tree:
        match e:
            case In(item, collection) if isinstance(collection.type, SetType):
                return self._member(item, collection)
            case In(item, collection):
                _, *items = self.parts(collection)
                return self._found(e.item.type, self.value(item), items, self._length(collection))[0]
            case Len(collection):
                return self._length(collection)
            case SeqAt(seq, i):
                return self._at(e.type, seq, i)
            case SeqOp():
                return self._sequence(e)
            case _:
                raise AssertionError(e)

    def _position(self, e: Expr) -> Num:
        """An operand of a comparison: integers as they are, members of an enum by position."""
        return self.num(e) if is_int(e.type) else position(self.emitter, e.type, self.value(e))

    def need(self, cond: Bit) -> None:
        """Leave unless `cond` holds."""
        self.emitter.unless(cond, self.undefined)

    # --- connectives and branches

    def _connective(self, items: tuple[Expr, ...], stop: bool) -> Bit:
        """Conjunction, or with `stop` disjunction; jumps only over what might fault."""
        e = self.emitter
        found = self.bit(items[0])
        for number, item in enumerate(items[1:], 1):
            if found is stop:
                return stop
            if is_partial(item):
                rest = items[number:]
                return self._jump_over(found, stop, lambda rest=rest: self._connective(rest, stop))
            found = e.either(found, self.bit(item)) if stop else e.both(found, self.bit(item))
        return found

    def _jump_over(self, known: Bit, stop: bool, rest: Callable[[], Bit]) -> Bit:
        """`stop` where `known` is that, else what `rest` emits."""
        if isinstance(known, bool):
            return stop if known is stop else rest()
        e = self.emitter
        on, end, before = e.label("rest"), e.label("end"), e.here
        e.branch(known, *((end, on) if stop else (on, end)))
        e.block(on)
        with self.branch():
            found = rest()
        last = e.here
        e.block(end)
        return e.phi_bit([(stop, before), (found, last)])

    def _choice(self, t: Type, cond: Bit, then: Expr, orelse: Expr) -> Tree:
        if isinstance(cond, bool):
            return self.value(then if cond else orelse)
        if not (is_partial(then) or is_partial(orelse)):
            return self.select(t, cond, self.value(then), self.value(orelse))
        e = self.emitter
        yes, no, end = e.label("yes"), e.label("no"), e.label("end")
        e.branch(cond, yes, no)
        ways = []
        for label, branch in ((yes, then), (no, orelse)):
            e.block(label)
            with self.branch():
                found = self.value(branch)
            ways.append((found, e.here))
            e.jump(end)
        e.block(end)
        return self._joined(t, ways)

    def _joined(self, t: Type, ways: list[tuple[Tree, str]]) -> Tree:
        """The value of the way on which control came to the block just opened."""
        if not is_leaf(t):
            return [
                self._joined(of, [(tree[i], block) for tree, block in ways if isinstance(tree, list)])
                for i, of in enumerate(part_types(t))
            ]
        return self.emitter.phi_bit(ways) if t == BOOL else self.emitter.phi(ways)  # type: ignore[arg-type]  # leaves

    def select(self, t: Type, cond: Bit, a: Tree, b: Tree) -> Tree:
        """`a if cond else b`, part by part."""
        if not is_leaf(t):
            assert isinstance(a, list)
            assert isinstance(b, list)
            return [self.select(of, cond, x, y) for of, x, y in zip(part_types(t), a, b, strict=True)]
        e = self.emitter
        return e.select_bit(cond, a, b) if t == BOOL else e.select(cond, a, b)  # type: ignore[arg-type]  # leaves

    def equal(self, t: Type, a: Tree, b: Tree) -> Bit:
        """Whether two values are equal, part by part."""
        if isinstance(a, list):
            assert isinstance(b, list)
            found: Bit = True
            for of, x, y in zip(part_types(t), a, b, strict=True):
                found = self.emitter.both(found, self.equal(of, x, y))
            return found
        e = self.emitter
        return e.same(a, b) if t == BOOL else e.eq(a, b)  # type: ignore[arg-type]  # leaves

    # --- numbers

    def _arith(self, node: Arith, op: str, a: Expr, b: Expr) -> Num:
        e = self.emitter
        if max(map(abs, build.interval(node))) > LARGEST:
            raise TooWide(f"{expr_text(node)} may leave 64 bits (--engine oracle)")
        x, y = self.num(a), self.num(b)
        match op:
            case "+":
                return e.add(x, y)
            case "-":
                return e.sub(x, y)
            case "*":
                return e.mul(x, y)
        self.need(e.not_(e.eq(y, 0)))
        if isinstance(x, int) and isinstance(y, int):
            return (x // y if op == "//" else x % y) if y else 0
        if build.interval(a)[0] >= 0 and build.interval(b)[0] >= 0:
            return e.let(f"{'udiv' if op == '//' else 'urem'} i64 {x}, {y}")
        return self._floored(op, x, y)

    def _floored(self, op: str, x: Num, y: Num) -> Num:
        """Division that rounds down, by one that rounds towards 0."""
        e = self.emitter
        quotient = e.let(f"sdiv i64 {x}, {y}")
        rest = e.sub(x, e.mul(quotient, y))
        other_sign = e.lt(e.xor(rest, y), 0)
        off = e.both(e.not_(e.eq(rest, 0)), other_sign)
        return e.sub(quotient, e.as_num(off)) if op == "//" else e.add(rest, e.select(off, y, 0))

    def _narrow(self, a: Expr, t: Type) -> Num:
        (lo, hi), (have_lo, have_hi) = bounds(t), build.interval(a)
        found, e = self.num(a), self.emitter
        self.need(e.both(lo <= have_lo or e.le(lo, found), have_hi <= hi or e.le(found, hi)))
        return found

    def _optional(self, node: Unwrap | Some, a: Expr) -> Tree:
        e, found = self.emitter, self.value(a)
        option = node.type if isinstance(node, Some) else a.type
        assert isinstance(option, OptionType)
        if isinstance(node, Some):
            return e.add(position(e, option.of, found), 1) if is_leaf(option) else [True, found]
        if isinstance(found, list):
            self.need(found[0])  # type: ignore[arg-type]  # the flag
            return found[1]
        assert not isinstance(found, bool)
        self.need(e.not_(e.eq(found, 0)))
        return from_position(e, option.of, e.sub(found, 1))

    # --- tables

    def pick(self, t: Type, parts: list[Tree], at: Num) -> Tree:
        """The part at a position."""
        self.emitter.insist(at, len(parts))
        if isinstance(at, int):
            return parts[at]
        found = parts[-1]
        for number in range(len(parts) - 2, -1, -1):
            found = self.select(t, self.emitter.eq(at, number), parts[number], found)
        return found

    def _replaced(self, t: Type, parts: list[Tree], at: Num, new: Tree) -> list[Tree]:
        self.emitter.insist(at, len(parts))
        return [self.select(t, self.emitter.eq(at, i), new, old) for i, old in enumerate(parts)]

    def _over(self, e: Quant | MapOf | SetOf) -> Tree:
        match e:
            case MapOf(v, body):
                return list(self.each(v, body))
            case SetOf(v, body):
                mask: Num = 0
                for number, inside in enumerate(self.each(v, body)):
                    bit = self.emitter.shl(self.emitter.as_num(inside), number)  # type: ignore[arg-type]  # a truth value
                    mask = self.emitter.or_(mask, bit)
                return mask
            case Quant("count", v, body):
                count: Num = 0
                for holds in self.each(v, body):
                    count = self.emitter.add(count, self.emitter.as_num(holds))  # type: ignore[arg-type]
                return count
            case Quant(kind, v, body):
                return self._quantified(kind == "any", is_partial(body), self.each(v, body))
            case _:
                assert_never(e)

    def _quantified(self, stop: bool, partial: bool, rest: Generator[Tree]) -> Bit:
        """`all`, or with `stop` `any`, over what is left to evaluate."""
        e = self.emitter
        found: Bit = not stop
        while found is not stop:
            if partial and not isinstance(found, bool):
                return self._jump_over(found, stop, lambda: self._quantified(stop, partial, rest))
            try:
                one = next(rest)
            except StopIteration:
                return found
            assert isinstance(one, bool | str)
            found = e.either(found, one) if stop else e.both(found, one)
        rest.close()
        return found

    # --- sets

    def _literal(self, t: SetType, items: tuple[Expr, ...]) -> Num:
        e = self.emitter
        mask: Num = 0
        for item in items:
            mask = e.or_(mask, e.shl(1, position(e, t.of, self.value(item))))
        return mask

    def _set(self, node: SetOp) -> Tree:
        e = self.emitter
        a, b = self.num(node.left), self.num(node.right)
        match node.op:
            case "|":
                return e.or_(a, b)
            case "&":
                return e.and_(a, b)
            case "-":
                return e.and_(a, e.xor(b, WORD_MASK))
            case "<=":
                return e.eq(e.and_(a, e.xor(b, WORD_MASK)), 0)
            case _:
                assert_never(node.op)

    def _member(self, item: Expr, collection: Expr) -> Bit:
        e, t = self.emitter, collection.type
        assert isinstance(t, SetType)
        mask, at = self.num(collection), position(e, t.of, self.value(item))
        found = e.not_(e.eq(e.and_(e.lshr(mask, at if isinstance(at, int) else e.and_(at, 63)), 1), 0))
        if is_int(item.type):  # it may lie outside what the set can hold
            found = e.both(found, e.both(e.le(0, at), e.lt(at, cardinality(t.of))))
        return found

    # --- sequences

    def _length(self, collection: Expr) -> Num:
        if isinstance(collection.type, SetType):
            mask = self.num(collection)
            return mask.bit_count() if isinstance(mask, int) else self.emitter.let(f"call i64 @llvm.ctpop.i64(i64 {mask})")
        length = self.parts(collection)[0]
        assert isinstance(length, int | str)
        return length

    def _found(self, t: Type, item: Tree, items: list[Tree], length: Num) -> tuple[Bit, Num]:
        """Whether the item is among the first `length`, and where first."""
        e = self.emitter
        found: Bit = False
        at: Num = 0
        for i in range(len(items) - 1, -1, -1):
            here = e.both(e.lt(i, length), self.equal(t, item, items[i]))
            found, at = e.either(found, here), e.select(here, i, at)
        return found, at

    def _at(self, t: Type, seq: Expr, i: Expr) -> Tree:
        e, at, length = self.emitter, self.num(i), self._length(seq)
        if build.interval(i)[0] < 0:
            at = e.select(e.lt(at, 0), e.add(at, length), at)
        self.need(e.both(e.le(0, at), e.lt(at, length)))
        place = self.place(seq)
        if place is None:
            _, *items = self.parts(seq)
            return self.pick(t, items, at) if not isinstance(at, int) or 0 <= at < len(items) else zero(t)
        assert isinstance(seq.type, SeqType)
        if isinstance(at, int) and not 0 <= at < seq.type.cap:
            return zero(t)
        return place[1].read(place[0].at(at, seq.type.cap, first=1), t)

    def _sequence(self, node: SeqOp) -> Tree:
        e, t = self.emitter, node.type
        assert isinstance(t, SeqType)
        length, *items = self.parts(node.seq)
        assert isinstance(length, int | str)
        item = None if node.item is None else self.value(node.item)
        if node.op in ("append", "appendleft"):
            assert item is not None
            self.need(e.lt(length, t.cap))
            if node.op == "append":
                return [e.add(length, 1), *self._replaced(t.of, items, length, item)]
            return [e.add(length, 1), item, *items[:-1]]
        if node.op == "init":
            self.need(e.lt(0, length))
            shorter = e.sub(length, 1)
            return [shorter, *self._replaced(t.of, items, shorter, zero(t.of))]
        at: Num = 0
        if node.op == "remove":
            assert item is not None
            found, at = self._found(t.of, item, items, length)
            self.need(found)
        else:
            self.need(e.lt(0, length))
        closed = [
            self.select(t.of, e.lt(i, at), here, after)
            for i, (here, after) in enumerate(zip(items, [*items[1:], zero(t.of)], strict=True))
        ]
        return [e.sub(length, 1), *closed]


def key_type(table: Expr) -> Type:
    assert isinstance(table.type, TableType)
    return table.type.key


def component(record: Type, name: str) -> int:
    """The number of a record's component."""
    assert isinstance(record, RecordType)
    return [n for n, _ in record.fields].index(name)
