"""Texts on which the interpreter and CPython once disagreed, or which were refused: found by random systems, reduced."""

from __future__ import annotations

import pytest

from virtspec.frontend.native import Native
from virtspec.ir.verify import verify
from virtspec.semantics.interp import Taken
from virtspec.semantics.successors import successors
from virtspec.testing.systems import compiled

PREAMBLE = """\
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated

from virtspec import Call, Cap, Component, Mod, Model, Range, Scalarset, Seq, Steps, action, choose, process, require

Small = Annotated[int, Range(0, 2)]
Turn = Annotated[int, Mod(3)]


class Task(Scalarset, size=2):
    pass


class Slot(Scalarset, size=2):
    pass


class Colour(Enum):
    RED = auto()
    GREEN = auto()


@dataclass(frozen=True)
class Pair:
    head: Small
    tail: bool


class Cell(Component):
    level: Small


class Random(Model):
"""

FOUND: dict[str, tuple[str, tuple[int, int]]] = {
    "the variable of a comprehension is no local of the process": (
        """
    flag: dict[Slot, bool]

    @process
    def run(self, t: Task) -> Steps:
        yield "begin"
        require(all(not self.flag[s] for s in Slot))
        yield "end"
        self.flag = {s: True for s in Slot}
""",
        (17, 0),
    ),
    "nor is the variable of a loop": (
        """
    flag: dict[Slot, bool]

    @process
    def run(self, t: Task) -> Steps:
        yield "begin"
        for s in Slot:
            self.flag[s] = not self.flag[s]
        yield "end"
""",
        (18, 0),
    ),
    "a comprehension in the key of what is assigned binds no local": (
        """
    flag: dict[bool, Small]

    @process
    def run(self, t: Task) -> Steps:
        yield "begin"
        self.flag[all(self.flag[x] == 0 for x in (False, True))] = 1
""",
        (12, 0),
    ),
    "a comprehension of a sub-process may use a name the caller has, too": (
        """
    flag: bool

    def helper(self) -> Steps:
        require(not any(self.flag for s in Slot))
        yield "inside"
        self.flag = True

    @process
    def run(self, s: Slot) -> Steps:
        yield "begin"
        yield from self.helper()
""",
        (17, 0),
    ),
    "a component of None is a fault": (
        """
    last: Pair | None

    @action
    def look(self) -> None:
        require(self.last.head == 0)

    @action
    def put(self) -> None:
        self.last = Pair(0, True)
""",
        (2, 1),
    ),
    "what is counted up in place in a local is checked": (
        """
    low: Small

    @process
    def run(self, t: Task, k: Small) -> Steps:
        yield "begin"
        k += 1
        self.low = min(k, 2)
        yield "end"
        self.low = min(k, 1)
""",
        (62, 22),
    ),
    "a local that wraps is reduced when it is counted up": (
        """
    low: Small

    @process
    def run(self, t: Task) -> Steps:
        k: Turn = self.low
        yield "begin"
        k += 2
        self.low = k
""",
        (36, 0),
    ),
    "a local of an action is checked": (
        """
    low: Small

    @action
    def up(self) -> None:
        k: Small = self.low + 1
        self.low = min(k, 2)
""",
        (3, 1),
    ),
    "a result of a declared range is checked, with effects and without": (
        """
    low: Small
    seen: bool

    def more(self) -> Small:
        return self.low + 1

    def raised(self) -> Turn:
        self.low += 1
        return self.low + 1

    @action
    def look(self) -> None:
        self.seen = self.more() == 1

    @action
    def up(self) -> None:
        k = self.raised()
        require(k != 1)
""",
        (6, 4),
    ),
    "a method with effects may begin with a loop through a sequence": (
        """
    queue: Annotated[Seq[Colour], Cap(2)]
    reds: Small

    def count(self) -> bool:
        found: Small = 0
        for c in self.queue:
            if c is Colour.RED:
                found += 1
        self.reds = found
        return found > 0

    @action
    def put(self) -> None:
        c = choose(Colour)
        require(len(self.queue) < 2)
        self.queue.append(c)

    @action
    def look(self) -> None:
        require(self.count())
""",
        (12, 0),
    ),
    "a break inside a step goes on behind the loop": (
        """
    flag: bool
    done: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "begin"
        for x in (False, True):
            if self.flag:
                break
        self.done = True
        yield "end"
        self.flag = not self.flag
""",
        (22, 0),
    ),
    "a local keeps its type where the compiler sees that it is never assigned": (
        """
    low: Small

    def helper(self) -> Steps:
        k = choose(bool)
        yield "inside"
        require(k)

    @process
    def run(self, t: Task) -> Steps:
        yield "begin"
        if 0 <= self.low:
            return
        yield from self.helper()
""",
        (4, 0),
    ),
    "an integer that wraps is reduced before it is removed": (
        """
    turns: set[Turn] = {0, 1}

    @action
    def take(self, k: Turn) -> None:
        self.turns.remove(k + 2)

    @action
    def drop(self, k: Turn) -> None:
        self.turns.discard(k + 2)
""",
        (4, 8),
    ),
    "an integer that wraps is reduced before a component is looked up": (
        """
    cells: dict[Turn, Cell]

    @action
    def up(self, k: Turn) -> None:
        require(self.cells[k + 1].level < 2)
        self.cells[k + 1].level += 1
""",
        (27, 0),
    ),
    "the copy of a set runs through its members in the order of their type": (
        """
    some: set[Colour]
    first: Colour | None

    @action
    def add(self, c: Colour) -> None:
        self.some.add(c)

    @action
    def take(self) -> None:
        require(self.first is None and len(self.some) > 1)
        for c in set(self.some):
            self.some.discard(c)
            if self.first is None:
                self.first = c
""",
        (8, 0),
    ),
    "a method may return None on every path": (
        """
    busy: bool
    tries: Small

    def attempt(self) -> bool | None:
        return None if self.busy else None

    @action
    def go(self) -> None:
        found: bool | None = self.attempt()
        self.busy = found is None
        self.tries += 1
""",
        (3, 1),
    ),
}


@pytest.mark.parametrize(("body", "counts"), FOUND.values(), ids=list(FOUND))
def test_the_interpreter_and_cpython_agree(body: str, counts: tuple[int, int]) -> None:
    spec = compiled(PREAMBLE + body)
    verify(spec.system)
    native = Native(spec)
    states, faults = [spec.system.init], 0
    for state in states:
        expected = []
        for action, outcome in successors(spec.system, state):
            after = outcome.state if isinstance(outcome, Taken) else None
            expected.append((action.name, tuple(value for _, value in outcome.picks), after))
            faults += after is None
            if after is not None and after not in states:
                states.append(after)
        assert [(m.action, m.picks, m.state) for m in native.successors(state)] == expected
    assert (len(states), faults) == counts
