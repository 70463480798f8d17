"""Judging properties of behaviours on the native graph, several at a time, as long as there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from virtspec.explore.budgets.amounts import judge as judge_budget
from virtspec.explore.native.budgets import amounts
from virtspec.explore.native.graph import StateGraph
from virtspec.explore.native.liveness import judge, violation
from virtspec.explore.report import Report
from virtspec.ir.budget import Budget
from virtspec.ir.system import System, Temporal
from virtspec.trace.verdict import Unknown

T = TypeVar("T")
P = ParamSpec("P")

BYTES = 250
"""Of memory for a state while one formula or allowance is judged, roughly."""
LOOK_EVERY = 0.1
"""Seconds between two looks at the clock."""


class TimeIsUp(Exception):
    """Raised where the time limit is reached."""


class Judges:
    """Workers, each of which judges one thing at a time, as far as there is memory for that."""

    def __init__(self, graph: StateGraph, workers: int, deadline: float | None) -> None:
        self.graph = graph
        self.deadline = deadline
        at_once = max(graph.search.memory // (BYTES * graph.states), 1)
        self.pool = ThreadPoolExecutor(min(workers, at_once))

    def ask(self, judge: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self.pool.submit(judge, *args, **kwargs)

    def answers(self, asked: list[Future[T]]) -> Iterator[T]:
        """The answers in order. Raises TimeIsUp. Who wants no more need not wait for the rest."""
        try:
            for future in asked:
                yield self.answer(future)
        finally:
            for future in asked:
                future.cancel()

    def answer(self, future: Future[T]) -> T:
        while True:
            try:
                return future.result(LOOK_EVERY)
            except TimeoutError:
                if self.deadline is not None and time.monotonic() > self.deadline:
                    raise TimeIsUp from None


@contextmanager
def judges(graph: StateGraph, workers: int, deadline: float | None) -> Iterator[Judges]:
    """Judges who stop what they are doing when the block is left, by Ctrl-C, too."""
    found = Judges(graph, workers, deadline)
    try:
        yield found
    finally:
        graph.halt[0] = 1
        found.pool.shutdown(wait=True, cancel_futures=True)


def judge_behaviours(
    system: System,
    graph: StateGraph,
    temporal: list[Temporal],
    budgets: list[Budget],
    report: Report,
    workers: int,
) -> None:
    """Write the verdicts into the report. Raises KeyboardInterrupt for Ctrl-C; what is known by then is written.

    Every single state is looked at, since renamed members would exchange who is treated fairly and who spends.
    """
    seconds = graph.search.limits.seconds
    deadline = None if seconds is None else graph.search.started + seconds
    graph.prepare(instance.claims for prop in temporal for instance in prop.instances)
    graph.prepare(allowance.stretch.claims for budget in budgets for allowance in budget.allowances)
    with judges(graph, workers, deadline) as those:
        asked = {p.id: [those.ask(violation, graph, p.id, i) for i in p.instances] for p in temporal}
        measured = {b.id: [those.ask(amounts, graph, b.id, a) for a in b.allowances] for b in budgets}
        try:
            for prop in temporal:
                report.verdicts[prop.id] = judge(graph, prop, those.answers(asked[prop.id]))
            for budget in budgets:
                found = judge_budget(system, budget, list(those.answers(measured[budget.id])))
                report.verdicts[budget.id], report.amounts[budget.id] = found
        except TimeIsUp:
            for prop_id in (*asked, *measured):
                report.verdicts.setdefault(prop_id, Unknown(f"the time limit of {seconds:g} s was reached"))
