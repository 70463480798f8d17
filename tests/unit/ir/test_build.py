"""What the builder accepts, coerces and folds. That folding keeps the meaning is tested on random expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtspec.ir import build
from virtspec.ir.build import FALSE, TRUE, IllTyped
from virtspec.ir.nodes import Arith, Expr, Unwrap
from virtspec.ir.text import expr_text
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
)
from virtspec.ir.walk import substitute
from virtspec.semantics.interp import Env, Undefined, evaluate

DEV, SLOT = EnumType("Dev", ("FREE", "BUSY")), ScalarsetType("Slot", 2)
N, SMALL, M = IntType(0, 7), IntType(0, 3), ModType(4)
PAIR = RecordType("Pair", (("id", SMALL), ("ok", BOOL)))
B, C = build.read("b", BOOL), build.read("c", BOOL)
n, small, m = build.read("n", N), build.read("small", SMALL), build.read("m", M)
maybe, holder = build.read("maybe", OptionType(N)), build.read("holder", OptionType(SLOT))
dev, queue, flags = (
    build.read("dev", TableType(SLOT, DEV)),
    build.read("q", SeqType(SMALL, 2)),
    build.read("s", SetType(DEV)),
)
d = build.var("d", SLOT)
FREE, ZERO, ONE = build.const("FREE", DEV), build.integer(0), build.integer(1)
wide_zero, wide_two = build.const(0, N), build.const(2, N)
partial_bool = build.eq(build.unwrap(maybe), ONE)
"""A condition that may fault."""


def test_equal_expressions_are_one_object() -> None:
    assert build.eq(build.index(dev, d), FREE) is build.eq(build.index(dev, d), build.const("FREE", DEV))
    assert build.const(True, BOOL) is not build.const(1, IntType(1, 1))
    assert build.read("n", N) is not build.read("n", N, before=True)


def test_a_constant_must_be_canonical() -> None:
    with pytest.raises(IllTyped, match=r"True is not a value of 0\.\.7"):
        build.const(True, N)


# --- coercion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("e", "want", "text"),
    [
        (small, N, "@small"),
        (n, SMALL, "narrow(@n, 0..3)"),
        (build.arith("+", n, build.integer(8)), SMALL, "narrow(@n + #8, 0..3)"),
        (n, M, "@n % #4"),
        (small, M, "@small"),
        (m, SMALL, "@m"),
        (build.integer(6), M, "#2"),
        (d, OptionType(SLOT), "some(d)"),
        (ONE, OptionType(N), "#1"),
        (n, OptionType(SMALL), "some(narrow(@n, 0..3))"),
        (holder, SLOT, "unwrap(@holder)"),
        (maybe, SMALL, "narrow(unwrap(@maybe), 0..3)"),
        (build.const(None, OptionType(SLOT)), OptionType(N), "#None"),
        (build.const((0, 1), TableType(SLOT, SMALL)), TableType(SLOT, N), "#{Slot0: 0, Slot1: 1}"),
        (build.map_of(d, ONE), TableType(SLOT, N), "{d: #1 for d in Slot}"),
        (maybe, OptionType(SMALL), "#None if @maybe == #None else some(narrow(unwrap(@maybe), 0..3))"),
        (build.coerce(small, OptionType(SMALL)), OptionType(N), "some(@small)"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_coerce(e: Expr, want: Type, text: str) -> None:
    made = build.coerce(e, want)
    assert expr_text(made, explicit=True) == text
    assert isinstance(want, IntType | ModType) or made.type == want


def test_a_constant_takes_the_type_of_its_value() -> None:
    assert build.coerce(wide_two, SMALL).type == IntType(2, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: build.coerce(build.integer(9), N), "9 lies outside 0..7"),
        (lambda: build.coerce(build.const(5, N), SMALL), "5 lies outside 0..3"),
        (lambda: build.coerce(d, DEV), "expected Dev, found Slot"),
        (lambda: build.coerce(dev, TableType(SLOT, BOOL)), "expected dict"),
        (lambda: build.coerce(holder, OptionType(DEV)), "expected Dev | None, found Slot | None"),
        (lambda: build.unwrap(n), "0..7 is not optional"),
        (lambda: build.unwrap(build.const(None, OptionType(N))), "None has no value here"),
        (lambda: build.not_(n), "expected bool, found 0..7"),
        (lambda: build.and_(B, holder), "expected bool, found Slot | None"),
        (lambda: build.eq(d, FREE), "Slot is never equal to Dev"),
        (lambda: build.lt(d, d), "expected an integer, found Slot"),
        (lambda: build.ite(n, B, C), "expected bool, found 0..7"),
        (lambda: build.ite(B, n, d), "0..7 and Slot have no common type"),
        (lambda: build.arith("//", n, ZERO), "always 0"),
        (lambda: build.arith("//", ONE, wide_zero), "always 0"),
        (lambda: build.arith("%", n, build.arith("-", n, ONE)), "may be negative"),
        (lambda: build.index(n, d), "cannot be indexed"),
        (lambda: build.map_update(n, d, n), "cannot be indexed"),
        (lambda: build.index(dev, n), "expected Slot, found 0..7"),
        (lambda: build.map_of(build.var("x", OptionType(N)), n), "cannot be the key"),
        (lambda: build.get(n, "id"), "has no component 'id'"),
        (lambda: build.get(build.read("r", PAIR), "name"), "has no component 'name'"),
        (lambda: build.quant("all", build.var("x", OptionType(N)), B), "no domain"),
        (lambda: build.quant("all", d, n), "expected bool"),
        (lambda: build.contains_item(n, dev), "`in` needs a set or a Seq"),
        (lambda: build.set_op("|", n, n), "expected a set"),
        (lambda: build.set_of(build.var("x", OptionType(N)), B), "cannot be the type of set members"),
        (lambda: build.length(dev), "has no length"),
        (lambda: build.seq_at(dev, n), "expected a Seq"),
        (lambda: build.seq_op("append", dev, n), "expected a Seq"),
        (lambda: build.seq_op("append", queue), "append takes one item"),
        (lambda: build.seq_op("tail", queue, n), "tail takes no item"),
    ],
)
def test_refusals(make: Callable[[], Expr], message: str) -> None:
    with pytest.raises(IllTyped) as caught:
        make()
    assert message in str(caught.value)


# --- folding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (build.not_(build.not_(B)), "b"),
        (build.not_(TRUE), "False"),
        (build.and_(), "True"),
        (build.or_(), "False"),
        (build.and_(TRUE, B), "b"),
        (build.and_(B, build.and_(C, B)), "b and c"),
        (build.or_(B, build.or_(C, B)), "b or c"),
        (build.and_(FALSE, partial_bool), "False"),
        (build.and_(B, FALSE), "False"),
        (build.or_(build.index(build.read("t", TableType(SLOT, BOOL)), d), TRUE), "True"),
        (build.and_(partial_bool, FALSE), "maybe == 1 and False"),
        (build.implies(B, C), "not b or c"),
        (build.eq(B, B), "True"),
        (build.eq(FREE, build.const("BUSY", DEV)), "False"),
        (build.eq(small, build.integer(9)), "False"),
        (build.eq(wide_two, build.integer(2)), "True"),
        (build.eq(partial_bool, partial_bool), "(maybe == 1) == (maybe == 1)"),
        (build.eq(maybe, build.const(None, OptionType(N))), "maybe == None"),
        (build.lt(small, build.integer(4)), "True"),
        (build.lt(small, build.integer(3)), "small < 3"),
        (build.lt(wide_two, wide_zero), "False"),
        (build.le(small, build.integer(3)), "True"),
        (build.le(build.integer(4), small), "False"),
        (build.le(build.integer(3), small), "3 <= small"),
        (build.le(build.unwrap(maybe), build.integer(7)), "maybe <= 7"),
        (build.arith("*", build.integer(6), wide_two), "12"),
        (build.arith("//", build.integer(-7), build.integer(2)), "-4"),
        (build.arith("%", build.integer(-7), build.integer(2)), "1"),
        (build.arith("+", n, wide_zero), "n"),
        (build.arith("+", ZERO, n), "n"),
        (build.arith("-", n, ZERO), "n"),
        (build.ite(TRUE, n, m), "n"),
        (build.ite(B, n, n), "n"),
        (build.ite(partial_bool, n, n), "n if maybe == 1 else n"),
        (build.index(build.const(("FREE", "BUSY"), TableType(SLOT, DEV)), build.const(1, SLOT)), "BUSY"),
        (build.index(build.map_update(dev, d, FREE), d), "FREE"),
        (build.get(build.make_record(PAIR, [small, B]), "ok"), "b"),
        (build.get(build.make_record(PAIR, [n, B]), "ok"), "Pair(id=n, ok=b).ok"),
        (build.get(build.const((3, True), PAIR), "id"), "3"),
        (build.make_record(PAIR, [ONE, TRUE]), "Pair(id=1, ok=True)"),
        (build.unwrap(build.coerce(d, OptionType(SLOT))), "d"),
        (build.quant("all", d, FALSE), "False"),
        (build.quant("count", d, TRUE), "count(True for d in Slot)"),
        (build.contains_item(n, queue), "n <= 3 and n in q"),
        (build.contains_item(maybe, queue), "maybe != None and 0 <= maybe and maybe <= 3 and maybe in q"),
        (build.set_lit(SetType(DEV), [FREE, FREE]), "{FREE}"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_folding(e: Expr, text: str) -> None:
    assert expr_text(e) == text


@pytest.mark.parametrize(
    ("e", "t"),
    [
        (build.arith("+", n, small), IntType(0, 10)),
        (build.arith("-", n, small), IntType(-3, 7)),
        (build.arith("*", build.arith("-", small, n), small), IntType(-21, 9)),
        (build.arith("//", build.arith("-", small, n), ONE), IntType(-7, 3)),
        (build.arith("//", n, small), IntType(0, 7)),
        (build.arith("%", n, build.integer(3)), IntType(0, 2)),
        (build.arith("%", small, build.integer(4)), IntType(0, 3)),
        (build.arith("%", build.arith("-", small, n), build.integer(3)), IntType(0, 2)),
        (build.ite(B, small, build.integer(-2)), IntType(-2, 3)),
        (build.quant("count", d, B), IntType(0, 2)),
        (build.length(queue), IntType(0, 2)),
        (build.length(flags), IntType(0, 2)),
        (build.seq_at(queue, n), SMALL),
        (build.set_op("<=", flags, flags), BOOL),
    ],
)
def test_types(e: Expr, t: Type) -> None:
    assert e.type == t


def test_an_optional_operand_is_unwrapped() -> None:
    made = build.arith("+", maybe, ONE)
    assert isinstance(made, Arith)
    assert isinstance(made.left, Unwrap)
    assert build.get(build.read("r", OptionType(PAIR)), "id").type == SMALL


def test_optionals_of_overlapping_ranges_compare() -> None:
    made = build.eq(maybe, build.read("other", OptionType(SMALL)))
    index = {"maybe": 0, "other": 1}
    results = {(a, b): evaluate(made, Env(index, (a, b))) for a in (None, 2, 7) for b in (None, 2)}
    assert [pair for pair, equal in results.items() if equal] == [(None, None), (2, 2)]


def test_an_update_that_may_fault_is_not_looked_through() -> None:
    key = build.unwrap(holder)
    made = build.index(build.map_update(dev, key, FREE), key)
    with pytest.raises(Undefined):
        evaluate(made, Env({"dev": 0, "holder": 1}, (("FREE", "FREE"), None)))


@given(st.data())
@settings(max_examples=150)
def test_folding_keeps_the_meaning(
    random_conditions: st.SearchStrategy[Expr],
    random_states: st.SearchStrategy[tuple[Any, ...]],
    random_index: dict[str, int],
    data: st.DataObject,
) -> None:
    """Putting in constants, which folds, and evaluating with their values is the same."""
    e = data.draw(random_conditions)
    p, x = build.var("p", ScalarsetType("Member", 2)), build.var("x", IntType(0, 3))
    for _ in range(3):
        state, member, number = data.draw(random_states), data.draw(st.integers(0, 1)), data.draw(st.integers(0, 3))
        folded = substitute(e, {p: build.const(member, p.type), x: build.integer(number)})
        expected = value_or_fault(e, Env(random_index, state, vars={"p": member, "x": number}))
        assert value_or_fault(folded, Env(random_index, state)) == expected


def value_or_fault(e: Expr, env: Env) -> object:
    try:
        return evaluate(e, env)
    except Undefined:
        return "fault"
