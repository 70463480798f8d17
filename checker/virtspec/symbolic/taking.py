"""A step that a model of the solver describes, taken by the interpreter."""

from __future__ import annotations

from collections.abc import Sequence

from virtspec.ir.nodes import Var
from virtspec.ir.system import System
from virtspec.ir.types import Value
from virtspec.semantics.interp import MorePicks, NoSuchPick, Outcome, State, run


def take(
    system: System, action: str, state: State, offers: Sequence[tuple[Var, Value]]
) -> tuple[tuple[Value, ...], Outcome | None]:
    """The picks asked for, found among `offers` in their order, and what the step does; None if one is not offered."""
    picks: list[Value] = []
    left = list(offers)
    while True:
        try:
            return tuple(picks), run(system, system.action(action), state, picks)
        except NoSuchPick:
            return tuple(picks), None
        except MorePicks as more:
            while left and left[0][0].name != more.var.name:
                del left[0]
            if not left:
                return tuple(picks), None
            picks.append(left.pop(0)[1])
