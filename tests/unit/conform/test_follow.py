"""Following rows by hand on a small model, with the interpreter and with machine code: what may have happened unseen.

A worker takes a lock, counts, and gives the lock back; a device serves, unseen, what has been ordered. Both engines are
asked, and must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pytest

from virtspec.api.engines import Coded
from virtspec.conform import packed
from virtspec.conform.follow import follow
from virtspec.conform.observer import Observer, observer
from virtspec.conform.packed import Rows
from virtspec.conform.rows import Row
from virtspec.conform.table import read_table
from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import load_text
from virtspec.ir.types import Value

SPEC = '''
from typing import Annotated
from virtspec import *

class Task(Scalarset, size=2):
    """A thread."""

class Toy(Model):
    owner: Task | None = None
    count: Annotated[int, Range(0, 3)]
    ordered: Annotated[int, Range(0, 3)]
    served: Annotated[int, Range(0, 3)]
    noise: bool

    @process
    def work(self, t: Task, much: Annotated[int, Range(1, 2)]) -> Steps:
        yield "lock"
        require(self.owner is None)
        self.owner = t
        yield "count"
        self.count += much
        yield "unlock"
        assert self.count < 3, "too much"
        self.owner = None

    @action
    def order(self) -> None:
        require(self.ordered < 3)
        self.ordered += 1

    @action
    def serve(self) -> None:
        require(self.served < self.ordered)
        self.served += 1

    @action
    def flip(self) -> None:
        self.noise = not self.noise

@invariant(Toy, id="T-1")
def counted_once(m: Toy) -> bool:
    return m.count < 2

@invariant(Toy, id="T-2")
def all_served(m: Toy) -> bool:
    return m.served == m.ordered

@invariant(Toy, id="T-3")
def parted(m: Toy) -> bool:
    return 3 // (3 - m.count) > 0
'''

TABLE = """
config = "none"
leave_out = ["T-3"]
never = ["flip"]
hidden = ["serve"]

[paths]
thread = "(begin lock count unlock | order | look | settle)*"

[[step]]
action = "work"
at = "begin"

[[step]]
action = "work.lock"
at = "lock"

[[step]]
action = "work.count"
at = "count"
values = { n = "count.n" }
after = ["n == m.count"]

[[step]]
action = "work.unlock"
at = "unlock"

[[step]]
action = "order"
at = "order"

[[see]]
at = "look"
values = { served = "look.served", count = "look.count" }
before = ["served == m.served", "count == m.count"]

[[see]]
at = "settle"
process = "work"
own = []
before = ["at(m.work, 'count', t)"]
"""

BEGIN, LOCK, COUNT, UNLOCK, ORDER, LOOK, SETTLE = range(7)
"""Rules."""


@dataclass(frozen=True)
class Seen:
    """What following came to."""

    rejected: int | None
    full: bool
    states: frozenset[tuple[tuple[tuple[str, Value], ...], frozenset[int]]]
    """The candidates: what differs from the initial state, and the windows that are open."""
    largest: int
    violated: dict[str, int]

    def values(self, name: str) -> set[Value]:
        """All that a field may be; None if it is what it is at first."""
        return {dict(state).get(name) for state, _ in self.states}


Engine: TypeAlias = Callable[[Observer, Sequence[Row], int], Seen]


def seen(
    watched: Observer, candidates: Iterable[tuple[tuple[Value, ...], frozenset[int]]]
) -> frozenset[tuple[tuple[tuple[str, Value], ...], frozenset[int]]]:
    fields = watched.system.fields
    return frozenset(
        (tuple((f.name, v) for f, v in zip(fields, state, strict=True) if v != f.init), windows)
        for state, windows in candidates
    )


def by_interpreter(watched: Observer, rows: Sequence[Row], most: int) -> Seen:
    done = follow(watched, rows, most)
    states = seen(watched, [(c.state, c.pending) for c in done.before])
    assert len(states) == len(done.before)
    return Seen(done.rejected, done.full, states, done.largest, done.violated)


def by_code(watched: Observer, rows: Sequence[Row], most: int) -> Seen:
    numbers = Rows.of(rows)
    done, before = Coded(watched, numbers).follow(numbers, most, most)
    states = seen(watched, [(c.state, c.pending) for c in before])
    assert len(states) == done.count
    return Seen(done.rejected, done.full, states, done.largest, done.violated)


def in_stretches(watched: Observer, rows: Sequence[Row], most: int) -> Seen:
    """By machine code, two rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "STRETCH", 2)
        return by_code(watched, rows, most)


@pytest.fixture(params=[by_interpreter, by_code, in_stretches], ids=["interpreter", "native", "stretches"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


@pytest.fixture(scope="module")
def spec() -> Specification:
    module = load_text(SPEC, "<toy to follow>")
    return compile_model(module.models[0], module.properties)


@pytest.fixture
def watch(spec: Specification, tmp_path: Path) -> Callable[..., Observer]:
    """An observer, with the table's text changed here and there."""

    def watch(*changes: tuple[str, str]) -> Observer:
        text = TABLE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "trace.toml"
        path.write_text(text)
        return observer(spec, read_table(path))

    return watch


def move(rule: int, member: int = 0, *given: int | None) -> Row:
    return Row(0, "move", 0, rule, member, given=list(given))


def opened(window: int, rule: int, member: int = 0, *given: int | None) -> Row:
    return Row(0, "open", 0, rule, member, window, list(given))


def closed(window: int, rule: int, member: int = 0, *given: int | None) -> Row:
    return Row(0, "close", 0, rule, member, window, list(given))


def lost(count: int | None) -> Row:
    return Row(0, "lost", 0, count=count)


def look(served: int | None = None, count: int | None = None) -> Row:
    return move(LOOK, 0, served, count)


CALL = [move(BEGIN), move(LOCK), move(COUNT, 0, 1), move(UNLOCK)]

# --- steps that no event shows ----------------------------------------------------------------------------------------


def test_a_call_is_explained_and_ends_in_one_state(watch: Callable[..., Observer], engine: Engine) -> None:
    done = engine(watch(), CALL, 100)
    assert (done.rejected, done.violated) == (None, {})
    assert done.states == {((("count", 1),), frozenset())}


def test_what_is_out_of_order_is_rejected_with_the_candidates_before(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    done = engine(watch(), [move(BEGIN), move(COUNT, 0, 1)], 100)
    assert done.rejected == 1
    assert done.values("Task.pc") == {("work.lock", "idle")}
    assert done.values("work.much") == {None, (2, 1)}


def test_hidden_steps_may_have_happened_or_not(watch: Callable[..., Observer], engine: Engine) -> None:
    orders = [move(ORDER), move(ORDER)]
    assert engine(watch(), orders, 100).values("served") == {None, 1}  # the last has only just been ordered
    for served in (0, 1, 2):
        done = engine(watch(), [*orders, look(served)], 100)
        assert (done.rejected, done.values("served")) == (None, {served or None})
    rejected = engine(watch(), [*orders, look(3)], 100)
    assert (rejected.rejected, rejected.values("served"), rejected.largest) == (2, {None, 1, 2}, 3)


def test_what_has_been_seen_cannot_be_undone(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(ORDER), move(ORDER), look(2), look(1)]
    assert engine(watch(), rows, 100).rejected == 3


def test_hidden_steps_that_lead_back_count_once(watch: Callable[..., Observer], engine: Engine) -> None:
    restless = watch(('never = ["flip"]\nhidden = ["serve"]', 'hidden = ["serve", "flip"]'))
    done = engine(restless, [look(0)], 100)
    assert (done.largest, done.values("noise")) == (2, {None, True})


# --- own and eager steps ----------------------------------------------------------------------------------------------


OWN = [
    ('action = "work.lock"', 'action = "flip"'),
    ('never = ["flip"]', "never = []"),
    ("own = []", 'own = ["work.lock"]'),
]


def test_own_steps_happen_right_before_the_event_of_the_same_member(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    own = watch(*OWN)
    settled = engine(own, [move(BEGIN, 1), move(SETTLE, 1)], 100)
    assert (settled.rejected, settled.values("owner")) == (None, {1})
    assert settled.values("Task.pc") == {("idle", "work.count")}


def test_own_steps_happen_at_no_other_time(watch: Callable[..., Observer], engine: Engine) -> None:
    own = watch(*OWN)
    assert engine(own, [move(BEGIN), look()], 100).values("owner") == {None}
    assert engine(own, [move(BEGIN), move(COUNT, 0, None)], 100).rejected == 1


def test_own_steps_are_not_those_of_another_member(watch: Callable[..., Observer], engine: Engine) -> None:
    done = engine(watch(*OWN), [move(BEGIN, 0), move(BEGIN, 1), move(SETTLE, 1), move(SETTLE, 0)], 100)
    assert (done.rejected, done.values("owner")) == (3, {1})


EAGER = ("[paths]", '[eager]\n"serve" = "m.ordered > 1"\n[paths]')


def test_eager_steps_are_taken_as_soon_as_their_condition_holds(watch: Callable[..., Observer], engine: Engine) -> None:
    eager = watch(EAGER)
    assert engine(eager, [move(ORDER), look(0)], 100).rejected is None
    done = engine(eager, [move(ORDER), move(ORDER)], 100)
    assert done.states == {((("ordered", 2), ("served", 2)), frozenset())}
    assert engine(eager, [move(ORDER), move(ORDER), look(1)], 100).rejected == 2


def test_eager_steps_are_taken_at_the_beginning(
    spec: Specification, watch: Callable[..., Observer], engine: Engine
) -> None:
    """Otherwise the initial state would be one more candidate than the table says."""
    restless = watch(
        ('never = ["flip"]\nhidden = ["serve"]', 'hidden = ["serve", "flip"]'),
        ("[paths]", '[eager]\n"flip" = "not m.noise"\n[paths]'),
    )
    done = engine(restless, [look(0)], 100)
    assert (done.largest, done.values("noise")) == (1, {True})


# --- windows ----------------------------------------------------------------------------------------------------------


def test_a_step_floats_over_rows_of_others_within_its_window(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [opened(0, ORDER), look(1), closed(0, ORDER)]
    assert engine(watch(), rows, 100).rejected is None
    rows = [opened(0, ORDER), look(0), closed(0, ORDER), look(1)]
    assert engine(watch(), rows, 100).rejected is None


def test_a_step_happens_not_before_its_window_opens_and_not_after_it_closes(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    assert engine(watch(), [look(1), opened(0, ORDER), closed(0, ORDER)], 100).rejected == 0
    late = [opened(0, LOCK), closed(0, LOCK), move(BEGIN)]
    assert engine(watch(), late, 100).rejected == 1


def test_a_step_of_a_window_happens_once(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [opened(0, ORDER), look(1), closed(0, ORDER), look(2)]
    done = engine(watch(), rows, 100)
    assert (done.rejected, done.values("ordered")) == (3, {1})


def test_two_windows_are_passed_in_either_order(watch: Callable[..., Observer], engine: Engine) -> None:
    begins = [move(BEGIN, 0), move(BEGIN, 1)]
    both = [opened(0, LOCK, 0), opened(1, LOCK, 1)]
    done = engine(watch(), [*begins, *both, look()], 100)
    assert {(owner, windows) for state, windows in done.states for owner in [dict(state).get("owner", "nobody")]} == {
        ("nobody", frozenset({0, 1})),
        (0, frozenset({1})),
        (1, frozenset({0})),
    }
    for first, second in ((0, 1), (1, 0)):
        shut = [closed(first, LOCK, first), closed(second, LOCK, second)]
        assert engine(watch(), [*begins, *both, *shut], 100).rejected == 5  # there is one lock
        given_back = [*shut[:1], move(COUNT, first, None), move(UNLOCK, first), *shut[1:]]
        assert engine(watch(), [*begins, *both, *given_back], 100).rejected is None


def test_a_window_that_stays_open_may_have_been_passed(watch: Callable[..., Observer], engine: Engine) -> None:
    for served in (0, 1):
        assert engine(watch(), [opened(0, ORDER), look(served)], 100).rejected is None


def test_many_windows_one_after_the_other_are_told_apart(watch: Callable[..., Observer], engine: Engine) -> None:
    quiet = [row for n in range(100) for row in (opened(n, LOOK, 0, 0, None), closed(n, LOOK, 0, 0, None))]
    assert engine(watch(), [opened(200, ORDER), *quiet, closed(200, ORDER), look(1)], 100).rejected is None


def test_many_candidates_are_told_apart(watch: Callable[..., Observer], engine: Engine) -> None:
    """More than have a place in the part of the table that is used at first; and it shrinks again."""
    open_now = [opened(n, LOOK, 0, None, None) for n in range(10)]
    assert engine(watch(), [*open_now, look()], 2000).largest == 1024
    shut = [closed(n, LOOK, 0, None, None) for n in range(1, 10)]
    done = engine(watch(), [*open_now, *shut, move(ORDER), look(0), look(1)], 2000)
    assert (done.rejected, done.largest) == (None, 1024)
    assert {windows for _, windows in done.states} == {frozenset(), frozenset({0})}


# --- conditions -------------------------------------------------------------------------------------------------------


def test_conditions_choose_among_candidates(watch: Callable[..., Observer], engine: Engine) -> None:
    for n in (1, 2):
        rows = [move(BEGIN), move(LOCK), move(COUNT, 0, n)]
        done = engine(watch(), rows, 100)
        assert (done.rejected, done.values("count")) == (None, {n})
    assert engine(watch(), [move(BEGIN), move(LOCK), move(COUNT, 0, 3)], 100).rejected == 2
    assert engine(watch(), [move(BEGIN), move(LOCK), move(COUNT, 0, -1)], 100).rejected == 2


def test_a_condition_before_is_about_the_state_before_the_step(watch: Callable[..., Observer], engine: Engine) -> None:
    before = watch(('after = ["n == m.count"]', 'before = ["n == m.count"]'))
    assert engine(before, [move(BEGIN), move(LOCK), move(COUNT, 0, 0)], 100).values("count") == {1, 2}
    assert engine(before, [move(BEGIN), move(LOCK), move(COUNT, 0, 1)], 100).rejected == 2


def test_a_condition_of_a_window_is_asked_when_the_step_happens(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(BEGIN), move(LOCK), opened(0, COUNT, 0, 1), look(None, 0), look(None, 1), closed(0, COUNT, 0, 1)]
    assert engine(watch(), rows, 100).rejected is None
    rows = [move(BEGIN), move(LOCK), opened(0, COUNT, 0, 1), look(None, 0), look(None, 2), closed(0, COUNT, 0, 1)]
    assert engine(watch(), rows, 100).rejected == 4


def test_unknown_values_are_not_asked_and_others_are(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(BEGIN), move(LOCK), move(COUNT, 0, None)]
    assert engine(watch(), rows, 100).values("count") == {1, 2}
    assert engine(watch(), [*rows, look(None, None)], 100).values("count") == {1, 2}
    assert engine(watch(), [*rows, look(None, 2)], 100).values("count") == {2}
    assert engine(watch(), [*rows, look(1, None)], 100).rejected == 3


# --- what is lost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "may_be"), [(0, {None}), (1, {None, 1}), (2, {None, 1, 2}), (None, {None, 1, 2, 3})])
def test_lost_events_are_so_many_steps_at_most(
    watch: Callable[..., Observer], engine: Engine, count: int | None, may_be: set[Value]
) -> None:
    done = engine(watch(), [lost(count)], 1000)
    assert (done.rejected, done.values("ordered")) == (None, may_be)


def test_lost_steps_are_followed_by_hidden_ones_and_these_by_others(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    assert engine(watch(), [lost(1), look(1)], 1000).rejected is None
    assert engine(watch(), [lost(1), look(2)], 1000).rejected == 1
    assert engine(watch(), [lost(None), look(3, 1)], 1000).rejected is None


def test_before_lost_events_hidden_steps_and_windows_are_taken(watch: Callable[..., Observer], engine: Engine) -> None:
    """A step that waits for a hidden one may be among those lost."""
    waits = watch(('hidden = ["serve"]', 'hidden = ["order"]'), ('action = "order"', 'action = "serve"'))
    for count in (1, None):
        assert engine(waits, [lost(count), look(1)], 2000).rejected is None
    assert engine(waits, [lost(0), look(1)], 2000).rejected == 1
    for count in (0, 1, None):
        done = engine(watch(), [opened(0, ORDER), lost(count), closed(0, ORDER), look(1)], 2000)
        assert done.rejected is None


def test_lost_own_steps_may_have_happened(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(BEGIN), lost(1), look()]
    assert engine(watch(*OWN), rows, 1000).values("owner") == {None, 0}


def test_steps_that_never_happen_do_not_when_events_are_lost(watch: Callable[..., Observer], engine: Engine) -> None:
    assert engine(watch(), [lost(None)], 1000).values("noise") == {None}


# --- invariants and faults --------------------------------------------------------------------------------------------


def test_what_all_candidates_violate_is_told_at_the_first_row_behind_which_they_do(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    rows = [move(BEGIN), move(LOCK), move(COUNT, 0, 2), look()]
    done = engine(watch(), rows, 100)
    assert (done.rejected, done.violated) == (None, {"T-1": 2})


def test_what_only_some_violate_is_not_told_until_they_all_do(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(BEGIN), move(LOCK), move(COUNT, 0, None)]
    assert engine(watch(), [*rows, look(None, 1)], 100).violated == {}
    assert engine(watch(), [*rows, look(None, None), look(None, 2), look()], 100).violated == {"T-1": 4}


def test_a_hidden_step_that_may_follow_does_not_excuse_the_state_behind_a_row(
    watch: Callable[..., Observer], engine: Engine
) -> None:
    assert engine(watch(), [move(ORDER), look(1)], 100).violated == {"T-2": 0}


def test_what_is_violated_before_a_rejection_is_told_too(watch: Callable[..., Observer], engine: Engine) -> None:
    done = engine(watch(), [move(ORDER), look(0), look(3)], 100)
    assert (done.rejected, done.violated) == (2, {"T-2": 0})


def test_what_is_left_out_is_not_judged(watch: Callable[..., Observer], engine: Engine) -> None:
    quiet = watch(('leave_out = ["T-3"]', 'leave_out = ["T-2", "T-3"]'))
    assert engine(quiet, [move(ORDER), look(0)], 100).violated == {}


def test_what_is_not_defined_is_violated(watch: Callable[..., Observer], engine: Engine) -> None:
    judged = watch(('leave_out = ["T-3"]', 'leave_out = ["T-1"]'))
    rows = [*CALL, move(BEGIN), move(LOCK), move(COUNT, 0, 3)]
    assert engine(judged, rows, 100).violated == {"T-3": 6}


def test_a_fault_is_no_step(watch: Callable[..., Observer], engine: Engine) -> None:
    twice = [
        *(move(BEGIN), move(LOCK), move(COUNT, 0, 1), move(UNLOCK)),
        *(move(BEGIN), move(LOCK), move(COUNT, 0, 3), move(UNLOCK)),
    ]
    done = engine(watch(), twice, 100)
    assert (done.rejected, done.values("count")) == (7, {3})


def test_the_interpreter_says_which_fault(watch: Callable[..., Observer]) -> None:
    rows = [move(BEGIN), move(LOCK), move(COUNT, 0, 1), move(UNLOCK), move(BEGIN), move(LOCK), move(COUNT, 0, 3)]
    assert follow(watch(), rows).faults == []
    assert follow(watch(), [*rows, move(UNLOCK)]).faults == ["too much"]


# --- room -------------------------------------------------------------------------------------------------------------


def test_too_many_candidates_are_no_rejection(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(ORDER), move(ORDER), look(None, None), look(3)]
    done = engine(watch(), rows, 2)
    assert (done.rejected, done.full) == (2, True)


def test_exactly_as_many_as_there_is_room_for_are_not_too_many(watch: Callable[..., Observer], engine: Engine) -> None:
    rows = [move(ORDER), move(ORDER), look(2)]
    done = engine(watch(), rows, 3)
    assert (done.rejected, done.full, done.largest) == (None, False, 3)


def test_what_a_row_leads_to_may_be_too_much(watch: Callable[..., Observer], engine: Engine) -> None:
    """`begin` has two ways to go."""
    done = engine(watch(), [move(BEGIN)], 1)
    assert (done.rejected, done.full) == (0, True)


def test_without_rows_there_is_the_initial_state(watch: Callable[..., Observer], engine: Engine) -> None:
    done = engine(watch(), [], 10)
    assert (done.rejected, done.violated) == (None, {})
    assert done.states == {((), frozenset())}


def test_progress_is_told_row_by_row(watch: Callable[..., Observer]) -> None:
    told: list[tuple[int, int]] = []
    follow(watch(), [move(ORDER), look(), look()], progress=lambda row, count: told.append((row, count)))
    assert told == [(0, 1), (1, 1), (2, 2)]


# --- both engines, whatever is asked ----------------------------------------------------------------------------------


def test_a_step_without_conditions_takes_what_the_log_gives(
    spec: Specification, watch: Callable[..., Observer], engine: Engine
) -> None:
    """Its action is that of the System, parameters and all; but these are given."""
    plain = watch()
    begin = plain.moves[BEGIN]
    action = begin.actions[0]
    assert action == plain.system.action("work")
    given = replace(begin, given=("much",))
    watched = replace(plain, moves=(given, *plain.moves[1:]))
    done = engine(watched, [lost(0), move(BEGIN, 0, 2)], 100)
    assert done.values("work.much") == {(2, 1)}
