"""Under reductions: the same verdicts and lengths of traces, and under symmetry as many states as there are orbits.

Orbits are counted here by renaming every state that the oracle finds in all ways, which shares nothing with the sorting
and the generated code of the native engine.
"""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from virtspec.api import catalog, find
from virtspec.api.checking import reason_of
from virtspec.api.shipped import mechanism
from virtspec.explore import oracle
from virtspec.explore.native.check import check
from virtspec.explore.native.reduce import reduced
from virtspec.explore.report import REDUCTIONS, Limits, Report
from virtspec.explore.report_json import short, trace_of
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.passes.permute import permuted
from virtspec.ir.system import System
from virtspec.ir.types import ScalarsetType
from virtspec.semantics.interp import State
from virtspec.testing import RandomSpecification, systems

CLASSICS = Path(__file__).parents[1] / "corpus" / "classics"
MOST = 3000
"""States of a random system beyond which it is left out."""


def orbits(system: System, scalarsets: tuple[ScalarsetType, ...]) -> dict[frozenset[State], int]:
    """The orbits of the states reached, and how many of their states are."""
    search = oracle.Search(system)
    search.run()
    ways = [
        dict(zip(scalarsets, ps, strict=True)) for ps in product(*(permutations(range(s.size)) for s in scalarsets))
    ]
    found: Counter[frozenset[State]] = Counter()
    types = [f.type for f in system.fields]
    for state in search.states:
        renamed = (tuple(permuted(t, v, way) for t, v in zip(types, state, strict=True)) for way in ways)
        found[frozenset(renamed)] += 1
    return found


def verdicts(report: Report) -> dict[str, str]:
    return {prop: short(verdict) for prop, verdict in report.verdicts.items()}


def agrees(system: System, plain: Report, seen: Counter[str], workers: int) -> None:
    """Compare all reductions, and each alone, with the oracle's report on the system as it is."""
    ids = [p.id for p in system.properties]
    for which in (REDUCTIONS, *((name,) for name in REDUCTIONS)):
        report = check(system, reduce=which, workers=workers)
        assert verdicts(report) == verdicts(plain), which
        assert report.states <= plain.states
        for verdict in report.verdicts.values():
            trace = trace_of(verdict)
            assert trace is None or reason_of(system, trace) is not None
        seen.update(r.name for r in report.reductions)
        seen["fewer states"] += report.states < plain.states
    small = reduced(system, ids, ("symmetry",))
    if small.symmetric:
        expected = orbits(small.system, small.symmetric)
        report = check(system, reduce=("symmetry",), workers=workers)
        assert report.states == len(expected)
        [note] = report.reductions
        assert note.factor == sum(map(len, expected)) / len(expected)
        seen["larger orbits"] += any(len(orbit) > 1 for orbit in expected)


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("german", {"Client": 2, "D": 2}),
        ("mcs", {"Proc": 3}),
        ("ticket_lock", {"Cpu": 3}),
        ("ticket_lock", {"Cpu": 4}),
        ("ticket_lock", {"Cpu": 3, "fetch_add": False}),
        ("ring", {"P": 2, "C": 1, "K": 2}),
        ("peterson", {"N": 3, "L": 1}),
        ("dining", {"N": 3}),
    ],
    ids=str,
)
def test_the_classics(model: str, params: dict[str, int | bool]) -> None:
    module = load_path(CLASSICS / f"{model}.py")
    system = load(module.models[0], module.properties, params)
    seen: Counter[str] = Counter()
    agrees(system, oracle.check(system), seen, workers=2)
    assert (seen["symmetry"] > 0) == (model in ("german", "mcs", "ticket_lock"))


@pytest.mark.parametrize(("clients", "expected"), [(3, 9_616), (4, 52_015), (5, 246_285)])
def test_orbits_that_others_have_counted(clients: int, expected: int) -> None:
    """What Rumur and TLC say of German's protocol with two data values; the orbits of three were counted by nobody else."""
    module = load_path(CLASSICS / "german.py")
    report = check(load(module.models[0], module.properties, {"Client": clients, "D": 2}))
    stands_for = {3: 53_271, 4: 1_024_839, 5: 20_801_691}[clients]
    assert report.states == expected
    assert [(r.name, round(r.factor * report.states)) for r in report.reductions if r.factor] == [
        ("symmetry", stands_for)
    ]


SHIPPED = [(m.name, case.name) for m in catalog().values() for case in m.cases if not case.slow]


@pytest.mark.parametrize(
    ("name", "config"),
    [pytest.param(*c, marks=() if n % 4 == 0 else pytest.mark.slow) for n, c in enumerate(SHIPPED)],
)
def test_a_shipped_configuration_gives_the_verdicts_of_its_manifest(name: str, config: str) -> None:
    """Of what shows in states and steps: for behaviours nothing is reduced. Each fourth one in the ordinary test run."""
    system = find(name).load(config)
    judged = [*(p.id for p in system.properties), *(p.id for p in system.faultless), "fault", "deadlock"]
    expected = mechanism(name).measured[config]["verdicts"]
    assert verdicts(check(system, only=judged, workers=1)) == {prop: expected[prop] for prop in judged}


def compare_random(examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(systems())
    def compare(spec: RandomSpecification) -> None:
        plain = oracle.check(spec.system, limits=Limits(states=MOST))
        if plain.complete:
            agrees(spec.system, plain, seen, workers=1 + seen["compared"] % 2)
            seen["compared"] += 1

    compare()
    return seen


def test_random_systems() -> None:
    seen = compare_random(40)
    assert seen["compared"] > 30
    assert seen["symmetry"] > 3
    assert seen["larger orbits"] > 2


@pytest.mark.slow
def test_two_thousand_random_systems() -> None:
    seen = compare_random(2000)
    assert seen["compared"] > 1500
    assert min(seen[name] for name in (*REDUCTIONS, "larger orbits", "fewer states")) > 100
