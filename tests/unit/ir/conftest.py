"""A small legal System, and random ones: bodies that use every kind of statement and expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Expr, Fault, If, Let, Require, Stmt, Var
from virtspec.ir.system import Action, Field, Property, Runner, System
from virtspec.ir.types import (
    BOOL,
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
    default,
    values,
)
from virtspec.source import Span

# --- the small one ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def small() -> System:
    """One process of two steps that takes and returns a slot, and one action of the environment."""
    task, slot = ScalarsetType("Task", 2), ScalarsetType("Slot", 2)
    dev, at = EnumType("Dev", ("FREE", "BUSY")), EnumType("TaskAt", ("idle", "use.put"))
    devs, owners, pcs = TableType(slot, dev), TableType(slot, OptionType(task)), TableType(task, at)
    uses = IntType(0, 3)
    t, d = build.var("t", task), build.var("d", slot)
    read_dev, read_pc = build.read("dev", devs), build.read("pc", pcs)
    read_owner, read_uses = build.read("owner", owners), build.read("uses", uses)
    free, busy = build.const("FREE", dev), build.const("BUSY", dev)
    idle, put = build.const("idle", at), build.const("use.put", at)
    dev_d, owner_d = build.index(read_dev, d), build.index(read_owner, d)
    more = build.coerce(build.arith("+", read_uses, build.integer(1)), uses)

    def set_pc(to: Expr) -> Stmt:
        return Assign("pc", (t,), to)

    def at_pc(location: Expr) -> Stmt:
        return Require(build.eq(build.index(read_pc, t), location))

    start = Action(
        "use",
        (t, d),
        (
            at_pc(idle),
            Require(build.eq(dev_d, free)),
            Assign("dev", (d,), busy),
            Assign("owner", (d,), build.coerce(t, OptionType(task))),
            Assign("uses", (), more),
            Cost("lock"),
            set_pc(put),
        ),
        process="use",
        location="idle",
    )
    finish = Action(
        "use.put",
        (t,),
        (
            at_pc(put),
            Choose(d),
            Require(build.eq(owner_d, build.coerce(t, OptionType(task)))),
            Assign("dev", (d,), free),
            Assign("owner", (d,), build.const(None, OptionType(task))),
            set_pc(idle),
        ),
        process="use",
        location="use.put",
        fair="weak",
    )
    x = build.var("x", uses)
    reset = Action(
        "reset",
        (),
        (
            Let(x, read_uses),
            If(
                build.lt(build.integer(2), x),
                (Fault("too many"),),
                (If(build.eq(x, build.integer(0)), (), (Assign("uses", (), build.integer(0)),)),),
            ),
        ),
        atomic="a test",
    )
    e = build.var("e", slot)
    taken = build.not_(build.eq(build.index(read_owner, e), build.const(None, OptionType(task))))
    matched = build.eq(build.eq(build.index(read_dev, e), busy), taken)
    before = build.read("uses", uses, before=True)
    return System(
        "Small",
        (("design", "V5"), ("Task", "2"), ("Slot", "2")),
        (
            Field("dev", devs, default(devs)),
            Field("owner", owners, default(owners)),
            Field("uses", uses, 0),
            Field("pc", pcs, default(pcs), role="pc"),
        ),
        (start, finish, reset),
        (
            Property("OWN", "owned", "invariant", build.quant("all", e, matched)),
            Property("MONO", "monotone", "transition", build.le(before, read_uses), doc="No use is forgotten."),
            Property("FULL", "full", "reachable", build.quant("all", e, build.eq(build.index(read_dev, e), busy))),
        ),
        (Runner(task, "pc", at, ("use",)),),
    )


# --- random ones -----------------------------------------------------------------------------------------------------

NUMBER, MOD, LETTER, MEMBER = IntType(0, 3), ModType(3), EnumType("Letter", ("A", "B", "C")), ScalarsetType("Member", 2)
MAYBE, BIT = OptionType(NUMBER), IntType(0, 1)
COUNTS, NESTED = TableType(MEMBER, NUMBER), TableType(MEMBER, TableType(BOOL, LETTER))
QUEUE, SET, RECORD = SeqType(BIT, 2), SetType(LETTER), RecordType("Pair", (("bit", BIT), ("flag", BOOL)))
FIELDS: dict[str, Type] = {
    "flag": BOOL,
    "number": NUMBER,
    "mod": MOD,
    "letter": LETTER,
    "maybe": MAYBE,
    "counts": COUNTS,
    "nested": NESTED,
    "queue": QUEUE,
    "set": SET,
    "record": RECORD,
}
SCALARS: tuple[Type, ...] = (BOOL, NUMBER, MOD, LETTER, MEMBER, BIT)
LOCALS: dict[str, Type] = {"x": NUMBER, "y": LETTER, "z": MAYBE, "u": COUNTS, "p": MEMBER}
"""What a body may bind; `p` is a parameter as well."""
PICKS = ("p", "x", "y")
P = build.var("p", MEMBER)


class Drawer:
    """Draws well-typed expressions and statements."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.line = 0

    def one_of(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def expr(self, t: Type, scope: tuple[Var, ...], depth: int) -> Expr:
        """An expression that fits `t`; where a drawn one cannot, a leaf."""
        if depth <= 0:
            return self.leaf(t, scope)
        make = self.one_of(self.leaf, self.general, self.particular, self.particular)
        if make == self.leaf:
            return self.leaf(t, scope)
        try:
            return build.coerce(make(t, scope, depth - 1), t)
        except IllTyped:
            return self.leaf(t, scope)

    def leaf(self, t: Type, scope: tuple[Var, ...]) -> Expr:
        known: list[Expr] = [v for v in scope if v.type == t]
        known += [build.read(name, ft) for name, ft in FIELDS.items() if ft == t]
        chosen: Expr = self.one_of(build.const(self.one_of(*values(t)), t), *known)
        return chosen

    def general(self, t: Type, scope: tuple[Var, ...], depth: int) -> Expr:
        """What may have any type: a conditional, an entry, a component."""
        sub = self.expr
        if t == NUMBER and self.one_of(True, False):
            return build.index(sub(COUNTS, scope, depth), sub(MEMBER, scope, depth))
        if t == LETTER and self.one_of(True, False):
            inner = build.index(sub(NESTED, scope, depth), sub(MEMBER, scope, depth))
            return build.index(inner, sub(BOOL, scope, depth))
        if t in (BIT, BOOL) and self.one_of(True, False):
            return build.get(sub(RECORD, scope, depth), "bit" if t == BIT else "flag")
        return build.ite(sub(BOOL, scope, depth), sub(t, scope, depth), sub(t, scope, depth))

    def particular(self, t: Type, scope: tuple[Var, ...], depth: int) -> Expr:
        """What only that type has."""
        sub = self.expr
        match t:
            case BoolType():
                return self.condition(scope, depth)
            case IntType() | ModType():
                return self.integer(scope, depth)
            case OptionType(of):
                return sub(of, scope, depth)
            case TableType(key, value):
                if self.one_of(True, False):
                    return build.map_update(sub(t, scope, depth), sub(key, scope, depth), sub(value, scope, depth))
                v = self.binder(key, scope)
                return build.map_of(v, sub(value, (*scope, v), depth))
            case SetType(of):
                return self.set(t, of, scope, depth)
            case SeqType(of):
                op = self.one_of("append", "appendleft", "remove", "init", "tail")
                item = None if op in ("init", "tail") else sub(of, scope, depth)
                return build.seq_op(op, sub(t, scope, depth), item)
            case RecordType(_, fields):
                return build.make_record(t, [sub(f, scope, depth) for _, f in fields])
            case _:
                return self.leaf(t, scope)

    def set(self, t: SetType, of: Type, scope: tuple[Var, ...], depth: int) -> Expr:
        kind = self.one_of("op", "lit", "of")
        if kind == "op":
            return build.set_op(self.one_of("|", "&", "-"), self.expr(t, scope, depth), self.expr(t, scope, depth))
        if kind == "lit":
            return build.set_lit(t, [self.expr(of, scope, depth) for _ in range(self.one_of(1, 2))])
        v = self.binder(of, scope)
        return build.set_of(v, self.expr(BOOL, (*scope, v), depth))

    def condition(self, scope: tuple[Var, ...], depth: int) -> Expr:
        sub = self.expr
        match self.one_of("not", "and", "or", "eq", "order", "quant", "in", "subset"):
            case "not":
                return build.not_(sub(BOOL, scope, depth))
            case "and":
                return build.and_(*(sub(BOOL, scope, depth) for _ in range(3)))
            case "or":
                return build.or_(*(sub(BOOL, scope, depth) for _ in range(3)))
            case "eq":
                t = self.one_of(*FIELDS.values(), MEMBER)
                return build.eq(sub(t, scope, depth), sub(t, scope, depth))
            case "order":
                compare = self.one_of(build.lt, build.le)
                made: Expr = compare(self.integer(scope, depth), self.integer(scope, depth))
                return made
            case "quant":
                v = self.binder(self.one_of(*SCALARS), scope)
                return build.quant(self.one_of("all", "any"), v, sub(BOOL, (*scope, v), depth))
            case "in":
                item, collection = self.one_of((LETTER, SET), (BIT, QUEUE), (NUMBER, QUEUE), (MAYBE, QUEUE))
                return build.contains_item(sub(item, scope, depth), sub(collection, scope, depth))
            case _:
                return build.set_op("<=", sub(SET, scope, depth), sub(SET, scope, depth))

    def integer(self, scope: tuple[Var, ...], depth: int) -> Expr:
        sub = self.expr
        match self.one_of("arith", "arith", "unwrap", "count", "len", "at"):
            case "arith":
                op = self.one_of("+", "-", "*", "//", "%")
                return build.arith(op, sub(self.one_of(NUMBER, MOD), scope, depth), sub(NUMBER, scope, depth))
            case "unwrap":
                return build.unwrap(sub(MAYBE, scope, depth))
            case "count":
                v = self.binder(self.one_of(*SCALARS), scope)
                return build.quant("count", v, sub(BOOL, (*scope, v), depth))
            case "len":
                return build.length(sub(self.one_of(QUEUE, SET), scope, depth))
            case _:
                at = build.arith("-", sub(NUMBER, scope, depth), build.integer(self.one_of(0, 1, 3)))
                return build.seq_at(sub(QUEUE, scope, depth), at)

    def binder(self, t: Type, scope: tuple[Var, ...]) -> Var:
        """A variable with a name that no enclosing binder has, but others very likely have."""
        return build.var(f"b{sum(v.name.startswith('b') for v in scope)}", t)

    def block(self, scope: tuple[Var, ...], size: int, depth: int) -> tuple[Block, tuple[Var, ...]]:
        """Up to `size` statements, and the variables bound behind them."""
        body = []
        for _ in range(self.draw(st.integers(1, size))):
            stmt, scope = self.stmt(scope, depth)
            body.append(stmt)
        return tuple(body), scope

    def stmt(self, scope: tuple[Var, ...], depth: int) -> tuple[Stmt, tuple[Var, ...]]:
        self.line += 1
        span = Span("random", self.line, 0, self.line, 1)
        nesting = ["if", "if"] if depth > 0 else []
        match self.one_of("assign", "assign", "let", *nesting, "require", "choose", "fault", "cost"):
            case "assign":
                return self.assign(scope, span), scope
            case "let":
                name = self.one_of(*LOCALS)
                v = build.var(name, LOCALS[name])
                return Let(v, self.expr(v.type, scope, 2), span), with_var(scope, v)
            case "if":
                cond = self.expr(BOOL, scope, 2)
                then, one = self.block(scope, 3, depth - 1)
                orelse, other = self.block(scope, 2, depth - 1)
                return If(cond, then, orelse, span), tuple(v for v in one if v in other)
            case "require":
                return Require(self.expr(BOOL, scope, 2), span), scope
            case "choose":
                name = self.one_of(*PICKS)
                v = build.var(name, LOCALS[name])
                return Choose(v, span), with_var(scope, v)
            case "fault":
                return Fault(f"fault {self.line}", span), scope
            case _:
                return Cost(f"cost {self.line}", span), scope

    def assign(self, scope: tuple[Var, ...], span: Span) -> Stmt:
        name = self.one_of(*FIELDS)
        t, keys = FIELDS[name], []
        while isinstance(t, TableType) and self.one_of(True, True, False):
            keys.append(self.expr(t.key, scope, 1))
            t = t.value
        return Assign(name, tuple(keys), self.expr(t, scope, 2), span)


def with_var(scope: tuple[Var, ...], v: Var) -> tuple[Var, ...]:
    return scope if v in scope else (*scope, v)


@st.composite
def systems(draw: Callable[[st.SearchStrategy[Any]], Any]) -> System:
    drawer = Drawer(draw)
    body, _ = drawer.block((P,), 6, 2)
    fields = tuple(Field(name, t, default(t)) for name, t in FIELDS.items())
    return System("Random", (), fields, (Action("act", (P,), body),), ())


@st.composite
def states(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Any, ...]:
    return tuple(draw(st.sampled_from(values(t))) for t in FIELDS.values())


@st.composite
def conditions(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Expr:
    return Drawer(draw).expr(BOOL, (P, build.var("x", NUMBER)), 4)


@pytest.fixture(scope="session")
def random_systems() -> st.SearchStrategy[System]:
    """Systems with one action `act(p: Member)`, whose body is random; see FIELDS for the state."""
    return systems()


@pytest.fixture(scope="session")
def random_states() -> st.SearchStrategy[tuple[Any, ...]]:
    """States of a random System."""
    return states()


@pytest.fixture(scope="session")
def random_conditions() -> st.SearchStrategy[Expr]:
    """Boolean expressions over a random System's state, `p: Member` and `x: 0..3`."""
    return conditions()


@pytest.fixture(scope="session")
def random_index() -> dict[str, int]:
    """The position of each field in a random state."""
    return {name: i for i, name in enumerate(FIELDS)}
