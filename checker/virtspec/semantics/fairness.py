"""Who must not be kept from stepping for ever, and whether a behaviour does so.

A fair unit is a process as run by one member, or an action. Weakly fair: if from some time on it always could take a
step, it takes steps for ever. Strongly fair: if it could again and again. A step counts, and a unit can take one, only if
it changes the state or runs into a fault; that ends the behaviour, and what has an end is no behaviour to be judged. To
begin a process is a duty of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtspec.ir.system import Action, System
from virtspec.ir.types import Value, show
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors


@dataclass(frozen=True, slots=True)
class Unit:
    """`name` says who, as in "run by Task0"."""

    name: str
    strong: bool


def unit_of(action: Action, picks: tuple[Value, ...]) -> Unit | None:
    """The unit that a step belongs to, if it is one that must be treated fairly."""
    who = None if action.process is None else picks[0]
    fair = action.fair_to(who)
    if fair == "none":
        return None
    by = "" if who is None else f" by {show(action.params[0].type, who)}"
    return Unit(action.duty + by, fair == "strong")


def enabled(system: System, state: State) -> set[Unit]:
    """The units that can take a step which changes the state or runs into a fault."""
    found = set()
    for action, outcome in successors(system, state):
        if not isinstance(outcome, Taken) or outcome.state != state:
            unit = unit_of(action, tuple(value for _, value in outcome.picks))
            if unit is not None:
                found.add(unit)
    return found


def starved(system: System, cycle: Sequence[State], steps: Sequence[tuple[str, tuple[Value, ...]]]) -> set[Unit]:
    """The units that are not treated as fairly as they must be by a behaviour that goes round for ever through the states
    of `cycle`, the first and the last of which are the same; `steps` are the actions and picks between them.
    """
    visited = [enabled(system, state) for state in cycle]
    taken = {
        unit_of(system.action(action), picks)
        for (action, picks), before, after in zip(steps, cycle, cycle[1:], strict=False)
        if before != after
    }
    sometimes = set().union(*visited)
    always = sometimes.intersection(*visited)
    return {unit for unit in sometimes - taken if unit.strong or unit in always}
