"""One behaviour of a model, step by step, with an implementation beside it if there is one, judged after every step.

Knows nothing of Hypothesis: `machine` draws the steps, `minimal` takes them again to find a shorter way to a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from virtspec.errors import UsageError
from virtspec.explore.reasons import deadlock_reason, why_false
from virtspec.ir.system import Property, System
from virtspec.semantics.interp import Faulted, Taken
from virtspec.semantics.successors import busy
from virtspec.source import did_you_mean
from virtspec.testing.belief import Belief, Instance, Node, Steps, step_of
from virtspec.testing.observed import Difference, differences
from virtspec.trace.render import Line, render, text
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import DEADLOCK, FAULT


class Adapter(Protocol):
    """An implementation that can take the model's steps. A fresh one is made for every behaviour."""

    def step(self, action: str, picks: Mapping[str, object]) -> None:
        """Take the step `action` ("lock.wait"). `picks` holds its parameters by name, the runner among them."""

    def observe(self) -> Mapping[str, object]:
        """What can be seen: fields of the model by the names traces give them, with plain values. Some will do."""


class Failure(AssertionError):
    """A behaviour that violates a property, or in which an implementation departed from the model."""

    def __init__(self, what: str, trace: Trace, message: str) -> None:
        super().__init__("\n" + message)
        self.what = what
        """The id of what is violated, "fault" or "deadlock", or "implementation"."""
        self.trace = trace
        """The model's behaviour, as short as it could be made."""


IMPLEMENTATION = "implementation"
"""What is violated where an implementation departs from the model."""


@dataclass(frozen=True)
class Plan:
    """What is run and what is judged."""

    system: System
    adapter: Callable[[], Adapter] | None
    judged: frozenset[str]
    steps: Steps

    def properties(self, kind: str) -> list[Property]:
        return [p for p in self.system.properties if p.kind == kind and p.id in self.judged]


class Behaviour:
    """A behaviour under way. `belief` says where the system may be, `done` how it came there."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.system = plan.system
        self.done: list[Instance] = []
        start = Node(self.system.init)
        self.belief = Belief(plan.steps, [start])
        self.implementation: Adapter | None = None
        if plan.adapter is not None:
            with Blaming(self.system, start, "the implementation cannot be made"):
                self.implementation = plan.adapter()
        self.compare([start])
        self.judge()

    def enabled(self, action: str) -> list[Instance]:
        """The instances of an action that can be taken wherever the system may be."""
        return self.belief.instances.get(action, [])

    def take(self, instance: Instance) -> None:
        """Take an enabled step, let the implementation take it, and judge where that leads.

        Raises Failure for what is violated, and whatever the implementation raises.
        """
        self.done.append(instance)
        ways = self.belief.after(instance)
        moved = [(node, outcome) for node, outcome in ways if isinstance(outcome, Taken)]
        if not moved:
            self.fault(instance, *ways[0])
        reached = [Node(outcome.state, node, step_of(instance, outcome)) for node, outcome in moved]
        if self.implementation is not None:
            with Blaming(self.system, reached[0], "the implementation raised in the last step"):
                self.implementation.step(instance.action, instance.picks)
        reached = self.compare(reached)
        self.belief = Belief(self.plan.steps, reached)
        self.judge_steps(reached)
        self.judge()

    def fault(self, instance: Instance, node: Node, outcome: Taken | Faulted) -> None:
        assert isinstance(outcome, Faulted)
        what = self.belief.violated(instance)[0]
        trace = node.trace(self.system, step_of(instance, outcome), None if what == FAULT else what)
        raise Failure(what, trace, shown(self.system, trace, f"{outcome.message} ({outcome.span})"))

    def compare(self, nodes: list[Node]) -> list[Node]:
        """Those of `nodes` that agree with what is observed. Raises Failure if none does."""
        if self.implementation is None:
            return nodes
        with Blaming(self.system, nodes[0], "the implementation cannot be observed"):
            observed = dict(self.implementation.observe())
        for name in observed:
            if name not in self.system.field_index:
                hint = did_you_mean(name, self.system.field_index)
                raise UsageError(f"observe() gives {name!r}, which is no field of {self.system.name}; {hint}")
        compared = [(node, self.differences(node, observed)) for node in nodes]
        agreeing = [node for node, found in compared if not found]
        if agreeing:
            return agreeing
        best, found = min(compared, key=lambda pair: len(pair[1]))
        states = len({node.state for node in nodes})
        end = "the implementation departs from the model" + (f"; the closest of {states} states:" * (states > 1))
        reasons = [str(difference) for difference in found]
        raise Failure(IMPLEMENTATION, best.trace(self.system), ended(self.system, best, end, reasons))

    def differences(self, node: Node, observed: Mapping[str, object]) -> list[Difference]:
        index, fields = self.system.field_index, self.system.fields
        found: list[Difference] = []
        for name, value in observed.items():
            found += differences(name, fields[index[name]].type, node.state[index[name]], value)
        return found

    def judge_steps(self, nodes: list[Node]) -> None:
        """Transition properties: violated if every step that may have been taken violates it."""
        for prop in self.plan.properties("transition"):
            reasons = [why_false(self.system, prop, n.state, n.before.state) for n in nodes if n.before is not None]
            self.demand(prop.id, nodes, reasons)

    def judge(self) -> None:
        """Invariants and deadlock: violated if every state the system may be in violates it."""
        nodes = list(self.belief.nodes)
        for prop in self.plan.properties("invariant"):
            self.demand(prop.id, nodes, [why_false(self.system, prop, n.state) for n in nodes])
        if DEADLOCK in self.plan.judged:
            self.demand(DEADLOCK, nodes, [self.stuck(n) for n in nodes])

    def demand(self, what: str, nodes: list[Node], reasons: list[str | None]) -> None:
        """Raise Failure if there is a reason for every node."""
        first = reasons[0]
        if first is not None and None not in reasons:
            trace = nodes[0].trace(self.system, prop=None if what == DEADLOCK else what)
            raise Failure(what, trace, shown(self.system, trace, first))

    def stuck(self, node: Node) -> str | None:
        """Who waits for what if nobody can take a step although somebody should; else None."""
        if self.plan.steps.of(node.state) or not busy(self.system, node.state):
            return None
        return deadlock_reason(self.system, node.state)

    def close(self) -> None:
        """Clean up behind the implementation."""
        close = getattr(self.implementation, "close", None)
        if close is not None:
            close()


# --- text ------------------------------------------------------------------------------------------------------------


def shown(system: System, trace: Trace, reason: str) -> str:
    """A trace that violates something."""
    return text(render(system, trace, reason=reason))


def ended(system: System, node: Node, end: str, reasons: Sequence[str]) -> str:
    """The way to a node, with an end of its own."""
    lines = [line for line in render(system, node.trace(system)) if line.kind not in ("end", "reason")]
    lines.append(Line("end", f"  =>  {end}"))
    lines += [Line("reason", " " * 10 + reason) for reason in reasons]
    return text(lines)


class Blaming:
    """Adds the behaviour so far to an exception that leaves the block."""

    def __init__(self, system: System, node: Node, end: str) -> None:
        self.system = system
        self.node = node
        self.end = end

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            error.add_note(ended(self.system, self.node, self.end, [f"{type(error).__name__}: {error}"]))
