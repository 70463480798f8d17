"""What the stretches of a behaviour spend, on behaviours written down step by step."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import pytest

from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import Action, System
from virtspec.semantics.budgets import is_quiescent, spendings
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors

HEAD = "from typing import Annotated\nfrom virtspec import *\n\nclass T(Scalarset, size=2): ...\n"

LAMPS = """
class Lamps(Model):
    one: bool{begun}
    two: bool{over}

    @action
    def set(self, one: bool, two: bool, marks: Annotated[int, Range(0, 2)]) -> None:
        self.one = one
        self.two = two
        if marks > 0:
            cost("bell")
        if marks > 1:
            cost("bell")
        cost("other")

@budget(Lamps)
def claim(m: Lamps) -> Budget:
    return spent("bell", start=m.one, stop=m.two) >= 0
"""

CALLS = """
class Calls(Model):
    short: bool

    @process
    def call(self, t: T) -> Steps:
        cost("bell")
        yield "on"
        cost("bell")
        if self.short:
            return
        yield "more"
        cost("bell")
        cost("bell")

    @process
    def other(self, t: T) -> Steps:
        yield "end"
        cost("bell")

    @action
    def ring(self, loud: bool) -> None:
        cost("bell")
        if loud:
            cost("bell")

    @action
    def cut(self) -> None:
        self.short = True

@budget(Calls)
def claim(m: Calls) -> Budget:
    return spent("bell"{stretch}) >= 0
"""

RUN = """
class Run(Model):
    n: Annotated[int, Range(0, 3)]

    @action
    def up(self) -> None:
        require(self.n < 2)
        self.n += 1
        cost("bell")

    @action
    def ring(self) -> None:
        require(self.n == 2)
        cost("{name}")

    @action
    def end(self) -> None:
        require(self.n == 2)
        self.n = 3

    @action
    def rest(self) -> None:
        require(self.n == 3)

    @action
    def break_down(self) -> None:
        require(self.n == 3)
        cost("bell")
        fault("broken")

@budget(Run)
def claim(m: Run) -> Budget:
    return spent("bell") >= 0
"""

Found: TypeAlias = list[tuple[int, int | None, list[int]]]
"""Of each stretch: steps before it, steps after which it has ended, the steps that spend."""
F, Y = False, True


@cache
def system(text: str) -> System:
    module = load_text(HEAD + text, "spec.py")
    return load(module.models[0], module.properties)


def behaviour(judged: System, *chosen: tuple[object, ...]) -> tuple[list[State], list[tuple[Action, Taken]]]:
    """The behaviour of these steps, each given as the name of its action and its picks."""
    states, steps = [judged.init], []
    for name, *picks in chosen:
        [(action, outcome)] = [
            (a, o)
            for a, o in successors(judged, states[-1])
            if isinstance(o, Taken) and [a.name, *(v for _, v in o.picks)] == [name, *picks]
        ]
        states.append(outcome.state)
        steps.append((action, outcome))
    return states, steps


def found(text: str, *chosen: tuple[object, ...]) -> Found:
    judged = system(text)
    [allowance] = judged.budgets[0].allowances
    return [(s.begin, s.end, s.marks) for s in spendings(judged, allowance, *behaviour(judged, *chosen))]


# --- between two conditions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([(F, F, 2), (F, Y, 2)], []),
        # What the step spends that makes the start true is spent before the stretch, what the last one does is not.
        ([(Y, F, 2), (F, F, 1), (F, Y, 2), (F, F, 1)], [(1, 3, [2, 3, 3])]),
        ([(Y, F, 0), (Y, F, 1)], [(1, None, [2])]),
        # Both at once: it ends as soon as it begins.
        ([(Y, Y, 2), (Y, F, 2)], [(1, 1, [])]),
        # The start stays true behind the end: it has to become true once more.
        ([(Y, F, 0), (Y, Y, 1), (Y, F, 1), (F, F, 1), (Y, F, 1), (F, Y, 1)], [(1, 2, [2]), (5, 6, [6])]),
        # It becomes true again inside a stretch: that is nothing new.
        ([(Y, F, 0), (F, F, 1), (Y, F, 1), (F, Y, 0)], [(1, 4, [2, 3])]),
        # It becomes true again in the very state in which the stretch ends: another one, which ends there, too.
        ([(Y, F, 0), (F, F, 1), (Y, Y, 1), (F, F, 1)], [(1, 3, [2, 3]), (3, 3, [])]),
    ],
)
def test_between_two_conditions(steps: list[tuple[bool, bool, int]], expected: Found) -> None:
    text = LAMPS.format(begun="", over="")
    assert found(text, *(("set", *step) for step in steps)) == expected


def test_the_initial_state_begins_a_stretch() -> None:
    steps = [("set", Y, F, 1), ("set", F, Y, 1), ("set", Y, Y, 1)]
    assert found(LAMPS.format(begun=" = True", over=""), *steps) == [(0, 2, [1, 2]), (3, 3, [])]
    assert found(LAMPS.format(begun=" = True", over=" = True"), *steps) == [(0, 0, []), (3, 3, [])]


# --- calls -----------------------------------------------------------------------------------------------------------


def test_of_a_call_only_its_own_steps_count() -> None:
    judged = system(CALLS.format(stretch=", call=m.call"))
    steps = behaviour(
        judged,
        ("call", 0),
        ("call", 1),
        ("ring", Y),
        ("call.on", 0),
        ("call.on", 1),
        ("call.more", 1),
        ("other", 1),
        ("other.end", 1),
        ("cut",),
        ("call.more", 0),
        ("call", 0),
        ("call.on", 0),
        ("call", 1),
    )
    of = {
        allowance.values: [(s.begin, s.end, s.marks) for s in spendings(judged, allowance, *steps)]
        for allowance in judged.budgets[0].allowances
    }
    assert of == {
        (("by", "T0"),): [(0, 10, [1, 4, 10, 10]), (10, 12, [11, 12])],
        (("by", "T1"),): [(1, 6, [2, 5, 6, 6]), (12, None, [13])],
    }


def test_each_occurrence_of_an_action_is_a_stretch() -> None:
    steps = [("ring", F), ("cut",), ("ring", Y), ("call", 0), ("ring", F)]
    assert found(CALLS.format(stretch=", call=m.ring"), *steps) == [(0, 1, [1]), (2, 3, [3, 3]), (4, 5, [5])]
    assert found(CALLS.format(stretch=", call=m.cut"), *steps) == [(1, 2, [])]


# --- the whole run ---------------------------------------------------------------------------------------------------


def test_the_whole_run_ends_where_nothing_changes_and_nothing_is_spent() -> None:
    text = RUN.format(name="bell")
    steps = [("up",), ("up",), ("ring",), ("ring",), ("end",), ("rest",)]
    assert found(text) == [(0, None, [])]
    assert found(text, *steps[:4]) == [(0, None, [1, 2, 3, 4])]
    assert found(text, *steps) == [(0, 5, [1, 2, 3, 4])]


def test_a_state_in_which_steps_only_spend_is_no_rest_whatever_they_spend() -> None:
    for name in ("bell", "another"):
        judged = system(RUN.format(name=name).replace("self.n = 3", "require(False)"))
        states, _ = behaviour(judged, ("up",), ("up",))
        assert [is_quiescent(judged, state) for state in states] == [False, False, False]


def test_steps_that_change_nothing_and_steps_that_fault_are_rest() -> None:
    judged = system(RUN.format(name="bell"))
    states, _ = behaviour(judged, ("up",), ("up",), ("end",))
    assert [is_quiescent(judged, state) for state in states] == [False, False, False, True]
