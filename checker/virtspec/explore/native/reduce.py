"""Smaller systems with the same verdicts, and the way back from their behaviours to those of the system itself.

    slice       without the fields that nothing judged can see             (`ir.passes.slice`)
    dead        what nobody reads again has a fixed value                  (`ir.passes.dead`)
    symmetry    one state for all that differ in the names of members      (`ir.passes.symmetry`, `canonical`, `orbits`)

Actions, parameters and choices stay the same, so that a behaviour of the smaller system, as a list of actions and picks,
is one of the system itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial, prod

from virtspec.errors import InternalError, UsageError
from virtspec.explore.native.layout import layout
from virtspec.explore.report import REDUCTIONS, Reduction
from virtspec.ir.passes.dead import optional_locals, reset_dead
from virtspec.ir.passes.slice import sliced
from virtspec.ir.passes.symmetry import symmetric
from virtspec.ir.system import System
from virtspec.ir.types import ScalarsetType, Value
from virtspec.semantics.interp import State, Taken, run
from virtspec.semantics.successors import successors
from virtspec.source import did_you_mean

MOST_RENAMINGS = 50_000
"""Ways to name all members that are tried at most for one state."""


@dataclass(frozen=True)
class Reduced:
    """A system made smaller."""

    original: System
    system: System
    symmetric: tuple[ScalarsetType, ...]
    notes: tuple[Reduction, ...]

    @property
    def renamings(self) -> int:
        """In how many ways members may be renamed."""
        return prod(factorial(s.size) for s in self.symmetric)

    def way(self, states: Sequence[tuple[int, ...]], pack: Callable[[State], tuple[int, ...]]) -> list[State]:
        """The states of the original system along a way of packed ones; `pack` gives the one that stands for a state."""
        small, large = self.system.init, self.original.init
        found = [large]
        for wanted in states[1:]:
            name, picks, small = self._step(small, wanted, pack)
            outcome = run(self.original, self.original.action(name), large, picks)
            if not isinstance(outcome, Taken):
                raise InternalError(f"a reduced system can take {name}, the system itself cannot")
            large = outcome.state
            found.append(large)
        return found

    def _step(
        self, state: State, wanted: tuple[int, ...], pack: Callable[[State], tuple[int, ...]]
    ) -> tuple[str, list[Value], State]:
        for action, outcome in successors(self.system, state):
            if isinstance(outcome, Taken) and pack(outcome.state) == wanted:
                return action.name, [value for _, value in outcome.picks], outcome.state
        raise InternalError("the native engine took a step that the interpreter does not know")


def reduced(system: System, properties: Sequence[str], which: Sequence[str]) -> Reduced:
    """Apply the reductions named to `system`, of which the properties with these ids are judged. Raises UsageError."""
    for name in which:
        if name not in REDUCTIONS:
            hint = did_you_mean(name, REDUCTIONS)
            raise UsageError(
                f"there is no reduction {name!r}" + (f"; {hint}" if hint else f": {', '.join(REDUCTIONS)}")
            )
    notes: list[Reduction] = []
    smaller = system
    if "slice" in which:
        found = sliced(smaller, properties)
        smaller = found.system
        if found.removed:
            bits = layout(system).bits - layout(smaller).bits
            notes.append(Reduction("slice", f"{bits} bits of every state left out: {', '.join(found.removed)}"))
    if "dead" in which:
        reset = reset_dead(smaller, properties)
        smaller = reset.system
        if reset.fields:
            notes.append(Reduction("dead", f"fixed while nobody reads them: {', '.join(reset.fields)}"))
    scalarsets: tuple[ScalarsetType, ...] = ()
    if "symmetry" in which:
        renamed = optional_locals(smaller)
        scalarsets = _affordable(symmetric(renamed, properties).interchangeable)
        smaller = renamed if scalarsets else smaller
    return Reduced(system, smaller, scalarsets, tuple(notes))


def _affordable(scalarsets: Sequence[ScalarsetType]) -> tuple[ScalarsetType, ...]:
    """The scalarsets whose members it pays to rename, the smallest first as long as there are not too many ways."""
    chosen: list[ScalarsetType] = []
    for s in sorted(scalarsets, key=lambda s: s.size):
        if prod(factorial(t.size) for t in (*chosen, s)) <= MOST_RENAMINGS:
            chosen.append(s)
    return tuple(s for s in scalarsets if s in chosen)
