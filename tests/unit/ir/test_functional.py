"""The functional form against the interpreter: same enabledness, same faults, same successors, for every choice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, Cost, Expr, Fault, If, Let, Require, Stmt
from virtspec.ir.passes.functional import Functional, defined, functional
from virtspec.ir.system import Action, Field, System
from virtspec.ir.text import expr_text
from virtspec.ir.types import BOOL, IntType, OptionType, ScalarsetType, SeqType, TableType, Type, Value, default, values
from virtspec.ir.verify import verify
from virtspec.semantics.interp import Disabled, Env, Faulted, Taken, Undefined, evaluate, outcomes, run

Bindings = dict[str, Value]


def env(system: System, state: tuple[Value, ...], bindings: Bindings) -> Env:
    return Env(system.field_index, state, vars=dict(bindings))


def assignments(
    system: System, form: Functional, state: tuple[Value, ...], at: int = 0, chosen: Bindings | None = None
) -> Iterator[tuple[Bindings, tuple[Value, ...]]]:
    """Every value of every choice, the default where the step does not come to it; and the picks really made."""
    chosen = {} if chosen is None else chosen
    if at == len(form.choices):
        made = [c for c in form.choices if evaluate(c.path, env(system, state, chosen))]
        yield chosen, tuple(chosen[c.var.name] for c in made)
        return
    choice = form.choices[at]
    reached = evaluate(choice.path, env(system, state, chosen))
    for value in values(choice.var.type) if reached else (default(choice.var.type),):
        yield from assignments(system, form, state, at + 1, {**chosen, choice.var.name: value})


def agree(system: System, state: tuple[Value, ...]) -> list[str]:
    """Compare the first action's functional form with the interpreter in `state`; what happened, choice by choice."""
    action = system.actions[0]
    form = functional(system, action)
    seen = []
    for chosen, picks in assignments(system, form, state):
        outcome = run(system, action, state, picks)
        here = env(system, state, chosen)
        guard = evaluate(form.guard, here)
        faults = [f for f in form.faults if evaluate(f.cond, here)]
        assert guard == (not isinstance(outcome, Disabled)), expr_text(form.guard)
        assert len(faults) == isinstance(outcome, Faulted)
        if isinstance(outcome, Faulted):
            assert faults[0].span == outcome.span
            assert faults[0].message == outcome.message or faults[0].message.startswith("undefined: ")
        if isinstance(outcome, Taken):
            updates = dict(form.updates)
            after = tuple(
                evaluate(updates[f.name], here) if f.name in updates else state[i] for i, f in enumerate(system.fields)
            )
            assert after == outcome.state
            assert tuple(c.name for c in form.costs if evaluate(c.cond, here)) == outcome.costs
        if not isinstance(outcome, Disabled):
            expected = tuple(c.source for c in form.choices if evaluate(c.path, here))
            assert outcome.picks == tuple(zip(expected, picks, strict=True))
        seen.append(type(outcome).__name__)
    assert len(seen) == len(outcomes(system, action, state))
    return seen


@given(st.data())
@settings(max_examples=150)
def test_random_bodies_mean_the_same(
    random_systems: st.SearchStrategy[System], random_states: st.SearchStrategy[tuple[Any, ...]], data: st.DataObject
) -> None:
    system = data.draw(random_systems)
    verify(system)
    for _ in range(4):
        agree(system, data.draw(random_states))


@given(st.data())
@settings(max_examples=150)
def test_defined_tells_exactly_where_evaluation_faults(
    random_conditions: st.SearchStrategy[Expr],
    random_states: st.SearchStrategy[tuple[Any, ...]],
    random_index: dict[str, int],
    data: st.DataObject,
) -> None:
    e = data.draw(random_conditions)
    condition = defined(e)
    for _ in range(4):
        state = data.draw(random_states)
        bindings: Bindings = {"p": data.draw(st.integers(0, 1)), "x": data.draw(st.integers(0, 3))}
        try:
            evaluate(e, Env(random_index, state, vars=dict(bindings)))
            fine = True
        except Undefined:
            fine = False
        assert evaluate(condition, Env(random_index, state, vars=dict(bindings))) is fine


# --- what the form looks like ----------------------------------------------------------------------------------------

SLOT, COUNT = ScalarsetType("Slot", 2), IntType(0, 3)
TABLE, HOLDER = TableType(SLOT, COUNT), OptionType(SLOT)
TYPES: dict[str, Type] = {"go": BOOL, "stop": BOOL, "n": COUNT, "table": TABLE, "holder": HOLDER}
READ = {name: build.read(name, t) for name, t in TYPES.items()}
GO, STOP, N = READ["go"], READ["stop"], READ["n"]
D = build.var("d", SLOT)
HELD = build.unwrap(READ["holder"])


def system(*body: Stmt, params: tuple[Any, ...] = ()) -> System:
    fields = tuple(Field(name, t, default(t)) for name, t in TYPES.items())
    made = System("Hand", (), fields, (Action("act", params, body),), ())
    verify(made)
    return made


def form_of(*body: Stmt, params: tuple[Any, ...] = ()) -> Functional:
    """The form of a body, once it is known to mean the same as the body in every state."""
    made = system(*body, params=params)
    for state in all_states():
        agree(made, state)
    return functional(made, made.actions[0])


def all_states() -> Iterator[tuple[Value, ...]]:
    yield from (tuple(state) for state in product(*(values(t) for t in TYPES.values())))


def plus_one() -> Expr:
    return build.coerce(build.arith("+", N, build.integer(1)), COUNT)


def updates(form: Functional) -> dict[str, str]:
    return {name: expr_text(e) for name, e in form.updates}


def faults(form: Functional) -> list[tuple[str, str]]:
    return [(expr_text(f.cond), f.message) for f in form.faults]


def test_requires_in_sequence_are_one_conjunction() -> None:
    form = form_of(Require(GO), Require(build.not_(STOP)), Assign("n", (), build.integer(0)))
    assert expr_text(form.guard) == "go and not stop"
    assert updates(form) == {"n": "0"}
    assert form.faults == ()


def test_updates_are_simultaneous() -> None:
    swap = (Assign("go", (), STOP), Assign("stop", (), GO))
    assert updates(form_of(*swap)) == {"go": "stop"}  # the second writes the old value of stop back


def test_a_let_remembers_the_value_of_its_time() -> None:
    x = build.var("x", BOOL)
    form = form_of(Let(x, GO), Assign("go", (), STOP), Assign("stop", (), x))
    assert updates(form) == {"go": "stop", "stop": "go"}


def test_a_require_behind_a_fault_does_not_disable() -> None:
    form = form_of(If(GO, (Fault("boom"),)), Require(STOP))
    assert expr_text(form.guard) == "go or stop"
    assert faults(form) == [("go", "boom")]


def test_a_fault_behind_a_require_needs_it() -> None:
    form = form_of(Require(STOP), Assign("n", (), plus_one()), If(GO, (Fault("boom"),)))
    assert expr_text(form.guard) == "stop"
    assert faults(form) == [("stop and not n + 1 <= 3", "undefined: n + 1"), ("stop and n + 1 <= 3 and go", "boom")]


def test_a_fault_that_the_way_excludes_is_none() -> None:
    held = build.not_(build.eq(READ["holder"], build.const(None, HOLDER)))
    form = form_of(Require(held), Assign("table", (HELD,), build.integer(1)), Require(build.eq(HELD, D)), params=(D,))
    assert expr_text(form.guard) == "holder != None and holder == d"
    assert form.faults == ()


def test_only_the_first_of_two_faults_counts() -> None:
    form = form_of(If(GO, (Fault("first"),)), If(STOP, (Fault("second"),)))
    assert faults(form) == [("go", "first"), ("not go and stop", "second")]


def test_what_follows_a_certain_fault_is_left_out() -> None:
    form = form_of(Fault("always"), Require(GO), Choose(D), Cost("never"))
    assert form.guard is build.TRUE
    assert faults(form) == [("True", "always")]
    assert (form.choices, form.costs) == ((), ())


def test_a_require_in_a_branch_binds_only_there() -> None:
    form = form_of(If(GO, (Require(STOP), Assign("n", (), build.integer(1)))))
    assert expr_text(form.guard) == "not go or stop"
    assert updates(form) == {"n": "1 if go else n"}


def test_branches_that_write_one_entry_join_in_the_entry() -> None:
    one, two = (Assign("table", (D,), build.integer(i)) for i in (1, 2))
    form = form_of(If(GO, (one,), (If(STOP, (two,)),)), params=(D,))
    assert updates(form) == {"table": "{**table, d: 1 if go else 2 if stop else table[d]}"}


def test_branches_that_write_different_entries_join_as_wholes() -> None:
    e = build.var("e", SLOT)
    form = form_of(
        If(GO, (Assign("table", (D,), build.integer(1)),), (Assign("table", (e,), build.integer(2)),)), params=(D, e)
    )
    assert updates(form) == {"table": "{**table, d: 1} if go else {**table, e: 2}"}


def test_a_key_that_may_fault_stays_in_its_branch() -> None:
    form = form_of(If(GO, (Assign("table", (HELD,), build.integer(1)),)))
    assert updates(form) == {"table": "{**table, holder: 1} if go else table"}
    assert faults(form) == [("go and holder == None", "undefined: holder")]


def test_an_assignment_of_an_entry_to_itself_is_no_update() -> None:
    assert form_of(Assign("table", (D,), build.index(READ["table"], D)), params=(D,)).updates == ()


def test_a_pick_in_a_branch_is_a_choice_with_a_path() -> None:
    form = form_of(If(GO, (Require(STOP), Choose(D), Assign("table", (D,), build.integer(1)))))
    assert [(c.var.name, expr_text(c.path)) for c in form.choices] == [("d", "go and stop")]


def test_a_name_picked_again_gets_a_number() -> None:
    again = (Choose(D), Assign("holder", (), build.coerce(D, HOLDER)))
    form = form_of(Assign("table", (D,), build.integer(1)), *again, If(GO, again), params=(D,))
    assert [c.var.name for c in form.choices] == ["d", "d'2", "d'3"]
    assert {c.source for c in form.choices} == {D}
    assert updates(form) == {"table": "{**table, d: 1}", "holder": "d'3 if go else d'2"}


def test_costs_say_where_they_are_spent() -> None:
    form = form_of(Cost("always"), If(GO, (Cost("sometimes"),)))
    assert [(expr_text(c.cond), c.name) for c in form.costs] == [("True", "always"), ("go", "sometimes")]


def test_a_count_moved_below_a_binder_of_the_same_name_keeps_its_meaning() -> None:
    x, e = build.var("x", IntType(0, 2)), build.var("e", SLOT)
    used = build.lt(build.integer(0), build.index(READ["table"], e))
    count = build.quant("count", e, used)
    form = form_of(Let(x, count), Require(build.quant("any", e, build.eq(build.index(READ["table"], e), x))))
    assert expr_text(form.guard) == "any(table[e'2] == count(0 < table[e] for e in Slot) for e'2 in Slot)"


def test_a_constant_branch_is_the_only_one() -> None:
    form = form_of(If(build.TRUE, (Assign("n", (), build.integer(1)),), (Choose(D), Fault("never"))))
    assert (form.choices, form.faults, updates(form)) == ((), (), {"n": "1"})


# --- defined ---------------------------------------------------------------------------------------------------------

ZERO = build.integer(0)
QUEUE = build.read("queue", SeqType(COUNT, 2))
E = build.var("e", COUNT)


@pytest.mark.parametrize(
    ("e", "condition"),
    [
        (GO, "True"),
        (build.index(READ["table"], HELD), "holder != None"),
        (plus_one(), "n + 1 <= 3"),
        (build.coerce(build.arith("-", N, build.integer(1)), COUNT), "0 <= n - 1"),
        (build.arith("//", build.integer(6), N), "n != 0"),
        (build.arith("%", N, build.integer(2)), "True"),
        (build.seq_at(QUEUE, N), "n < len(queue)"),
        (build.seq_at(QUEUE, build.integer(-1)), "0 - len(queue) <= -1"),
        (build.seq_op("append", QUEUE, N), "len(queue) < 2"),
        (build.seq_op("tail", QUEUE), "0 < len(queue)"),
        (build.seq_op("remove", QUEUE, N), "n in queue"),
        (build.and_(GO, build.eq(HELD, D)), "not go or holder != None"),
        (build.or_(GO, build.eq(HELD, D)), "go or holder != None"),
        (build.and_(build.eq(HELD, D), GO), "holder != None"),
        (build.ite(GO, HELD, D), "not go or holder != None"),
        (build.quant("count", E, build.eq(build.arith("//", N, E), ZERO)), "all(e != 0 for e in 0..3)"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_defined(e: Expr, condition: str) -> None:
    assert expr_text(defined(e)) == condition


def test_a_quantifier_that_stops_early_is_defined_if_what_it_evaluated_is() -> None:
    below = build.lt(build.arith("//", build.integer(6), build.coerce(build.arith("-", build.integer(2), E), COUNT)), N)
    state = tuple(default(t) for t in TYPES.values())
    e = build.quant("all", E, below)  # 6 // 2 < n is false for n == 0, so that the division by 0 is never met
    index = {name: i for i, name in enumerate(TYPES)}
    assert evaluate(e, Env(index, state)) is False
    assert evaluate(defined(e), Env(index, state)) is True
    above = build.not_(build.quant("any", E, build.not_(below)))
    assert evaluate(defined(above), Env(index, state)) is True
    every = build.quant("count", E, below)
    assert evaluate(defined(every), Env(index, state)) is False
