"""One broken System per rule, and legal ones that come close."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from virtspec.errors import InternalError
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, Const, Eq, Expr, Fault, If, Index, Let, MapOf, Quant, Require, Stmt
from virtspec.ir.system import Action, Field, Property, System
from virtspec.ir.types import (
    BOOL,
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
    default,
)
from virtspec.ir.verify import RULES, fits, verify

SLOT, N, AT = ScalarsetType("Slot", 2), IntType(0, 3), EnumType("TaskAt", ("idle", "use.put"))
TASK, DEV = ScalarsetType("Task", 2), EnumType("Dev", ("FREE", "BUSY"))
PCS, DEVS = TableType(TASK, AT), TableType(SLOT, DEV)
t, d, e, x, y = (build.var(n, ty) for n, ty in (("t", TASK), ("d", SLOT), ("e", SLOT), ("x", N), ("y", N)))
uses, dev, pc = build.read("uses", N), build.read("dev", DEVS), build.read("pc", PCS)
IDLE, PUT, ONE = build.const("idle", AT), build.const("use.put", AT), build.integer(1)
SET_USES = Assign("uses", (), ONE)

Break = Callable[[System], System]


def act(*body: Stmt, params: Iterable[Expr] = ()) -> Break:
    """Give the environment one more action, `act`."""
    return lambda s: replace(s, actions=(*s.actions, Action("act", tuple(params), body)))  # type: ignore[arg-type]


def prop(expr: Expr, kind: str = "invariant") -> Break:
    """One more property, X."""
    return lambda s: replace(s, properties=(*s.properties, Property("X", "x", kind, expr)))  # type: ignore[arg-type]


def having(name: str, type: Type, init: Value) -> Break:
    """One more field."""
    return lambda s: replace(s, fields=(*s.fields, Field(name, type, init)))


def of_type(type: Type, init: Value = None) -> Break:
    return having("odd", type, init)


def use(**changes: object) -> Break:
    """Change the step `use`."""
    return lambda s: replace(s, actions=(replace(s.actions[0], **changes), *s.actions[1:]))  # type: ignore[arg-type]


def runner(**changes: object) -> Break:
    return lambda s: replace(s, runners=(replace(s.runners[0], **changes),))  # type: ignore[arg-type]


def pc_field(**changes: object) -> Break:
    return lambda s: replace(s, fields=(*s.fields[:3], replace(s.fields[3], **changes)))  # type: ignore[arg-type]


def quantified(over: Type, name: str = "q") -> Expr:
    """A quantifier the builder would refuse, if `over` is not scalar."""
    return build.intern(Quant("all", build.var(name, over), build.TRUE, BOOL))


def starting_with(*first: Stmt) -> Break:
    """Put other statements in place of the first of `use`."""
    return lambda s: use(body=(*first, *s.actions[0].body[1:]))(s)


def at(member: Expr, where: Expr) -> Expr:
    return build.eq(build.index(pc, member), where)


SHADOW = build.quant("all", d, build.eq(build.index(dev, d), build.const("FREE", DEV)))
LT = build.lt(x, uses)
DEV3 = EnumType("Dev", ("FREE", "BUSY", "GONE"))

NOBODY_RUNS = runner(processes=())

BROKEN: list[tuple[str, Break, str]] = [
    ("unique names", having("uses", N, 0), "two fields are called uses"),
    ("unique names", act(params=(d, build.var("d", TASK))), "two parameters of act are called d"),
    ("unique names", lambda s: replace(s, actions=(*s.actions, s.actions[2])), "two actions are called reset"),
    ("unique names", lambda s: prop(build.TRUE)(prop(build.TRUE)(s)), "two properties are called X"),
    ("unique names", lambda s: replace(s, config=(*s.config, ("Slot", "3"))), "two constants are called Slot"),
    ("unique names", lambda s: replace(s, runners=s.runners * 2), "two processes are called use"),
    ("named types", of_type(DEV3, "FREE"), "two types are called Dev"),
    ("named types", act(Choose(build.var("z", ScalarsetType("Slot", 3)))), "two types are called Slot"),
    ("sound types", of_type(IntType(1, 0)), "1..0 is empty"),
    ("sound types", of_type(ModType(0)), "mod 0 is empty"),
    ("sound types", of_type(ScalarsetType("Nobody", 0)), "Nobody is empty"),
    ("sound types", of_type(EnumType("E", ())), "enum E has no members, or one of them twice"),
    ("sound types", of_type(EnumType("E", ("A", "A")), "A"), "enum E has no members, or one of them twice"),
    ("sound types", of_type(OptionType(OptionType(N))), "0..3 | None | None has two values None"),
    ("sound types", of_type(TableType(SeqType(N, 1), N)), "Seq[0..3, 1] cannot be a key"),
    ("sound types", of_type(SetType(OptionType(N))), "0..3 | None cannot be the type of set members"),
    ("sound types", of_type(SeqType(N, -1)), "Seq[0..3, -1] has a negative capacity"),
    ("sound types", of_type(RecordType("R", (("a", N), ("a", BOOL)))), "record R has a component twice"),
    ("sound types", of_type(TableType(SLOT, OptionType(ModType(0)))), "mod 0 is empty"),
    ("sound types", act(params=(build.var("z", ModType(0)),)), "mod 0 is empty"),
    ("initial values", having("odd", N, 4), "4 is not a value of 0..3, the type of odd"),
    ("initial values", having("odd", BOOL, 1), "1 is not a value of bool, the type of odd"),
    ("reads", act(Require(build.read("nothing", BOOL))), "action act reads nothing, which is no field"),
    ("reads", act(Let(x, build.read("uses", IntType(0, 2)))), "action act reads uses as 0..2"),
    ("before", act(Let(x, build.read("uses", N, before=True))), "action act reads old.uses"),
    ("before", prop(build.eq(build.read("uses", N, before=True), ONE)), "property X reads old.uses"),
    ("well typed", prop(build.intern(Const(7, BOOL))), "property X: 7 is not a value of bool"),
    (
        "well typed",
        prop(build.intern(Eq(dev, ONE))),
        "property X: Eq is ill-typed: dict[Slot, Dev] is never equal to 1..1",
    ),
    (
        "well typed",
        act(Let(x, build.intern(Index(dev, build.const(0, SLOT), N)))),
        "action act: dev[Slot0] is marked 0..3, but it is Dev",
    ),
    ("scalar domains", act(params=(build.var("z", OptionType(SLOT)),)), "action act: parameter z is a Slot | None"),
    ("scalar domains", act(Choose(build.var("z", SetType(SLOT)))), "action act: pick z is a set[Slot]"),
    ("scalar domains", prop(quantified(DEVS)), "property X: bound variable q is a dict[Slot, Dev]"),
    ("bound variables", act(Require(build.eq(x, ONE))), "action act: x may be unbound in x == 1"),
    ("bound variables", act(If(LT, (), ()), Let(x, uses)), "action act: x may be unbound in x < uses"),
    (
        "bound variables",
        act(If(build.eq(uses, ONE), (Let(x, uses),)), Assign("uses", (), x)),
        "action act: x may be unbound in x",
    ),
    (
        "bound variables",
        act(If(build.eq(uses, ONE), (Fault("x"),)), Assign("uses", (), x)),
        "action act: x may be unbound in x",
    ),
    (
        "bound variables",
        act(If(build.eq(uses, ONE), (), (Fault("x"),)), Assign("uses", (), x)),
        "action act: x may be unbound in x",
    ),
    (
        "bound variables",
        act(Require(build.quant("any", e, build.eq(d, e)))),
        "action act: d may be unbound in any(d == e for e in Slot)",
    ),
    (
        "no shadowing",
        act(Require(SHADOW), params=(d,)),
        "action act: d is bound again in all(dev[d] == FREE for d in Slot)",
    ),
    (
        "no shadowing",
        act(Require(quantified(N, "x")), Let(x, uses)),
        "action act: x is bound again in all(True for x in 0..3)",
    ),
    (
        "no shadowing",
        prop(build.quant("all", e, build.or_(build.eq(e, build.const(0, SLOT)), quantified(N, "e")))),
        "property X: e is bound again in all(True for e in 0..3)",
    ),
    (
        "one type per name",
        act(Let(x, uses), Let(build.var("x", BOOL), build.TRUE)),
        "action act: x is bound with two types",
    ),
    ("assignments", act(Assign("nothing", (), ONE)), "action act: nothing is assigned, which is no field"),
    ("assignments", act(Assign("uses", (), build.integer(4))), "action act: uses, there a 0..3, is given a 4..4"),
    (
        "assignments",
        act(Assign("uses", (), build.arith("+", uses, ONE))),
        "action act: uses, there a 0..3, is given a 1..4",
    ),
    ("assignments", act(Assign("uses", (d,), ONE), params=(d,)), "uses is indexed too deep: 0..3 has no entries"),
    ("assignments", act(Assign("dev", (), build.const("FREE", DEV))), "dev, there a dict[Slot, Dev], is given a Dev"),
    (
        "assignments",
        act(Assign("dev", (t,), build.const("FREE", DEV)), params=(t,)),
        "action act: dev is indexed by a Task in place of a Slot",
    ),
    (
        "assignments",
        lambda s: act(Assign("ring", (), build.integer(3)))(having("ring", ModType(3), 0)(s)),
        "action act: ring, there a mod 3, is given a 3..3",
    ),
    ("assignments", act(Let(x, build.integer(4))), "action act: x, a 0..3, is given a 4..4"),
    ("conditions", act(Require(uses)), "action act tests uses, a 0..3"),
    ("conditions", act(If(dev, ())), "action act tests dev, a dict[Slot, Dev]"),
    ("closed properties", prop(uses), "property X is a 0..3"),
    ("closed properties", prop(build.eq(build.index(dev, d), build.const("FREE", DEV))), "property X leaves d free"),
    ("program counters", runner(pc="nowhere"), "runner Task: nowhere is no field"),
    ("program counters", pc_field(role="shared"), "runner Task: pc is a shared field of type dict[Task, TaskAt]"),
    (
        "program counters",
        pc_field(type=TableType(SLOT, AT)),
        "runner Task: pc is a pc field of type dict[Slot, TaskAt]",
    ),
    (
        "program counters",
        pc_field(init=("idle", "use.put")),
        "runner Task: pc starts as ('idle', 'use.put')",
    ),
    ("process steps", NOBODY_RUNS, "action use is a step of use, which nobody runs"),
    ("process steps", use(process=None), "action use is a step of None, which nobody runs"),
    ("process steps", use(params=(d, t)), "action use does not take Task first"),
    ("process steps", use(params=()), "action use does not take Task first"),
    ("process steps", use(location="use.gone"), "action use stands at use.gone, which is no location of Task"),
    ("process steps", use(location=None), "action use stands at None, which is no location of Task"),
    ("process steps", use(body=()), "action use does not require its location first"),
    ("process steps", starting_with(SET_USES), "action use does not require its location first"),
    ("process steps", starting_with(Require(at(t, PUT))), "action use does not require its location first"),
    (
        "process steps",
        starting_with(Require(at(build.const(0, TASK), IDLE))),
        "action use does not require its location first",
    ),
    (
        "process steps",
        starting_with(Require(build.and_(build.eq(uses, ONE), at(t, IDLE)))),
        "action use does not require its location first",
    ),
    (
        "live locations",
        lambda s: replace(s, actions=(s.actions[0], s.actions[2])),
        "no step of Task starts at use.put",
    ),
    ("jumps", act(Assign("pc", (), build.read("pc", PCS))), "action act assigns all of pc"),
    (
        "jumps",
        act(Assign("pc", (t,), build.index(pc, build.const(0, TASK))), params=(t,)),
        "action act sets pc to pc[Task0]",
    ),
    (
        "jumps",
        act(Assign("pc", (t,), build.ite(at(t, IDLE), PUT, build.index(pc, t))), params=(t,)),
        "action act sets pc to use.put if pc[t] == idle else pc[t]",
    ),
]


@pytest.mark.parametrize(("rule", "broken", "complaint"), BROKEN, ids=[f"{r}-{c}" for r, _, c in BROKEN])
def test_a_rule_fires(small: System, rule: str, broken: Break, complaint: str) -> None:
    found = list(RULES[rule](broken(small)))
    assert complaint in found[0]
    assert len(found) == (2 if broken is NOBODY_RUNS else 1)


def test_every_rule_has_a_broken_system() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


@pytest.mark.parametrize(("rule", "broken", "complaint"), BROKEN, ids=[f"{r}-{c}" for r, _, c in BROKEN])
def test_verify_never_crashes_on_a_broken_system(small: System, rule: str, broken: Break, complaint: str) -> None:
    with pytest.raises(InternalError) as caught:
        verify(broken(small))
    assert f"  {rule}: " in str(caught.value)
    assert complaint in str(caught.value)


def test_all_violations_are_listed(small: System) -> None:
    broken = having("odd", N, 9)(prop(uses)(small))
    with pytest.raises(InternalError) as caught:
        verify(broken)
    assert str(caught.value) == (
        "system Small is malformed\n"
        "  initial values: 9 is not a value of 0..3, the type of odd\n"
        "  closed properties: property X is a 0..3"
    )


LEGAL: list[Break] = [
    lambda s: s,
    act(If(build.eq(uses, ONE), (Let(x, uses),), (Fault("no x"),)), Assign("uses", (), x)),
    act(If(build.eq(uses, ONE), (Let(x, uses),), (Let(x, ONE),)), Assign("uses", (), x)),
    act(Fault("stop"), Assign("uses", (), x)),
    act(Choose(d), Choose(d), Let(d, d), Assign("dev", (d,), build.const("FREE", DEV)), params=(d,)),
    act(Require(build.and_(quantified(N, "q"), quantified(SLOT, "q")))),
    act(Assign("pc", (t,), build.ite(build.eq(uses, ONE), PUT, IDLE)), params=(t,)),
    starting_with(Require(build.and_(at(t, IDLE), build.eq(uses, ONE)))),
    prop(build.le(build.read("uses", N, before=True), uses), kind="transition"),
    lambda s: act(Assign("ring", (), build.integer(2)))(having("ring", ModType(3), 0)(s)),
    having("table", TableType(SLOT, TableType(BOOL, N)), default(TableType(SLOT, TableType(BOOL, N)))),
    prop(build.intern(Eq(build.intern(MapOf(d, build.const("FREE", DEV), DEVS)), dev))),
]


@pytest.mark.parametrize("legal", LEGAL)
def test_legal_systems(small: System, legal: Break) -> None:
    verify(legal(small))


def test_fits() -> None:
    assert fits(N, N)
    assert fits(IntType(0, 2), ModType(3))
    assert fits(ModType(3), N)
    assert not fits(N, ModType(3))
    assert not fits(IntType(-1, 0), N)
    assert not fits(BOOL, N)
    assert not fits(OptionType(IntType(0, 1)), OptionType(N))
