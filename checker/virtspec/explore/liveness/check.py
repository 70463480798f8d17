"""The interpreter's answer to temporal properties: slow, plain, and what other engines are compared with.

A behaviour that violates a formula is an accepting run of the automaton of its negation. So a walk through the states and
the automaton at once is searched for a part in which a fair behaviour can stay for ever. In every state a behaviour may
stay as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from virtspec.explore.liveness.fair import Fairness, Graph, cycle, fair_components
from virtspec.explore.liveness.vacuity import held
from virtspec.explore.reasons import why_not
from virtspec.ir.passes.buchi import Automaton, automaton
from virtspec.ir.system import Instance, System, Temporal
from virtspec.ir.temporal import CanReach, negated
from virtspec.ir.types import Value
from virtspec.semantics.fairness import Unit, enabled, unit_of
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import claims_at, successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import Verdict, Violated


@dataclass(frozen=True, slots=True)
class Move:
    """A step between two states, by number; `step` is None where the behaviour stays as it is."""

    target: int
    step: tuple[str, tuple[Value, ...]] | None = None
    unit: Unit | None = None


class Behaviours:
    """All states of a system, and the steps between them."""

    def __init__(self, system: System, states: Sequence[State], numbers: Mapping[State, int]) -> None:
        self.system = system
        self.states = states
        self.moves = [self._moves(numbers, number) for number in range(len(states))]
        self.enabled = [enabled(system, state) for state in states]

    def _moves(self, numbers: Mapping[State, int], number: int) -> list[Move]:
        state = self.states[number]
        found = [Move(number)]
        for action, outcome in successors(self.system, state):
            if isinstance(outcome, Taken) and outcome.state != state:
                picks = tuple(value for _, value in outcome.picks)
                found.append(Move(numbers[outcome.state], (action.name, picks), unit_of(action, picks)))
        return found


def judge(behaviours: Behaviours, prop: Temporal) -> Verdict:
    """Whether all instances of a property hold; if not, a behaviour that violates the first which does not."""
    for instance in prop.instances:
        trace = violation(behaviours, prop.id, instance)
        if trace is not None:
            reason = why_not(behaviours.system, prop, trace)
            assert reason is not None
            return Violated(trace, reason)
    claims = [
        frozenset().union(*(claims_at(behaviours.system, i.claims, state) for state in behaviours.states))
        for i in prop.instances
    ]
    return held(prop, claims)


def violation(behaviours: Behaviours, prop: str, instance: Instance) -> Trace | None:
    """A fair behaviour that does not satisfy the formula, or a state from which its goal cannot be reached."""
    if isinstance(instance.formula, CanReach):
        return _dead_end(behaviours, prop, instance.formula.atom, instance)
    made = automaton(negated(instance.formula))
    product = _Product(behaviours, made, instance)
    fairness = product.fairness()
    best: tuple[int, frozenset[int]] | None = None
    for component in fair_components(product.graph, fairness):
        nearest = min(product.graph.edges[e][0] for e in component)
        if best is None or nearest < best[0]:
            best = nearest, component
    if best is None:
        return None
    start, component = best
    stem = product.way_to(start)
    around = cycle(product.graph, component, fairness, start)
    return product.trace(prop, stem, around)


def _dead_end(behaviours: Behaviours, prop: str, goal: int, instance: Instance) -> Trace | None:
    """A shortest way to a state from which the goal cannot be reached."""
    before: list[list[int]] = [[] for _ in behaviours.states]
    for number, moves in enumerate(behaviours.moves):
        for move in moves:
            before[move.target].append(number)
    good = {i for i, s in enumerate(behaviours.states) if goal in claims_at(behaviours.system, instance.claims, s)}
    waiting = deque(good)
    while waiting:
        for source in before[waiting.popleft()]:
            if source not in good:
                good.add(source)
                waiting.append(source)
    lost = next((i for i in range(len(behaviours.states)) if i not in good), None)
    if lost is None:
        return None
    return Trace(behaviours.system.fingerprint, tuple(_steps(behaviours, _shortest(behaviours, lost))), prop)


def _shortest(behaviours: Behaviours, goal: int) -> list[Move]:
    came_by: dict[int, tuple[int, Move]] = {0: (0, Move(0))}
    waiting = deque([0])
    while goal not in came_by:
        source = waiting.popleft()
        for move in behaviours.moves[source]:
            if move.target not in came_by:
                came_by[move.target] = source, move
                waiting.append(move.target)
    way = []
    while goal:
        goal, move = came_by[goal]
        way.append(move)
    return way[::-1]


def _steps(behaviours: Behaviours, way: Sequence[Move]) -> list[Step]:
    return [Step(*m.step, behaviours.states[m.target]) for m in way if m.step is not None]


class _Product:
    """States and automaton side by side, as far as both can get from the beginning, breadth first: numbered nodes."""

    def __init__(self, behaviours: Behaviours, made: Automaton, instance: Instance) -> None:
        self.behaviours = behaviours
        self.made = made
        claims = [claims_at(behaviours.system, instance.claims, state) for state in behaviours.states]
        self.nodes = [(0, 0)]
        numbers = {(0, 0): 0}
        self.came_by: dict[int, int] = {}
        self.moves: list[Move] = []
        self.postponed: list[frozenset[int]] = []
        edges: list[tuple[int, int]] = []
        for source, (state, at) in enumerate(self.nodes):
            for t in made.transitions[at]:
                if not t.true <= claims[state] or t.false & claims[state]:
                    continue
                for move in behaviours.moves[state]:
                    node = (move.target, t.target)
                    if node not in numbers:
                        numbers[node] = len(self.nodes)
                        self.nodes.append(node)
                        self.came_by[numbers[node]] = len(edges)
                    edges.append((source, numbers[node]))
                    self.moves.append(move)
                    self.postponed.append(t.postponed)
        self.graph = Graph(edges)

    def fairness(self) -> Fairness:
        """What an accepting and fair run has to do."""
        all_edges = range(len(self.moves))
        often = [frozenset(e for e in all_edges if k not in self.postponed[e]) for k in range(self.made.sets)]
        strong = []
        units = dict.fromkeys(unit for there in self.behaviours.enabled for unit in there)
        can = [self.behaviours.enabled[state] for state, _ in self.nodes]
        for unit in units:
            taken = frozenset(e for e in all_edges if self.moves[e].unit == unit)
            if unit.strong:
                strong.append((frozenset(n for n in range(len(self.nodes)) if unit in can[n]), taken))
            else:
                often.append(taken | {e for e in all_edges if unit not in can[self.graph.edges[e][0]]})
        return Fairness(often, strong)

    def way_to(self, node: int) -> list[int]:
        """A shortest way to a node, as edges."""
        way: list[int] = []
        while node:
            way.append(self.came_by[node])
            node = self.graph.edges[way[-1]][0]
        return way[::-1]

    def trace(self, prop: str, stem: Sequence[int], around: Sequence[int]) -> Trace:
        """The behaviour that goes along `stem` and then around for ever."""
        first, then = (_steps(self.behaviours, [self.moves[e] for e in way]) for way in (stem, around))
        return Trace(self.behaviours.system.fingerprint, (*first, *then), prop, len(first))
