"""What random walks measure: means against known ones, errors against their formula, violations against the definition."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import sqrt

import pytest
from tests.unit.explore.budgets.measuring import costs, system

from virtspec import api
from virtspec.explore.native.gauges import CONFIDENCE, mean_of
from virtspec.explore.native.walk_kernels import SUMS
from virtspec.explore.native.walks import Walks
from virtspec.explore.reasons import why_broken
from virtspec.explore.simulation import Mean, Simulation
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.verdict import Unknown, Violated

COIN = """
class Coin(Model):
    over: bool

    @action
    def throw(self, heads: bool) -> None:
        require(not self.over)
        cost("throw")
        self.over = heads
{again}
@budget(Coin)
def claim(m: Coin) -> Budget:
    return spent("throw"{stretch}) {bound}
"""
"""How often a coin is thrown until it shows heads: 2 times in the mean, with a variance of 2."""

AGAIN = """
    @action
    def again(self) -> None:
        require(self.over)
        self.over = False
"""

LADDER = """
class Ladder(Model):
    n: Annotated[int, Range(0, 9)]
    left: bool

    @action
    def up(self, left: bool) -> None:
        require(self.n < 9 and (self.n == 0 or left == self.left))
        self.n += 1
        self.left = left
        cost("step")

@budget(Ladder)
def claim(m: Ladder{param}) -> Budget:
    return spent("step"{stretch}) {bound}
"""

THROWN = COIN.format(again="", stretch="", bound=">= 0")


def simulate(text: str, **how: int) -> Simulation:
    return api.simulate(system(text), **{"seed": 1, "workers": 1, **how})  # type: ignore[arg-type]


def measured(text: str, **how: int) -> Mean:
    return simulate(text, **how).means["claim"]


# --- means -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "walks", "depth"),
    [
        (THROWN, 400, 1000),
        # Walks that are cut are to be long beside their stretches.
        (COIN.format(again=AGAIN, stretch=", start=not m.over, stop=m.over", bound=">= 0"), 100, 3000),
    ],
    ids=["one stretch a walk", "many"],
)
def test_a_known_mean_lies_in_most_intervals(text: str, walks: int, depth: int) -> None:
    found = [measured(text, seed=seed, walks=walks, depth=depth) for seed in range(40)]
    within = [abs(m.mean - 2) <= m.error for m in found if m.mean is not None and m.error is not None]
    assert len(within) == 40
    assert sum(within) >= 34  # 38 are to be expected; fewer than 34 in one of 100 such tests


BATCHES = """
class T(Scalarset, size=2): ...

class Batches(Model):
    left: Annotated[int, Range(0, 4)] = 4
    awake: bool

    @process
    def submit(self, t: T) -> Steps:
        require(self.left > 0)
        self.left -= 1
        yield "kick"
        if not self.awake:
            cost("bell")
        self.awake = choose(bool)
        if self.awake:
            cost("bell")

    @action
    def sleep(self) -> None:
        require(self.awake and self.left > 0)
        self.awake = False

@budget(Batches)
def claim(m: Batches) -> Budget:
    return spent("bell") >= 0
"""


def test_the_mean_is_that_of_the_chain_in_which_every_step_is_as_likely() -> None:
    """The chain's mean is worked out with the interpreter: no state is come to twice."""
    judged = system(BATCHES)

    @cache
    def to_come(state: State) -> Fraction:
        ways = [o for _, o in successors(judged, state) if isinstance(o, Taken)]
        return sum((len(o.costs) + to_come(o.state) for o in ways), Fraction(0)) / max(len(ways), 1)

    exact = float(to_come(judged.init))
    found = [measured(BATCHES, seed=seed, walks=500) for seed in range(40)]
    within = [abs(m.mean - exact) <= m.error for m in found if m.mean is not None and m.error is not None]
    assert len(within) == 40
    assert sum(within) >= 34


def test_the_error_is_that_of_the_mean_of_independent_amounts() -> None:
    found = measured(THROWN, walks=20_000)
    assert (found.stretches, found.least) == (20_000, 1)
    assert found.error == pytest.approx(CONFIDENCE * sqrt(2 / 20_000), rel=0.05)


def test_walks_that_are_cut_distort_means() -> None:
    """Of walks of three steps only those that show heads by then, a step to spare, end their stretch: 4/3 in the mean."""
    found = measured(THROWN, walks=20_000, depth=3)
    assert found.mean == pytest.approx(4 / 3, abs=0.02)
    assert (found.least, found.most) == (1, 3)


def test_figures_do_not_depend_on_the_number_of_workers() -> None:
    for text in (THROWN, COIN.format(again=AGAIN, stretch=", call=m.throw", bound="<= 0")):
        one, two, three = (simulate(text, walks=3000, depth=60, workers=n) for n in (1, 2, 3))
        assert one.means == two.means == three.means
        assert one.verdicts == two.verdicts == three.verdicts


@pytest.mark.parametrize("seed", range(5))
def test_the_error_of_a_ratio_is_that_of_its_formula(seed: int) -> None:
    """Amounts and numbers of stretches per walk, some walks without any, split between two walkers at random."""
    draw = random.Random(seed)
    walks = [(n, sum(draw.randint(0, 5) for _ in range(n))) for n in (draw.randint(0, 4) for _ in range(30))]
    walking = Walks(system(THROWN), [], [*system(THROWN).budgets], [], 1, 10, 2)
    gauges = [walker.gauges for walker in walking.walkers]
    for n, x in walks:
        gauges[draw.randrange(2)].sums += [n, x, n * n, n * x, x * x]
    assert len(gauges[0].sums) == SUMS
    stretches, amount = sum(n for n, _ in walks), sum(x for _, x in walks)
    mean = amount / stretches
    variance = sum((x - mean * n) ** 2 for n, x in walks) / (len(walks) - 1)
    error = CONFIDENCE * sqrt(variance / len(walks)) / (stretches / len(walks))
    found = mean_of(gauges, 0, len(walks))
    assert (found.stretches, found.mean, found.least, found.most) == (stretches, mean, None, None)
    assert found.error == pytest.approx(error)


def test_what_cannot_be_told_is_not_told() -> None:
    one = measured(THROWN, walks=1)
    assert one.stretches == 1 and one.mean is not None and one.error is None
    assert str(one) == f"mean {one.mean:.4g} over 1, {one.least} to {one.most}"
    none = measured(LADDER.format(param="", stretch="", bound=">= 0"), walks=5, depth=4)
    assert none == Mean(0, None, None, None, 4)
    assert str(none) == "no stretch has ended"
    ended = measured(LADDER.format(param="", stretch="", bound=">= 0"), walks=5)
    assert (ended, str(ended)) == (Mean(5, 9.0, 0.0, 9, 9), "mean 9 ± 0 over 5, 9 to 9")


def test_extremes_are_those_of_what_has_ended_and_of_what_has_begun() -> None:
    text = LADDER.format(param="", stretch=", start=m.n == 2, stop=m.n == 5", bound=">= 0")
    assert measured(text, walks=3, depth=4) == Mean(0, None, None, None, 2)
    assert measured(text, walks=3, depth=1) == Mean(0, None, None, None, None)
    assert measured(text, walks=3, depth=5) == Mean(3, 3.0, 0.0, 3, 3)


# --- violations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stretch", "bound", "length"),
    [
        ("", "<= 4", 5),
        ("", "> 9", 9),
        (", start=m.n == 2, stop=m.n == 5", "< 2", 4),
        (", start=m.n == 2, stop=m.n == 5", "> 3", 5),
        (", start=m.n == 2, stop=m.n == 5", "== 2", 5),
        (", call=m.up", "== 0", 1),
    ],
)
def test_a_walk_that_breaks_a_budget_is_shown_up_to_where_it_does(stretch: str, bound: str, length: int) -> None:
    text = LADDER.format(param="", stretch=stretch, bound=bound)
    judged = system(text)
    found = simulate(text, walks=3)
    verdict = found.verdicts["claim"]
    assert isinstance(verdict, Violated)
    trace = verdict.trace
    assert len(trace) == length == len(costs(judged, trace))
    assert why_broken(judged, judged.budgets[0], trace) == verdict.reason == api.reason_of(judged, trace)
    shorter = replace(trace, steps=trace.steps[:-1])
    assert why_broken(judged, judged.budgets[0], shorter) is None
    assert found.exit_code == 1


def test_what_is_kept_is_not_proved() -> None:
    found = simulate(LADDER.format(param="", stretch="", bound="<= 9"), walks=3)
    assert isinstance(found.verdicts["claim"], Unknown)
    assert found.exit_code == 3


def test_steps_that_change_nothing_are_shown_for_they_spend() -> None:
    text = COIN.format(again="", stretch="", bound="<= 3")
    verdict = simulate(text, walks=300).verdicts["claim"]
    assert isinstance(verdict, Violated)
    assert [step.action for step in verdict.trace.steps] == ["throw"] * 4


def test_a_smaller_amount_may_be_the_one_that_is_not_allowed() -> None:
    """On one way 8 are spent and allowed, on the other 3 are spent and 2 allowed; no walk goes both."""
    stretch = ", start=m.n == 1 and m.left == side, stop=m.n == (4 if side else 9)"
    text = LADDER.format(param=", side: bool", stretch=stretch, bound="<= (2 if side else 8)")
    found = simulate(text, walks=50)
    assert found.means["claim"].most == 8
    verdict = found.verdicts["claim"]
    assert isinstance(verdict, Violated)
    assert (
        verdict.reason == "step: 3 from step 2 to step 4 (at steps 2, 3 and 4); at most 2 is allowed, for side = True"
    )


def test_of_several_violations_the_one_that_comes_soonest_is_shown() -> None:
    stretch = ", start=m.n == (1 if side else 5) and m.left == side, stop=m.n == (4 if side else 9)"
    text = LADDER.format(param=", side: bool", stretch=stretch, bound="<= 2")
    verdict = simulate(text, walks=50).verdicts["claim"]
    assert isinstance(verdict, Violated)
    assert (len(verdict.trace), verdict.reason.rpartition(", ")[2]) == (4, "for side = True")


def test_only_the_budgets_asked_for_are_measured() -> None:
    found = api.simulate(system(THROWN), seed=1, walks=10, only=["deadlock"])
    assert (list(found.verdicts), found.means) == (["deadlock"], {})
