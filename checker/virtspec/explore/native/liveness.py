"""Temporal properties on the native graph: automata, fair components, and the way round one as a trace.

What is done here is what `explore.liveness.check` does plainly; see there for the idea.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from virtspec.errors import InternalError, UsageError
from virtspec.explore.liveness.vacuity import held
from virtspec.explore.native import graph_kernels
from virtspec.explore.native.graph import Claims, Halted, StateGraph
from virtspec.explore.native.graph_kernels import AGAIN, ALIVE, BEST, MET, RESTING, RESULT, SETS, UNITS
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Slots, zeros
from virtspec.explore.reasons import why_not
from virtspec.ir.passes.buchi import Automaton, automaton
from virtspec.ir.system import Action, Instance, Temporal
from virtspec.ir.temporal import TRUE, CanReach, negated
from virtspec.semantics.fairness import Unit, unit_of
from virtspec.semantics.interp import Taken
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import Verdict, Violated

MOST_NODES = (1 << 32) - 1


def judge(graph: StateGraph, prop: Temporal, violations: Iterable[Trace | None]) -> Verdict:
    """Whether all instances of a property hold, given the `violation` of each; if not, the first that there is."""
    for trace in violations:
        if trace is not None:
            reason = why_not(graph.system, prop, trace)
            if reason is None:
                raise InternalError(f"the native engine gave a behaviour for {prop.id} that does not violate it")
            return Violated(trace, reason)
    return held(prop, [graph.claims(instance.claims).somewhere for instance in prop.instances])


def violation(graph: StateGraph, prop: str, instance: Instance) -> Trace | None:
    """A fair behaviour that does not satisfy the formula, or a state from which its goal cannot be reached."""
    claims = graph.claims(instance.claims)
    if isinstance(instance.formula, CanReach):
        return _dead_end(graph, prop, claims.true(instance.formula.atom))
    return Product(graph, automaton(negated(instance.formula)), claims).violation(prop)


def _dead_end(graph: StateGraph, prop: str, good: Numbers) -> Trace | None:
    """A shortest way to a state from which no good one can be reached."""
    while graph_kernels.spread(graph.offsets, graph.targets, good):
        pass
    lost = np.flatnonzero(good == 0)
    if not len(lost):
        return None
    everything = Product(graph, automaton(TRUE), Claims(good, ()))
    number = int(lost[0])
    way = everything.way_finder().find(0, node=number)[0] if number else []
    return _trace(graph, prop, [Place(0), *map(Place, way)], None)


class Product:
    """The states with the automaton beside them."""

    def __init__(self, graph: StateGraph, made: Automaton, claims: Claims) -> None:
        self.graph = graph
        self.size = len(made.transitions)
        self.nodes = graph.states * self.size
        if self.nodes > MOST_NODES:
            raise UsageError(f"{graph.states:,} states with {self.size} of the automaton are too many to number")
        ways = [t for row in made.transitions for t in row]
        self.sets = (1 << made.sets) - 1
        first = np.cumsum([0, *(len(row) for row in made.transitions)], dtype=np.int64)
        columns = [
            [sum(1 << claims.bits[i] for i in t.true) for t in ways],
            [sum(1 << claims.bits[i] for i in t.false) for t in ways],
            [t.target for t in ways],
            [self.sets & ~sum(1 << k for k in t.postponed) for t in ways],
        ]
        self.arrays = (self.size, first, *(np.array(c, np.int64) for c in columns), *graph.arrays, claims.masks)
        bits = [(1 << i, unit) for i, unit in enumerate(graph.units)]
        self.weak = sum(bit for bit, unit in bits if not unit.strong)
        self.strong = sum(bit for bit, unit in bits if unit.strong)
        self.order: Slots = self._numbers()

    def _numbers(self) -> Slots:
        return zeros(self.nodes, np.uint32)

    def violation(self, prop: str) -> Trace | None:
        """An accepting and fair run as a behaviour."""
        start = self._fair()
        if start is None:
            return None
        inside = int(self.order[start])
        ways = self.way_finder()
        stem = [] if self.order[0] == inside else ways.find(0, into=inside)[0]
        return self._lasso(prop, stem, self._around(ways, stem[-1] if stem else 0, inside))

    def _fair(self) -> int | None:
        """The least node of a fair component, if there is one."""
        buffers = [self._numbers() for _ in range(4)]
        status, low = buffers[0], buffers[1]
        cursors: Numbers = zeros(self.nodes)
        result: Numbers = np.zeros(RESULT, np.int64)
        roots = 1
        while True:
            self.order[:] = 0
            low[:] = 0
            given = (*self.arrays, status, self.order, low, buffers[2], buffers[3], cursors, result, self.graph.halt)
            if bind(graph_kernels.components, *given)(roots, self.sets, self.weak, self.strong) < 0:
                raise Halted
            if result[BEST] >= 0:
                return int(result[BEST])
            if not result[AGAIN] or not np.any(status == ALIVE):
                return None
            roots = self.nodes

    def way_finder(self) -> Ways:
        buffers = (self._numbers(), self._numbers(), zeros(self.nodes))
        met: Numbers = np.zeros(MET, np.int64)
        return Ways(bind(graph_kernels.way, *self.arrays, self.order, *buffers, met), buffers[2], met)

    def _around(self, ways: Ways, start: int, inside: int) -> list[Leg]:
        """A fair cycle through `start`: to the nearest edge that is still wanted until there is none, then back."""
        enabled = self.graph.enabled
        members = np.flatnonzero(self.order == inside) // self.size
        somewhere, everywhere = (int(f.reduce(enabled[members])) for f in (np.bitwise_or, np.bitwise_and))
        wanted = [self.sets, self.strong & somewhere | self.weak & everywhere, self.weak & ~everywhere]
        legs: list[Leg] = []
        at = start
        while any(wanted):
            nodes, met = ways.find(at, inside=inside, wanted=wanted)
            step = met[UNITS] & -met[UNITS]  # one step is of one unit
            legs.append(Leg(nodes, self.graph.units[step.bit_length() - 1] if step else None))
            wanted = [left & ~found for left, found in zip(wanted, (met[SETS], step, met[RESTING]), strict=True)]
            at = nodes[-1]
        if at != start or not legs:
            legs.append(Leg(ways.find(at, inside=inside, node=start)[0]))
        return legs

    def _lasso(self, prop: str, stem: list[int], around: list[Leg]) -> Trace:
        places = [Place(0), *(Place(node // self.size) for node in stem)]
        loop = len(places) - 1
        for leg in around:
            places += [Place(node // self.size) for node in leg.nodes[:-1]]
            places.append(Place(leg.nodes[-1] // self.size, leg.unit))
        return _trace(self.graph, prop, places, loop)


@dataclass(frozen=True)
class Leg:
    """Nodes passed one after the other; the last step is one of `unit`, if that is given."""

    nodes: list[int]
    unit: Unit | None = None


@dataclass(frozen=True)
class Ways:
    """Finds shortest ways, see the kernel `way`."""

    kernel: Callable[..., int]
    found: Numbers
    met: Numbers

    def find(
        self, start: int, *, inside: int = 0, into: int = 0, node: int = -1, wanted: Sequence[int] = (0, 0, 0)
    ) -> tuple[list[int], list[int]]:
        """The nodes of a way, without `start`, and what its last edge is good for."""
        length = self.kernel(start, inside, into, node, *wanted)
        if length == 0:
            raise InternalError("a fair component has a part that cannot be reached")
        return [int(n) for n in self.found[:length]], [int(n) for n in self.met]


@dataclass(frozen=True)
class Place:
    """A state of a behaviour, by number, and whose step is to lead there, if that matters."""

    state: int
    unit: Unit | None = None


def _trace(graph: StateGraph, prop: str, places: Sequence[Place], loop: int | None) -> Trace:
    """The steps from place to place, as the interpreter takes them; where nothing changes there is none."""
    steps: list[Step] = []
    state, start = graph.system.init, None
    for number, (before, place) in enumerate(pairwise(places)):
        if number == loop:
            start = len(steps)
        if place.state != before.state:
            step = graph.step(state, place.state, partial(_is_of, place.unit))
            assert step.state is not None
            steps.append(step)
            state = step.state
    return Trace(graph.system.fingerprint, tuple(steps), prop, start)


def _is_of(unit: Unit | None, action: Action, taken: Taken) -> bool:
    """Whether it is a step of that unit, if one is wanted."""
    return unit is None or unit_of(action, tuple(value for _, value in taken.picks)) == unit
