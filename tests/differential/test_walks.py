"""Random walks through random systems against the interpreter: every step is one of its, and nothing is overlooked.

What a walk passes is judged once more by the interpreter: what it finds there, and how soon, is what the engine must have
found. What occurred is counted, and the counts are demanded.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise

from hypothesis import HealthCheck, given, settings

from virtspec import api
from virtspec.explore.native.module import judgeable
from virtspec.explore.native.walk_kernels import STEPS
from virtspec.explore.native.walks import Walks
from virtspec.explore.reasons import why_false
from virtspec.ir.system import System
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import busy, successors
from virtspec.testing import RandomSpecification, systems
from virtspec.trace.verdict import DEADLOCK, FAULT, Reached, Violated, violated_by

EXAMPLES = 160
WALKS = 4
DEPTH = 25


def test_walks_through_random_systems_are_behaviours_and_find_what_lies_on_them() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(systems())
    def examine(spec: RandomSpecification) -> None:
        compare(spec.system, seen)
        sys.modules.pop(spec.model.__module__)

    examine()
    assert {name: seen[name] for name in DEMANDED if seen[name] < OFTEN} == {}


DEMANDED = [
    *("steps", "full length", "ended early", "invariant", "transition", "reachable", "faultless", FAULT, DEADLOCK),
    "nothing",
]
"""What must have occurred, and how often at least."""
OFTEN = 2


def compare(system: System, seen: Counter[str]) -> None:
    found = api.simulate(system, seed=len(system.fields), walks=WALKS, depth=DEPTH, workers=2)
    walking = Walks(system, judgeable(system, None), [], [FAULT, DEADLOCK], found.seed, DEPTH, 1)
    soonest: dict[str, int] = {}
    enabled: Counter[str] = Counter()
    taken = 0
    for number in range(WALKS):
        walker = walking.walker(DEPTH, walking.fatal)
        walker.begin(range(number, number + 1))
        assert not walker.advance()
        way = walking.way(number, int(walker.info[STEPS]))
        taken += len(way) - 1
        look(system, way, soonest, enabled)
        seen["full length" if len(way) > DEPTH else "ended early"] += 1
    assert (found.steps, sum(found.taken.values()), found.walks, found.cut) == (taken, taken, WALKS, 0)
    assert found.enabled == Counter({action.name: enabled[action.name] for action in system.actions})
    shown = {i: v for i, v in found.verdicts.items() if isinstance(v, Violated | Reached)}
    assert set(shown) == set(soonest)
    assert all(len(verdict.trace) <= soonest[prop] for prop, verdict in shown.items())  # a detour may be left out
    seen["steps"] += taken
    seen.update(kind_of(system, prop) for prop in shown)
    seen["nothing"] += not shown


def look(system: System, way: list[State], soonest: dict[str, int], enabled: Counter[str]) -> None:
    """Follow one walk: every step must be one, every end an end; what is to be found on it, after how many steps."""
    for before, after in pairwise(way):
        assert any(isinstance(o, Taken) and o.state == after for _, o in successors(system, before))
    for at, state in enumerate(way):
        for prop in system.properties:
            if prop.kind != "transition" and (why_false(system, prop, state) is None) == (prop.kind == "reachable"):
                soonest[prop.id] = min(soonest.get(prop.id, at), at)
        if at == DEPTH:
            break
        out = list(successors(system, state))
        enabled.update(action.name for action, _ in out)
        assert at < len(way) - 1 or not any(isinstance(o, Taken) for _, o in out)
        if not out and busy(system, state):
            soonest[DEADLOCK] = min(soonest.get(DEADLOCK, at), at)
        for _, outcome in out:
            if isinstance(outcome, Faulted):
                for violated in violated_by(system, outcome):
                    soonest[violated] = min(soonest.get(violated, at + 1), at + 1)
                continue
            for prop in system.properties:
                if prop.kind == "transition" and why_false(system, prop, outcome.state, state) is not None:
                    soonest[prop.id] = min(soonest.get(prop.id, at + 1), at + 1)


def kind_of(system: System, prop: str) -> str:
    return system.declared[prop].kind if prop in system.declared else prop
