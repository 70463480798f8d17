"""What tests of liveness share: systems from texts, the verdicts of both engines, behaviours looked at edge by edge."""

from __future__ import annotations

from functools import cache

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.explore.report_json import word
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System
from virtspec.semantics.fairness import starved
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import Violated

HEAD = "from enum import Enum, auto\nfrom typing import Annotated\nfrom virtspec import *\n"

ENGINES: tuple[Engine, Engine] = ("oracle", "native")

STEPS = """
class Switch(Model):
    on: bool
    n: Annotated[int, Range(0, 2)]

    @action{fair}
    def flip(self) -> None:
        self.on = not self.on

    @action(fair="weak")
    def same(self) -> None:
        self.on = self.on

@temporal(Switch)
def stays_on(m: Switch) -> Formula:
    return eventually(always(m.on))

@temporal(Switch)
def stays_off(m: Switch) -> Formula:
    return eventually(always(not m.on))

@temporal(Switch)
def is_on(m: Switch) -> Formula:
    return eventually(m.on)
"""

CYCLE = """
class Walk(Model):
    at: Annotated[int, Range(0, 3)]

    @action(fair="weak")
    def go(self) -> None:
        require(self.at < 2)
        self.at = 1 - self.at

    @action
    def leave(self) -> None:
        require(self.at == 1)
        self.at = 2

    @action(fair="weak")
    def end(self) -> None:
        require(self.at == 2)
        self.at = 3

@temporal(Walk)
def ends(m: Walk) -> Formula:
    return eventually(m.at == 3)

@temporal(Walk)
def may_end(m: Walk) -> Formula:
    return can_always_reach(m.at == 3)

@temporal(Walk)
def may_begin_again(m: Walk) -> Formula:
    return can_always_reach(m.at == 0)
"""


@cache
def system(text: str, *fair: str) -> System:
    """The system of a text; `fair` chooses fairness as `-p` does, as in "lock=weak" or "lock.begin=none"."""
    module = load_text(HEAD + text, "spec.py")
    return load(module.models[0], module.properties, {f"fair.{who}": how for who, how in (f.split("=") for f in fair)})


def words(text: str, *fair: str) -> dict[str, str]:
    """The verdicts of both engines, by property. All that is shown to violate a formula is a behaviour, and a fair one."""
    judged = system(text, *fair)
    oracle, native = (api.check(judged, engine=engine).verdicts for engine in ENGINES)
    found = {prop: word(oracle[prop]) for prop in judged.declared}
    assert {prop: word(native[prop]) for prop in found} == found
    for verdict in (*oracle.values(), *native.values()):
        if isinstance(verdict, Violated):
            is_behaviour(judged, verdict.trace)
    return found


def shown(text: str, prop: str, *fair: str) -> tuple[Violated, Violated]:
    """What the oracle and the native engine show to violate a property."""
    oracle, native = (api.check(system(text, *fair), engine=e, only=[prop]).verdicts[prop] for e in ENGINES)
    assert isinstance(oracle, Violated) and isinstance(native, Violated)
    return oracle, native


def counterexample(text: str, prop: str, engine: Engine = "oracle") -> tuple[Trace, str]:
    found = api.check(system(text), engine=engine, only=[prop]).verdicts[prop]
    assert isinstance(found, Violated)
    return found.trace, found.reason


def is_behaviour(judged: System, trace: Trace) -> None:
    """Asserts that each step is one of the system, that the loop closes and that nobody is treated unfairly in it.

    `api.check` has replayed the trace. Here nothing is run: each step is looked for among the successors.
    """
    states = [judged.init]
    for step in trace.steps:
        if step.state is None:  # it faults
            continue
        assert step in steps_from(judged, states[-1])
        states.append(step.state)
    if trace.loop is not None:
        around = [(step.action, step.picks) for step in trace.steps[trace.loop :]]
        assert states[-1] == states[trace.loop]
        assert starved(judged, states[trace.loop :], around) == set()


def steps_from(judged: System, state: State) -> list[Step]:
    return [
        Step(action.name, tuple(value for _, value in outcome.picks), outcome.state)
        for action, outcome in successors(judged, state)
        if isinstance(outcome, Taken)
    ]
