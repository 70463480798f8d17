from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, Cost, Expr, Fault, If, Let, Read, Require, Var
from virtspec.ir.system import System
from virtspec.ir.text import expr_text
from virtspec.ir.types import BOOL, IntType, OptionType, ScalarsetType, SeqType, TableType
from virtspec.ir.walk import (
    bound_var,
    children,
    construct,
    expressions,
    free_vars,
    renamed_apart,
    rewrite,
    statements,
    subexpressions,
    substitute,
    substitute_reads,
    unused,
)
from virtspec.semantics.interp import Env, Undefined, evaluate

SLOT, N = ScalarsetType("Slot", 3), IntType(0, 3)
table, n, flag = build.read("table", TableType(SLOT, N)), build.read("n", N), build.read("flag", BOOL)
d, e, x = build.var("d", SLOT), build.var("e", SLOT), build.var("x", N)
ONE, FOUR = build.integer(1), build.integer(4)


def same_entry(v: Var, than: Expr) -> Expr:
    return build.eq(build.index(table, v), than)


# --- walks -----------------------------------------------------------------------------------------------------------


def test_children_are_the_parts_from_left_to_right() -> None:
    update = build.map_update(table, d, n)
    assert children(update) == (table, d, n)
    assert children(build.ite(flag, n, x)) == (flag, n, x)
    assert children(build.quant("all", d, flag)) == (flag,)
    assert children(n) == ()
    queue = build.read("q", SeqType(N, 2))
    assert children(build.seq_op("tail", queue)) == (queue,)
    assert children(build.seq_op("append", queue, n)) == (queue, n)


def test_bound_variables() -> None:
    binders = [build.quant("any", d, flag), build.map_of(d, n), build.set_of(d, flag)]
    assert [bound_var(b) for b in binders] == [d, d, d]
    assert bound_var(d) is None


def test_subexpressions_come_in_pre_order_and_once() -> None:
    root = build.and_(same_entry(d, n), build.lt(n, x))
    texts = [expr_text(part) for part in subexpressions(root)]
    assert texts == ["table[d] == n and n < x", "table[d] == n", "table[d]", "table", "d", "n", "n < x", "x"]


def test_free_variables() -> None:
    inner = build.quant("all", d, same_entry(d, x))
    assert free_vars(inner) == (x,)
    assert free_vars(build.and_(same_entry(e, x), inner, same_entry(d, n))) == (e, x, d)


def test_statements_and_their_expressions() -> None:
    choose, cost, fault = Choose(d), Cost("c"), Fault("f")
    assign, let, require = Assign("table", (d,), n), Let(x, n), Require(flag)
    branch = If(flag, (choose, assign), (fault,))
    body = (let, branch, require, cost)
    assert list(statements(body)) == [let, branch, choose, assign, fault, require, cost]
    assert expressions(assign) == (n, d)
    assert [expressions(s) for s in (let, branch, require)] == [(n,), (flag,), (flag,)]
    assert [expressions(s) for s in (choose, cost, fault)] == [(), (), ()]


# --- rewriting -------------------------------------------------------------------------------------------------------


def test_rewrite_goes_bottom_up_and_visits_what_is_shared_once() -> None:
    seen = []

    def note(part: Expr) -> Expr:
        seen.append(expr_text(part))
        return build.read("m", N) if part is n else part

    made = rewrite(build.and_(build.lt(n, x), build.le(x, n)), note)
    assert expr_text(made) == "m < x and x <= m"
    assert seen == ["n", "x", "m < x", "x <= m", "m < x and x <= m"]


def test_rewriting_nothing_gives_the_same_object() -> None:
    root = build.quant("all", d, same_entry(d, n))
    assert rewrite(root, lambda part: part) is root


def test_constants_that_come_to_light_fold() -> None:
    root = build.or_(build.lt(x, ONE), flag)
    assert expr_text(substitute(root, {x: build.integer(0)})) == "True"
    assert substitute(root, {x: ONE}) is flag


def test_what_always_faults_stays() -> None:
    narrowed = build.coerce(build.arith("+", x, ONE), N)
    three = build.const(3, N)
    assert expr_text(substitute(narrowed, {x: three}), explicit=True) == "narrow(#4, 0..3)"
    quotient = build.arith("//", n, x)
    assert expr_text(substitute(quotient, {x: build.integer(0)})) == "n // 0"
    zero = build.ite(flag, build.arith("*", n, build.integer(0)), build.integer(0))
    assert expr_text(substitute(quotient, {x: zero})) == "n // (n * 0 if flag else 0)"
    maybe = build.var("m", OptionType(N))
    none = build.const(None, maybe.type)
    assert expr_text(substitute(build.unwrap(maybe), {maybe: none}), explicit=True) == "unwrap(#None)"


def test_a_table_keeps_its_type_when_its_entries_become_constant() -> None:
    root = build.coerce(build.map_of(d, x), TableType(SLOT, N))
    assert substitute(root, {x: ONE}).type == TableType(SLOT, N)


# --- substitution ----------------------------------------------------------------------------------------------------


def test_all_variables_are_replaced_at_once() -> None:
    y = build.var("y", N)
    assert expr_text(substitute(build.lt(x, y), {x: y, y: x})) == "y < x"


def test_a_bound_variable_is_not_replaced() -> None:
    root = build.and_(same_entry(d, x), build.quant("all", d, same_entry(d, n)))
    assert expr_text(substitute(root, {d: e})) == "table[e] == x and all(table[d] == n for d in Slot)"


def test_nothing_is_captured() -> None:
    root = build.quant("any", d, same_entry(d, x))
    made = substitute(root, {x: build.index(table, d)})
    assert expr_text(made) == "any(table[d'2] == table[d] for d'2 in Slot)"
    assert free_vars(made) == (d,)


def test_no_name_is_bound_twice_on_one_path() -> None:
    count = build.quant("count", d, same_entry(d, ONE))
    made = substitute(build.map_of(d, build.lt(build.index(table, d), x)), {x: count})
    assert expr_text(made) == "{d'2: table[d'2] < count(table[d] == 1 for d in Slot) for d'2 in Slot}"


def test_a_binder_that_nothing_comes_below_is_left_alone() -> None:
    quantified = build.quant("all", d, same_entry(d, n))
    made = substitute(build.and_(same_entry(e, x), quantified), {x: build.index(table, d)})
    assert quantified in children(made)


def test_reads_of_the_current_state_are_replaced() -> None:
    before = build.read("n", N, before=True)
    made = substitute_reads(build.and_(build.lt(before, n), flag), {"n": x, "other": x})
    assert expr_text(made) == "old.n < x and flag"


def test_unused_names() -> None:
    assert unused("d", []) == "d"
    assert unused("d", ["d", "d'3"]) == "d'2"
    assert unused("d", ["d", "d'2", "e"]) == "d'3"


@given(st.data())
@settings(max_examples=100)
def test_replacing_reads_is_evaluating_in_another_state(
    random_conditions: st.SearchStrategy[Expr],
    random_systems: st.SearchStrategy[System],
    random_states: st.SearchStrategy[tuple[Any, ...]],
    data: st.DataObject,
) -> None:
    """A condition behind an assignment, in terms of the state before it."""
    cond, value = data.draw(random_conditions), data.draw(random_conditions)
    system, state = data.draw(random_systems), data.draw(random_states)
    bindings = {"p": 1, "x": 2}
    index = system.field_index
    try:
        new = evaluate(value, Env(index, state, vars=dict(bindings)))
    except Undefined:
        return
    after = [*state]
    after[index["flag"]] = new
    composed = substitute_reads(cond, {"flag": value})
    assert outcome(composed, Env(index, state, vars=dict(bindings))) == outcome(
        cond, Env(index, after, vars=dict(bindings))
    )


@given(st.data())
@settings(max_examples=150)
def test_constructing_an_expression_again_keeps_its_type_and_meaning(
    random_conditions: st.SearchStrategy[Expr],
    random_index: dict[str, int],
    random_states: st.SearchStrategy[tuple[Any, ...]],
    data: st.DataObject,
) -> None:
    root, state = data.draw(random_conditions), data.draw(random_states)
    memo: dict[Expr, Expr] = {}
    for part in reversed(list(subexpressions(root))):
        memo[part] = again(part, memo)
    made = memo[root]
    assert made.type == root.type
    bindings = {"p": 0, "x": 3}
    env = Env(random_index, state, vars=dict(bindings))
    assert outcome(made, env) == outcome(root, Env(random_index, state, vars=dict(bindings)))


def again(part: Expr, memo: dict[Expr, Expr]) -> Expr:
    if part not in memo:
        memo[part] = construct(part, tuple(again(c, memo) for c in children(part)))
    return memo[part]


def outcome(root: Expr, env: Env) -> object:
    try:
        return evaluate(root, env)
    except Undefined:
        return "fault"


def test_reads_before_are_leaves_of_their_own() -> None:
    assert isinstance(build.read("n", N, before=True), Read)
    assert substitute(n, {build.read("n", N, before=True): x}) is n


def test_bound_variables_are_renamed_apart() -> None:
    inner = build.quant("any", e, build.and_(same_entry(e, n), same_entry(d, x)))
    root = build.and_(build.quant("all", d, inner), build.eq(build.map_of(e, n), table), same_entry(e, n))
    assert renamed_apart(root, {"x", "flag"}) is root
    again = renamed_apart(root, {"d", "e", "e'2"})
    assert expr_text(again) == (
        "all(any(table[e'3] == n and table[d'2] == x for e'3 in Slot) for d'2 in Slot)"
        " and {e'3: n for e'3 in Slot} == table and table[e] == n"
    )
    assert free_vars(again) == free_vars(root)
