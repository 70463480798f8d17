"""Do the configurations of mdev give what its history claims, what its manifest holds, and what the analysis found?"""

from __future__ import annotations

import re

import pytest
from tests.corpus.mdev_analysis import ANALYSIS, COLUMNS

from virtspec.api.agreement import Result, corpus
from virtspec.api.shipped import mechanism
from virtspec.frontend.load import compile_model, load
from virtspec.ir.verify import verify
from virtspec.testing.cpython import disagreements
from virtspec_models.case import Case, Finding
from virtspec_models.mdev.findings import FINDINGS, OMITTED
from virtspec_models.mdev.history import CASES
from virtspec_models.mdev.spec import Mdev

MECHANISM = mechanism("mdev")
SMALL = 500
"""States up to which a configuration is run under CPython, too, in the ordinary test run."""
LARGE = 10_000
"""And in the slow one."""
QUICK = [case for case in CASES if not case.slow]


def size(case: Case) -> int:
    return int(MECHANISM.measured[case.name]["states"])


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {result.config: result for result in corpus(["mdev"])}


@pytest.mark.parametrize("name", [case.name for case in QUICK])
def test_finding_agrees_with_history_and_manifest(results: dict[str, Result], name: str) -> None:
    assert results[name].error == ""
    assert results[name].disagreements == ()


@pytest.mark.parametrize("finding", FINDINGS, ids=[f.name for f in FINDINGS])
def test_each_bug_of_the_history_is_what_its_configuration_claims(finding: Finding) -> None:
    """The manifest holds every claim, those of slow configurations, too, with the length of the trace."""
    verdict = MECHANISM.measured[finding.config]["verdicts"][finding.property]
    assert finding.verdict in (verdict, verdict.split()[0])
    assert verdict.split()[0] in ("violated", "unreached") or finding.property.startswith("MDEV-R")


def test_every_bug_of_the_analysis_is_found_or_omitted_with_a_reason() -> None:
    told = {number for entry in (*FINDINGS, *OMITTED) for number in re.findall(r"^[IH]\d+", entry.name)}
    assert told == {f"I{n}" for n in range(1, 17)} | {f"H{n}" for n in range(1, 24)}
    assert all(omitted.reason for omitted in OMITTED)


def test_only_what_is_right_holds_everywhere() -> None:
    """Configurations without a violation are the repaired ones, and every other one has a finding of its own."""
    clean = {case.name for case in QUICK if not any(v.startswith("violated") for v in case.expect.values())}
    assert clean == {"F3", "F4", "F4-uuids", "F4-fails", "F4-reuse", "H21"}


DIFFERENT = {
    # a use after free ends a run here; where memory keeps its content it is no fault, and the run goes on
    ("v6-stale", "S2D"),
    ("v6-stale", "S2P"),
    ("v6.1-stale", "S2D"),
    ("v6.1-stale", "S2P"),
}


@pytest.mark.parametrize("name", ANALYSIS)
def test_the_analysis_found_the_same(results: dict[str, Result], name: str) -> None:
    """The same properties are violated. Lengths differ with the cut of the steps, which the README of mdev explains."""
    verdicts = results[name].figures.verdicts
    for column, theirs in zip(COLUMNS, ANALYSIS[name].split(), strict=True):
        ours = verdicts["MDEV-L3" if column == "L1" else f"MDEV-{column}"]  # users go on: a deadlock is a lasso
        assert ours.startswith("violated") == (theirs != "." and (name, column) not in DIFFERENT), (column, ours)


def test_unregister_starves_only_where_the_gate_stays_open(results: dict[str, Result]) -> None:
    starved = {name for name, result in results.items() if result.figures.verdicts["MDEV-L3"].startswith("violated")}
    assert {"v3-stream", "gate-late"} <= starved
    assert not {"v6-stream", "v3", "v5", "v6", "v6.1"} & starved


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if n % 4 == 0 else pytest.mark.slow) for n, case in enumerate(CASES)],
    ids=lambda case: case.name,
)
def test_the_system_is_legal(case: Case) -> None:
    """All are of one text: each fourth one in the ordinary test run."""
    verify(load(Mdev, MECHANISM.properties, case.params))


@pytest.mark.parametrize("case", [c for c in QUICK if size(c) <= SMALL], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps(case: Case) -> None:
    """Under CPython the same text has the same edges in every state."""
    assert list(disagreements(compile_model(Mdev, (), case.params))) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in QUICK if SMALL < size(c) <= LARGE], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps_in_large_configurations(case: Case) -> None:
    assert list(disagreements(compile_model(Mdev, (), case.params))) == []
