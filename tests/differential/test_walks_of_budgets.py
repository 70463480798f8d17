"""What walks measure of random specifications, against the definition applied to the same walks, step by step."""

from __future__ import annotations

import random

import pytest
from tests.differential.test_budgets import specification

from virtspec.errors import InternalError
from virtspec.explore.native.gauges import Extreme, extreme_of, mean_of
from virtspec.explore.native.walk_kernels import LEAST, MOST
from virtspec.explore.native.walks import Walks
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.budget import WholeRun
from virtspec.ir.system import System
from virtspec.semantics.budgets import spendings
from virtspec.semantics.interp import Taken
from virtspec.trace.trace import Trace, replay

DEPTH, WALKS = 9, 12


def walked(walking: Walks, system: System, number: int) -> Trace:
    """A walk up to its end, every step of it."""
    for steps in range(DEPTH, 0, -1):
        try:
            return walking.walked(system.budgets[0], Extreme(0, steps, number))
        except InternalError:  # it ended before
            continue
    return Trace(system.fingerprint, (), system.budgets[0].id)


def compare(seed: int) -> tuple[int, int]:
    """How many stretches have ended, and how many have not."""
    text = specification(random.Random(seed))
    module = load_text(text, f"random{seed}.py")
    system = load(module.models[0], module.properties)
    walking = Walks(system, [], [*system.budgets], [], seed, DEPTH, 2)
    walking.run(walks=WALKS, seconds=None)
    ended: list[int] = []
    begun: list[int] = []
    sums = [0, 0, 0, 0, 0]
    for number in range(WALKS):
        trace = walked(walking, system, number)
        outcomes = [o for o in replay(system, trace) if isinstance(o, Taken)]
        steps = [(system.action(s.action), o) for s, o in zip(trace.steps, outcomes, strict=True)]
        mine: list[int] = []
        for allowance in system.budgets[0].allowances:
            for one in spendings(system, allowance, trace.states(system), steps):
                begun.append(one.amount)
                # Whether a walk has come to rest is looked at before its next step: not behind the last one of all.
                if one.end is not None and not (isinstance(allowance.stretch, WholeRun) and one.end == DEPTH):
                    mine.append(one.amount)
        n, amount = len(mine), sum(mine)
        sums = [a + b for a, b in zip(sums, (n, amount, n * n, n * amount, amount * amount), strict=True)]
        ended += mine
    gauges = [walker.gauges for walker in walking.walkers]
    assert [sum(column) for column in zip(*(g.sums.tolist() for g in gauges), strict=True)] == sums, text
    own = gauges[0].meters.of(0)
    least, most = (extreme_of(gauges, own, which) for which in (LEAST, MOST))
    assert (None if least is None else least.amount) == min(ended, default=None), text
    assert (None if most is None else most.amount) == max(begun, default=None), text
    assert mean_of(gauges, 0, WALKS).stretches == len(ended)
    return len(ended), len(begun) - len(ended)


@pytest.mark.parametrize("part", range(3))
def test_walks_measure_what_the_definition_says(part: int) -> None:
    found = [compare(seed) for seed in range(25 * part, 25 * part + 25)]
    ended, open_ones = map(sum, zip(*found, strict=True))
    assert ended > 100 and open_ones > 30, found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_walks_measure_what_the_definition_says_of_two_thousand(part: int) -> None:
    for seed in range(1000 + 100 * part, 1100 + 100 * part):
        compare(seed)
