"""A behaviour that runs into a fault has an end, so temporal properties do not speak of it: `fault` does."""

from __future__ import annotations

import pytest

from virtspec import Formula, Model, Singleton, Steps, action, api, at, leads_to, process, temporal
from virtspec.api.checking import Engine
from virtspec.frontend.load import load
from virtspec.trace.verdict import Holds, Violated


class Task(Singleton):
    """Who runs it."""


class Crash(Model):
    """The second step can do nothing but fault; the other action goes on for ever."""

    ticks: bool
    broken: bool

    @process(fair="weak")
    def run(self, t: Task) -> Steps:
        yield "use"
        assert self.broken and not self.broken, "used after it was freed"

    @process
    def idle(self, t: Task) -> Steps:
        yield "use"
        assert self.broken and not self.broken, "used by somebody who need not go on"

    @action
    def tick(self) -> None:
        self.ticks = not self.ticks


@temporal(Crash)
def returns(m: Crash) -> Formula:
    return leads_to(at(m.run), not at(m.run))


@temporal(Crash)
def returns_unfairly(m: Crash) -> Formula:
    return leads_to(at(m.idle), not at(m.idle))


@pytest.mark.parametrize("engine", ["oracle", "native"])
def test_a_fair_task_before_a_fault_does_not_wait_for_ever(engine: Engine) -> None:
    report = api.check(load(Crash, (returns, returns_unfairly)), engine=engine)
    assert isinstance(report.verdicts["fault"], Violated)
    assert isinstance(report.verdicts["returns"], Holds)
    assert isinstance(report.verdicts["returns_unfairly"], Violated)
