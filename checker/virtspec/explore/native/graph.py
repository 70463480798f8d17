"""The states found and all edges between them, by number, with whose step each edge is.

Memory: 8 bytes for each state and word, 4 for its slot in the table, 16 for where its edges end and who can leave it, and
8 for each edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from virtspec.errors import InternalError, UsageError
from virtspec.explore.native import graph_kernels
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import Leaf
from virtspec.explore.native.level_kernels import BLOCK
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Slots, Words, reserve
from virtspec.explore.native.module import module
from virtspec.explore.native.search import Search
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.native.workers import ROOM
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Expr
from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import IntType, Value, values
from virtspec.semantics.fairness import Unit, unit_of

LABEL = "(unit)"
MOST_UNITS = 62
"""A bit of a word for each."""


class StateGraph:
    """The graph of a search through `labels.blank` that has seen everything, with one worker and no reductions."""

    def __init__(self, search: Search, labels: Labels) -> None:
        self.search = search
        self.units = labels.units
        self.states = search.states
        self.arena = search.visited.parts[0].arena
        self.offsets: Numbers = np.zeros(self.states + 1, np.int64)
        self.enabled: Numbers = np.zeros(self.states, np.int64)
        self.targets: Slots = reserve(min(search.memory, 4 << 32), np.uint32)
        self.labels: Slots = reserve(min(search.memory, 4 << 32), np.uint32)
        self._link(labels.labelled)

    @property
    def edges(self) -> int:
        return int(self.offsets[-1])

    @property
    def arrays(self) -> tuple[Numbers, Slots, Slots, Numbers]:
        """What kernels know of the graph."""
        return self.offsets, self.targets, self.labels, self.enabled

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return self.search.visited.parts[0].state(number)

    def _link(self, labelled: System) -> None:
        made = module(labelled, [], self.search.module.checked)
        code, label = Code.of(made.text), made.layout.node(LABEL)
        assert isinstance(label, Leaf)
        room = max(ROOM, 2 * made.most_successors)
        part = self.search.visited.parts[0]
        buffers: list[Words | Numbers] = [np.zeros(room * made.layout.words, np.uint64)]
        buffers += [np.zeros(n, np.int64) for n in (room, BLOCK, BLOCK, max(len(labelled.actions), 1))]
        where = (code.address("expand"), part.width, label.word, label.shift, label.mask)
        out = (self.offsets, self.targets, self.labels, self.enabled)
        done = bind(graph_kernels.link, *where, *buffers, *part.buffers, *out)(0, self.states)
        if done < 0:
            raise InternalError(BROKEN_CODE)
        if done < self.states:
            raise UsageError("there is not enough memory for the edges of all states; raise --memory")


@dataclass(frozen=True)
class Labels:
    """The fair units of a system, and two systems with one more field: whose step led to a state, the number of its unit
    from 1 on, or 0 for nobody's. In `blank` it is always 0."""

    units: tuple[Unit, ...]
    blank: System
    labelled: System


def labels_of(system: System) -> Labels:
    """Raises UsageError for more units than there are bits."""
    numbers: dict[Unit, int] = {}
    labels: list[dict[Value | None, int]] = []
    for action in system.actions:
        found: dict[Value | None, int] = {}
        for value in values(action.params[0].type) if action.process is not None else (None,):
            unit = unit_of(action, (value,))
            if unit is not None:
                found[value] = numbers.setdefault(unit, len(numbers) + 1)
        labels.append(found)
    if len(numbers) > MOST_UNITS:
        raise UsageError(
            f"{len(numbers)} processes and actions are fair, one by one; the native engine takes {MOST_UNITS}"
        )
    t = IntType(0, len(numbers))
    actions = tuple(
        replace(action, body=(*action.body, Assign(LABEL, (), _label(action, found, t))))
        for action, found in zip(system.actions, labels, strict=True)
    )
    blank = replace(system, fields=(*system.fields, Field(LABEL, t, 0)), properties=())
    return Labels(tuple(numbers), blank, replace(blank, actions=actions))


def _label(action: Action, labels: dict[Value | None, int], t: IntType) -> Expr:
    """The number of the unit whose step the action is, by the member that takes it."""
    label: Expr = build.const(0, t)
    for value, number in labels.items():
        if value is None:
            return build.const(number, t)
        who = action.params[0]
        label = build.ite(build.eq(who, build.const(value, who.type)), build.const(number, t), label)
    return label
