"""The states found and all edges between them, by number, with the label of the step that each edge is.

Memory: 8 bytes for each state and word, 4 for its slot in the table, 16 for where its edges end and who can leave it, and
8 for each edge.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from virtspec.errors import InternalError, UsageError
from virtspec.explore.native import graph_kernels, intrinsics
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import Leaf
from virtspec.explore.native.level_kernels import BLOCK
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Slots, Words, reserve
from virtspec.explore.native.module import MOST_PROPERTIES, module
from virtspec.explore.native.search import Bits, Search, Wanted
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.native.workers import ROOM
from virtspec.explore.report import INTERRUPTED, Limits
from virtspec.ir.budget import Occurrence
from virtspec.ir.nodes import Expr
from virtspec.ir.passes.labels import LABEL, Label, Labelled, labelled
from virtspec.ir.system import Action, Property, System
from virtspec.semantics.fairness import Unit, unit_of
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import Step

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_UNITS = 62
"""A bit of a word for each."""


@contextmanager
def graph_of(system: System, limits: Limits) -> Iterator[StateGraph | str]:
    """The graph of all states a system reaches, or why there is none: a limit that was met.

    Raises KeyboardInterrupt for Ctrl-C, UsageError for what is too large.
    """
    marked = labelled(system)
    made = module(marked.blank, [], intrinsics.CHECKED)
    with Search(made, Code.of(made.text), 1, limits, Wanted(Bits(0), Bits(0))) as search:
        search.run(made.layout.pack(marked.blank.init))
        if search.stopped == INTERRUPTED:
            raise KeyboardInterrupt
        yield search.stopped or StateGraph(system, search, marked)


class StateGraph:
    """The graph of a search through `marked.blank` that has seen everything, with one worker and no reductions."""

    def __init__(self, system: System, search: Search, marked: Labelled) -> None:
        self.system = system
        self.blank = marked.blank
        self.search = search
        self.kinds = marked.labels
        self.units = list(dict.fromkeys(u for u in map(_unit, marked.labels) if u is not None))
        if len(self.units) > MOST_UNITS:
            raise UsageError(
                f"{len(self.units)} processes and actions are fair, one by one; the native engine takes {MOST_UNITS}"
            )
        numbers = [0 if u is None else self.units.index(u) + 1 for u in map(_unit, marked.labels)]
        self.unit_numbers: Numbers = np.array([*numbers, *(0 for _ in numbers)], np.int64)
        """By label, the number of the unit whose step it is, from 1 on, 0 for nobody's."""
        self.states = search.states
        self.arena = search.visited.parts[0].arena
        self.offsets: Numbers = np.zeros(self.states + 1, np.int64)
        self.enabled: Numbers = np.zeros(self.states, np.int64)
        self.targets: Slots = reserve(min(search.memory, 4 << 32), np.uint32)
        self.labels: Slots = reserve(min(search.memory, 4 << 32), np.uint32)
        self._link(marked.system)

    @property
    def edges(self) -> int:
        return int(self.offsets[-1])

    @property
    def arrays(self) -> tuple[Numbers, Slots, Slots, Numbers, Numbers]:
        """What kernels know of the graph."""
        return self.offsets, self.targets, self.labels, self.enabled, self.unit_numbers

    @cached_property
    def resting(self) -> npt.NDArray[np.bool_]:
        """Whether no step from a state leads to another or spends anything."""
        happens = np.array([*(True for _ in self.kinds), *(bool(k.spent) for k in self.kinds)])
        edges = np.append(happens[self.labels[: self.edges]], False)
        none = self.offsets[1:] == self.offsets[:-1]  # which `reduceat` takes for one edge
        found: npt.NDArray[np.bool_] = np.logical_or(none, ~np.logical_or.reduceat(edges, self.offsets[:-1]))
        return found

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return self.search.visited.parts[0].state(number)

    def label(self, edge: int) -> Label:
        return self.kinds[int(self.labels[edge]) % len(self.kinds)]

    def _link(self, system: System) -> None:
        made = module(system, [], self.search.module.checked)
        code, label = Code.of(made.text), made.layout.node(LABEL)
        assert isinstance(label, Leaf)
        room = max(ROOM, 2 * made.most_successors)
        part = self.search.visited.parts[0]
        counted = _occurring(self.system)
        keep: Numbers = np.array([bool(k.spent) or k.action.name in counted for k in self.kinds], np.int64)
        buffers: list[Words | Numbers] = [np.zeros(room * made.layout.words, np.uint64)]
        buffers += [np.zeros(n, np.int64) for n in (room, BLOCK, BLOCK, max(len(system.actions), 1))]
        where = (code.address("expand"), part.width, label.word, label.shift, label.mask)
        out = (self.offsets, self.targets, self.labels, self.enabled, self.unit_numbers, keep)
        done = bind(graph_kernels.link, *where, *buffers, *part.buffers, *out)(0, self.states)
        if done < 0:
            raise InternalError(BROKEN_CODE)
        if done < self.states:
            raise UsageError("there is not enough memory for the edges of all states; raise --memory")

    # --- what is true of states, and which steps are between them

    def claims(self, claims: tuple[Expr, ...]) -> Numbers:
        """For each state a bit for each claim that is true there; one that is not defined is not."""
        if len(claims) > MOST_PROPERTIES:
            raise UsageError(f"more than {MOST_PROPERTIES} claims in one property")
        masks: Numbers = np.zeros(self.states, np.int64)
        if not claims:
            return masks
        judged = [Property(f"p{i}", f"p{i}", "reachable", e) for i, e in enumerate(claims)]
        still = replace(self.blank, properties=tuple(judged), actions=(), runners=())  # no steps to be compiled
        made = module(still, judged, self.search.module.checked)
        code = Code.of(made.text)
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(code.address("judge"))
        call(self.arena.ctypes.data, self.states, masks.ctypes.data)
        if np.any(masks < 0):
            raise InternalError(BROKEN_CODE)
        return masks

    def pack(self, state: State) -> tuple[int, ...]:
        return self.search.module.layout.pack((*state, 0))

    def step(self, state: State, number: int, fits: Callable[[Action, Taken], bool]) -> Step:
        """A step from `state` to state `number` for which `fits` is true."""
        wanted = self.state(number)
        for action, outcome in successors(self.system, state):
            if isinstance(outcome, Taken) and self.pack(outcome.state) == wanted and fits(action, outcome):
                return Step(action.name, tuple(value for _, value in outcome.picks), outcome.state)
        raise InternalError("the native engine took a step that the interpreter does not know")


def _occurring(system: System) -> set[str]:
    """The actions of which budgets look at every occurrence, even if it changes nothing and costs nothing."""
    stretches = [a.stretch for b in system.budgets for a in b.allowances]
    return {s.of for s in stretches if isinstance(s, Occurrence) and s.member is None}


def _unit(label: Label) -> Unit | None:
    return unit_of(label.action, (label.member,))
