"""Reductions keep what the oracle finds; symmetry holds, state by state, where `symmetric` says that it does.

What was compared is counted and demanded: reductions that remove nothing, or symmetries of systems without scalarsets,
would prove nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from virtspec.api.checking import check as checked
from virtspec.api.checking import reason_of
from virtspec.api.shipped import mechanism
from virtspec.explore.oracle import Search, check
from virtspec.explore.report import Limits, Report
from virtspec.explore.report_json import short, trace_of
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.nodes import Const
from virtspec.ir.passes.dead import reset_dead
from virtspec.ir.passes.permute import Permutations, is_fixed, permuted
from virtspec.ir.passes.slice import sliced
from virtspec.ir.passes.symmetry import optional_locals, symmetric
from virtspec.ir.system import Property, System
from virtspec.ir.types import ScalarsetType, Type, Value
from virtspec.ir.verify import verify
from virtspec.ir.walk import expressions, statements, subexpressions
from virtspec.semantics.interp import Faulted, State, Taken, Undefined, run
from virtspec.semantics.successors import holds, successors
from virtspec.testing import RandomSpecification, systems
from virtspec.trace.trace import Step, Trace, replay
from virtspec.trace.verdict import DEADLOCK, FAULT, violated_by

LIMIT = 60
"""States up to which a random system is compared."""
CLOSELY = 6
"""States in which the symmetry of a random system is tried out."""

TESTS = Path(__file__).parents[1]
CLASSICS = TESTS / "corpus" / "classics"
SMALL: list[tuple[str, dict[str, int | bool]]] = [
    ("dining", {"N": 3}),
    ("german", {"Client": 2, "D": 1}),
    ("mcs", {"Proc": 2}),
    ("peterson", {"N": 3, "L": 1}),
    ("ring", {"P": 1, "C": 1, "K": 2}),
    ("ticket_lock", {"Cpu": 3}),
    ("ticket_lock", {"Cpu": 3, "tickets": 2}),
]


@cache
def classic(model: str, params: tuple[tuple[str, int | bool], ...]) -> System:
    module = load_path(CLASSICS / f"{model}.py")
    return load(module.models[0], module.properties, dict(params))


def each(count: int, examine: Callable[[RandomSpecification], None]) -> None:
    """Examine that many random systems."""

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(systems())
    def run_all(spec: RandomSpecification) -> None:
        examine(spec)
        sys.modules.pop(spec.model.__module__)

    run_all()


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "params"), SMALL, ids=str)
def test_reductions_keep_the_verdicts_of_the_classics(model: str, params: dict[str, int | bool]) -> None:
    compare_reductions(classic(model, tuple(params.items())), None, None, Counter())


BATCHING = mechanism("request_batching")
NOT_LARGE = [c.name for c in BATCHING.cases if not c.slow and int(BATCHING.measured[c.name]["states"]) < 420]


@pytest.mark.parametrize("name", ["W2", *(pytest.param(n, marks=pytest.mark.slow) for n in NOT_LARGE if n != "W2")])
def test_reductions_keep_the_verdicts_of_request_batching(name: str) -> None:
    params = next(dict(case.params) for case in BATCHING.cases if case.name == name)
    seen: Counter[str] = Counter()
    compare_reductions(load(BATCHING.model, BATCHING.properties, params), None, None, seen)
    assert seen["sliced"] == 1


def test_reductions_keep_the_verdicts_of_random_systems() -> None:
    often = {"sliced": 100, "reset": 5, "fewer states": 10, "violated": 50}
    compare_random(200, often)


@pytest.mark.slow
def test_reductions_keep_the_verdicts_of_many_random_systems() -> None:
    often = {"sliced": 500, "reset": 40, "optional": 1, "fewer states": 80, "violated": 400, "reached": 30}
    compare_random(1000, often)


def compare_random(count: int, often: dict[str, int]) -> None:
    """`often` says how often a reduction must have changed something, and a trace must have been found."""
    seen: Counter[str] = Counter()

    def examine(spec: RandomSpecification) -> None:
        ids = None if len(spec.text) % 2 else [p.id for p in spec.system.properties[:1]]
        compare_reductions(spec.system, ids, LIMIT, seen)

    each(count, examine)
    assert {name: (seen[name], least) for name, least in often.items() if seen[name] < least} == {}


def compare_reductions(system: System, ids: Sequence[str] | None, limit: int | None, seen: Counter[str]) -> None:
    """Compare all reductions, alone and together, with the original; `ids` are the properties judged."""
    original = check(system, only=None if ids is None else [*ids, FAULT, DEADLOCK], limits=Limits(states=limit))
    if not original.complete:
        return
    cut, reset = sliced(system, ids), reset_dead(system, ids)
    both = reset_dead(cut.system, ids)
    seen["sliced"] += bool(cut.removed)
    seen["reset"] += bool(reset.fields)
    seen["optional"] += optional_locals(both.system) is not both.system
    reduced_ones = [cut.system, reset.system, both.system, optional_locals(both.system)]
    for reduced in {s.fingerprint: s for s in reduced_ones if s.fingerprint != system.fingerprint}.values():
        compare_reports(system, original, reduced, seen)


def compare_reports(system: System, original: Report, reduced: System, seen: Counter[str]) -> None:
    verify(reduced)
    report = check(reduced, limits=Limits(states=original.states))
    judged = {i: short(v) for i, v in original.verdicts.items()}
    assert {i: short(v) for i, v in report.verdicts.items() if i in judged} == judged
    assert report.states <= original.states
    assert [a.name for a in reduced.actions] == [a.name for a in system.actions]
    seen["fewer states"] += report.states < original.states
    for verdict in report.verdicts.values():
        trace = trace_of(verdict)
        if trace is not None:
            seen[short(verdict).split()[0]] += 1
            repeated = on(system, trace)
            replay(system, repeated)
            assert reason_of(system, repeated) is not None


def on(system: System, trace: Trace) -> Trace:
    """A trace of a reduced system as one of `system`: what is chosen is the same, what is reached is not."""
    state, steps = system.init, []
    for step in trace.steps:
        outcome = run(system, system.action(step.action), state, step.picks)
        assert isinstance(outcome, Taken | Faulted)
        assert tuple(value for _, value in outcome.picks) == step.picks
        after = outcome.state if isinstance(outcome, Taken) else None
        assert (after is None) == (step.state is None)
        steps.append(Step(step.action, step.picks, after))
        state = after if after is not None else state
    return Trace(system.fingerprint, tuple(steps), trace.property, trace.loop)


# --- symmetry --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "params"), SMALL, ids=str)
def test_the_scalarsets_of_the_classics_are_symmetric(model: str, params: dict[str, int | bool]) -> None:
    system = classic(model, tuple(params.items()))
    expected = {"german": ["Client"], "mcs": ["Proc"], "ticket_lock": ["Cpu"]}
    found = symmetric(system)
    assert [s.name for s in found.reasons] == expected.get(model, [])
    assert list(found.reasons) == list(found.interchangeable)
    compare_symmetry(system, 40, Counter())


def test_specifications_are_as_symmetric_as_they_are_said_to_be() -> None:
    seen: Counter[str] = Counter()
    for path in sorted((TESTS / "lang" / "accept").glob("*.py")):
        module = load_path(path)
        compare_symmetry(load(module.models[0], module.properties), 8, seen)
    for case in BATCHING.cases:
        if case.params.get("Sub", 1) != 1:
            compare_symmetry(load(BATCHING.model, BATCHING.properties, dict(case.params)), 8, seen)
    assert seen["symmetric"] >= 20 and seen["with constants"] >= 8 and seen["refused"] >= 2, seen


def test_random_systems_are_as_symmetric_as_they_are_said_to_be() -> None:
    seen: Counter[str] = Counter()
    each(80, lambda spec: compare_symmetry(optional_locals(spec.system), CLOSELY, seen))
    assert seen["symmetric"] >= 25 and seen["renamed states"] >= 20 and seen["moves"] >= 200, seen


@pytest.mark.slow
def test_many_random_systems_are_as_symmetric_as_they_are_said_to_be() -> None:
    seen: Counter[str] = Counter()
    each(1000, lambda spec: compare_symmetry(optional_locals(spec.system), CLOSELY, seen))
    assert seen["symmetric"] >= 300 and seen["renamed states"] >= 300, seen


def compare_symmetry(system: System, states: int, seen: Counter[str]) -> None:
    """In the first states, under every renaming of each scalarset said to be symmetric: steps and properties agree."""
    found = symmetric(system)
    seen["symmetric"] += len(found.interchangeable)
    seen["with constants"] += sum(names_members(system, s) for s in found.interchangeable)
    seen["refused"] += len(found.reasons) - len(found.interchangeable)
    search = Search(system, limits=Limits(states=states))
    search.run()
    for scalarset in found.interchangeable:
        for perm in list(permutations(range(scalarset.size)))[1:]:
            for state in search.states:
                compare_renamed(system, state, {scalarset: perm}, seen)


def names_members(system: System, s: ScalarsetType) -> bool:
    """Whether a member of `s` is named in an action or a property, so that to be symmetric is not a matter of course."""
    roots = [e for a in system.actions for stmt in statements(a.body) for e in expressions(stmt)]
    named = subexpressions(*roots, *(p.expr for p in system.properties))
    return not all(is_fixed(e.type, e.value, s) for e in named if isinstance(e, Const))


def compare_renamed(system: System, state: State, perms: Permutations, seen: Counter[str]) -> None:
    other = renamed(system, state, perms)
    steps = moves(system, state)
    expected = Counter[Move]()
    for (action, picks, after, costs), times in steps.items():
        picked = tuple((t, permuted(t, value, perms)) for t, value in picks)
        expected[action, picked, None if after is None else renamed(system, after, perms), costs] += times
    assert moves(system, other) == expected
    seen["moves"] += steps.total()
    seen["renamed states"] += other != state
    ends = [after for _, _, after, _ in steps if after is not None]
    for p in system.properties:
        for after in ends if p.kind == "transition" else [state]:
            assert judged(system, p, state, after) == judged(system, p, other, renamed(system, after, perms)), (
                f"{p.id}: {perms}"
            )


Move = tuple[str, tuple[tuple[Type, Value], ...], State | None, tuple[str, ...]]
"""The action, the picks with their types, the state reached (None for a fault) and the costs in no order (or what the fault
violates)."""


def moves(system: System, state: State) -> Counter[Move]:
    found = Counter[Move]()
    for action, outcome in successors(system, state):
        picks = tuple((v.type, value) for v, value in outcome.picks)
        if isinstance(outcome, Taken):
            found[action.name, picks, outcome.state, tuple(sorted(outcome.costs))] += 1
        else:
            found[action.name, picks, None, violated_by(system, outcome)] += 1
    return found


def renamed(system: System, state: State, perms: Permutations) -> State:
    return tuple(permuted(f.type, value, perms) for f, value in zip(system.fields, state, strict=True))


def judged(system: System, prop: Property, before: State, state: State) -> bool | None:
    """Whether the property is true; None where it is not defined."""
    try:
        return holds(system, prop, state, before)
    except Undefined:
        return None


def test_factors_are_what_searches_without_a_reduction_find() -> None:
    """One reduction alone leaves out of the oracle's states as many as its factor says."""
    system = load(BATCHING.model, BATCHING.properties, dict(BATCHING.case("v6.1").params))
    whole = check(system).states
    for name in ("slice", "dead"):
        report = checked(system, reduce=(name,), factors=True)
        assert [(r.name, r.factor) for r in report.reductions] == [(name, whole / report.states)]
    assert checked(system, reduce=("dead",)).reductions[0].factor is None
