"""The functional form against the interpreter: same enabledness, same faults, same successors, for every choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtspec.ir import build
from virtspec.ir.nodes import Action, Assign, Choose, Cost, Expr, Fault, Field, If, Let, Require, Stmt, System
from virtspec.ir.passes.functional import Functional, defined, functional
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
            assert faults[0].message in (outcome.message, faults[0].message if "undefined" in faults[0].message else "")
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
@settings(max_examples=6000)
def test_random_bodies_mean_the_same(
    random_systems: st.SearchStrategy[System], random_states: st.SearchStrategy[tuple[Any, ...]], data: st.DataObject
) -> None:
    system = data.draw(random_systems)
    verify(system)
    for _ in range(4):
        agree(system, data.draw(random_states))


@given(st.data())
@settings(max_examples=6000)
def test_defined_tells_exactly_where_evaluation_faults(
    random_conditions: st.SearchStrategy[Expr], random_states: st.SearchStrategy[tuple[Any, ...]], data: st.DataObject
) -> None:
    e = data.draw(random_conditions)
    condition = defined(e)
    index = {name: i for i, name in enumerate(FIELD_ORDER)}
    for _ in range(4):
        state = data.draw(random_states)
        bindings: Bindings = {"p": data.draw(st.integers(0, 1)), "x": data.draw(st.integers(0, 3))}
        try:
            evaluate(e, Env(index, state, vars=dict(bindings)))
            fine = True
        except Undefined:
            fine = False
        assert evaluate(condition, Env(index, state, vars=dict(bindings))) is fine


FIELD_ORDER = ("flag", "number", "mod", "letter", "maybe", "counts", "nested", "queue", "set", "record")
from collections import Counter
STAT=Counter()
@given(st.data())
@settings(max_examples=1000)
def test_stat(random_systems,random_states,data):
    s=data.draw(random_systems)
    for _ in range(2): STAT.update(agree(s,data.draw(random_states)))
    f=functional(s,s.actions[0])
    STAT['updates']+=len(f.updates); STAT['faults']+=len(f.faults); STAT['choices']+=len(f.choices); STAT['sys']+=1; STAT['guardnontriv']+= f.guard is not build.TRUE
def test_show(): print(STAT)
