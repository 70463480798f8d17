"""The search: where it ends, what it says then, and that the number of workers changes nothing.

The oracle's limits on states and its fail-fast end at a state, those of the search at the end of a level; everything else
is the same, and what the search reports at its end is what the oracle reports of all levels up to there.
"""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from tests.unit.explore.native.conftest import agreed, system_of, told

from virtspec.errors import UsageError
from virtspec.explore.native import search, visited
from virtspec.explore.native import workers as working
from virtspec.explore.native.check import check as native
from virtspec.explore.native.jit import Code
from virtspec.explore.native.module import MOST_PROPERTIES, module
from virtspec.explore.native.search import Bits, Search, Wanted
from virtspec.explore.native.steps import MOST_MEMBERS
from virtspec.explore.oracle import check as oracle
from virtspec.explore.report import INTERRUPTED, Limits, Progress, Report
from virtspec.explore.report_json import word
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, If, Require
from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import IntType
from virtspec.semantics.interp import Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import replay
from virtspec.trace.verdict import Unknown, Violated

GRID = """
class Grid(Model):
    x: Annotated[int, Range(0, 11)]
    y: Annotated[int, Range(0, 11)]
    z: Annotated[int, Range(0, 2)]

    @action
    def right(self, by: Annotated[int, Range(1, 2)]) -> None:
        self.x += by

    @action
    def up(self) -> None:
        require(self.y < 11)
        self.y += 1

    @action
    def mark(self) -> None:
        self.z = choose(range(3))

@invariant(Grid)
def near(m: Grid) -> bool:
    return m.x + m.y < 7

@invariant(Grid)
def inside(m: Grid) -> bool:
    return m.x < 12

@invariant(Grid)
def defined(m: Grid) -> bool:
    return 10 // m.x < 11 if m.y == 3 else True

@transition(Grid)
def small_steps(before: Grid, after: Grid) -> bool:
    return after.x < before.x + 2 or before.y < 5

@transition(Grid)
def marked(before: Grid, after: Grid) -> bool:
    return after.z == before.z or before.x == after.x

@reachable(Grid)
def corner(m: Grid) -> bool:
    return m.x == 11 and m.y == 11

@reachable(Grid)
def beyond(m: Grid) -> bool:
    return m.x == 12
"""
IDS = ["near", "inside", "defined", "small_steps", "marked", "corner", "beyond", "fault", "deadlock"]


@pytest.fixture(scope="module")
def grid() -> System:
    return system_of(GRID)


def explored(system: System, workers: int, **how: Any) -> Report:
    return native(system, workers=workers, reduce=(), **how)


def all_of(report: Report) -> dict[str, Any]:
    """Everything a report says but the times, traces and reasons included."""
    return {**told(report), "all": report.verdicts}


def words_of(report: Report) -> dict[str, str]:
    return {prop: word(verdict) for prop, verdict in report.verdicts.items()}


# --- any number of workers -------------------------------------------------------------------------------------------


def test_the_oracle_finds_the_same(grid: System, workers: int) -> None:
    found = agreed(grid, workers)
    assert (found.workers, found.states) == (workers, 432)
    assert set(words_of(found).values()) == {"holds", "violated", "reached", "unreached"}


def test_traces_are_the_same_to_the_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where levels take many rounds, so that the states of a level are found in another order."""
    wider = system_of(GRID.replace("Range(0, 2)]", "Range(0, 60)]").replace("range(3)", "range(61)"))
    alone = all_of(explored(wider, 1))
    assert sum(isinstance(verdict, Violated) for verdict in alone["all"].values()) >= 4
    monkeypatch.setattr(search, "BUDGET", 1)
    for workers in (1, 2, 3, 4):
        found = all_of(explored(wider, workers))
        assert found == alone
        assert repr(found) == repr(alone)


@pytest.mark.parametrize(
    ("batch", "recent", "slots", "few"), [(1, 1, 8, 0), (4, 1 << 15, 8, 30), (2, 8, 1 << 14, 0), (7, 64, 64, 1 << 30)]
)
def test_small_buffers_change_nothing(
    monkeypatch: pytest.MonkeyPatch, batch: int, recent: int, slots: int, few: int
) -> None:
    """Nor how many states are remembered as found not long ago, nor when all must meet to make the table larger, nor
    which levels one worker expands alone.
    """
    wider = system_of(GRID.replace("Range(0, 2)]", "Range(0, 20)]").replace("range(3)", "range(21)"))
    alone = all_of(explored(wider, 1))
    monkeypatch.setattr(visited, "BATCH", batch)
    monkeypatch.setattr(working, "BATCH", batch)
    monkeypatch.setattr(working, "RECENT", recent)
    monkeypatch.setattr(visited, "FIRST_SLOTS", slots)
    monkeypatch.setattr(search, "FEW", few)
    for workers in (1, 2, 3, 4, 5):
        assert all_of(explored(wider, workers)) == alone
    agreed(wider, 2)


def test_each_property_alone_has_the_verdict_it_has_among_others(grid: System) -> None:
    together = explored(grid, 1).verdicts
    assert list(together) == IDS
    for prop in IDS:
        for only in ([prop], [prop, "nobody"]):
            assert explored(grid, 2, only=only).verdicts == {prop: together[prop]}
    assert explored(grid, 1, only=[]).verdicts == {}


def test_nothing_of_a_search_outlives_it(grid: System, workers: int) -> None:
    """Its memory is given back at once, not when the garbage collector comes by: the next search may need it."""
    gc.disable()
    try:
        made = module(grid, [])
        code = Code.of(made.text)
        with Search(made, code, workers, Limits(), Wanted(Bits(0), Bits(0))) as searching:
            searching.run(made.layout.pack(grid.init))
            store = weakref.ref(searching.visited.store)
            assert searching.states == 432
        del searching
        assert store() is None
    finally:
        gc.enable()


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0, 1, 2, 5, 30])
def test_a_limit_on_depth_ends_as_with_the_oracle(grid: System, workers: int, depth: int) -> None:
    found = explored(grid, workers, limits=Limits(depth=depth))
    expected = oracle(grid, limits=Limits(depth=depth))
    assert told(found) == told(expected)
    assert found.complete == (depth == 30)


@pytest.mark.parametrize("limits", [Limits(depth=3), Limits(states=30)], ids=["depth", "states"])
def test_values_are_counted_of_an_unfinished_search(grid: System, workers: int, limits: Limits) -> None:
    found = explored(grid, workers, limits=limits, values=True)
    assert not found.complete
    assert found.values == oracle(grid, limits=Limits(depth=found.depth), values=True).values


@pytest.mark.parametrize("states", [1, 2, 30, 100, 431])
def test_a_limit_on_states_ends_with_the_level(grid: System, workers: int, states: int) -> None:
    """Everything found up to there is judged: it is what the oracle finds up to that depth."""
    found = explored(grid, workers, limits=Limits(states=states))
    assert found.stopped == f"the limit of {states} states was reached"
    assert found.states > states
    whole = oracle(grid, limits=Limits(depth=found.depth))
    assert (found.states, found.transitions, found.depth) == (whole.states, whole.transitions, whole.depth)
    assert words_of(found) == words_of(whole)
    if found.depth:
        assert oracle(grid, limits=Limits(depth=found.depth - 1)).states <= states


def test_a_limit_just_large_enough_is_none(grid: System, workers: int) -> None:
    assert explored(grid, workers, limits=Limits(states=432)).complete


def test_no_time_is_no_pass(grid: System, workers: int) -> None:
    found = explored(grid, workers, limits=Limits(seconds=0.0))
    assert found.stopped == "the time limit of 0 s was reached"
    assert found.states < 432
    assert found.verdicts["inside"] == Unknown(found.stopped)
    assert found.exit_code in (1, 3)


BIG = """
class Big(Model):
    x: Annotated[int, Range(0, 199)]
    y: Annotated[int, Range(0, 199)]
    z: Annotated[int, Range(0, 9)]

    @action
    def right(self) -> None:
        require(self.x < 199)
        self.x += 1

    @action
    def up(self) -> None:
        require(self.y < 199)
        self.y += 1

    @action
    def turn(self) -> None:
        require(self.x < 2)
        self.z = (self.z + 1) % 10

@invariant(Big)
def near(m: Big) -> bool:
    return m.x < 3

@invariant(Big)
def inside(m: Big) -> bool:
    return m.x < 200
"""


def test_a_limit_on_memory_leaves_undetermined_what_it_must(workers: int) -> None:
    system = system_of(BIG)
    found = explored(system, workers, limits=Limits(memory=1 << 20))
    assert found.stopped == "the memory limit of 0.000977 GiB was reached"
    assert not found.complete
    assert words_of(found) == {
        "near": "violated",
        "inside": "undetermined",
        "fault": "undetermined",
        "deadlock": "undetermined",
    }
    assert found.verdicts["inside"] == Unknown(found.stopped)
    assert 1_000 < found.states < 400_000
    assert found.memory < 2 << 20


def test_a_table_that_grows_many_times_loses_nothing(workers: int) -> None:
    found = explored(system_of(BIG), workers)
    assert (found.complete, found.states, found.depth) == (True, 400_000, 407)


# --- ends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "only", [["near"], ["defined"], ["small_steps"], ["fault"], ["near", "fault", "inside"]], ids=str
)
def test_fail_fast_ends_with_the_level_of_the_first_violation(grid: System, workers: int, only: list[str]) -> None:
    found = explored(grid, workers, only=only, fail_fast=True)
    assert found.stopped == "stopped at the first violation"
    assert not found.complete
    assert found.states < 432
    first = oracle(grid, only=only, fail_fast=True)
    violated = {p for p, v in first.verdicts.items() if isinstance(v, Violated)}
    assert len(violated) == 1
    for prop in violated:
        ours, theirs = found.verdicts[prop], first.verdicts[prop]
        assert isinstance(ours, Violated) and isinstance(theirs, Violated)
        assert len(ours.trace) == len(theirs.trace)
        replay(grid, ours.trace)
    assert all_of(found) == all_of(explored(grid, 1, only=only, fail_fast=True))


def test_fail_fast_does_not_end_where_a_witness_is_found(grid: System) -> None:
    assert explored(grid, 1, only=["corner", "inside"], fail_fast=True).complete


@pytest.mark.parametrize("calls", [1, 3, 15])
def test_ctrl_c_gives_what_was_found_so_far(
    grid: System, workers: int, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    monkeypatch.setattr(search, "PROGRESS_EVERY", -1.0)
    seen: list[Progress] = []

    def interrupt(now: Progress) -> None:
        seen.append(now)
        if len(seen) == calls:
            raise KeyboardInterrupt

    found = explored(grid, workers, progress=interrupt)
    assert len(seen) == calls
    assert (found.stopped, found.complete) == (INTERRUPTED, False)
    assert found.states == seen[-1].states < 432
    assert found.verdicts["inside"] == Unknown(INTERRUPTED)
    assert list(found.verdicts) == IDS
    whole = explored(grid, 1).verdicts
    for prop, verdict in found.verdicts.items():
        if not isinstance(verdict, Unknown):
            assert word(verdict) == word(whole[prop])
            replay(grid, verdict.trace)  # type: ignore[union-attr]  # nothing holds yet


def test_progress_grows_and_ends_near_the_report(grid: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PROGRESS_EVERY", -1.0)
    seen: list[Progress] = []
    found = explored(grid, 2, progress=seen.append)
    assert len(seen) == found.depth + 1
    for before, after in pairwise(seen):
        assert before.states <= after.states and before.transitions <= after.transitions
        assert after.depth == before.depth + 1
    last = seen[-1]
    assert (last.states, last.transitions, last.depth, last.queue) == (found.states, found.transitions, found.depth, 0)


def test_a_system_that_stands_still(workers: int) -> None:
    text = """
class Still(Model):
    x: Annotated[int, Range(3, 3)]

    @action
    def never(self) -> None:
        require(self.x != 3)

@invariant(Still)
def three(m: Still) -> bool:
    return m.x == 3

@reachable(Still)
def four(m: Still) -> bool:
    return m.x > 3
"""
    found = agreed(system_of(text), workers)
    assert (found.states, found.transitions, found.depth) == (1, 0, 0)
    assert agreed(system_of(text.replace("@action", "")), workers).per_action == Counter()


def test_a_step_that_changes_nothing_is_a_step(workers: int) -> None:
    text = """
class Still(Model):
    x: bool

    @action
    def same(self) -> None:
        self.x = self.x

@transition(Still)
def never(before: Still, after: Still) -> bool:
    return before.x != after.x
"""
    found = agreed(system_of(text), workers)
    assert (found.states, found.transitions) == (1, 1)
    assert words_of(found)["never"] == "violated"


# --- many properties, large domains, choices -------------------------------------------------------------------------


def with_properties(invariants: int, transitions: int) -> System:
    text = "class Many(Model):\n    x: Annotated[int, Range(0, 99)]\n\n    @action\n    def up(self) -> None:\n"
    text += "        require(self.x < 99)\n        self.x += 1\n\n"
    for i in range(invariants):
        kind, claim = ("invariant", f"m.x < {i + 1}") if i % 3 else ("reachable", f"m.x == {2 * i}")
        text += f"@{kind}(Many)\ndef p{i}(m: Many) -> bool:\n    return {claim}\n\n"
    for i in range(transitions):
        text += f"@transition(Many)\ndef t{i}(b: Many, a: Many) -> bool:\n    return a.x != {i + 1}\n\n"
    return system_of(text)


def test_as_many_properties_as_there_are_bits(workers: int) -> None:
    found = agreed(with_properties(MOST_PROPERTIES, MOST_PROPERTIES), workers)
    assert len(found.verdicts) == 2 * MOST_PROPERTIES + 2
    assert Counter(words_of(found).values())["violated"] >= 99


@pytest.mark.parametrize(("invariants", "transitions"), [(MOST_PROPERTIES + 1, 0), (0, MOST_PROPERTIES + 1)])
def test_one_more_is_refused_unless_some_are_chosen(invariants: int, transitions: int) -> None:
    system = with_properties(invariants, transitions)
    with pytest.raises(UsageError, match="more than 60 properties at once; choose some with --property"):
        explored(system, 1)
    ids = [p.id for p in system.properties][-3:]
    assert words_of(explored(system, 1, only=ids)) == words_of(oracle(system, only=ids))


@pytest.mark.parametrize("most", [MOST_MEMBERS, MOST_MEMBERS + 1, 70])
def test_parameters_of_large_domains(workers: int, most: int) -> None:
    text = f"""
class Large(Model):
    x: Annotated[int, Range(-1, {most})]
    y: dict[Annotated[int, Range(1, {most})], bool]

    @action
    def put(self, p: Annotated[int, Range(1, {most})], b: bool) -> None:
        require(self.x < 1)
        if b:
            self.y[p] = not self.y[p]
        self.x = p if b else -1

    @action
    def back(self, b: bool, p: Annotated[int, Range(1, {most})], q: Annotated[int, Range(0, 2)]) -> None:
        require(self.x == p)
        require(p % 3 == q)
        self.x = 0 if b else 10 // (self.x % 3)

@invariant(Large)
def small(m: Large) -> bool:
    return m.x != {most - 1}
"""
    system = system_of(text)
    found = explored(system, workers, limits=Limits(depth=2), values=True)
    assert told(found) == told(oracle(system, limits=Limits(depth=2), values=True)) | {"values": found.values}
    assert found.states > most


def test_choices_inside_branches(workers: int) -> None:
    text = """
class Draw(Model):
    x: Annotated[int, Range(0, 99)]
    n: Annotated[int, Range(0, 2)]

    @action
    def go(self, p: bool, q: Annotated[int, Range(0, 2)]) -> None:
        require(self.n < 2)
        first = choose(range(3))
        if first == self.n:
            second = choose(range(4))
            if second > 1 and p:
                third = choose(range(2, 5))
            else:
                third = q
            require(third != 3)
            self.x = 20 * second + third + first
        elif p:
            a = choose(range(2))
            c = choose(range(3))
            self.x = 90 + a + 3 * c
        else:
            assert first != 2 or q != 1, "not so"
        self.n += 1

@reachable(Draw)
def top(m: Draw) -> bool:
    return m.x == 97
"""
    found = agreed(system_of(text), workers)
    assert words_of(found) == {"top": "reached", "fault": "violated", "deadlock": "holds"}


def test_a_variable_may_be_chosen_twice(workers: int) -> None:
    """Both in a row and on both ways: each choice is one of its own, as for the interpreter."""
    t, v = IntType(0, 2), build.var("v", IntType(0, 2))
    n = build.read("n", IntType(0, 99))
    times = build.arith("*", v, build.integer(3))
    body = (
        Require(build.eq(n, build.integer(0))),
        Choose(v),
        Assign("a", (), v),
        If(build.eq(v, build.integer(1)), (Choose(v),), (Choose(v), Choose(v))),
        Assign("n", (), build.arith("+", times, build.integer(1))),
    )
    fields = (Field("a", t, 0), Field("n", IntType(0, 99), 0))
    system = System("Twice", (), fields, (Action("go", (), body),), ())
    outcomes = [o for _, o in successors(system, system.init)]
    assert len(outcomes) == 3 + 2 * 9 and all(isinstance(o, Taken) for o in outcomes)
    assert agreed(system, workers).states == 10
