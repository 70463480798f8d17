"""Where a system may be, as far as is known: the set of its possible states, each with one history that leads to it.

A program that runs beside the model and decides some things by itself may be in any of several states. A step that it is
told to take leads from each of them to all the states its own decisions allow; what is then observed of it rules some of
them out. Where everything is told, there is one state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from virtspec.ir.nodes import Var
from virtspec.ir.system import Action, System
from virtspec.ir.types import Value
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import successors
from virtspec.testing.observed import readable
from virtspec.trace.render import call_text
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import violated_by


@dataclass(frozen=True, slots=True)
class Node:
    """A possible state, and a way to it."""

    state: State
    before: Node | None = None
    step: Step | None = None

    def trace(self, system: System, last: Step | None = None, prop: str | None = None) -> Trace:
        """The way here, and one more step if given."""
        steps = [] if last is None else [last]
        node: Node | None = self
        while node is not None:
            steps += [node.step] if node.step is not None else []
            node = node.before
        return Trace(system.fingerprint, tuple(reversed(steps)), prop)


@dataclass(frozen=True)
class Instance:
    """A step somebody can be told to take: an action with the values of those picks that are told."""

    action: str
    told: tuple[tuple[Var, Value], ...]
    text: str = field(compare=False)
    """The step as traces show it, its told picks only."""

    @cached_property
    def picks(self) -> Mapping[str, object]:
        """What is told, by name, as plain Python."""
        return {var.name: readable(var.type, value) for var, value in self.told}

    def __repr__(self) -> str:
        return self.text


class Steps:
    """The steps of a system, sorted by what is told of them.

    Told are an action's parameters and the picks that `tells` accepts; what else is chosen is decided by who takes the
    step. A step that surely faults is nothing to be told, unless that surely violates a property; `judged` says which
    count, None means all.
    """

    def __init__(
        self, system: System, tells: Callable[[Action, Var], bool], judged: Collection[str] | None = None
    ) -> None:
        self.system = system
        self.tells = tells
        self.judged = judged
        self._known: dict[State, dict[Instance, list[Taken | Faulted]]] = {}

    def of(self, state: State) -> Mapping[Instance, list[Taken | Faulted]]:
        """Every instance enabled in `state`, in the order of enumeration, with the ways it can go."""
        if state not in self._known:
            found: dict[Instance, list[Taken | Faulted]] = {}
            for action, outcome in successors(self.system, state):
                told = tuple(p for p in outcome.picks if self.tells(action, p[0]))
                found.setdefault(Instance(action.name, told, call_text(action, told)), []).append(outcome)
            self._known[state] = found
        return self._known[state]

    def violated_by(self, faulted: Faulted) -> list[str]:
        """The ids of what is judged and violated by a fault."""
        return [prop for prop in violated_by(self.system, faulted) if self.judged is None or prop in self.judged]


class Belief:
    """The possible states, at least one."""

    def __init__(self, steps: Steps, nodes: Iterable[Node]) -> None:
        self.steps = steps
        found: dict[State, Node] = {}
        for node in nodes:
            found.setdefault(node.state, node)
        self.nodes = tuple(found.values())

    @cached_property
    def instances(self) -> Mapping[str, list[Instance]]:
        """By action, the instances that are enabled wherever the system may be."""
        first, *others = (self.steps.of(node.state) for node in self.nodes)
        found: dict[str, list[Instance]] = {}
        for instance in first:
            if all(instance in other for other in others) and (self.moves(instance) or self.violated(instance)):
                found.setdefault(instance.action, []).append(instance)
        return found

    def moves(self, instance: Instance) -> bool:
        """Whether a step leads anywhere."""
        return any(isinstance(outcome, Taken) for _, outcome in self.after(instance))

    def violated(self, instance: Instance) -> list[str]:
        """The ids of what a step violates by the fault it runs into, whichever way it goes."""
        ways = [self.steps.violated_by(out) if isinstance(out, Faulted) else [] for _, out in self.after(instance)]
        return [prop for prop in ways[0] if all(prop in others for others in ways)]

    def after(self, instance: Instance) -> list[tuple[Node, Taken | Faulted]]:
        """Every way that a step told to be taken can go, and from where."""
        return [(node, outcome) for node in self.nodes for outcome in self.steps.of(node.state)[instance]]


def step_of(instance: Instance, outcome: Taken | Faulted) -> Step:
    """The step of a trace that an outcome is."""
    state = outcome.state if isinstance(outcome, Taken) else None
    return Step(instance.action, tuple(value for _, value in outcome.picks), state)
