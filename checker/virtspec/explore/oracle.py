"""Breadth-first search on the interpreter: slow, plain, and the reference every other engine is compared with.

Level by level from the initial state, so that every trace is a shortest one; among equally short ones the first in the
documented order of enumeration (actions as declared, parameters and picks lexicographically). The search goes on past
violations until the state space is exhausted, so that its counts do not depend on where a bug lies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from virtspec.explore.budgets.amounts import judge as judged
from virtspec.explore.reasons import deadlock_reason, why_false
from virtspec.explore.report import INTERRUPTED, Limits, Progress, Report
from virtspec.ir.system import Action, Property, System
from virtspec.ir.types import Value
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import busy, successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import DEADLOCK, FAULT, Reached, Verdict, Violated, violated_by

PROGRESS_EVERY = 0.1
"""Seconds between two calls of the progress callback."""


def check(
    system: System,
    *,
    only: Sequence[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    fail_fast: bool = False,
    progress: Callable[[Progress], None] | None = None,
    values: bool = False,
) -> Report:
    """Explore everything `system` can reach and judge its properties, deadlocks and faults.

    `only` names the properties to judge (ids, or "deadlock", "fault"); None means all. `values` asks how many distinct
    values each field takes. Ctrl-C ends the search with what
    was found so far and `report.stopped == "interrupted"`.
    """
    search = Search(system, only, limits, fail_fast, progress)
    try:
        search.run()
        search.judge_behaviours()
    except KeyboardInterrupt:
        search.stop(INTERRUPTED)
    report = search.finish()
    if values:
        names = (f.name for f in system.fields)
        report.values = {
            name: len(set(column)) for name, column in zip(names, zip(*search.states, strict=True), strict=True)
        }
    return report


class Search:
    """One breadth-first search. After `run`, `states` holds every state found, in the order found."""

    def __init__(
        self,
        system: System,
        only: Sequence[str] | None = None,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        fail_fast: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.system = system
        self.limits = limits
        self.fail_fast = fail_fast
        self.progress = progress
        wanted = [p for p in system.properties if only is None or p.id in only]
        self.pending: dict[str, list[Property]] = {
            kind: [p for p in wanted if p.kind == kind] for kind in ("invariant", "transition", "reachable")
        }
        self.temporal = [p for p in system.temporal if only is None or p.id in only]
        self.budgets = [p for p in system.budgets if only is None or p.id in only]
        faultless = [p for p in system.faultless if only is None or p.id in only]
        ids = [p.id for group in (wanted, faultless, self.temporal, self.budgets) for p in group]
        self.pending_ids = [*ids, *(i for i in (FAULT, DEADLOCK) if only is None or i in only)]
        self.report = Report(system.name, system.config, system.fingerprint, "oracle")
        self.report.per_action.update({a.name: 0 for a in system.actions})
        self.states: list[State] = [system.init]
        self.seen: dict[State, int] = {system.init: 0}
        self.came_by: list[tuple[int, Action | None, tuple[Value, ...]]] = [(-1, None, ())]
        self.started = self.ticked = time.monotonic()

    def run(self) -> None:
        """Search until everything reachable is seen or a limit is met."""
        self.judge_state(0)
        level = range(1)
        while level and not self.report.stopped:
            if self.limits.depth is not None and self.report.depth >= self.limits.depth:
                self.stop(f"the depth limit of {self.limits.depth} was reached")
                break
            for source in level:
                self.expand(source)
                if self.over_limit():
                    break
            level = range(level.stop, len(self.states))
            self.report.depth += 1 if level else 0

    def expand(self, source: int) -> None:
        """Take every step enabled in state number `source`."""
        state = self.states[source]
        moved = False
        for action, outcome in successors(self.system, state):
            moved = True
            self.report.per_action[action.name] += 1
            self.report.transitions += 1
            picks = tuple(value for _, value in outcome.picks)
            if isinstance(outcome, Faulted):
                self.judge_fault(source, Step(action.name, picks, None), outcome)
                continue
            self.judge_step(source, action, picks, outcome)
            if outcome.state not in self.seen:
                if len(self.states) == self.limits.states:
                    self.stop(f"the limit of {self.limits.states} states was reached")
                    return
                self.seen[outcome.state] = len(self.states)
                self.states.append(outcome.state)
                self.came_by.append((source, action, picks))
                self.judge_state(len(self.states) - 1)
        if not moved and DEADLOCK in self.pending_ids and busy(self.system, state):
            self.decide(DEADLOCK, Violated(self.trace(source), deadlock_reason(self.system, state)))

    def judge_state(self, number: int) -> None:
        """Invariants and witnesses on a state just found."""
        state = self.states[number]
        for prop in list(self.pending["invariant"]):
            reason = why_false(self.system, prop, state)
            if reason is not None:
                self.decide(prop.id, Violated(self.trace(number, prop=prop.id), reason))
        for prop in list(self.pending["reachable"]):
            if why_false(self.system, prop, state) is None:
                self.decide(prop.id, Reached(self.trace(number, prop=prop.id)))

    def judge_step(self, source: int, action: Action, picks: tuple[Value, ...], taken: Taken) -> None:
        for prop in list(self.pending["transition"]):
            reason = why_false(self.system, prop, taken.state, self.states[source])
            if reason is not None:
                trace = self.trace(source, Step(action.name, picks, taken.state), prop.id)
                self.decide(prop.id, Violated(trace, reason))

    def judge_fault(self, source: int, step: Step, faulted: Faulted) -> None:
        for prop in violated_by(self.system, faulted):
            if prop in self.pending_ids:
                trace = self.trace(source, step, None if prop == FAULT else prop)
                self.decide(prop, Violated(trace, f"{faulted.message} ({faulted.span})"))

    def judge_behaviours(self) -> None:
        """Temporal properties and budgets, if everything reachable was seen."""
        if self.temporal and not self.report.stopped:
            from virtspec.explore.liveness.check import Behaviours, judge  # networkx, only where it is needed

            behaviours = Behaviours(self.system, self.states, self.seen)
            for prop in self.temporal:
                self.decide(prop.id, judge(behaviours, prop))
        if self.budgets and not self.report.stopped:
            from virtspec.explore.budgets.check import Steps, amounts

            steps = Steps(self.system, self.states, self.seen)
            for budget in self.budgets:
                verdict, self.report.amounts[budget.id] = judged(self.system, budget, amounts(steps, budget))
                self.decide(budget.id, verdict)

    def decide(self, prop_id: str, verdict: Verdict) -> None:
        """Settle a property: its first verdict is the one with the shortest trace."""
        self.report.verdicts[prop_id] = verdict
        self.pending_ids.remove(prop_id)
        for kind, props in self.pending.items():
            self.pending[kind] = [p for p in props if p.id != prop_id]
        if self.fail_fast and isinstance(verdict, Violated):
            self.stop("stopped at the first violation")

    def trace(self, number: int, last: Step | None = None, prop: str | None = None) -> Trace:
        """The path by which state `number` was found, and one more step if given."""
        steps = [] if last is None else [last]
        while number:
            source, action, picks = self.came_by[number]
            assert action is not None
            steps.append(Step(action.name, picks, self.states[number]))
            number = source
        return Trace(self.system.fingerprint, tuple(reversed(steps)), prop)

    def over_limit(self) -> bool:
        now = time.monotonic()
        if self.limits.seconds is not None and now - self.started > self.limits.seconds:
            self.stop(f"the time limit of {self.limits.seconds:g} s was reached")
        if self.progress is not None and now - self.ticked >= PROGRESS_EVERY:
            self.ticked = now
            expanded = self.report.transitions
            waiting_states = len(self.states) - self.came_by[-1][0] - 1
            self.progress(Progress(len(self.states), expanded, self.report.depth, waiting_states, now - self.started))
        return bool(self.report.stopped)

    def stop(self, reason: str) -> None:
        self.report.stopped = self.report.stopped or reason
        self.report.complete = False

    def finish(self) -> Report:
        """Settle what the search left open and close the report."""
        report = self.report
        report.settle(self.system, self.pending_ids)
        report.states = len(self.states)
        report.seconds = time.monotonic() - self.started
        return report
