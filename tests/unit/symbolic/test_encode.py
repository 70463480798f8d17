"""Terms mean what the interpreter says: every expression of random systems, at every state, folds to the same value."""

from __future__ import annotations

from collections import Counter

import pytest
import z3

from virtspec.explore.oracle import Search
from virtspec.explore.report import Limits
from virtspec.ir.system import System
from virtspec.ir.types import Type, Value, ordinal, values
from virtspec.semantics.interp import Faulted, State, Taken, outcomes
from virtspec.semantics.successors import holds
from virtspec.symbolic.numbers import Numbers
from virtspec.symbolic.relation import Relation, never_stuck
from virtspec.symbolic.values import Tree, leaves
from virtspec.testing.systems import rolled

SEEDS = (0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 15)
"""Numbers of systems in which something happens."""
STATES = 12
"""So many states of each system, spread over the search."""


def states_of(system: System) -> list[State]:
    search = Search(system, [], Limits(states=200))
    search.run()
    return search.states[:: max(len(search.states) // STATES, 1)]


@pytest.mark.parametrize("bits", [True, False])
@pytest.mark.parametrize("number", SEEDS)
def test_properties_at_states(number: int, bits: bool) -> None:
    system = rolled(number).system
    relation = Relation(system, Numbers(bits))
    invariants = [p for p in (*system.properties, never_stuck(system)) if p.kind in ("invariant", "reachable")]
    for state in states_of(system):
        encoder = relation.encoder(relation.constant(state))
        for prop in invariants:
            found = z3.simplify(relation.good(prop, encoder))
            assert z3.is_true(found) or z3.is_false(found), prop.id
            assert z3.is_true(found) == true(system, prop, state), (prop.id, state)


def true(system: System, prop: object, state: State) -> bool:
    from virtspec.explore.reasons import why_false

    return why_false(system, prop, state) is None  # type: ignore[arg-type]  # a Property


@pytest.mark.parametrize("bits", [True, False])
@pytest.mark.parametrize("number", SEEDS)
def test_steps_from_states(number: int, bits: bool) -> None:
    """For every way to pick: the guard and the faults are those of the interpreter, and so is the state behind."""
    system = rolled(number).system
    relation = Relation(system, Numbers(bits))
    seen: Counter[str] = Counter()
    for state in states_of(system):
        encoder = relation.encoder(relation.constant(state))
        for step in relation.steps(encoder):
            asked = z3.Solver()
            asked.add(step.guard)
            possible = {o.picks: o for o in outcomes(system, step.action, state) if isinstance(o, Taken | Faulted)}
            for picks, outcome in possible.items():
                given = picked(step.picks, step.paths, {v.name: x for v, x in picks}, relation)
                faults = [z3.is_true(z3.simplify(z3.substitute(f.cond, *given))) for f in step.faults]
                assert z3.is_true(z3.simplify(z3.substitute(step.guard, *given))), (step.action.name, picks)
                if isinstance(outcome, Faulted):
                    seen["faults"] += 1
                    assert sum(faults) == 1
                    assert step.faults[faults.index(True)].stated is outcome.stated
                else:
                    seen["steps"] += 1
                    assert not any(faults)
                    after = relation.constant(outcome.state)
                    same = z3.substitute(relation.same(dict(step.after), after), *given)
                    assert z3.is_true(z3.simplify(same)), (step.action.name, picks)
            assert (asked.check() == z3.sat) == bool(possible), step.action.name
    assert seen["steps"] > 0


def picked(
    picks: tuple[tuple[object, Tree], ...], paths: object, chosen: dict[str, Value], relation: Relation
) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    """Variables of choices with the terms of the values picked; those that were not asked for have the default."""
    from virtspec.ir.types import default

    found = []
    for v, tree in picks:
        value = chosen.get(v.name, default(v.type))  # type: ignore[attr-defined]  # a Var
        (variable,) = leaves(tree)
        found.append((variable, term(v.type, value, variable, relation)))  # type: ignore[attr-defined]
    return found


def term(t: Type, value: Value, variable: z3.ExprRef, relation: Relation) -> z3.ExprRef:
    if isinstance(value, bool):
        return z3.BoolVal(value)
    number = value if isinstance(value, int) else ordinal(t, value)
    return z3.BitVecVal(number, variable.sort()) if z3.is_bv(variable) else z3.IntVal(number)


def test_an_initial_state_is_one() -> None:
    system = rolled(3).system
    relation = Relation(system)
    solver = z3.Solver()
    state = relation.state()
    solver.add(relation.same(state, relation.init), relation.domain(state))
    assert solver.check() == z3.sat
    assert relation.read_state(state, solver.model(), {}) == system.init


def test_what_is_not_a_value_of_a_type_is_outside_its_domain() -> None:
    """As many assignments of the variables of a field lie in its domain as its type has values."""
    from virtspec.ir.types import cardinality

    counted = 0
    for number in SEEDS:
        system = rolled(number).system
        relation = Relation(system)
        for field in system.fields:
            if cardinality(field.type) > 40:
                continue
            tree = relation.make.variable(field.type, "x")
            solver = z3.Solver()
            solver.add(relation.make.domain(field.type, tree))
            variables = [leaf for leaf in leaves(tree) if z3.is_const(leaf)]
            models = 0
            while solver.check() == z3.sat:
                models += 1
                model = solver.model()
                solver.add(z3.Or([v != model.eval(v, model_completion=True) for v in variables]))
            assert models == cardinality(field.type), (number, field.name)
            assert models == len(values(field.type))
            counted += 1
    assert counted > 20


def test_holds_is_what_the_interpreter_says() -> None:
    """The helper of these tests asks for what `holds` says where it is defined."""
    system = rolled(5).system
    for prop in system.properties:
        if prop.kind == "invariant":
            assert true(system, prop, system.init) == holds(system, prop, system.init)
