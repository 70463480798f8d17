"""The states found and all edges between them, by number, with the label of the step that each edge is.

Memory: 8 bytes for each state and word, 4 for its slot in the table, 16 for where its edges end and who can leave it, and
8 for each edge.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from virtspec.errors import InternalError, UsageError
from virtspec.explore.native import graph_kernels, intrinsics, traces
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import Leaf
from virtspec.explore.native.level_kernels import BLOCK
from virtspec.explore.native.library import Kernel, bind
from virtspec.explore.native.memory import Numbers, Slots, Words, reserve
from virtspec.explore.native.module import MOST_PROPERTIES, Module, module
from virtspec.explore.native.search import Bits, Search, Wanted
from virtspec.explore.native.steps import FIRST_PROPERTY_BIT
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.native.workers import ROOM
from virtspec.explore.report import Limits, Progress
from virtspec.ir.budget import Occurrence
from virtspec.ir.nodes import Expr
from virtspec.ir.passes.labels import LABEL, Label, Labelled, labelled
from virtspec.ir.system import Action, Property, System
from virtspec.ir.types import ordinal
from virtspec.semantics.fairness import Unit, unit_of
from virtspec.semantics.interp import State, Taken
from virtspec.trace.trace import Step

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_UNITS = 60
"""A bit of an event for each, behind those that every event has."""


class Halted(Exception):
    """Raised by a search through the graph that was told to halt."""


@contextmanager
def graph_of(
    system: System, limits: Limits, progress: Callable[[Progress], None] | None = None
) -> Iterator[tuple[Search, StateGraph | None]]:
    """A search for all states a system reaches, and the graph of them, if the search was not stopped.

    Raises UsageError for what is too large.
    """
    started, loaded = time.monotonic(), Kernel.seconds
    marked = labelled(system)
    made = module(marked.blank, [], intrinsics.CHECKED)
    with Search(made, Code.of(made.text), 1, limits, Wanted(Bits(0), Bits(0))) as search:
        compiled = time.monotonic() - started - (Kernel.seconds - loaded)
        search.run(made.layout.pack(marked.blank.init), progress)
        yield search, None if search.stopped else StateGraph(system, search, marked, compiled)


@dataclass(frozen=True)
class Claims:
    """Where claims are true: claim i in the states whose entry in `masks` has the bit `bits[i]`; one that is not defined
    is not true."""

    masks: Numbers
    bits: tuple[int, ...]

    def true(self, claim: int) -> Numbers:
        """1 for each state in which it is, else 0."""
        return np.ascontiguousarray(self.masks >> self.bits[claim] & 1)

    @property
    def somewhere(self) -> frozenset[int]:
        """The claims that are true in some state."""
        met = int(np.bitwise_or.reduce(self.masks))
        return frozenset(i for i, bit in enumerate(self.bits) if met >> bit & 1)


class StateGraph:
    """The graph of a search through `marked.blank` that has seen everything, with one worker and no reductions."""

    def __init__(self, system: System, search: Search, marked: Labelled, compile_seconds: float) -> None:
        self.system = system
        self.compile_seconds = compile_seconds
        """What was spent on making machine code of the system and of claims; kernels are counted where they are loaded."""
        self.halt: Numbers = np.zeros(1, np.int64)
        """Set to 1 to have long searches end at once, with `Halted`."""
        self.known: list[tuple[dict[Expr, int], Numbers]] = []
        """Claims that were judged at once, each with its bit, and the bits that are set in each state."""
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
        made, code = self._compiled(system, [], self._faulting())
        label = made.layout.node(LABEL)
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

    def prepare(self, asked: Iterable[Sequence[Expr]]) -> None:
        """Judge claims in all states, as many at once as there are bits. Those of one property stay together."""
        at_once: dict[Expr, None] = {}
        for claims in asked:
            if len(claims) > MOST_PROPERTIES:
                raise UsageError(f"more than {MOST_PROPERTIES} claims in one property")
            if len(at_once | dict.fromkeys(claims)) > MOST_PROPERTIES:
                self._judge(at_once)
                at_once = {}
            at_once |= dict.fromkeys(claims)
        if at_once:
            self._judge(at_once)

    def claims(self, claims: Sequence[Expr]) -> Claims:
        """Where claims are true that `prepare` was told of."""
        if not claims:
            return Claims(np.zeros(self.states, np.int64), ())
        numbers, masks = next(known for known in self.known if all(claim in known[0] for claim in claims))
        return Claims(masks, tuple(numbers[claim] for claim in claims))

    def _judge(self, claims: Iterable[Expr]) -> None:
        numbers = {claim: i for i, claim in enumerate(claims)}
        judged = [Property(f"p{i}", f"p{i}", "reachable", claim) for claim, i in numbers.items()]
        _, code = self._compiled(replace(self.blank, actions=(), runners=()), judged)  # no steps to be compiled
        masks: Numbers = np.zeros(self.states, np.int64)
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(code.address("judge"))
        call(self.arena.ctypes.data, self.states, masks.ctypes.data)
        if np.any(masks < 0):
            raise InternalError(BROKEN_CODE)
        self.known.append((numbers, masks))

    def _faulting(self) -> dict[tuple[str, int], int]:
        """The bits by which an event tells whose step runs into a fault: a step that can be taken, but has no edge."""
        return {
            (k.action.name, 0 if k.member is None else ordinal(k.action.params[0].type, k.member)): 1
            << FIRST_PROPERTY_BIT + self.units.index(unit)
            for k in self.kinds
            if (unit := _unit(k)) is not None
        }

    def _compiled(
        self, system: System, judged: Sequence[Property], faulting: Mapping[tuple[str, int], int] | None = None
    ) -> tuple[Module, Code]:
        started = time.monotonic()
        system = replace(system, properties=tuple(judged))
        made = module(system, judged, self.search.module.checked, faulting=faulting)
        code = Code.of(made.text)
        self.compile_seconds += time.monotonic() - started
        return made, code

    def step(self, state: State, number: int, fits: Callable[[Action, Taken], bool]) -> Step:
        """A step that fits from `state` to state `number`."""
        after = self.search.module.layout.unpack(self.state(number))[:-1]
        return traces.step(self.system, state, after, fits)


def _occurring(system: System) -> set[str]:
    """The actions of which budgets look at every occurrence, even if it changes nothing and costs nothing."""
    stretches = [a.stretch for b in system.budgets for a in b.allowances]
    return {s.of for s in stretches if isinstance(s, Occurrence) and s.member is None}


def _unit(label: Label) -> Unit | None:
    return unit_of(label.action, (label.member,))
