"""Mutants are systems like others: the native engine agrees with the oracle on every one of the classics' mutants."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec import api
from virtspec.explore import oracle
from virtspec.explore.report import Report
from virtspec.explore.report_json import short
from virtspec.ir.passes.mutants import mutated, mutations
from virtspec.ir.verify import verify

CLASSICS = Path(__file__).parents[1] / "corpus" / "classics"


def said(report: Report) -> object:
    verdicts = {prop: short(verdict) for prop, verdict in report.verdicts.items()}
    return verdicts, report.states, report.transitions, report.depth, report.per_action


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param("mcs", 8, marks=pytest.mark.slow),
        pytest.param("peterson", 5, marks=pytest.mark.slow),
        ("ticket_lock", 1),
        ("dining", 2),
    ],
)
def test_the_engines_agree_on_every_mutant(name: str, count: int) -> None:
    system = api.load(str(CLASSICS / f"{name}.py"))
    found = mutations(system)
    assert len(found) == count
    for mutation in found:
        mutant = mutated(system, mutation)
        verify(mutant)
        expected = oracle.check(mutant)
        assert said(api.check(mutant, reduce=())) == said(expected), mutation
        reduced = api.check(mutant)
        assert {p: short(v) for p, v in reduced.verdicts.items()} == said(expected)[0], mutation  # type: ignore[index]
