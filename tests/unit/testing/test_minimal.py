"""Shorter ways to the same failure."""

from collections.abc import Mapping

import pytest

from virtspec.ir.system import System
from virtspec.testing import Failure, machine
from virtspec.testing.belief import Instance
from virtspec.testing.beside import Behaviour, Plan
from virtspec.testing.minimal import again, minimal

DETOUR = ["lock(Task0)", "lock.spin(Task0)", "lock.set(Task0)", "lock.critical(Task0)"]
RACE = ["lock(Task1)", "lock(Task0)", "lock.spin(Task0)", "lock.spin(Task1)", "lock.set(Task1)", "lock.set(Task0)"]


def walked(plan: Plan, steps: list[str]) -> tuple[list[Instance], Exception]:
    """The behaviour that takes these steps and the exception it ends with."""
    behaviour = Behaviour(plan)
    with pytest.raises((Failure, ValueError)) as caught:
        for step in steps:
            behaviour.take(next(i for i in behaviour.enabled(step.partition("(")[0]) if i.text == step))
    return behaviour.done, caught.value


def test_a_call_is_left_out_as_a_whole(broken: System) -> None:
    plan = machine(broken).plan
    done, error = walked(plan, [*DETOUR, *DETOUR, RACE[0], *DETOUR, *RACE[1:]])
    shorter, found = minimal(plan, done, error)
    assert (len(done), [i.text for i in shorter]) == (18, RACE)
    assert isinstance(found, Failure) and found.what == "exclusion"
    assert len(found.trace) == len(RACE)


def test_what_does_not_fail_again_is_left_as_it_is(broken: System) -> None:
    once: list[str] = []

    class Flaky:
        def step(self, action: str, picks: Mapping[str, object]) -> None:
            if not once:
                once.append(action)
                raise ValueError("by chance")

        def observe(self) -> Mapping[str, object]:
            return {}

    plan = machine(broken, Flaky).plan
    done, error = walked(plan, DETOUR)
    assert minimal(plan, done, error) == (done, error)


def test_another_failure_is_not_the_same(broken: System) -> None:
    plan = machine(broken).plan
    done, error = walked(plan, RACE)
    assert isinstance(error, Failure)
    assert again(plan, done, error) is not None
    assert again(plan, done, Failure("deadlock", error.trace, "")) is None
