"""Budgets on the native graph: the least and the most that is spent, and shortest behaviours that show it.

What is done here is what `explore.budgets.check` does plainly; see there for the idea.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from virtspec.errors import InternalError, UsageError
from virtspec.explore.budgets.amounts import Amounts, Extreme
from virtspec.explore.native import budget_kernels
from virtspec.explore.native.budget_kernels import EDGE, ENDLESS, GREATEST, NEVER, SOURCE, START, STOP
from virtspec.explore.native.graph import Halted, StateGraph
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Slots, zeros
from virtspec.explore.native.meters import tables
from virtspec.explore.native.traces import is_a
from virtspec.ir.budget import Allowance, Between, Occurrence
from virtspec.trace.trace import Step, Trace

MOST_STATES = (1 << 30) - 1
"""Four nodes for each are numbered with 32 bits."""


def amounts(graph: StateGraph, budget: str, allowance: Allowance) -> Amounts:
    """What is found for one allowance of a budget."""
    if graph.states > MOST_STATES:
        raise UsageError(f"{graph.states:,} states are too many to follow what is spent; {MOST_STATES:,} are not")
    return _Meter(graph, budget, allowance).amounts()


@dataclass(frozen=True)
class _Observer:
    """What tells an allowance's stretches: arrays as kernels take them, see `budget_kernels`."""

    amounts: Numbers
    begins: Numbers
    claims: Numbers

    @classmethod
    def of(cls, graph: StateGraph, allowance: Allowance) -> _Observer:
        stretch = allowance.stretch
        held = graph.claims(stretch.claims)
        amounts, begins = tables(graph.kinds, allowance)
        match stretch:
            case Between():
                claims = START * held.true(0) + STOP * held.true(1)
            case Occurrence():
                claims = STOP * held.true(0)
            case _:
                claims = START + STOP * graph.resting
        # Behind the labels come those of steps that change nothing.
        return cls(np.array(amounts * 2, np.int64), np.array(begins * 2, np.int64), np.ascontiguousarray(claims))


class _Meter:
    """Looks at all stretches of one allowance."""

    def __init__(self, graph: StateGraph, prop: str, allowance: Allowance) -> None:
        self.graph = graph
        self.prop = prop
        self.allowance = allowance
        observer = _Observer.of(graph, allowance)
        self.arrays = (
            graph.offsets,
            graph.targets,
            graph.labels,
            observer.amounts,
            observer.begins,
            observer.claims,
        )
        first = int(observer.claims[0])
        self.begun = bool(first & START)
        """Whether a stretch begins in the initial state."""
        self.at_once = self.begun and bool(first & STOP)
        self.nodes = 2 * graph.states
        self.root = int(self.begun and not self.at_once)
        self.seen = self._slots()
        self.queue: Slots = zeros(2 * self.nodes, np.uint32)
        bind(budget_kernels.reach, *self.arrays, self.seen, self.queue)(self.root)

    def _slots(self) -> Slots:
        return zeros(self.nodes, np.uint32)

    def amounts(self) -> Amounts:
        return Amounts(self.least(), self.most())

    def least(self) -> Extreme | None:
        if self.at_once:
            return Extreme(0, self._trace([]))
        spent = self._slots()
        spent[:] = NEVER
        amount = bind(budget_kernels.least, *self.arrays, self.seen, spent, self._slots(), self.queue)(self.root)
        return None if amount < 0 else Extreme(amount, self._tight(spent, amount, ended=True))

    def most(self) -> Extreme | None:
        order, low, stack, calls, more = (self._slots() for _ in range(5))
        cursors: Numbers = zeros(self.nodes)
        result: Numbers = np.zeros(ENDLESS, np.int64)
        given = (*self.arrays, self.seen, order, low, stack, calls, more, cursors, result, self.graph.halt)
        done = bind(budget_kernels.most, *given)(self.root)
        if done == -2:
            raise Halted
        if done < 0:
            raise UsageError(f"{self.prop} spends more of {self.allowance.cost} than 32 bits can hold")
        if result[SOURCE] >= 0:
            return Extreme(None, self._endless(int(result[SOURCE]), int(result[EDGE])))
        greatest = int(result[GREATEST])
        if greatest < 0:
            return None
        if greatest == 0 and self.begun:
            return Extreme(0, self._trace([]))
        spent = self._slots()
        np.subtract(np.uint32(greatest), more, out=spent)
        return Extreme(greatest, self._tight(spent, greatest, ended=False))

    # --- ways

    def _tight(self, spent: Slots, amount: int, *, ended: bool) -> Trace:
        came, found = zeros(2 * self.nodes), zeros(2 * self.nodes)
        length = bind(budget_kernels.tight, *self.arrays, spent, came, self.queue, found)(self.root, amount, int(ended))
        return self._trace(self._edges(found, length))

    def _endless(self, source: int, edge: int) -> Trace:
        """Round for ever within one stretch, with an edge that spends something."""
        after = 2 * int(self.graph.targets[edge]) + 1
        stem = self._way(self.root, source, inside=False)
        around = [edge, *self._way(after, source, inside=True)]
        return self._trace([*stem, *around], len(stem))

    def _way(self, start: int, goal: int, *, inside: bool) -> list[int]:
        if start == goal:
            return []
        came, found = zeros(self.nodes), zeros(self.nodes)
        length = bind(budget_kernels.way, *self.arrays, came, self.queue, found)(start, goal, int(inside))
        return self._edges(found, length)

    def _edges(self, found: Numbers, length: int) -> list[int]:
        if length < 0:
            raise InternalError(f"{self.prop}: what is spent cannot be come to")
        return [int(edge) for edge in found[:length]]

    def _trace(self, edges: list[int], loop: int | None = None) -> Trace:
        steps: list[Step] = []
        state = self.graph.system.init
        for edge in edges:
            step = self.graph.step(state, int(self.graph.targets[edge]), partial(is_a, self.graph.label(edge)))
            assert step.state is not None
            steps.append(step)
            state = step.state
        return Trace(self.graph.system.fingerprint, tuple(steps), self.prop, loop)
