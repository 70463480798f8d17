"""The interpreter's answer to budgets: slow, plain, and what other engines are compared with.

A walk through all states, beside it what the stretch under way has spent. Where a stretch can come round to a state it
has been in and spend something on the way, there is no most.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TypeAlias

import networkx as nx

from virtspec.explore.budgets.amounts import Amounts, Extreme
from virtspec.ir.budget import Allowance, Between, Budget, Occurrence
from virtspec.ir.system import Action, System
from virtspec.semantics.budgets import is_of, is_quiescent
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import claims_at, successors
from virtspec.trace.trace import Step, Trace

Node: TypeAlias = tuple[int, int | None]
"""A state by number, and what the stretch under way has spent; None between stretches."""
Phase: TypeAlias = tuple[int, bool]
"""A state by number, and whether a stretch is under way."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step between two states, by number."""

    target: int
    action: Action
    outcome: Taken

    @property
    def step(self) -> Step:
        return Step(self.action.name, tuple(value for _, value in self.outcome.picks), self.outcome.state)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a move does to the stretch under way."""

    move: Move
    node: Node
    ended: tuple[int, ...]
    """What was spent by the stretches that end with it."""
    most: int | None
    """The most that any has spent by then that is under way or ends; None if there is none."""


class Steps:
    """All states of a system, and all steps between them."""

    def __init__(self, system: System, states: Sequence[State], numbers: Mapping[State, int]) -> None:
        self.system = system
        self.states = states
        self.moves = [
            [Move(numbers[o.state], a, o) for a, o in successors(system, state) if isinstance(o, Taken)]
            for state in states
        ]


def amounts(steps: Steps, budget: Budget) -> list[Amounts]:
    """What was found for each allowance of a budget."""
    return [_Walk(steps, budget, allowance).amounts() for allowance in budget.allowances]


class _Walk:
    def __init__(self, steps: Steps, budget: Budget, allowance: Allowance) -> None:
        self.steps = steps
        self.budget = budget
        self.allowance = allowance
        stretch, system = allowance.stretch, steps.system
        claims = [claims_at(system, stretch.claims, state) for state in steps.states]
        match stretch:
            case Between():
                self.starts, self.stops = [0 in c for c in claims], [1 in c for c in claims]
            case Occurrence():
                self.starts, self.stops = [False for _ in claims], [0 in c for c in claims]
            case _:
                self.starts, self.stops = [True for _ in claims], [is_quiescent(system, s) for s in steps.states]
        self.root: Node = (0, 0 if self.starts[0] and not self.stops[0] else None)
        self.ways = self.shortest_ways()

    def amounts(self) -> Amounts:
        endless = self.endless()
        return Amounts(self.least(), self.most() if endless is None else Extreme(None, endless))

    def passed(self, node: Node) -> Iterator[Passed]:
        """Every way on from a state, if the stretch under way has spent so much."""
        return (self.after(*node, move) for move in self.steps.moves[node[0]])

    def after(self, number: int, amount: int | None, move: Move) -> Passed:
        stretch, target = self.allowance.stretch, move.target
        if isinstance(stretch, Occurrence):
            who = move.outcome.picks[0][1] if move.action.process is not None else None
            if not is_of(stretch, move.action, who):
                return Passed(move, (target, amount), (), amount)
            amount = amount or 0  # it begins with this step, if it has not begun
        ended: list[int] = []
        most = amount
        if amount is not None:
            amount = most = amount + sum(1 for name in move.outcome.costs if name == self.allowance.cost)
            if self.stops[target]:
                ended.append(amount)
                amount = None
        if amount is None and self.starts[target] and not self.starts[number]:
            most = most or 0
            amount = None if self.stops[target] else 0
            ended += [0] if self.stops[target] else []
        return Passed(move, (target, amount), tuple(ended), most)

    def shortest_ways(self) -> dict[Phase, list[Move]]:
        """To every state, within a stretch and outside."""
        begin = self.root[0], self.root[1] is not None
        ways: dict[Phase, list[Move]] = {begin: []}
        waiting = deque([begin])
        while waiting:
            number, inside = waiting.popleft()
            for passed in self.passed((number, 0 if inside else None)):
                phase = passed.node[0], passed.node[1] is not None
                if phase not in ways:
                    ways[phase] = [*ways[number, inside], passed.move]
                    waiting.append(phase)
        return ways

    def least(self) -> Extreme | None:
        """The least that is spent by a stretch that ends, and a shortest behaviour in which it is."""
        if self.starts[0] and self.stops[0]:
            return Extreme(0, self.trace([]))
        found: list[tuple[int, int, list[Move]]] = []
        waiting: list[tuple[int, int, int, int, list[Move]]] = []
        ticket = count()
        if self.root[1] is not None:
            waiting.append((0, 0, next(ticket), 0, []))
        for (number, inside), way in self.ways.items():
            for passed in self.passed((number, 0 if inside else None)):
                onward = [*way, passed.move]
                for spent in passed.ended[1 if inside else 0 :]:  # what begins with this step
                    found.append((spent, len(onward), onward))
                if not inside and passed.node[1] is not None:
                    heapq.heappush(waiting, (passed.node[1], len(onward), next(ticket), passed.node[0], onward))
        settled = set()
        while waiting:
            amount, length, _, number, way = heapq.heappop(waiting)
            if number not in settled:
                settled.add(number)
                for passed in self.passed((number, amount)):
                    onward = [*way, passed.move]
                    if passed.ended:
                        found.append((passed.ended[0], length + 1, onward))
                    elif passed.node[1] is not None:
                        heapq.heappush(waiting, (passed.node[1], length + 1, next(ticket), passed.node[0], onward))
        best = min(found, key=lambda f: f[:2], default=None)
        return None if best is None else Extreme(best[0], self.trace(best[2]))

    def most(self) -> Extreme | None:
        """The most that is spent, and a shortest behaviour in which it is, if there is a most."""
        best = Extreme(0, self.trace([])) if self.starts[0] else None
        ways: dict[Node, list[Move]] = {self.root: []}
        waiting = deque([self.root])
        while waiting:
            node = waiting.popleft()
            for passed in self.passed(node):
                onward = [*ways[node], passed.move]
                if passed.most is not None and (best is None or passed.most > (best.amount or 0)):
                    best = Extreme(passed.most, self.trace(onward))
                if passed.node not in ways:
                    ways[passed.node] = onward
                    waiting.append(passed.node)
        return best

    def endless(self) -> Trace | None:
        """A behaviour that goes round for ever within one stretch and spends something each time, if there is one."""
        graph: nx.DiGraph[int] = nx.DiGraph()
        spending: list[tuple[int, Move]] = []
        for number in (number for number, inside in self.ways if inside):
            for passed in self.passed((number, 0)):
                if passed.node[1] is not None and not passed.ended:
                    if not graph.has_edge(number, passed.node[0]):
                        graph.add_edge(number, passed.node[0], move=passed.move)
                    spending += [(number, passed.move)] if passed.node[1] else []
        part = {number: i for i, numbers in enumerate(nx.strongly_connected_components(graph)) for number in numbers}
        for number, move in spending:
            if part[number] == part[move.target]:
                back = nx.shortest_path(graph, move.target, number)
                around = [move, *(graph[a][b]["move"] for a, b in pairwise(back))]
                stem = self.ways[number, True]
                return self.trace([*stem, *around], len(stem))
        return None

    def trace(self, way: Sequence[Move], loop: int | None = None) -> Trace:
        return Trace(self.steps.system.fingerprint, tuple(m.step for m in way), self.budget.id, loop)
