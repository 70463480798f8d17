"""Where a step counts, as a formula and by running it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.passes.enabled import enabled
from virtspec.ir.system import Action, System
from virtspec.ir.text import expr_text
from virtspec.ir.types import Value, values
from virtspec.semantics.interp import Disabled, Env, Outcome, State, Taken, evaluate, outcomes
from virtspec.semantics.successors import successors
from virtspec.testing.systems import rolled

SPEC = """
from typing import Annotated
from virtspec import *

class Task(Scalarset, size=2): ...
Small = Annotated[int, Range(0, 3)]

class M(Model):
    n: Small
    owner: Task | None

    @process
    def work(self, t: Task) -> Steps:
        require(self.owner is None)
        self.owner = t
        yield "busy"
        self.n = choose(Small)
        yield "done"
        require(self.owner is not None)
        self.owner = None

    @action
    def same(self) -> None:
        self.n = self.n

    @action
    def put(self, i: Small) -> None:
        require(self.owner is None)
        if i > 1:
            self.n = i

    @action
    def check(self) -> None:
        require(self.n == 3)
        assert self.owner is not None

    @action
    def settle(self) -> None:
        require(self.n == 2)
        self.n = 2 if self.owner is None else 1
"""


CLOSELY = 12
"""How many of a random system's states are looked at."""


def small() -> System:
    module = load_text(SPEC, "spec.py")
    return load(module.models[0])


@pytest.mark.parametrize(
    ("action", "cond", "always"),
    [
        ("work", "Task.pc[t] == idle and owner == None", True),
        ("work.busy", "Task.pc[t] == work.busy", True),
        ("work.done", "Task.pc[t] == work.done and owner != None", True),
        ("same", "False", False),
        ("put", "any(owner == None and 1 < i and n != i for i in 0..3)", False),
        ("check", "n == 3 and owner == None", False),
        ("settle", "n == 2 and owner != None", False),
    ],
)
def test_what_the_guard_decides_folds_away(action: str, cond: str, always: bool) -> None:
    system = small()
    found = enabled(system, system.action(action))
    assert (expr_text(found.cond), found.always) == (cond, always)


def reached(system: System) -> Iterator[State]:
    seen, waiting = {system.init}, [system.init]
    for state in waiting:
        yield state
        for _, outcome in successors(system, state):
            if isinstance(outcome, Taken) and outcome.state not in seen:
                seen.add(outcome.state)
                waiting.append(outcome.state)


def compare(system: System, state: State, action: Action) -> Iterator[str]:
    """Asserts that the formula says of everybody who may take the step what running it says; what occurs."""
    found = enabled(system, action)
    ways = [o for o in outcomes(system, action, state) if not isinstance(o, Disabled)]
    everybody: tuple[Value | None, ...] = (None,) if action.process is None else values(action.params[0].type)
    for who in everybody:
        own = [o for o in ways if who is None or o.picks[0][1] == who]
        counting = [o for o in own if counts(o, state)]
        bound: dict[str, Value] = {} if who is None else {action.params[0].name: who}
        assert evaluate(found.cond, Env(system.field_index, state, (), bound)) == bool(counting), action.name
        taken = [o for o in own if isinstance(o, Taken)]
        assert not found.always or all(o.state != state for o in taken), action.name
        yield "can" if counting else "changes nothing" if own else "cannot"
        yield from ["always"] if found.always and taken else []
        yield from ["only faults"] if counting and not taken else []


def counts(outcome: Outcome, state: State) -> bool:
    return not (isinstance(outcome, Taken) and outcome.state == state)


def test_the_formula_says_what_steps_do() -> None:
    system = small()
    seen = Counter(what for state in reached(system) for a in system.actions for what in compare(system, state, a))
    # Of four values of n and five of what the tasks do: 24 steps of tasks, 4 of put, 4 of settle, and a fault.
    assert seen == {"can": 33, "always": 24, "only faults": 1, "changes nothing": 25, "cannot": 142}


@pytest.mark.parametrize(
    "numbers", [range(40), pytest.param(range(1000, 2000), marks=pytest.mark.slow)], ids=["40", "1000"]
)
def test_the_formula_says_what_steps_of_random_systems_do(numbers: range) -> None:
    seen: Counter[str] = Counter()
    for number in numbers:
        spec = rolled(number)
        sys.modules.pop(spec.model.__module__)
        states = list(islice(reached(spec.system), CLOSELY))
        try:
            seen.update(w for state in states for a in spec.system.actions for w in compare(spec.system, state, a))
        except Exception as error:
            error.add_note(f"rolled({number}):\n{spec.text}")
            raise
    assert {what for what, count in seen.items() if count > 5} == {
        "can",
        "cannot",
        "changes nothing",
        "always",
        "only faults",
    }
