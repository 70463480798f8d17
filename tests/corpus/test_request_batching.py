"""Do the configurations of request batching give what its history claims and its manifest holds?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from virtspec import api
from virtspec.api.agreement import Result, corpus
from virtspec.api.shipped import mechanism
from virtspec.frontend.load import compile_model, load
from virtspec.ir.verify import verify
from virtspec.testing.cpython import disagreements
from virtspec.trace.verdict import Holds
from virtspec_models.case import Case
from virtspec_models.request_batching.history import CASES, OMITTED
from virtspec_models.request_batching.spec import Batching
from virtspec_models.request_batching.vocabulary import Memory

MECHANISM = mechanism("request_batching")
SMALL = 500
"""States up to which a configuration is run under CPython, too, in the ordinary test run."""


def size(case: Case) -> int:
    return int(MECHANISM.measured[case.name]["states"])


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {result.config: result for result in corpus(["request_batching"])}


@pytest.mark.parametrize("name", [case.name for case in CASES if not case.slow])
def test_finding_agrees_with_history_and_manifest(results: dict[str, Result], name: str) -> None:
    assert results[name].error == ""
    assert results[name].disagreements == ()


def test_every_mistake_of_the_analysis_is_a_configuration_or_omitted_with_a_reason() -> None:
    texts = [case.name for case in CASES] + [omitted.name for omitted in OMITTED] + [mutant for mutant, *_ in ANALYSIS]
    told = {number for text in texts for number in re.findall(r"\b[WHB]\d+", text)}
    assert told == {f"W{n}" for n in range(1, 21)} | {f"H{n}" for n in range(1, 5)} | {f"B{n}" for n in range(1, 13)}
    assert all(omitted.reason for omitted in OMITTED)


def test_every_wrong_configuration_violates_what_it_must() -> None:
    """A mistake that no property notices would be a mistake of ours; the masked ones are named. What no version does worse
    than it should is cost more doorbells.
    """
    masked = {"event-off-by-one-batch"}
    for case in CASES:
        wrong = case.name.startswith(("W", "event"))
        noticed = {prop for prop, claim in case.expect.items() if claim.startswith("violated")}
        assert bool(noticed) == (case.name not in masked) if wrong else noticed <= {"RB-P5"}, case.name


STALL = ("RB-P1", "RB-P2")
ANALYSIS = [
    # what an independent model of the mechanism found, mutant by mutant: (mutant, our case, violated, not violated)
    ("never commit, a request fails", "W1-no-hook", STALL, ()),
    ("commit only if something is left, the last one fails", "W1", STALL, ()),
    ("no commit when tags run out", "W3", STALL, ()),
    ("no commit, but tags enough: masked by the re-run", "W2", ("RB-P3",), STALL),
    ("no commit on a full packed ring", "W11", STALL, ()),
    ("no commit on a full split ring: rescued", "W11-split", ("RB-P3",), STALL),
    ("no commit where the queue changes", "W4", STALL, ()),
    ("the last one is swallowed", "W5-H1", STALL, ()),
    ("kick_prepare outside the lock", "W9", STALL, ()),
    ("the wish for a doorbell is dropped", "W10", STALL, ()),
    ("the device does not look again", "W8", STALL, ()),
    ("event index off by one, batches of one", "event-off-by-one", STALL, ()),
    ("event index off by one, batches of two", "event-off-by-one-batch", (), STALL),
    ("num_added not reset", "W13-window", ("RB-P4",), STALL),
    ("a doorbell for every request", "W12-stale", ("RB-P5",), STALL),
    ("flags and a redundant commit", "W13-redundant", ("RB-P5",), STALL),
    ("error handling without the mark", "W12", STALL, ()),
    ("timer before add", "W14-timeout", ("RB-P8",), STALL),
    ("B1: no write barrier between slot and index", "W14-stale-slot", ("RB-P6",), STALL),
    ("B2: no full barrier in kick_prepare", "W6", STALL, ("RB-P6",)),
    ("B2 without event index", "W6-flags", STALL, ("RB-P6",)),
    ("B4: no full barrier where the device re-arms", "W7", STALL, ("RB-P6",)),
    ("B4 without event index", "W7-flags", STALL, ("RB-P6",)),
    ("B5: no read barrier between index and slot", "W14-read-ahead", ("RB-P6",), STALL),
    ("B10: no barrier between leaving requests behind and looking again", "W18-completion", ("RB-P11", "RB-L3"), STALL),
    ("B11: no barrier between waiting for a tag and looking again", "W18-tag", ("RB-P11", "RB-L3"), STALL),
    ("kick_prepare outside the lock, the device asleep", "W9-tso", STALL, ()),
]


@pytest.mark.parametrize(("mutant", "name", "violated", "not_violated"), ANALYSIS, ids=[row[0] for row in ANALYSIS])
def test_the_analysis_found_the_same(
    results: dict[str, Result], mutant: str, name: str, violated: tuple[str, ...], not_violated: tuple[str, ...]
) -> None:
    verdicts = results[name].figures.verdicts
    assert all(verdicts[prop].startswith("violated") for prop in violated)
    assert all(verdicts[prop] == "holds" for prop in not_violated)


FULL_BARRIERS = ["W6", "W6-flags", "W7", "W7-flags"]
REORDERED = ["W14-stale-slot"]


@pytest.mark.parametrize(
    ("name", "memory"),
    [(name, Memory.SC) for name in FULL_BARRIERS + REORDERED] + [(name, Memory.TSO) for name in REORDERED],
)
def test_where_stores_keep_their_order_the_barrier_is_not_needed(name: str, memory: Memory) -> None:
    """What goes wrong is due to memory, not to the text that leaves the barrier out."""
    case = MECHANISM.case(name)
    noticed = [prop for prop, claim in case.expect.items() if claim.startswith("violated")]
    report = api.check(load(Batching, MECHANISM.properties, {**case.params, "memory": memory}), only=noticed)
    assert all(isinstance(report.verdicts[prop], Holds) for prop in noticed)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if n % 4 == 0 else pytest.mark.slow) for n, case in enumerate(CASES)],
    ids=lambda case: case.name,
)
def test_the_system_is_legal(case: Case) -> None:
    """All are of one text: each fourth one in the ordinary test run."""
    verify(load(Batching, MECHANISM.properties, case.params))


@pytest.mark.parametrize("case", [case for case in CASES if size(case) <= SMALL], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps(case: Case) -> None:
    """Under CPython the same text has the same edges in every state."""
    compare(case.params)


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in CASES if size(c) > SMALL and not c.slow], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps_in_large_configurations(case: Case) -> None:
    compare(case.params)


def compare(params: Mapping[str, object]) -> None:
    assert list(disagreements(compile_model(Batching, (), params))) == []
