"""Random walks: the same for any number of workers, fair, and whatever they find is true."""

from collections import Counter
from typing import Any

import pytest

from virtspec import api
from virtspec.errors import InternalError, NothingChecked, UsageError
from virtspec.explore import oracle
from virtspec.explore.native import walks
from virtspec.explore.native.traces import without_loops
from virtspec.explore.native.walks import Walks
from virtspec.explore.simulation import MOST_DEPTH, Simulation, Walking
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System
from virtspec.semantics.interp import Faulted, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import replay
from virtspec.trace.verdict import Reached, Unknown, Violated

HEAD = """
from typing import Annotated
from virtspec import Model, Range, Scalarset, Steps, action, invariant, process, reachable, require, transition
"""

COUNTER = """
class Counter(Model):
    n: Annotated[int, Range(0, 9)]
    odd: bool

    @action
    def up(self) -> None:
        require(self.n < 9)
        self.n += 1
        self.odd = not self.odd

    @action
    def never(self) -> None:
        require(self.n == 3 and not self.odd)

@invariant(Counter)
def small(m: Counter) -> bool:
    return m.n < 5

@invariant(Counter)
def bounded(m: Counter) -> bool:
    return m.n < 10

@transition(Counter)
def slowly(before: Counter, after: Counter) -> bool:
    return after.n < 7

@reachable(Counter)
def full(m: Counter) -> bool:
    return m.n == 9
"""

LOCKS = """
class Task(Scalarset, size=2):
    pass

class Locks(Model):
    held: dict[bool, Task | None]
    broken: bool

    @process
    def both(self, t: Task, first: bool) -> Steps:
        yield "take"
        require(self.held[first] is None)
        self.held[first] = t
        yield "other"
        require(self.held[not first] is None)
        assert not self.broken, "broken"
        self.held[first] = None

    @action
    def hit(self, hard: bool) -> None:
        require(not self.broken)
        self.broken = hard

@invariant(Locks)
def one(m: Locks) -> bool:
    return m.held[False] is None or m.held[True] is None

@transition(Locks)
def stays_broken(before: Locks, after: Locks) -> bool:
    return after.held[False] == before.held[False] or not before.broken

@reachable(Locks)
def broken_while_held(m: Locks, t: Task) -> bool:
    return m.broken and m.held[True] == t
"""

DICE = """
class Dice(Model):
    face: Annotated[int, Range(1, 6)]

    @action
    def throw(self, n: Annotated[int, Range(1, 6)]) -> None:
        self.face = n

    @action
    def turn(self) -> None:
        self.face = 7 - self.face
"""

CYCLE = """
class Cycle(Model):
    n: Annotated[int, Range(0, 14)]

    @action
    def step(self, back: bool) -> None:
        require(self.n < 14)
        self.n = 0 if back and self.n < 12 else self.n + 1

@invariant(Cycle)
def never_13(m: Cycle) -> bool:
    return m.n != 13
"""


def system_of(text: str) -> System:
    module = load_text(HEAD + text, "spec.py")
    return load(module.models[-1], module.properties)


def comparable(found: Simulation) -> tuple[object, ...]:
    """Everything but the times and who did it."""
    figures = (found.walks, found.cut, found.steps, found.longest, found.seed, found.depth)
    return (*figures, found.taken, found.enabled, found.verdicts)


# --- whatever is found is true ---------------------------------------------------------------------------------------


def test_every_kind_of_finding_with_a_trace_that_replays_and_shows_it() -> None:
    system = system_of(LOCKS)
    found = api.simulate(system, seed=3, walks=300, depth=50, workers=1)
    expected = {"one": Violated, "stays_broken": Violated, "broken_while_held": Reached}
    assert {i: type(v) for i, v in found.verdicts.items()} == {**expected, "fault": Violated, "deadlock": Violated}
    shortest = oracle.check(system)
    for prop, verdict in found.verdicts.items():
        assert isinstance(verdict, Violated | Reached)
        replay(system, verdict.trace)
        assert api.reason_of(system, verdict.trace) == (verdict.reason if isinstance(verdict, Violated) else "")
        theirs = shortest.verdicts[prop]
        assert isinstance(theirs, Violated | Reached)
        assert len(verdict.trace) >= len(theirs.trace)
    assert found.exit_code == 1


def test_what_one_walk_passes_is_found_on_it_as_soon_as_it_comes() -> None:
    system = system_of(COUNTER)
    found = api.simulate(system, seed=1, walks=1, workers=1)
    lengths = {i: len(v.trace) for i, v in found.verdicts.items() if isinstance(v, Violated | Reached)}
    assert lengths == {"small": 5, "slowly": 7, "full": 9}
    nothing = "random walks did not show it (walks: 1, steps: 9)"
    assert {i: v for i, v in found.verdicts.items() if i not in lengths} == {
        i: Unknown(nothing) for i in ("bounded", "fault", "deadlock")
    }


def test_only_what_is_asked_for_is_judged_in_the_order_of_the_system() -> None:
    system = system_of(LOCKS)
    found = api.simulate(system, seed=3, walks=300, depth=50, only=["deadlock", "one"])
    assert list(found.verdicts) == ["one", "deadlock"]


def test_depth_bounds_walk_and_findings() -> None:
    system = system_of(COUNTER)
    at = {depth: api.simulate(system, seed=1, walks=1, depth=depth) for depth in (4, 5, 6, 7)}
    found = {d: [i for i, v in s.verdicts.items() if isinstance(v, Violated | Reached)] for d, s in at.items()}
    assert found == {4: [], 5: ["small"], 6: ["small"], 7: ["small", "slowly"]}
    assert [s.longest for s in at.values()] == [4, 5, 6, 7]
    assert [s.exit_code for s in at.values()] == [3, 1, 1, 1]
    assert not at[4].violated


def test_detours_are_left_out_of_traces() -> None:
    verdict = api.simulate(system_of(CYCLE), seed=2, walks=2, depth=100_000).verdicts["never_13"]
    assert isinstance(verdict, Violated)
    assert len(verdict.trace) == 13
    assert without_loops([0, 1, 0, 2, 3, 2, 4, 1]) == [0, 2, 4, 1]
    assert without_loops([5]) == [5]


# --- coverage --------------------------------------------------------------------------------------------------------


def test_counts_of_a_deterministic_system_are_those_of_the_oracle() -> None:
    system = system_of(COUNTER)
    exhaustive = oracle.check(system)
    found = api.simulate(system, seed=1, walks=7, workers=2)
    assert found.enabled == Counter({name: 7 * n for name, n in exhaustive.per_action.items()})
    assert found.taken == found.enabled == Counter({"up": 63, "never": 0})
    assert (found.walks, found.steps, found.longest, found.never_taken) == (7, 63, 9, ["never"])


@pytest.mark.parametrize("text", [LOCKS, DICE, CYCLE], ids=["locks", "dice", "cycle"])
def test_counts_are_those_of_the_states_passed(text: str) -> None:
    system = system_of(text)
    walking = Walks(system, [], [], [], 5, 40, 1)
    walking.run(walks=3, seconds=None)
    enabled: Counter[str] = Counter()
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    steps = 0
    for number in range(3):
        way = longest_way(walking, number, 40)
        steps += len(way) - 1
        for before, after in zip(way, [*way[1:], None], strict=True):
            out = list(successors(system, before)) if len(way) <= 40 or after is not None else []
            enabled.update(action.name for action, _ in out)
            led = {action.name for action, o in out if isinstance(o, Taken) and o.state == after}
            assert led or after is None
            least.update(led if len(led) == 1 else ())
            most.update(led)
    names = [action.name for action in system.actions]
    assert dict(zip(names, walking.sum_of("enabled"), strict=True)) == {name: enabled[name] for name in names}
    taken = dict(zip(names, walking.sum_of("taken"), strict=True))
    assert sum(taken.values()) == steps == walking.steps
    assert all(least[name] <= taken[name] <= most[name] for name in names)


def longest_way(walking: Walks, number: int, depth: int) -> list[Any]:
    """The states of a walk up to its end."""
    for steps in range(depth, -1, -1):
        try:
            return walking.way(number, steps)
        except InternalError:  # it ended before
            continue
    raise AssertionError("no walk is shorter than 0 steps")


def test_a_step_is_as_likely_as_any_other() -> None:
    system = system_of(DICE)
    walking = Walks(system, [], [], [], 11, 14_000, 1)
    walking.run(walks=1, seconds=None)
    throws, turns = walking.sum_of("taken")
    assert abs(throws - 12_000) < 4 * (14_000 * 6 / 49) ** 0.5
    assert throws + turns == 14_000
    faces = Counter(state[0] for state in walking.way(0, 14_000)[1:])
    assert set(faces) == {1, 2, 3, 4, 5, 6}
    assert sum((n - 14_000 / 6) ** 2 / (14_000 / 6) for n in faces.values()) < 20.5  # 5 degrees of freedom, one in 1000


def test_first_steps_of_many_walks_are_as_likely_as_one_another() -> None:
    system = system_of(DICE.replace("@action\n    def turn", "def turn"))
    walking = Walks(system, [], [], [], 0, 1, 1)
    faces = Counter(walking.way(number, 1)[1][0] for number in range(600))
    assert sum((n - 100) ** 2 / 100 for n in faces.values()) < 20.5


# --- repeating -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fail_fast", [False, True])
@pytest.mark.parametrize("text", [LOCKS, CYCLE], ids=["locks", "cycle"])
def test_the_number_of_workers_changes_nothing(text: str, fail_fast: bool) -> None:
    system = system_of(text)
    one, two, three = (
        api.simulate(system, seed=9, walks=3000, depth=60, fail_fast=fail_fast, workers=n) for n in (1, 2, 3)
    )
    assert comparable(one) == comparable(two) == comparable(three)
    assert [s.workers for s in (one, two, three)] == [1, 2, 3]


def test_the_same_seed_gives_the_same_walks_and_another_seed_others() -> None:
    ways = [Walks(system_of(DICE), [], [], [], seed, 20, 1).way(4, 20) for seed in (1, 1, 2, 1 << 63)]
    assert ways[0] == ways[1]
    assert len({tuple(way) for way in ways}) == 3


def test_walks_of_a_seed_differ() -> None:
    walking = Walks(system_of(DICE), [], [], [], 1, 20, 1)
    assert len({tuple(walking.way(number, 20)) for number in range(100)}) == 100


def test_a_walk_does_not_depend_on_how_often_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    system = system_of(LOCKS)
    whole = api.simulate(system, seed=4, walks=50, depth=500, workers=2)
    monkeypatch.setattr(walks.Walker.advance, "__defaults__", (7,))
    assert comparable(api.simulate(system, seed=4, walks=50, depth=500, workers=2)) == comparable(whole)


def test_what_a_time_limit_cut_off_can_be_taken_again() -> None:
    system = system_of(LOCKS)
    found = api.simulate(system, seconds=0.05, depth=50)
    assert found.cut == 0
    assert found.walks > 0
    again = api.simulate(system, seed=found.seed, walks=found.walks, depth=50)
    assert comparable(again) == comparable(found)


def test_a_walk_that_takes_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "GRACE", 0.0)
    found = api.simulate(system_of(DICE), seed=1, seconds=1e-9, depth=MOST_DEPTH, workers=1)
    assert (found.walks, found.cut) == (0, 1)
    assert found.steps > 0


def test_the_first_walks_are_taken_however_little_time_there_is() -> None:
    found = api.simulate(system_of(COUNTER), seed=1, seconds=1e-9, workers=1)
    assert found.walks == walks.AT_MOST
    assert isinstance(found.verdicts["small"], Violated)


def test_fail_fast_ends_a_walk_at_a_violation_and_begins_no_more() -> None:
    found = api.simulate(system_of(COUNTER), seed=1, walks=100_000, fail_fast=True)
    assert (found.walks, found.longest) == (walks.ROUND * walks.AT_MOST, 5)
    assert isinstance(found.verdicts["small"], Violated)
    assert isinstance(found.verdicts["slowly"], Unknown)


def test_a_witness_is_no_reason_to_fail_fast() -> None:
    found = api.simulate(system_of(COUNTER), seed=1, walks=5000, fail_fast=True, only=["full", "bounded"])
    assert (found.walks, found.longest) == (5000, 9)
    assert isinstance(found.verdicts["full"], Reached)
    assert found.exit_code == 3


def test_only_witnesses_that_are_all_reached_pass() -> None:
    system = system_of(COUNTER)
    assert api.simulate(system, seed=1, walks=1, only=["full"]).exit_code == 0
    assert api.simulate(system, seed=1, walks=1, depth=8, only=["full"]).exit_code == 3
    assert api.simulate(system, seed=1, walks=1, only=["full", "fault"]).exit_code == 3
    assert api.simulate(system, seed=1, walks=1, only=["full", "small"]).exit_code == 1


# --- using it --------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_it_with_what_was_found() -> None:
    def interrupt(now: Walking) -> None:
        raise KeyboardInterrupt

    found = api.simulate(system_of(COUNTER), seed=1, seconds=60, progress=interrupt)
    assert found.interrupted
    assert found.exit_code == 130
    assert isinstance(found.verdicts["small"], Violated)


def test_progress_is_told() -> None:
    told: list[Walking] = []
    found = api.simulate(system_of(DICE), seed=1, walks=500, progress=told.append)
    assert (told[-1].walks, told[-1].steps) == (found.walks, found.steps) == (500, 500_000)


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_is_none(seed: int) -> None:
    with pytest.raises(UsageError, match=f"the seed {seed} is not a whole number of 64 bits"):
        api.simulate(system_of(DICE), seed=seed, walks=1)


@pytest.mark.parametrize("depth", [-1, MOST_DEPTH + 1])
def test_a_depth_that_is_none(depth: int) -> None:
    with pytest.raises(UsageError, match=f"the depth {depth} is not a whole number up to 1000000"):
        api.simulate(system_of(DICE), depth=depth, walks=1)


def test_an_unknown_property() -> None:
    with pytest.raises(UsageError, match="Counter has no property 'smal'; did you mean 'small'"):
        api.simulate(system_of(COUNTER), only=["smal"])


def test_nothing_can_happen() -> None:
    with pytest.raises(NothingChecked, match="Empty has no process and no action"):
        api.simulate(system_of("class Empty(Model):\n    flag: bool\n"))


def test_a_wrong_trace_never_reaches_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Walks.words_of
    monkeypatch.setattr(Walks, "words_of", lambda *args: [w for i, w in enumerate(real(*args)) if i != 3])
    with pytest.raises(InternalError, match="took a step that the interpreter does not know"):
        api.simulate(system_of(COUNTER), seed=1, walks=1, only=["full"])


def test_code_that_leaves_its_bounds_is_an_internal_error() -> None:
    walking = Walks(system_of(COUNTER), [], [], [], 1, 9, 1)
    walking.walkers[0].out = walking.walkers[0].out[:1]  # no room for the successors of any state
    with pytest.raises(InternalError, match="generated code did not keep to its bounds"):
        walking.run(walks=1, seconds=None)


def test_a_fault_that_is_the_only_step_ends_the_walk_and_is_no_deadlock() -> None:
    system = system_of(
        "class M(Model):\n    n: Annotated[int, Range(0, 2)]\n\n    @action\n    def up(self) -> None:\n        self.n += 1\n"
    )
    found = api.simulate(system, seed=1, walks=2, workers=1)
    assert (found.steps, found.longest, found.enabled, found.taken) == (4, 2, Counter(up=6), Counter(up=4))
    fault = found.verdicts["fault"]
    assert isinstance(fault, Violated)
    assert len(fault.trace) == 3
    assert isinstance(replay(system, fault.trace)[-1], Faulted)
    assert isinstance(found.verdicts["deadlock"], Unknown)
