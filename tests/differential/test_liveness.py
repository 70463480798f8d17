"""Temporal properties of small random systems, by both engines, against all short behaviours judged by the definition."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from virtspec import api
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import Instance, System
from virtspec.ir.temporal import CanReach
from virtspec.semantics.fairness import starved
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import claims_at, successors
from virtspec.semantics.temporal import holds
from virtspec.trace.trace import Step
from virtspec.trace.verdict import Holds, Violated

LONGEST = 6
"""Steps of the behaviours tried, stem and loop together."""

HEAD = """
from typing import Annotated
from virtspec import *

Place = Annotated[int, Range(0, 3)]

class Walk(Model):
    at: Place
"""


def specification(draw: random.Random) -> str:
    """A few places, two or three actions with ways between them, and a random formula."""
    text = HEAD
    for number in range(draw.randint(1, 3)):
        fair = draw.choice(["", '(fair="weak")', '(fair="strong")'])
        text += f"\n    @action{fair}\n    def step{number}(self) -> None:\n"
        ways = [(draw.randrange(4), draw.randrange(4)) for _ in range(draw.randint(1, 3))]
        for i, (source, target) in enumerate(dict(ways).items()):
            text += f"        {'if' if i == 0 else 'elif'} self.at == {source}:\n            self.at = {target}\n"
        text += "        else:\n            require(False)\n"
    return text + f"\n@temporal(Walk)\ndef claim(m: Walk) -> Formula:\n    return {formula(draw, 3)}\n"


PLACES = ("m.at == 0", "m.at == 1", "m.at > 1", "m.at == 3", "m.at != 2")


def formula(draw: random.Random, depth: int, atoms: Sequence[str] = PLACES) -> str:
    if depth == 0 or draw.random() < 0.2:
        return draw.choice(atoms)
    a, b = formula(draw, depth - 1, atoms), formula(draw, depth - 1, atoms)
    one = [f"always({a})", f"eventually({a})", f"not ({a})"]
    two = [f"until({a}, {b})", f"weak_until({a}, {b})", f"release({a}, {b})", f"leads_to({a}, {b})"]
    return draw.choice([*one, *two, f"({a}) and ({b})", f"({a}) or ({b})"])


def lassos(system: System) -> Iterator[tuple[list[Step], int]]:
    """All behaviours of up to so many steps that change something and then go on in a loop, or stay as they are."""
    waiting: list[list[Step]] = [[]]
    for steps in waiting:
        states: list[State] = [system.init, *(s.state for s in steps if s.state is not None)]
        yield steps, len(steps)
        yield from ((steps, i) for i, state in enumerate(states[:-1]) if state == states[-1])
        if len(steps) < LONGEST:
            for action, outcome in successors(system, states[-1]):
                if isinstance(outcome, Taken) and outcome.state != states[-1]:
                    waiting.append([*steps, Step(action.name, (), outcome.state)])


def violated(system: System, instance: Instance) -> bool:
    """Whether one of these behaviours is fair and does not satisfy the formula."""
    assert not isinstance(instance.formula, CanReach)
    for steps, loop in lassos(system):
        states: list[State] = [system.init, *(s.state for s in steps if s.state is not None)]
        letters = [claims_at(system, instance.claims, state) for state in states]
        if loop < len(steps):
            letters.pop()
        around = [(step.action, step.picks) for step in steps[loop:]]
        if not holds(instance.formula, letters, loop) and not starved(system, states[loop:], around):
            return True
    return False


def compare(seeds: range) -> tuple[int, int]:
    """How many claims hold and how many do not."""
    answers = [0, 0]
    for seed in seeds:
        text = specification(random.Random(seed))
        module = load_text(text, f"random{seed}.py")
        system = load(module.models[0], module.properties)
        verdict = api.check(system, engine="oracle").verdicts["claim"]
        native = api.check(system, engine="native", workers=1).verdicts["claim"]
        assert type(native) is type(verdict), text
        # A trace was replayed and judged by the definition; that nothing was missed is what is tried here.
        assert isinstance(verdict, Holds | Violated)
        if isinstance(verdict, Holds):
            assert not any(violated(system, instance) for instance in system.temporal[0].instances), text
        answers[isinstance(verdict, Violated)] += 1
    return answers[0], answers[1]


@pytest.mark.parametrize("part", range(4))
def test_no_short_behaviour_violates_what_holds(part: int) -> None:
    held, not_held = compare(range(40 * part, 40 * part + 40))
    assert held > 5 and not_held > 5


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_no_short_behaviour_violates_what_holds_of_ten_thousand(part: int) -> None:
    compare(range(1000 + 500 * part, 1500 + 500 * part))
