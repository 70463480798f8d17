"""What was reported about fairness, and about steps that change nothing: see `test_published_bugs`."""

from __future__ import annotations

import pytest
from tests.unit.explore.liveness.judging import CYCLE, STEPS, counterexample, is_behaviour, shown, system, words

CHURN = """
class At(Enum):
    WORK = auto()
    DOWN = auto()
    DONE = auto()

class Churn(Model):
    at: At

    @action
    def crash(self) -> None:
        require(self.at is At.WORK)
        self.at = At.DOWN

    @action(fair="weak")
    def recover(self) -> None:
        require(self.at is At.DOWN)
        self.at = At.WORK

    @action(fair="weak")
    def finish(self) -> None:
        require(self.at is At.WORK)
        self.at = At.DONE

@temporal(Churn)
def finishes(m: Churn) -> Formula:
    return leads_to(m.at is At.WORK, m.at is At.DONE)
"""


def test_strong_fairness_can_be_said() -> None:
    """ymm-oss/fsl#639: who crashes and recovers could not be proved to finish, since only weak fairness can be declared."""
    assert words(CHURN) == {"finishes": "violated"}
    for violated in shown(CHURN, "finishes"):
        assert [step.action for step in violated.trace.steps] == ["crash", "recover"] and violated.trace.loop == 0
    assert words(CHURN, "finish=strong") == {"finishes": "holds"}
    assert words(CHURN, "finish=strong", "recover=none") == {"finishes": "violated"}


SEATS = """
class Seat(Scalarset, size=2):
    pass

class Seats(Model):
    held: dict[Seat, bool]
    clock: bool

    @action
    def hold(self, s: Seat) -> None:
        require(not self.held[s])
        self.held[s] = True

    @action
    def tick(self) -> None:
        self.clock = not self.clock

    {free}

@temporal(Seats)
def is_freed(m: Seats, s: Seat) -> Formula:
    return leads_to(m.held[s], not m.held[s])

@temporal(Seats)
def some_is_freed(m: Seats) -> Formula:
    return leads_to(all(m.held[s] for s in Seat), any(not m.held[s] for s in Seat))
"""

FREED_BY_EACH = SEATS.format(
    free="""@process(fair="weak", begins="weak")
    def free(self, s: Seat) -> Steps:
        require(self.held[s])
        yield "let_go"
        self.held[s] = False"""
)

FREED_BY_ONE = SEATS.format(
    free="""@action(fair="weak")
    def free(self, s: Seat) -> None:
        require(self.held[s])
        self.held[s] = False"""
)


def test_a_loop_that_is_not_fair_is_no_behaviour() -> None:
    """fabracht/tla-rs#59: loops were reported in which a fair step is always possible and never taken."""
    assert words(FREED_BY_EACH) == {"is_freed": "holds", "some_is_freed": "holds"}
    assert words(FREED_BY_EACH, "free=none") == {"is_freed": "violated", "some_is_freed": "violated"}
    # One who frees seats is fair, but not to each seat.
    assert words(FREED_BY_ONE) == {"is_freed": "violated", "some_is_freed": "holds"}


def test_contradictory_claims_do_not_both_hold() -> None:
    """fabracht/tla-rs#62: `eventually always` was dropped with a warning, and so held."""
    assert words(STEPS.format(fair='(fair="weak")')) == {
        "stays_on": "violated",
        "stays_off": "violated",
        "is_on": "holds",
    }


def test_a_behaviour_may_stop_unless_fairness_says_otherwise() -> None:
    """fabracht/tla-rs#62: that nothing may happen at all was forgotten, so that every possible step was taken at last."""
    assert words(STEPS.format(fair="")) == {"stays_on": "violated", "stays_off": "violated", "is_on": "violated"}
    trace, _ = counterexample(STEPS.format(fair=""), "is_on")
    assert (trace.steps, trace.loop) == ((), 0)


GROW = """
class Grow(Model):
    x: Annotated[int, Range(0, 3)]

    @action(fair="weak")
    def grow(self{by}) -> None:
        require(self.x < 3)
        self.x += {step}

    @action
    def idle(self) -> None:
        self.x = self.x

@temporal(Grow)
def grows_up(m: Grow) -> Formula:
    return eventually(m.x == 3)
"""

WITH_STUTTER = GROW.format(by=", by: Annotated[int, Range(0, 1)]", step="by")
WITHOUT_STUTTER = GROW.format(by="", step="1")


def test_a_fair_step_that_may_change_nothing_has_to_change_something() -> None:
    """fabracht/tla-rs#63: a fair action that may add nothing was fairly treated by adding nothing for ever."""
    assert words(WITH_STUTTER) == words(WITHOUT_STUTTER) == {"grows_up": "holds"}
    assert words(WITH_STUTTER, "grow=none") == words(WITHOUT_STUTTER, "grow=none") == {"grows_up": "violated"}


def test_a_step_that_changes_nothing_is_no_progress_and_no_obligation() -> None:
    """fabracht/tla-rs#63: `same` is weakly fair and always possible, and changes nothing."""
    text = STEPS.format(fair="").replace("self.on = not self.on", "require(self.n > 0)\n        self.on = True")
    assert words(text)["is_on"] == "violated"


GATE = """
class Gate(Model):
    opened: bool
    x: Annotated[int, Range(0, 2)]

    @action(fair="weak")
    def turn(self) -> None:
        self.opened = not self.opened

    @action(fair="strong")
    def enter(self, by: Annotated[int, Range(0, 1)]) -> None:
        require(self.opened and self.x < 2)
        self.x += by

@temporal(Gate)
def all_inside(m: Gate) -> Formula:
    return eventually(m.x == 2)
"""


def test_strong_fairness_counts_no_step_that_changes_nothing() -> None:
    """fabracht/tla-rs#65: the same for strong fairness, both of what is taken and of what is possible."""
    assert words(GATE) == {"all_inside": "holds"}
    assert words(GATE, "enter=weak") == {"all_inside": "violated"}
    assert words(GATE.replace("self.x += by", "self.x += 0")) == {"all_inside": "violated"}


LIGHTS = """
class Lights(Model):
    a: bool
    b: bool

    @action(fair="weak")
    def turn_a(self) -> None:
        self.a = not self.a

    @action
    def turn_b(self) -> None:
        self.b = not self.b

@temporal(Lights)
def a_shines(m: Lights) -> Formula:
    return always(eventually(m.a))

@temporal(Lights)
def b_shines(m: Lights) -> Formula:
    return always(eventually(m.b))
"""


def test_the_behaviour_that_is_shown_is_a_fair_one() -> None:
    """fizzbee-io/fizzbee#310: the behaviour that was shown was one that weak fairness rules out."""
    assert words(LIGHTS) == {"a_shines": "holds", "b_shines": "violated"}
    for violated in shown(LIGHTS, "b_shines"):
        assert [step.action for step in violated.trace.steps] == ["turn_a", "turn_a"] and violated.trace.loop == 0
    for violated in shown(LIGHTS, "b_shines", "turn_a=none"):
        assert (violated.trace.steps, violated.trace.loop) == ((), 0)
        with pytest.raises(AssertionError):
            is_behaviour(system(LIGHTS), violated.trace)


STUCK = """
class Stuck(Model):
    p: bool
    q: bool
    x: bool

    @action(fair="{fair}")
    def turn_p(self) -> None:
        self.p = not self.p

    @action(fair="{fair}")
    def turn_q(self) -> None:
        self.q = not self.q

@temporal(Stuck)
def x_rises(m: Stuck) -> Formula:
    return eventually(m.x)

@temporal(Stuck)
def both_rise(m: Stuck) -> Formula:
    return always(eventually(m.p)) and always(eventually(m.q))
"""


@pytest.mark.parametrize("fair", ["weak", "strong"])
def test_two_assumptions_that_are_met_in_turn_prove_nothing_else(fair: str) -> None:
    """diffblue/hw-cbmc#2022: two assumptions that different steps meet left no loop, and what never happens was proved."""
    text = STUCK.format(fair=fair)
    assert words(text) == {"x_rises": "violated", "both_rise": "holds"}
    for violated in shown(text, "x_rises"):
        assert {step.action for step in violated.trace.steps[violated.trace.loop :]} == {"turn_p", "turn_q"}
    assert words(text, "turn_q=none") == {"x_rises": "violated", "both_rise": "violated"}


def test_what_cannot_happen_is_not_assumed_to_be_fair() -> None:
    """diffblue/hw-cbmc#2022: assumptions about steps that nothing can take make nothing true either."""
    text = CYCLE.replace("require(self.at == 2)", "require(self.at == 3 and self.at == 2)")
    assert words(text)["ends"] == "violated"
