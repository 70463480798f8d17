"""The native explorer finds what the oracle finds, on classics, the shipped corpus and random systems.

Compared are states, transitions, depth, the steps of each action, the verdicts with the lengths of their traces, and how
many values each field takes. A trace itself may be another one that is as short: it is replayed by the interpreter and
must show what it is given for. Nothing is reduced here, or there would be nothing to compare counts with.

What the random systems do is counted, and the counts are demanded, see `test_random_systems`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from virtspec.api.manifest import figures_of
from virtspec.api.shipped import catalog
from virtspec.explore.native.check import check as native
from virtspec.explore.oracle import check as oracle
from virtspec.explore.reasons import why_broken, why_false, why_not
from virtspec.explore.report import Limits, Report
from virtspec.explore.report_json import short, trace_of, word
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.budget import Budget
from virtspec.ir.system import Faultless, Field, System, Temporal
from virtspec.ir.types import IntType
from virtspec.semantics.interp import Faulted
from virtspec.semantics.successors import busy, successors
from virtspec.testing import RandomSpecification, systems
from virtspec.trace.trace import replay
from virtspec.trace.verdict import DEADLOCK, FAULT, Verdict, Violated, violated_by

ROOT = Path(__file__).parent.parent.parent
CLASSICS = ROOT / "tests" / "corpus" / "classics"
MOST_WORKERS = 4


def told(report: Report) -> dict[str, Any]:
    """What must not depend on the engine, nor on the number of workers."""
    return {
        "counts": (report.states, report.transitions, report.depth, report.complete, report.stopped),
        "per_action": dict(report.per_action),
        "verdicts": {prop: short(verdict) for prop, verdict in report.verdicts.items()},
        "spent": {prop: str(amounts) for prop, amounts in report.amounts.items()},
        "values": report.values,
    }


def explored(system: System, workers: int, **how: Any) -> Report:
    """The native explorer's report, every trace of it replayed."""
    report = native(system, workers=workers, reduce=(), **how)
    for prop, verdict in report.verdicts.items():
        assert shows(system, prop, verdict), prop
    return report


def shows(system: System, prop: str, verdict: Verdict) -> bool:
    """Whether the trace that a verdict comes with is one, and shows what it is given for."""
    trace = trace_of(verdict)
    if trace is None:
        return True
    done = replay(system, trace)
    assert trace.fingerprint == system.fingerprint
    states = trace.states(system)
    judged = system.declared.get(prop)
    if prop == FAULT or isinstance(judged, Faultless):
        last = done[-1]
        assert isinstance(last, Faulted) and isinstance(verdict, Violated)
        return prop in violated_by(system, last) and verdict.reason == f"{last.message} ({last.span})"
    if prop == DEADLOCK:
        return bool(busy(system, states[-1])) and not list(successors(system, states[-1]))
    assert judged is not None
    if isinstance(judged, Temporal):
        return isinstance(verdict, Violated) and why_not(system, judged, trace) == verdict.reason
    if isinstance(judged, Budget):
        return isinstance(verdict, Violated) and why_broken(system, judged, trace) == verdict.reason
    reason = why_false(system, judged, states[-1], states[-2] if judged.kind == "transition" else ())
    assert trace.property == prop
    return reason is None if judged.kind == "reachable" else isinstance(verdict, Violated) and reason == verdict.reason


# --- classics --------------------------------------------------------------------------------------------------------


CONFIGURATIONS: list[tuple[str, dict[str, int | bool]]] = [
    ("peterson", {"N": 2, "L": 1}),
    ("peterson", {"N": 3, "L": 1}),
    ("ticket_lock", {"Cpu": 3}),
    ("ticket_lock", {"Cpu": 3, "tickets": 2}),
    ("ticket_lock", {"Cpu": 2, "fetch_add": False}),
    ("mcs", {"Proc": 2}),
    ("dining", {"N": 3}),
    ("dining", {"N": 4, "one_differs": True}),
    ("ring", {"P": 1, "C": 1, "K": 2}),
    ("german", {"Client": 1, "D": 2}),
]


@pytest.mark.parametrize(("model", "params"), CONFIGURATIONS, ids=str)
def test_classics_give_the_same_with_every_number_of_workers(model: str, params: dict[str, int | bool]) -> None:
    module = load_path(CLASSICS / f"{model}.py")
    system = load(module.models[0], module.properties, params)
    expected = told(oracle(system, values=True))
    assert expected["counts"][0] > 8
    for workers in range(1, MOST_WORKERS + 1):
        assert told(explored(system, workers, values=True)) == expected, workers


# --- the shipped corpus ----------------------------------------------------------------------------------------------


SHIPPED = [(mechanism, case) for mechanism in catalog().values() for case in mechanism.cases if not case.slow]


def check_shipped(mechanism: Any, case: Any, workers: int) -> None:
    """Compare with the figures of the manifest."""
    report = explored(load(mechanism.model, mechanism.properties, case.params), workers)
    assert asdict(figures_of(report)) == {"spent": {}, "reduced": False} | mechanism.measured[case.name]


@pytest.mark.parametrize(
    ("mechanism", "case"),
    [pytest.param(*s, marks=() if n % 4 == 0 else pytest.mark.slow) for n, s in enumerate(SHIPPED)],
    ids=[f"{m.name}-{c.name}" for m, c in SHIPPED],
)
def test_shipped_configurations_give_the_figures_of_their_manifests(mechanism: Any, case: Any) -> None:
    """Here every trace is replayed, too. Each fourth one in the ordinary test run: `tests/corpus` compares the figures of
    all, which the same search gives.
    """
    check_shipped(mechanism, case, 1)


@pytest.mark.parametrize("workers", range(2, MOST_WORKERS + 1))
def test_some_of_them_with_several_workers(workers: int) -> None:
    some = SHIPPED[workers - 2 :: 16]
    assert len(some) > 1
    for mechanism, case in some:
        check_shipped(mechanism, case, workers)


SMALL = [(m, c) for m, c in SHIPPED if int(m.measured[c.name]["states"]) < 300]


@pytest.mark.parametrize(("mechanism", "case"), SMALL, ids=[f"{m.name}-{c.name}" for m, c in SMALL])
def test_the_oracle_judges_the_behaviours_of_shipped_configurations_alike(mechanism: Any, case: Any) -> None:
    system = load(mechanism.model, mechanism.properties, case.params)
    ids = [p.id for p in system.temporal]
    expected = {prop: verdict.partition(" ")[0] for prop, verdict in mechanism.measured[case.name]["verdicts"].items()}
    assert {i: word(v) for i, v in oracle(system, only=ids).verdicts.items()} == {i: expected[i] for i in ids}


# --- random systems --------------------------------------------------------------------------------------------------


AT_ONCE = 10
"""How many are drawn in one run of Hypothesis, see `test_random_systems`."""
STATES = 3000
"""Systems with more are left out."""

BALLAST = (63, 62, 61, 60, 57)
"""Bits of the fields that are added to every third system: few random ones need more than one word."""

DEMANDED = [
    *(f"{kind} {verdict}" for kind in ("invariant", "transition", "faultless") for verdict in ("holds", "violated")),
    *("reachable reached", "reachable unreached", "fault holds", "fault violated", "deadlock holds"),
    *("deadlock violated", "several words", "more than 8 states", "on several levels", "trace of two steps"),
]
"""What must have occurred."""
OFTEN = 100
"""Each of these must occur in one of so many drawn."""


@pytest.mark.parametrize(
    ("first", "examples", "numbers"),
    [(0, 60, (1, 3)), pytest.param(10_000, 10_000, (), marks=pytest.mark.slow)],
    ids=["60", "10000"],
)
def test_random_systems_give_the_same(first: int, examples: int, numbers: tuple[int, ...]) -> None:
    compare_random(first, examples, numbers)


@pytest.mark.slow
def test_random_systems_give_the_same_when_every_bound_is_looked_at() -> None:
    script = (
        "from tests.differential.test_native_explorer import compare_random\n"
        "from virtspec.explore.native.intrinsics import CHECKED\n"
        "assert CHECKED\n"
        "compare_random(5_000, 1_000, ())\n"
        "print('compared')\n"
    )
    env = {**os.environ, "VIRTSPEC_CHECK": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("compared\n", 0), done.stderr


def compare_random(first: int, examples: int, numbers: tuple[int, ...]) -> None:
    """Runs of Hypothesis with the seeds from `first` on, `examples` together.

    Each system is explored by these numbers of workers, or if there are none by one number, from 1 to 4 in turn.
    """
    among: Counter[str] = Counter()
    texts: set[str] = set()
    for number in range(first, first + examples // AT_ONCE):
        compare_some(number, numbers, texts, among)
    assert {name: among[name] for name in DEMANDED if among[name] * OFTEN < examples} == {}
    assert among["more than 8 states"] > 0.4 * len(texts)
    assert among["explored"] > 0.9 * len(texts)
    assert len(texts) > 0.6 * examples


def compare_some(number: int, numbers: tuple[int, ...], texts: set[str], among: Counter[str]) -> None:
    """Compare and count a few random systems, those that read otherwise than all before."""

    @seed(number)
    @settings(max_examples=AT_ONCE, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(systems())
    def compare(spec: RandomSpecification) -> None:
        sys.modules.pop(spec.model.__module__)
        if spec.text not in texts:
            system = spec.system if len(texts) % 3 else widened(spec.system)
            among.update(compared(system, numbers or (1 + len(texts) % MOST_WORKERS,)))
            texts.add(spec.text)

    compare()


def widened(system: System) -> System:
    """The same with fields that never change and fill most of several words, so that its own are spread over these."""
    ballast = [Field(f"ballast{i}", IntType(0, (1 << size) - 1), (1 << size) - 2 - i) for i, size in enumerate(BALLAST)]
    return replace(system, fields=(*system.fields, *ballast))


def compared(system: System, numbers: tuple[int, ...]) -> set[str]:
    """Compare both engines on one system; what occurred."""
    expected = oracle(system, values=True, limits=Limits(states=STATES))
    if not expected.complete:
        return {"truncated"}
    words = 0
    for workers in numbers:
        found = explored(system, workers, values=True)
        assert told(found) == told(expected)
        words = found.words
    kinds = {FAULT: FAULT, DEADLOCK: DEADLOCK, **{p.id: p.kind for p in system.declared.values()}}
    seen = {f"{kinds[prop]} {word(verdict)}" for prop, verdict in expected.verdicts.items()}
    lengths = [len(trace) for trace in map(trace_of, expected.verdicts.values()) if trace is not None]
    occurred = {
        "explored": True,
        "several words": words > 1,
        "more than 8 states": expected.states > 8,
        "on several levels": expected.depth > 2,
        "trace of two steps": max(lengths, default=0) > 1,
    }
    return seen | {name for name, did in occurred.items() if did}
