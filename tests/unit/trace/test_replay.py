"""What `replay` refuses: everything that is no behaviour of the system, with the step and the reason."""

from dataclasses import replace

import pytest

from virtspec.ir.system import System
from virtspec.semantics.interp import State, Taken, run
from virtspec.trace.trace import NotABehaviour, Step, Trace, replay


def taken(system: System, action: str, *picks: int | str) -> State:
    outcome = run(system, system.action(action), system.init, picks)
    assert isinstance(outcome, Taken)
    return outcome.state


@pytest.fixture
def one_step(zoo: System) -> Trace:
    return Trace(zoo.fingerprint, (Step("set_colour", ("GREEN",), taken(zoo, "set_colour", "GREEN")),))


def test_a_behaviour_replays(zoo: System, one_step: Trace) -> None:
    (outcome,) = replay(zoo, one_step)
    assert isinstance(outcome, Taken) and outcome.state == one_step.steps[0].state


@pytest.mark.parametrize(
    ("picks", "message"),
    [
        ((), "step 1: set_colour needs a value for "),
        (("GREEN", "RED"), "step 1: set_colour takes 1 values, not 2"),
        (("BLUE",), "step 1: 'BLUE' is no value of .*, a Colour"),
        ((7,), "step 1: 7 is no value of .*, a Colour"),
    ],
)
def test_wrong_picks(zoo: System, one_step: Trace, picks: tuple[int | str, ...], message: str) -> None:
    step = replace(one_step.steps[0], picks=picks)
    with pytest.raises(NotABehaviour, match=message):
        replay(zoo, replace(one_step, steps=(step,)))


def test_an_unknown_action(zoo: System, one_step: Trace) -> None:
    step = replace(one_step.steps[0], action="set_color")
    with pytest.raises(NotABehaviour, match="step 1: there is no action 'set_color'"):
        replay(zoo, replace(one_step, steps=(step,)))


def test_another_state_than_the_step_leads_to(zoo: System, one_step: Trace) -> None:
    step = replace(one_step.steps[0], state=zoo.init)
    with pytest.raises(NotABehaviour, match="step 1: set_colour leads to another state than the trace says"):
        replay(zoo, replace(one_step, steps=(step,)))


def test_nothing_follows_a_fault(zoo: System, one_step: Trace) -> None:
    broken = Step("break_it", (), None)
    with pytest.raises(NotABehaviour, match="step 1: break_it ends in a fault, but the trace goes on"):
        replay(zoo, replace(one_step, steps=(broken, *one_step.steps)))
