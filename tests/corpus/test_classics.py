"""The classics give the counts and the verdicts that are known of them.

`tests/differential/test_peers.py` compares the same specifications with other checkers where these are installed; here
the numbers stand written down, with where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import perm
from pathlib import Path

import pytest

from virtspec.explore.oracle import check
from virtspec.explore.report import Report
from virtspec.explore.report_json import short
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.source import shown_path
from virtspec.trace.verdict import DEADLOCK, Violated

CLASSICS = Path(__file__).parent / "classics"
FIVE = "SPIN, Rumur, CMurphi, LTSmin and TLC, each from a text of its own"
TWO = "SPIN and Rumur, in test_peers.py"
RUMUR = "Rumur; SPIN as well, in test_peers.py"
PAPER = "the formulas below"
ORACLE = "nobody else: the peers stop at the violation"


@dataclass(frozen=True)
class Expected:
    """One configuration; `source` says who else counted its states. Verdicts not named: it holds."""

    model: str
    params: dict[str, int | bool]
    states: int
    transitions: int
    depth: int
    source: str
    verdicts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.model, *(f"{name}={value}" for name, value in self.params.items())])


@cache
def searched(model: str, params: tuple[tuple[str, int | bool], ...]) -> Report:
    module = load_path(CLASSICS / f"{model}.py")
    return check(load(module.models[0], module.properties, dict(params)))


EXPECTED = [
    Expected("peterson", {"N": 3, "L": 2}, 2_376, 6_326, 30, FIVE, {"CONTENDED": "reached 16"}),
    Expected(
        "peterson", {"N": 3, "L": 1}, 590, 1_632, 15, TWO, {"EXCLUSION": "violated 13", "CONTENDED": "reached 10"}
    ),
    Expected("ticket_lock", {"Cpu": 3}, 93, 171, 10, TWO, {"CONTENDED": "reached 4"}),
    Expected("ticket_lock", {"Cpu": 4}, 516, 1_008, 14, PAPER, {"CONTENDED": "reached 5"}),
    Expected(
        *("ticket_lock", {"Cpu": 3, "tickets": 2}, 126, 288, 15, ORACLE),
        {"EXCLUSION": "violated 5", "CONTENDED": "reached 4"},
    ),
    Expected(
        *("ticket_lock", {"Cpu": 3, "fetch_add": False}, 2_757, 6_138, 26, ORACLE),
        {"EXCLUSION": "violated 6", "CONTENDED": "reached 7", DEADLOCK: "violated 14"},
    ),
    Expected("mcs", {"Proc": 3}, 1_064, 2_700, 30, FIVE, {"QUEUE": "reached 11"}),
    Expected("dining", {"N": 3}, 75, 186, 9, PAPER, {"HALF": "reached 3", DEADLOCK: "violated 6"}),
    Expected("dining", {"N": 3, "one_differs": True}, 76, 189, 10, PAPER, {"HALF": "reached 3"}),
    Expected("dining", {"N": 5}, 1_363, 5_650, 17, TWO, {"HALF": "reached 6", DEADLOCK: "violated 10"}),
    Expected("dining", {"N": 5, "one_differs": True}, 1_364, 5_655, 18, TWO, {"HALF": "reached 6"}),
    Expected("ring", {"P": 2, "C": 1, "K": 2}, 3_848, 10_233, 40, TWO, {"FULL": "reached 6"}),
    Expected("german", {"Client": 2, "D": 2}, 3_147, 9_144, 26, FIVE, {"SHARED": "reached 8"}),
]
EXPECTED_SLOWLY = [
    Expected("peterson", {"N": 4, "L": 3}, 131_301, 460_493, 54, FIVE, {"CONTENDED": "reached 26"}),
    Expected("mcs", {"Proc": 4}, 18_944, 62_984, 44, FIVE, {"QUEUE": "reached 15"}),
    Expected("ring", {"P": 2, "C": 2, "K": 2}, 48_322, 135_913, 73, RUMUR, {"FULL": "reached 12"}),
    Expected("german", {"Client": 3, "D": 2}, 53_271, 212_004, 34, FIVE, {"SHARED": "reached 12"}),
]


@pytest.mark.parametrize(
    "expected", [*EXPECTED, *(pytest.param(e, marks=pytest.mark.slow) for e in EXPECTED_SLOWLY)], ids=str
)
def test_counts_and_verdicts(expected: Expected) -> None:
    report = searched(expected.model, tuple(expected.params.items()))
    found = (report.states, report.transitions, report.depth)
    assert found == (expected.states, expected.transitions, expected.depth)
    assert {i: short(v) for i, v in report.verdicts.items() if short(v) != "holds"} == expected.verdicts
    assert report.never_fired == []


# --- counts that paper and pencil give ------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_states_of_the_ticket_lock_are_queues(n: int) -> None:
    """The number served, and who queues in which order; the first in the queue waits or has entered."""
    queues = sum(perm(n, length) * (2 if length else 1) for length in range(n + 1))
    assert searched("ticket_lock", (("Cpu", n),)).states == n * queues


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("one_differs", [True, False])
def test_states_of_the_philosophers_are_lucas_numbers(n: int, one_differs: bool) -> None:
    """Any seating in which no fork is held twice, L(3n) of them. If all take the left fork first, all but one are
    reached: that in which everybody holds just the right one.
    """
    lucas = [2, 1]
    while len(lucas) <= 3 * n:
        lucas.append(lucas[-1] + lucas[-2])
    states = searched("dining", (("N", n), ("one_differs", one_differs))).states
    assert states == (lucas[3 * n] if one_differs else lucas[3 * n] - 1)


# --- what people read -----------------------------------------------------------------------------------------------


def test_a_deadlock_says_who_waits_where_for_what() -> None:
    path = CLASSICS / "dining.py"
    lines = path.read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "require(self.fork[self.second(i)] is None)" in text)
    verdict = searched("dining", (("N", 3),)).verdicts[DEADLOCK]
    assert isinstance(verdict, Violated)
    assert verdict.reason.splitlines() == [
        f"{i} waits at dine.second ({shown_path(str(path))}:{line}) for fork[(i + 1) % 3] == None" for i in range(3)
    ]


def test_a_deadlock_is_reached_by_the_shortest_way() -> None:
    verdict = searched("dining", (("N", 3),)).verdicts[DEADLOCK]
    assert isinstance(verdict, Violated)
    steps = [(step.action, step.picks) for step in verdict.trace.steps]
    assert steps == [(action, (i,)) for action in ("dine", "dine.first") for i in range(3)]
