"""The invariant of `liveness_to_safety` is violated exactly where the oracle finds a fair behaviour against the formula.

The systems are the walks of `test_liveness`, of actions only, and random specifications with processes, picks and faults,
to which fairness and a formula are added here. What occurs is counted and demanded.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from tests.differential.test_liveness import formula as formula_text
from tests.differential.test_liveness import specification
from tests.unit.ir.test_buchi import formula

from virtspec import api
from virtspec.api.checking import Engine, confirm
from virtspec.explore.report import Limits
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir import build
from virtspec.ir.nodes import Choose, Expr
from virtspec.ir.passes.liveness_to_safety import liveness_to_safety
from virtspec.ir.system import Action, Fairness, Instance, System, Temporal
from virtspec.ir.types import Value, cardinality, values
from virtspec.ir.verify import verify
from virtspec.ir.walk import statements
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import claims_at, successors
from virtspec.testing.systems import rolled
from virtspec.trace.lasso import lasso
from virtspec.trace.verdict import Holds, Violated

KINDS: tuple[Fairness, ...] = ("none", "weak", "strong")
LIMIT = 50_000
"""States of what is made of a system; none of those tried here has as many."""


def agreed(system: System, instance: Instance, engine: Engine = "oracle") -> bool:
    """Whether the instance is violated, as both say. Each behaviour found is replayed and judged by the definition."""
    prop = Temporal("claim", "claim", (instance,))
    system = replace(system, properties=(), faultless=(), budgets=(), temporal=(prop,))
    wanted = api.check(system, engine="oracle", only=["claim"]).verdicts["claim"]
    made = liveness_to_safety(system, prop, instance)
    verify(made.system)
    found = api.check(made.system, engine=engine, only=["claim"], limits=Limits(states=LIMIT)).verdicts["claim"]
    assert isinstance(wanted, Holds | Violated)
    assert isinstance(found, Violated if isinstance(wanted, Violated) else Holds), f"{found}, not {wanted}"
    if isinstance(found, Violated):
        confirm(system, {"claim": Violated(lasso(made, found.trace), "")}, "the invariant")
    return isinstance(found, Violated)


def walks(seeds: range, engine: Engine = "oracle") -> Counter[bool]:
    """How many instances of the claims about random walks are violated and how many are not."""
    answers: Counter[bool] = Counter()
    for seed in seeds:
        text = specification(random.Random(seed))
        module = load_text(text, f"random{seed}.py")
        system = load(module.models[0], module.properties)
        for instance in system.temporal[0].instances:
            try:
                answers[agreed(system, instance, engine)] += 1
            except Exception as error:
                error.add_note(text)
                raise
    return answers


def test_the_invariant_agrees_with_the_oracle_on_walks() -> None:
    answers = walks(range(60))
    assert answers[True] > 20 and answers[False] > 20


def test_the_native_engine_finds_the_same_with_its_reductions() -> None:
    answers = walks(range(60, 68), "native")
    assert answers[True] and answers[False]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_the_invariant_agrees_with_the_oracle_on_ten_thousand_walks(part: int) -> None:
    walks(range(1000 + 500 * part, 1500 + 500 * part))


# --- members who are treated differently ------------------------------------------------------------------------------

HEAD = """
from typing import Annotated
from virtspec import *

class Task(Scalarset, size=2): ...

class Pair(Model):
    n: Annotated[int, Range(0, 1)]
    owner: Task | None
"""
STEPS = [
    "require(self.n == {a})",
    "require(self.n != {a})",
    "self.n = {a}",
    "self.n = 1 - self.n",
    "require(self.owner is None)\n        self.owner = t",
    "require(self.owner == t)\n        self.owner = None",
    "self.owner = t if self.n == {a} else self.owner",
    "self.n = choose(Annotated[int, Range(0, 1)])",
]
ATOMS = ["m.n == {a}", "m.n != {a}", "m.owner is None", "m.owner == t", 'at(m.run, "one", t)', "at(m.run)"]


def pair(draw: random.Random) -> tuple[str, dict[str, Fairness]]:
    """Two tasks that run through one or two places, perhaps somebody beside them, a random formula, and random fairness."""

    def step() -> str:
        return f"        {draw.choice(STEPS).format(a=draw.randrange(2))}\n"

    text = HEAD + "\n    @process\n    def run(self, t: Task) -> Steps:\n" + (step() if draw.random() < 0.5 else "")
    for place in draw.choice([["one"], ["one", "two"]]):
        text += f'        yield "{place}"\n{step()}'
    fair = {who: draw.choice(KINDS) for who in ("run", "run.begin", "run.begin.Task0")}
    fair["run.Task1"] = "none" if fair["run"] != "none" else "strong"
    if draw.random() < 0.5:
        text += f"\n    @action\n    def other(self, t: Task) -> None:\n{step()}"
        fair["other"] = draw.choice(KINDS)
    about = formula_text(draw, 2, [atom.format(a=draw.randrange(2)) for atom in ATOMS])
    text += f"\n@temporal(Pair)\ndef claim(m: Pair, t: Task) -> Formula:\n    return {about}\n"
    return text, {f"fair.{who}": how for who, how in fair.items()}


def pairs(seeds: range, most: int) -> Counter[bool]:
    """How many claims about random pairs with up to so many states are violated and how many are not."""
    answers: Counter[bool] = Counter()
    for seed in seeds:
        draw = random.Random(seed)
        text, fair = pair(draw)
        module = load_text(text, f"pair{seed}.py")
        system = load(module.models[0], module.properties, fair)
        if states_of(system, most) is None:
            continue
        instance = draw.choice(system.temporal[0].instances)
        try:
            answers[agreed(system, instance)] += 1
        except Exception as error:
            error.add_note(f"{text}\n{fair}, {instance.values}")
            raise
    return answers


def test_the_invariant_agrees_with_the_oracle_on_pairs_of_tasks() -> None:
    answers = pairs(range(90), 10)
    assert answers[True] > 12 and answers[False] > 12


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_the_invariant_agrees_with_the_oracle_on_a_thousand_pairs_of_tasks(part: int) -> None:
    pairs(range(1000 + 100 * part, 1100 + 100 * part), 30)


# --- processes, picks, faults ----------------------------------------------------------------------------------------


def fairly(draw: random.Random, system: System) -> System:
    """The system with random fairness of everything that may have one, and random exceptions."""
    chosen: dict[str, tuple[Fairness, tuple[tuple[Value, Fairness], ...]]] = {}
    actions: list[Action] = []
    for action in system.actions:
        members = () if action.process is None else values(action.params[0].type)
        excepted = tuple((member, draw.choice(KINDS)) for member in members if draw.random() < 0.3)
        fair, exceptions = chosen.setdefault(action.duty, (draw.choice(KINDS), excepted))
        actions.append(replace(action, fair=fair, exceptions=exceptions))
    return replace(system, actions=tuple(actions))


def states_of(system: System, most: int) -> list[State] | None:
    """The states that can be reached; None if there are more than so many."""
    states = {system.init: None}
    waiting = [system.init]
    while waiting and len(states) <= most:
        for _, outcome in successors(system, waiting.pop()):
            if isinstance(outcome, Taken) and outcome.state not in states:
                states[outcome.state] = None
                waiting.append(outcome.state)
    return None if len(states) > most else list(states)


def claims(draw: random.Random, system: System, states: Sequence[State]) -> tuple[Expr, ...]:
    """Two things to say about a state, true in some and not in others if there are such."""
    found = [p.expr for p in system.properties if p.kind != "transition"]
    found += [e for f in system.fields if cardinality(f.type) < 50 for e in _values(f.name, system)]
    true = [claims_at(system, found, state) for state in states]
    telling = [e for i, e in enumerate(found) if len({i in there for there in true}) == 2]
    return tuple(draw.choice(telling or found) for _ in range(2))


def _values(name: str, system: System) -> Iterator[Expr]:
    """What a field, or an entry of a table, may be."""
    whole = build.read(name, system.field_type(name))
    yield from (build.eq(whole, build.const(value, whole.type)) for value in values(whole.type))


def occurring(system: System, states: Sequence[State]) -> Iterator[str]:
    if any(isinstance(o, Faulted) for state in states for _, o in successors(system, state)):
        yield "fault"
    if any(isinstance(s, Choose) for a in system.actions for s in statements(a.body)):
        yield "pick"
    if any(a.exceptions for a in system.actions):
        yield "exception"
    if len(states) > 8:
        yield "more than 8 states"
    yield from {a.fair for a in system.actions}


def specifications(numbers: range, most: int) -> Counter[tuple[str, bool]]:
    """How often what occurred in a system of up to so many states, by whether its formula was violated."""
    seen: Counter[tuple[str, bool]] = Counter()
    for number in numbers:
        draw = random.Random(number)
        spec = rolled(number)
        sys.modules.pop(spec.model.__module__)
        system = fairly(draw, spec.system)
        states = states_of(system, most)
        if states is None:
            continue
        instance = Instance((), formula(draw, 3), claims(draw, system, states))
        try:
            violated = agreed(system, instance)
        except Exception as error:
            error.add_note(f"rolled({number}), {instance.formula}:\n{spec.text}")
            raise
        seen.update((what, violated) for what in ("any", *occurring(system, states)))
    return seen


DEMANDED = ("any", "fault", "pick", "exception", "more than 8 states", "weak", "strong")


@pytest.mark.parametrize(
    ("numbers", "most", "least"),
    [
        (range(40), 12, 1),
        *(pytest.param(range(200 * i, 200 * i + 200), 20, 3, marks=pytest.mark.slow) for i in range(1, 11)),
    ],
    ids=str,
)
def test_the_invariant_agrees_with_the_oracle_on_random_specifications(numbers: range, most: int, least: int) -> None:
    seen = specifications(numbers, most)
    few = {(what, answer): seen[what, answer] for what in DEMANDED for answer in (False, True)}
    assert {key: count for key, count in few.items() if count < least} == {}
