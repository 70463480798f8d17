"""What nothing judged can see is gone, and nothing else."""

from __future__ import annotations

import pytest

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Expr, Fault, If, Let, Require
from virtspec.ir.passes.slice import sliced
from virtspec.ir.system import Action, Field, Property, System
from virtspec.ir.text import block_lines, system_text
from virtspec.ir.types import BOOL, IntType, TableType, Type, default
from virtspec.ir.verify import verify

N = IntType(0, 3)
TYPES: dict[str, Type] = {"a": N, "b": N, "c": N, "go": BOOL, "table": TableType(N, N)}
FIELDS = tuple(Field(name, t, default(t)) for name, t in TYPES.items())
a, b, c, go, table = (build.read(name, t) for name, t in TYPES.items())
x, y = build.var("x", N), build.var("y", N)
ONE = build.integer(1)
MORE = build.coerce(build.arith("+", a, ONE), N)


def system(*bodies: Block, judged: dict[str, Expr] | None = None) -> System:
    actions = tuple(Action(f"act{i or ''}", (), body) for i, body in enumerate(bodies))
    properties = tuple(Property(name, name, "invariant", e) for name, e in (judged or {}).items())
    made = System("F", (), FIELDS, actions, properties)
    verify(made)
    return made


def kept(*bodies: Block, judged: dict[str, Expr] | None = None) -> str:
    """The names of the fields that are left."""
    found = sliced(system(*bodies, judged=judged))
    verify(found.system)
    names = [f.name for f in found.system.fields]
    assert [f.name for f in FIELDS if f.name not in found.removed] == names
    return " ".join(names)


def lines(body: Block) -> list[str]:
    return block_lines(sliced(system(body)).system.actions[0].body, explicit=True)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ((), ""),
        ((Assign("a", (), b),), ""),
        ((Require(build.lt(a, ONE)), Assign("a", (), b), Assign("b", (), c)), "a b c"),
        ((Require(go), Assign("a", (), b)), "go"),
        ((If(go, (Assign("a", (), ONE),)),), ""),
        ((If(go, (Assign("a", (), ONE), Fault("x"))),), "go"),
        ((If(go, (Choose(x),)),), "go"),
        ((If(go, (Cost("c"),)),), "go"),
        ((If(go, (Require(build.FALSE),)),), "go"),
        ((If(build.eq(MORE, ONE), ()),), "a"),
        ((Let(x, b), Assign("a", (), x)), ""),
        ((Let(x, b), Require(build.lt(x, ONE))), "b"),
        ((Let(x, b), If(go, (Let(x, c),)), Require(build.lt(x, ONE))), "b c go"),
        ((Let(x, MORE),), "a"),
        ((Assign("a", (), MORE),), "a"),
        ((Assign("b", (), MORE),), "a"),
        ((If(go, (Assign("b", (), MORE),)),), "a go"),
        ((Assign("table", (b,), ONE),), ""),
        ((Assign("table", (b,), ONE), Require(build.lt(build.index(table, ONE), ONE))), "b table"),
        ((If(go, (Assign("table", (b,), c),)), Require(build.lt(build.index(table, ONE), ONE))), "b c go table"),
    ],
)
def test_what_decides_whether_and_how_a_step_ends_is_kept(body: Block, fields: str) -> None:
    assert kept(body) == fields


def test_what_is_kept_in_one_action_keeps_what_others_store_there() -> None:
    assert kept((Assign("a", (), b),), (Assign("b", (), c),), (Require(build.lt(a, ONE)),)) == "a b c"


def test_what_judged_properties_read_is_kept() -> None:
    judged: dict[str, Expr] = {"P": build.lt(a, ONE), "Q": build.lt(c, ONE)}
    assert kept((Assign("a", (), b),), judged=judged) == "a b c"
    found = sliced(system((Assign("a", (), b),), judged=judged), ["Q", "deadlock"])
    assert found.removed == ("a", "b", "go", "table")
    assert [p.id for p in found.system.properties] == ["Q"]


def test_a_value_that_may_fault_is_evaluated_still() -> None:
    assert lines((Assign("b", (), MORE), Assign("c", (), b), Assign("table", (MORE,), MORE))) == [
        "let _ = narrow(@a + #1, 0..3)",
        "let _ = narrow(@a + #1, 0..3)",
        "let _ = narrow(@a + #1, 0..3)",
    ]


def test_the_spare_variable_has_one_type_and_a_name_of_its_own() -> None:
    other = build.coerce(build.arith("+", a, ONE), IntType(0, 2))
    underscore = build.var("_", N)
    body = (Let(underscore, a), Require(build.lt(underscore, ONE)), Assign("b", (), MORE), Assign("c", (), other))
    assert lines(body)[2:] == ["let _'2 = narrow(@a + #1, 0..3)", "let _'3 = narrow(@a + #1, 0..2)"]


def test_actions_keep_their_names_parameters_and_order(small: System) -> None:
    found = sliced(small, [])
    verify(found.system)
    assert [(p.name, p.params) for p in found.system.actions] == [(p.name, p.params) for p in small.actions]
    assert found.removed == ()


def test_the_program_counter_is_kept_and_the_rest_reads_as_before() -> None:
    found = sliced(system((Require(go), Let(y, b), Assign("a", (), y), Assign("go", (), build.FALSE)))).system
    assert system_text(found) == "\n".join(
        ["system F", "", "shared go: bool = False", "", "action act()", "  require go", "  go := False", ""]
    )
