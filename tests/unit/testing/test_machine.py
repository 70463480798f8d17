"""Random behaviours of a model: what is judged, how short a failure is, how it reads."""

import unittest
from collections.abc import Callable

import pytest
from hypothesis import settings

from virtspec.errors import UsageError
from virtspec.explore.oracle import check
from virtspec.ir.system import System
from virtspec.semantics.interp import Faulted
from virtspec.testing import DETERMINISTIC, Failure, machine, run
from virtspec.testing.beside import Behaviour
from virtspec.trace.trace import replay
from virtspec.trace.verdict import Violated

EXCLUSION = """
   0  initial state
          locked: False
   1  lock(Task1)        broken.py:12
          Task1: idle -> lock.spin
   2  lock(Task0)        broken.py:12
          Task0: idle -> lock.spin
   3  lock.spin(Task0)   broken.py:13
          Task0: lock.spin -> lock.set
   4  lock.spin(Task1)   broken.py:13
          Task1: lock.spin -> lock.set
   5  lock.set(Task1)    broken.py:15
          locked: False -> True
          Task1: lock.set -> lock.critical
   6  lock.set(Task0)    broken.py:15
          Task0: lock.set -> lock.critical
  =>  exclusion is violated; not true:
          count(Task.pc[t] == lock.critical for t in Task) <= 1
"""

FAULT = """
   0  initial state
          light: RED
          count: 0
   1  up                  wrong.py:27
          count: 0 -> 1
   2  switch(new=GREEN)   wrong.py:37
          light: RED -> GREEN
   3  explode             wrong.py:43
          fault: bang (wrong.py:45)
  =>  a step ends in a fault
"""


def failure(system: System, *only: str) -> Failure:
    with pytest.raises(Failure) as caught:
        run(machine(system, only=only or None))
    return caught.value


def walked(system: System, *steps: str, only: list[str] | None = None) -> Behaviour:
    """A behaviour that takes these steps, given as traces show them."""
    behaviour = Behaviour(machine(system, only=only).plan)
    for step in steps:
        behaviour.take(next(i for i in behaviour.enabled(step.partition("(")[0]) if i.text == step))
    return behaviour


def shortest(system: System, prop: str) -> int:
    verdict = check(system).verdicts[prop]
    assert isinstance(verdict, Violated)
    return len(verdict.trace)


def test_a_right_model_passes_and_its_steps_are_taken(ticket: System) -> None:
    taken: set[str] = set()

    class Counting(machine(ticket)):  # type: ignore[misc]  # a class made by a function
        def teardown(self) -> None:
            taken.update(step.action for step in self.behaviour.done)
            super().teardown()

    run(Counting)
    assert taken == {"lock", "lock.wait", "lock.critical"}


def test_a_violated_invariant_is_shown_in_as_few_steps_as_the_search_needs(broken: System) -> None:
    found = failure(broken)
    assert (found.what, found.trace.property) == ("exclusion", "exclusion")
    assert len(found.trace) == shortest(broken, "exclusion") == 6
    replay(broken, found.trace)


@pytest.mark.parametrize("prop", ["deadlock", "never_down", "stays_red"])
def test_whatever_is_wrong_is_found_in_as_few_steps_as_the_search_needs(wrong: System, prop: str) -> None:
    found = failure(wrong, prop)
    assert (found.what, len(found.trace)) == (prop, shortest(wrong, prop))
    replay(wrong, found.trace)


def test_a_step_that_faults_is_a_failure(wrong: System) -> None:
    found = failure(wrong, "fault")
    assert (found.what, len(found.trace)) == ("fault", shortest(wrong, "fault"))
    assert isinstance(replay(wrong, found.trace)[-1], Faulted)


def test_a_failure_reads_as_the_trace_of_a_search(broken: System) -> None:
    calls = "lock(Task1)", "lock(Task0)", "lock.spin(Task0)", "lock.spin(Task1)", "lock.set(Task1)", "lock.set(Task0)"
    with pytest.raises(Failure) as caught:
        walked(broken, *calls)
    assert str(caught.value) == EXCLUSION


def test_a_fault_reads_as_the_trace_of_a_search_and_choices_are_drawn(wrong: System) -> None:
    with pytest.raises(Failure) as caught:
        walked(wrong, "up", "switch(new=GREEN)", "explode", only=["fault"])
    assert str(caught.value) == FAULT


def test_the_same_failure_is_found_in_every_run(broken: System) -> None:
    assert str(failure(broken)) == str(failure(broken))


def test_only_what_is_named_is_judged(broken: System) -> None:
    run(machine(broken, only=["deadlock", "fault"]))


def test_a_behaviour_may_come_to_its_end(system_of: Callable[[str, str], System]) -> None:
    text = (
        "from virtspec import Model, action, require\n\n\n"
        "class Once(Model):\n    done: bool\n\n"
        "    @action\n    def do(self) -> None:\n        require(not self.done)\n        self.done = True\n"
    )
    run(machine(system_of(text, "once.py")))


def test_it_is_a_test_case_with_the_settings_it_is_given(broken: System) -> None:
    made = machine(broken).TestCase
    made.settings = settings(DETERMINISTIC, max_examples=50)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(made).run(result)
    assert (result.testsRun, len(result.failures), len(result.errors)) == (1, 1, 0)
    assert "exclusion is violated" in result.failures[0][1]


def test_unknown_names_are_refused_with_a_hint(ticket: System, wrong: System) -> None:
    with pytest.raises(UsageError, match="there is no property 'exlusion'; did you mean 'exclusion'"):
        machine(ticket, only=["exlusion"])
    with pytest.raises(UsageError, match="there is no property 'green'"):
        machine(wrong, only=["green"])
    with pytest.raises(UsageError, match="there is no pick 'old'; known: new"):
        machine(wrong, tell=["old"])
