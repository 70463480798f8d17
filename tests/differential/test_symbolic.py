"""The solver and the explicit engines say the same, on random systems and on the corpus.

Bounded search finds every violation and witness at the depth at which breadth-first search does, and nothing else; what
k-induction, Horn clauses or invariants prove is true of every reachable state; every trace replays.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from virtspec.api import check, find
from virtspec.api.checking import reason_of
from virtspec.api.shipped import catalog
from virtspec.explore import oracle
from virtspec.explore.report import Limits
from virtspec.ir.system import Property, System
from virtspec.symbolic import bmc, horn, houdini, kinduction
from virtspec.symbolic.inductive import Formulas
from virtspec.symbolic.solver import OutOfTime, Session
from virtspec.testing.systems import rolled
from virtspec.trace.verdict import DEADLOCK, FAULT, Holds, Reached, Verdict, Violated

FEW, MANY = range(24), range(24, 2024)
STATES = 400
"""A random system with more is left out."""

DEMANDED = {"violated": 40, "not violated": 40, "proved by kind": 40, "proved by pdr": 20, "proved by invariants": 30}
"""What the few must have shown at least, together, or the comparison compares nothing."""


def lengths(verdicts: dict[str, Verdict]) -> dict[str, int | None]:
    """The length of each trace; None for what holds, or is not reached."""
    return {p: len(v.trace) if isinstance(v, Violated | Reached) else None for p, v in verdicts.items()}


def provable(system: System) -> list[str]:
    return [*(p.id for p in system.properties), *(p.id for p in system.faultless), FAULT, DEADLOCK]


def compare(number: int) -> Counter[str]:
    """What a random system shows; fails where the solver and the oracle disagree."""
    system = rolled(number).system
    report = oracle.check(system, limits=Limits(states=STATES))
    seen: Counter[str] = Counter()
    if not report.complete or not system.actions:
        return Counter({"left out": 1})
    ids = provable(system)
    want = {p: n for p, n in lengths(report.verdicts).items() if p in ids}
    searched = bmc.search(system, ids, Session(120), depth=report.depth + 1)
    assert {p: len(searched.found[p]) if p in searched.found else None for p in ids} == want, number
    assert all(reason_of(system, trace) is not None for trace in searched.found.values()), number
    seen["violated"] += len(searched.found)
    seen["not violated"] += len(searched.pending)
    try:
        seen += by_k_induction(system, ids, want)
        seen += by_horn_clauses(system, ids[:3], want)
        seen += by_invariants(system, ids, want)
    except OutOfTime:
        seen["out of time"] += 1
    return seen


def by_k_induction(system: System, ids: list[str], want: dict[str, int | None]) -> Counter[str]:
    now = kinduction.prove(system, ids, Session(10), most=5)
    assert not [p for p in now.proved if want[p] is not None]
    assert all(len(trace) == want[p] for p, trace in now.found.items())
    return Counter({"proved by kind": len(now.proved)})


def by_horn_clauses(system: System, ids: list[str], want: dict[str, int | None]) -> Counter[str]:
    """What the engine finds is an invariant for the interpreter, and inductive for the solver."""
    seen: Counter[str] = Counter()
    for prop in ids:
        try:
            answer = horn.prove(system, prop, Session(3))
        except OutOfTime:
            seen["out of time"] += 1
            continue
        assert answer.outcome != ("holds" if want[prop] is not None else "violated"), prop
        if answer.invariant is not None:
            found = Property("found", "found", "invariant", answer.invariant)
            alone = replace(system, properties=(found,), temporal=(), budgets=())
            assert isinstance(oracle.check(alone, only=["found"]).verdicts["found"], Holds), prop
            assert houdini.inductive(Formulas(alone), [found], ["found"], Session(20)).proved == ["found"], prop
            seen["proved by pdr"] += 1
    return seen


def by_invariants(system: System, ids: list[str], want: dict[str, int | None]) -> Counter[str]:
    candidates = [p for p in system.properties if p.kind == "invariant"]
    goals = [p for p in ids if p != DEADLOCK and getattr(system.declared.get(p), "kind", "") != "reachable"]
    found = houdini.inductive(Formulas(system), candidates, goals, Session(20))
    assert not [p for p in found.proved if want[p] is not None]
    return Counter({"proved by invariants": len(found.proved)})


def test_few_random_systems() -> None:
    seen: Counter[str] = Counter()
    for number in FEW:
        seen += compare(number)
    assert not {what for what, least in DEMANDED.items() if seen[what] < least}, seen
    assert seen["left out"] <= len(FEW) // 4


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_many_random_systems(part: int) -> None:
    for number in MANY[part::20]:
        compare(number)


# --- the corpus -------------------------------------------------------------------------------------------------------

QUICK = {
    "mdev": ("v5", "v6.1", "F4", "H11"),
    "request_batching": ("v6.1-faults", "v6.1-tso", "W4", "W7", "W9-tso", "W18-tag"),
    "sched_yield": (),
}
"""Configurations of the ordinary test run; the slow one takes all that are not slow themselves."""

CASES: list[Any] = [
    pytest.param(m.name, c.name, marks=() if c.name in QUICK[m.name] else pytest.mark.slow)
    for m in catalog().values()
    for c in m.cases
    if not c.slow
]


@pytest.mark.parametrize(("mechanism", "config"), CASES)
def test_bounded_search_of_the_corpus(mechanism: str, config: str) -> None:
    """Every violation and every witness of a configuration, at its depth."""
    system = find(mechanism).load(config)
    report = check(system, only=provable(system))
    want = {p: n for p, n in lengths(report.verdicts).items() if n is not None}
    if not want:
        pytest.skip("nothing is violated and no witness is declared")
    searched = bmc.search(system, list(want), Session(3600), depth=max(want.values()))
    assert {p: len(trace) for p, trace in searched.found.items()} == want
    assert all(reason_of(system, trace) is not None for trace in searched.found.values())
