"""Why a property is violated: which part is false, what is not defined, who waits for what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.explore.standstill import standing_still
from virtspec.ir.budget import Allowance, Budget
from virtspec.ir.system import Instance, Property, System, Temporal
from virtspec.ir.temporal import CanReach
from virtspec.ir.text import expr_text
from virtspec.semantics.budgets import Spending, spendings
from virtspec.semantics.fairness import starved
from virtspec.semantics.interp import Env, State, Taken, Undefined
from virtspec.semantics.successors import blame, claims_at, holds, successors, waiting
from virtspec.semantics.temporal import holds as temporal_holds
from virtspec.trace.trace import Trace, replay


def why_false(system: System, prop: Property, state: State, before: State = ()) -> str | None:
    """None where the property's condition is true, else the part of it that is false or not defined."""
    try:
        if holds(system, prop, state, before):
            return None
    except Undefined as why:
        return f"the property is not defined here: {why} ({prop.span})"
    return str(blame(prop.expr, Env(system.field_index, state, before)))


def why_not(system: System, prop: Temporal, trace: Trace) -> str | None:
    """Why the behaviour violates the temporal property; None if it does not, or is not fair."""
    for instance in prop.instances:
        about = _about(instance.values)
        if isinstance(instance.formula, CanReach):
            if trace.loop is None and not _can_reach(system, instance, trace):
                goal = expr_text(instance.claims[instance.formula.atom])
                return f"from here no way leads to a state in which {goal}{about}"
            continue
        if trace.loop is None:
            continue
        states = [claims_at(system, instance.claims, state) for state in trace.states(system)]
        # The last state is the one where the loop begins, again, unless there is nothing in the loop.
        cycle = states if trace.loop == len(trace.steps) else states[:-1]
        around = [(step.action, step.picks) for step in trace.steps[trace.loop :]]
        unfair = starved(system, trace.states(system)[trace.loop :], around)
        if not unfair and not temporal_holds(instance.formula, cycle, trace.loop):
            return "\n".join([f"this goes on for ever{about}", *standing_still(system, trace)])
    return None


def why_broken(system: System, budget: Budget, trace: Trace) -> str | None:
    """Why the behaviour does not keep to the budget; None if it does."""
    return next((s.text for s in _stretches(system, budget, trace) if s.broken), None)


def spent_in(system: System, budget: Budget, trace: Trace) -> str | None:
    """What the behaviour spends in the last stretch that begins in it; None if none does."""
    found = [s.text for s in _stretches(system, budget, trace)]
    return found[-1] if found else None


def amounts_in(system: System, budget: Budget, trace: Trace) -> set[int | None]:
    """What the stretches of the behaviour spend; None for one that spends something again and again, for ever."""
    return {s.amount for s in _stretches(system, budget, trace)}


@dataclass(frozen=True)
class _Stretch:
    """A stretch of a behaviour, and what it spends each time round, if that is for ever."""

    allowance: Allowance
    spending: Spending
    around: int

    @property
    def broken(self) -> bool:
        return self.allowance.broken_by(self.amount, self.spending.end is not None)

    @property
    def amount(self) -> int | None:
        """None for something again and again, for ever."""
        return None if self.around else self.spending.amount

    @property
    def text(self) -> str:
        one, cost = self.spending, self.allowance.cost
        allowed = f"{self.allowance.bounds} is allowed" + _about(self.allowance.values)
        if self.around:
            return f"{cost}: {self.around} each time round, for ever; {allowed}"
        where = f"from step {one.begin + 1}" + ("" if one.end is None else f" to step {one.end}")
        at = f" (at {_numbers(one.marks)})" if one.marks else ""
        return f"{cost}: {one.amount} {where}{at}; {allowed}"


def _stretches(system: System, budget: Budget, trace: Trace) -> Iterator[_Stretch]:
    outcomes = [o for o in replay(system, trace) if isinstance(o, Taken)]
    steps = [(system.action(s.action), o) for s, o in zip(trace.steps, outcomes, strict=False)]
    states = trace.states(system)
    for allowance in budget.allowances:
        for one in spendings(system, allowance, states, steps):
            again = sum(1 for step in one.marks if trace.loop is not None and step > trace.loop >= one.begin)
            yield _Stretch(allowance, one, again if one.end is None else 0)


def _about(values: tuple[tuple[str, str], ...]) -> str:
    return "".join(f", for {name} = {value}" for name, value in values)


MANY = 8
"""From so many steps on only the first and the last are told."""


def _numbers(steps: Sequence[int]) -> str:
    """`step 3`, `steps 3 and 7`."""
    if len(steps) >= MANY:
        return f"steps {steps[0]} to {steps[-1]}"
    *front, last = map(str, steps)
    return f"steps {', '.join(front)} and {last}" if front else f"step {last}"


def _can_reach(system: System, instance: Instance, trace: Trace) -> bool:
    """Whether a state in which the goal holds can be reached from the last one."""
    assert isinstance(instance.formula, CanReach)
    waiting = [trace.states(system)[-1]]
    seen = set(waiting)
    while waiting:
        state = waiting.pop()
        if instance.formula.atom in claims_at(system, instance.claims, state):
            return True
        for _, outcome in successors(system, state):
            if isinstance(outcome, Taken) and outcome.state not in seen:
                seen.add(outcome.state)
                waiting.append(outcome.state)
    return False


def deadlock_reason(system: System, state: State) -> str:
    """Who waits on which condition, where; one line per blocked member."""
    return "\n".join(
        f"{w.member} waits at {w.location} ({w.span}) for {w.blame.text}"
        + "".join(f", {n} = {v}" for n, v in w.blame.bindings)
        for w in waiting(system, state)
    )
