"""The IR's expressions as instructions.

Evaluation is that of `semantics.interp`: a partial expression outside its domain leaves for a label given by whoever
asks, and short-circuits decide what is evaluated at all. Where nothing can go wrong both sides are computed and one is
chosen, which is cheaper than a jump. Equal expressions are evaluated once per stretch of code that nothing is assigned
in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import assert_never

from virtspec.explore.native.emitter import Bit, Emitter, Num
from virtspec.explore.native.layout import Layout, fits, is_leaf
from virtspec.explore.native.places import Place, State
from virtspec.explore.native.trees import (
    Tree,
    appended,
    constant,
    equal,
    first_occurrence,
    from_position,
    is_member,
    joined,
    number,
    pick,
    position,
    replaced,
    select,
    set_of,
    set_operation,
    shortened,
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
from virtspec.ir.walk import children, free_vars

free_vars_of = cache(free_vars)


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
                return equal(self.emitter, a.type, self.value(a), self.value(b))
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
                return pick(self.emitter, e.type, self.parts(table), self._key(table, key))
            case Get(record, name):
                return self.parts(record)[component(record.type, name)]
            case MapUpdate(table, key, a):
                return replaced(self.emitter, a.type, self.parts(table), self._key(table, key), self.value(a))
            case MakeRecord(items):
                return [self.value(item) for item in items]
            case SetLit(items):
                return set_of(self.emitter, e.type, [self.value(item) for item in items])
            case SetOp():
                return set_operation(self.emitter, e.op, self.num(e.left), self.num(e.right))
            case _:
                return self._collection(e)

    def _collection(self, e: Expr) -> Tree:
        match e:
            case In(item, collection) if isinstance(collection.type, SetType):
                return self._member(item, collection)
            case In(item, collection):
                length, *items = self.parts(collection)
                return first_occurrence(self.emitter, item.type, self.value(item), items, number(length))[0]
            case Len(collection):
                return self._length(collection)
            case SeqAt(seq, i):
                return self._at(e.type, seq, i)
            case SeqOp():
                return self._sequence(e)
            case _:
                raise AssertionError(e)

    def _key(self, table: Expr, key: Expr) -> Num:
        return position(self.emitter, key_type(table), self.value(key))

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
        for done, item in enumerate(items[1:], 1):
            if found is stop:
                return stop
            if is_partial(item):
                return self._jump_over(found, stop, partial(self._connective, items[done:], stop))
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
            return select(self.emitter, t, cond, self.value(then), self.value(orelse))
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
        return joined(e, t, ways)

    # --- numbers

    def _arith(self, node: Arith, op: str, a: Expr, b: Expr) -> Num:
        e = self.emitter
        fits(*build.interval(node))
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
        return e.floored(op, x, y)

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

    def _over(self, e: Quant | MapOf | SetOf) -> Tree:
        match e:
            case MapOf(v, body):
                return list(self.each(v, body))
            case SetOf(v, body):
                mask: Num = 0
                for at, inside in enumerate(self.each(v, body)):
                    bit = self.emitter.shl(self.emitter.as_num(inside), at)  # type: ignore[arg-type]  # a truth value
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

    def _quantified(self, stop: bool, may_fault: bool, rest: Generator[Tree]) -> Bit:
        """`all`, or with `stop` `any`, over what is left to evaluate."""
        e = self.emitter
        found: Bit = not stop
        while found is not stop:
            if may_fault and not isinstance(found, bool):
                return self._jump_over(found, stop, partial(self._quantified, stop, may_fault, rest))
            try:
                one = next(rest)
            except StopIteration:
                return found
            assert isinstance(one, bool | str)
            found = e.either(found, one) if stop else e.both(found, one)
        rest.close()
        return found

    # --- sets

    def _member(self, item: Expr, collection: Expr) -> Bit:
        assert isinstance(collection.type, SetType)
        at = position(self.emitter, collection.type.of, self.value(item))
        return is_member(self.emitter, collection.type, self.num(collection), at, inside=not is_int(item.type))

    # --- sequences

    def _length(self, collection: Expr) -> Num:
        if isinstance(collection.type, SetType):
            return self.emitter.count_bits(self.num(collection))
        return number(self.parts(collection)[0])

    def _at(self, t: Type, seq: Expr, i: Expr) -> Tree:
        e, at, length = self.emitter, self.num(i), self._length(seq)
        assert isinstance(seq.type, SeqType)
        if build.interval(i)[0] < 0:
            at = e.select(e.lt(at, 0), e.add(at, length), at)
        self.need(e.both(e.le(0, at), e.lt(at, length)))
        if isinstance(at, int) and not 0 <= at < seq.type.cap:
            return zero(t)  # never come to
        place = self.place(seq)
        if place is None:
            return pick(e, t, self.parts(seq)[1:], at)
        e.insist(at, seq.type.cap)
        return place[1].read(place[0].at(at, seq.type.cap, first=1), t)

    def _sequence(self, node: SeqOp) -> Tree:
        e, t, seq = self.emitter, node.type, self.parts(node.seq)
        assert isinstance(t, SeqType)
        item = None if node.item is None else self.value(node.item)
        length = number(seq[0])
        match node.op:
            case "append" | "appendleft":
                assert item is not None
                self.need(e.lt(length, t.cap))
                return appended(e, t, seq, item, in_front=node.op == "appendleft")
            case "remove":
                assert item is not None
                found, at = first_occurrence(e, t.of, item, seq[1:], length)
                self.need(found)
                return shortened(e, t, seq, at)
            case "init" | "tail":
                self.need(e.lt(0, length))
                return shortened(e, t, seq, 0 if node.op == "tail" else e.sub(length, 1))
            case _:
                assert_never(node.op)


def key_type(table: Expr) -> Type:
    assert isinstance(table.type, TableType)
    return table.type.key


def component(record: Type, name: str) -> int:
    """The number of a record's component."""
    assert isinstance(record, RecordType)
    return [n for n, _ in record.fields].index(name)
