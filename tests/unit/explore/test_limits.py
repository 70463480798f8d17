"""A search that meets a limit says so: undetermined, never a pass."""

import pytest

from virtspec.explore.oracle import check
from virtspec.explore.report import Limits, Report
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System
from virtspec.trace.verdict import Holds, Reached, Unknown, Unreached, Violated

TEXT = """
from typing import Annotated
from virtspec import Model, Range, action, invariant, reachable, require, transition

class Counter(Model):
    n: Annotated[int, Range(0, 9)]

    @action
    def up(self) -> None:
        require(self.n < 9)
        self.n += 1

@invariant(Counter)
def small(m: Counter) -> bool:
    return m.n < 5

@invariant(Counter)
def bounded(m: Counter) -> bool:
    return m.n < 10

@transition(Counter)
def grows(before: Counter, after: Counter) -> bool:
    return before.n < after.n

@reachable(Counter)
def full(m: Counter) -> bool:
    return m.n == 9

@reachable(Counter)
def negative(m: Counter) -> bool:
    return m.n < 0
"""


@pytest.fixture(scope="module")
def system() -> System:
    module = load_text(TEXT, "counter.py")
    return load(module.models[0], module.properties)


def kinds(report: Report) -> dict[str, type]:
    return {name: type(verdict) for name, verdict in report.verdicts.items()}


def test_without_a_limit_everything_is_decided(system: System) -> None:
    report = check(system)
    assert (report.states, report.transitions, report.depth, report.complete) == (10, 9, 9, True)
    assert kinds(report) == {
        "small": Violated,
        "bounded": Holds,
        "grows": Holds,
        "full": Reached,
        "negative": Unreached,
        "fault": Holds,
        "deadlock": Holds,
    }
    assert report.exit_code == 1


@pytest.mark.parametrize("limits", [Limits(states=8), Limits(depth=7)], ids=["states", "depth"])
def test_what_a_limit_leaves_open_is_undetermined(system: System, limits: Limits) -> None:
    report = check(system, limits=limits)
    assert (report.states, report.complete) == (8, False)
    assert kinds(report) == {
        "small": Violated,
        "bounded": Unknown,
        "grows": Unknown,
        "full": Unknown,
        "negative": Unknown,
        "fault": Unknown,
        "deadlock": Unknown,
    }


def test_a_limit_just_large_enough_is_no_limit(system: System) -> None:
    assert check(system, limits=Limits(states=10)).complete
    assert not check(system, limits=Limits(states=9)).complete


def test_a_limit_on_depth_is_met_only_where_something_lies_beyond_it(system: System) -> None:
    assert not check(system, limits=Limits(depth=8)).complete
    assert check(system, limits=Limits(depth=10)).complete


def test_undetermined_is_exit_code_3_and_no_time_is_no_pass(system: System) -> None:
    report = check(system, only=["bounded"], limits=Limits(seconds=0.0))
    assert kinds(report) == {"bounded": Unknown}
    assert report.exit_code == 3


def test_fail_fast_stops_at_the_first_violation(system: System) -> None:
    report = check(system, fail_fast=True)
    assert report.states == 6
    assert isinstance(report.verdicts["small"], Violated)
    assert kinds(report)["bounded"] is Unknown


def test_a_verdict_is_no_bool() -> None:
    with pytest.raises(TypeError, match="not a bool"):
        bool(Holds("exhaustive"))
