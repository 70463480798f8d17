"""From the states of a behaviour to a verdict with its trace.

An engine that packs states knows which states it passed. What happened between two of them is asked of the interpreter,
so that every trace is made of steps of the semantics; where the interpreter knows no such step the engine is wrong.

States here are unpacked. `way` is the states passed, from the initial one on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import TypeAlias, TypeVar

from virtspec.errors import InternalError
from virtspec.explore.reasons import deadlock_reason, why_false
from virtspec.ir.passes.labels import Label
from virtspec.ir.system import Action, Property, System
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import busy, successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import FAULT, Reached, Violated, violated_by

Way: TypeAlias = Sequence[State]
H = TypeVar("H", bound=Hashable)


def without_loops(way: Sequence[H]) -> list[H]:
    """The same way without detours: from a state that it comes back to, it goes on as it does after the last time.

    >>> "".join(without_loops("abcbd"))
    'abd'
    """
    last = {state: at for at, state in enumerate(way)}
    found: list[H] = []
    at = 0
    while at < len(way):
        found.append(way[at])
        at = last[way[at]] + 1
    return found


def trace(system: System, way: Way, prop: str | None = None, last: Step | None = None) -> Trace:
    """The trace along the way, and the `last` step if that is given. Raises InternalError where no step leads on."""
    steps = [step(system, before, after) for before, after in pairwise(way)]
    return Trace(system.fingerprint, tuple(steps if last is None else [*steps, last]), prop)


def step(system: System, before: State, after: State, fits: Callable[[Action, Taken], bool] = lambda *_: True) -> Step:
    """The first step that fits, in the documented order, from one state to the other.

    Raises InternalError if there is none.
    """
    for action, outcome in successors(system, before):
        if isinstance(outcome, Taken) and outcome.state == after and fits(action, outcome):
            return _step(action, outcome)
    raise InternalError("the native engine took a step that the interpreter does not know")


def is_a(label: Label, action: Action, taken: Taken) -> bool:
    """Whether the label is that of the step."""
    if action.name != label.action.name or (action.process is not None and taken.picks[0][1] != label.member):
        return False
    return all(taken.costs.count(name) == label.spent.get(name, 0) for name in {*taken.costs, *label.spent})


def _step(action: Action, outcome: Taken | Faulted) -> Step:
    picks = tuple(value for _, value in outcome.picks)
    return Step(action.name, picks, outcome.state if isinstance(outcome, Taken) else None)


def judged(system: System, prop: Property, way: Way) -> Violated | Reached:
    """The verdict on an invariant that the last state of the way violates, or a witness that it is."""
    reason = why_false(system, prop, way[-1])
    if (reason is None) != (prop.kind == "reachable"):
        raise InternalError(f"the native engine and the interpreter do not agree on {prop.id}")
    found = trace(system, way, prop.id)
    return Reached(found) if reason is None else Violated(found, reason)


def faulted(system: System, prop: str, way: Way) -> Violated:
    """The verdict on a property about faults, or on `fault`, where a step out of the last state violates it."""
    for action, outcome in successors(system, way[-1]):
        if isinstance(outcome, Faulted) and prop in violated_by(system, outcome):
            found = trace(system, way, None if prop == FAULT else prop, _step(action, outcome))
            return Violated(found, f"{outcome.message} ({outcome.span})")
    raise InternalError(f"the native engine ran into a fault that violates {prop}, the interpreter does not")


def deadlocked(system: System, way: Way) -> Violated:
    """The verdict on freedom from deadlock where nothing can happen in the last state, but somebody is busy."""
    if not busy(system, way[-1]) or next(successors(system, way[-1]), None) is not None:
        raise InternalError("the native engine ran into a deadlock, the interpreter does not")
    return Violated(trace(system, way), deadlock_reason(system, way[-1]))


def stepwise(system: System, prop: Property, way: Way) -> Violated:
    """The verdict on a transition property that a step out of the last state violates."""
    for action, outcome in successors(system, way[-1]):
        if isinstance(outcome, Taken):
            reason = why_false(system, prop, outcome.state, way[-1])
            if reason is not None:
                return Violated(trace(system, way, prop.id, _step(action, outcome)), reason)
    raise InternalError(f"the native engine takes {prop.id} for violated, the interpreter does not")
