"""Every trace that `check` returns has been replayed and shows what its verdict says."""

from dataclasses import replace
from typing import Any

import pytest

from virtspec import api
from virtspec.errors import InternalError, UsageError
from virtspec.explore import oracle
from virtspec.explore.report import Report
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import Reached, Violated


def trace_of(report: Report, prop: str) -> Trace:
    verdict = report.verdicts[prop]
    assert isinstance(verdict, Violated | Reached)
    return verdict.trace


def test_the_verdicts(lock: System) -> None:
    report = api.check(lock)
    lengths = {prop: len(trace_of(report, prop)) for prop in ("L-S1", "L-T1", "L-R1", "deadlock")}
    assert lengths == {"L-S1": 1, "L-T1": 2, "L-R1": 1, "deadlock": 1}
    assert str(report.verdicts["fault"]) == "holds (exhaustive)"


def test_only_some_properties(lock: System) -> None:
    assert list(api.check(lock, only=["L-R1", "fault"]).verdicts) == ["L-R1", "fault"]


def test_an_unknown_property(lock: System) -> None:
    with pytest.raises(UsageError, match=r"Lock has no property 'L-S9'; did you mean 'L-S1'\?"):
        api.check(lock, only=["L-S9"])


def test_reasons(lock: System) -> None:
    report = api.check(lock)
    assert api.reason_of(lock, trace_of(report, "L-S1")) == "owner == None"
    assert api.reason_of(lock, trace_of(report, "L-R1")) == ""
    assert "Task0 waits at run.held" in (api.reason_of(lock, trace_of(report, "deadlock")) or "")
    assert api.reason_of(lock, trace_of(report, "L-T1")) is not None


def test_traces_that_show_nothing(lock: System) -> None:
    report = api.check(lock)
    gone = Trace(lock.fingerprint, (), "L-S1")
    assert [api.reason_of(lock, replace(gone, property=p)) for p in ("L-S1", "L-T1", "L-R1", None)] == [None] * 4
    one_step = trace_of(report, "L-T1").steps[:1]
    assert api.reason_of(lock, Trace(lock.fingerprint, one_step, "L-T1")) is None
    assert api.reason_of(lock, Trace(lock.fingerprint, one_step)) is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: replace(t, steps=(t.steps[0], t.steps[0])), "gave a trace for L-S1 that does not replay: step 2"),
        (lambda t: replace(t, steps=()), "gave a trace for L-S1 that does not show it"),
    ],
)
def test_a_wrong_trace_of_an_engine_never_reaches_the_user(
    lock: System, monkeypatch: pytest.MonkeyPatch, spoil: Any, message: str
) -> None:
    report = oracle.check(lock)
    report.verdicts["L-S1"] = Violated(spoil(trace_of(report, "L-S1")), "made up")
    monkeypatch.setattr(oracle, "check", lambda *args, **options: report)
    with pytest.raises(InternalError, match=message):
        api.check(lock, engine="oracle")


TOLL = """
from typing import Annotated
from virtspec import *

class Toll(Model):
    gone: Annotated[int, Range(0, 2)]

    @action
    def go(self) -> None:
        require(self.gone < 2)
        self.gone += 1
        cost("coin")

@budget(Toll, id="T-C1")
def once(m: Toll) -> Budget:
    return spent("coin") <= 1
"""


def test_a_behaviour_that_keeps_to_the_budget_violates_none(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_text(TOLL, "toll.py")
    toll = load(module.models[0], module.properties)
    report = oracle.check(toll)
    whole = trace_of(report, "T-C1")
    assert api.reason_of(toll, whole) == "coin: 2 from step 1 to step 2 (at steps 1 and 2); at most 1 is allowed"
    half = replace(whole, steps=whole.steps[:1])
    assert api.reason_of(toll, half) == "coin: 1 from step 1 (at step 1); at most 1 is allowed"
    monkeypatch.setattr(oracle, "check", lambda *args, **options: report)
    report.verdicts["T-C1"] = Violated(half, "made up")
    with pytest.raises(InternalError, match="gave a trace for T-C1 that does not show it"):
        api.check(toll, engine="oracle")
    report.verdicts["T-C1"] = Violated(whole, "as it is")
    amounts = report.amounts["T-C1"]
    assert amounts.least is not None
    report.amounts["T-C1"] = replace(amounts, least=replace(amounts.least, trace=half))
    with pytest.raises(InternalError, match="gave a trace for T-C1 in which something else is spent"):
        api.check(toll, engine="oracle")
