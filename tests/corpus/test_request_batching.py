"""Do the configurations of request batching give what its history claims and its manifest holds?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from virtspec.api.agreement import Result, corpus
from virtspec.api.shipped import mechanism
from virtspec.frontend.load import compile_model, load
from virtspec.frontend.native import Native
from virtspec.ir.system import System
from virtspec.ir.verify import verify
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec_models.case import Case
from virtspec_models.request_batching.history import CASES, OMITTED
from virtspec_models.request_batching.spec import Batching

MECHANISM = mechanism("request_batching")
SMALL = 1_000
"""States up to which a configuration is run under CPython, too, in the ordinary test run."""


def size(case: Case) -> int:
    return int(MECHANISM.measured[case.name]["states"])


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {result.config: result for result in corpus(["request_batching"])}


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_finding_agrees_with_history_and_manifest(results: dict[str, Result], name: str) -> None:
    assert results[name].error == ""
    assert results[name].disagreements == ()


def test_every_mistake_of_the_analysis_is_a_configuration_or_omitted_with_a_reason() -> None:
    told = {number for case in CASES for number in re.findall(r"[WH]\d+", case.name)}
    told |= {number for omitted in OMITTED for number in re.findall(r"[WH]\d+", omitted.name)}
    assert told >= {f"W{n}" for n in range(1, 21)} | {"H1", "H2", "H3", "H4"}
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
]


@pytest.mark.parametrize(("mutant", "name", "violated", "not_violated"), ANALYSIS, ids=[row[0] for row in ANALYSIS])
def test_the_analysis_found_the_same(
    results: dict[str, Result], mutant: str, name: str, violated: tuple[str, ...], not_violated: tuple[str, ...]
) -> None:
    verdicts = results[name].figures.verdicts
    assert all(verdicts[prop].startswith("violated") for prop in violated)
    assert all(verdicts[prop] == "holds" for prop in not_violated)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_system_is_legal(case: Case) -> None:
    verify(load(Batching, MECHANISM.properties, case.params))


@pytest.mark.parametrize("case", [case for case in CASES if size(case) <= SMALL], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps(case: Case) -> None:
    """Under CPython the same text has the same edges in every state."""
    compare(case.params)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if size(case) > SMALL], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps_in_large_configurations(case: Case) -> None:
    compare(case.params)


def compare(params: Mapping[str, object]) -> None:
    spec = compile_model(Batching, (), params)
    native = Native(spec)
    seen, queue = {spec.system.init}, [spec.system.init]
    for state in queue:
        ours = edges(spec.system, state)
        theirs = [
            (m.action, m.picks, m.state, m.costs if m.state is not None else ()) for m in native.successors(state)
        ]
        assert theirs == ours
        for *_, after, _ in ours:
            if after is not None and after not in seen:
                seen.add(after)
                queue.append(after)


def edges(system: System, state: State) -> list[tuple[str, tuple[object, ...], State | None, tuple[str, ...]]]:
    found: list[tuple[str, tuple[object, ...], State | None, tuple[str, ...]]] = []
    for action, outcome in successors(system, state):
        picks = tuple(value for _, value in outcome.picks)
        if isinstance(outcome, Taken):
            found.append((action.name, picks, outcome.state, outcome.costs))
        else:
            found.append((action.name, picks, None, ()))
    return found
