"""What processes keep is reset where it is dead, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from virtspec.explore.oracle import check
from virtspec.explore.report_json import short
from virtspec.ir.nodes import Assign
from virtspec.ir.passes.dead import live_locations, optional_locals, own_field, reset_dead
from virtspec.ir.passes.symmetry import symmetric
from virtspec.ir.system import System
from virtspec.ir.text import block_lines
from virtspec.ir.types import OptionType, ScalarsetType, TableType
from virtspec.ir.verify import verify
from virtspec.testing.systems import compiled

HEADER = '''
from enum import Enum, auto
from typing import Annotated

from virtspec import Model, Range, Scalarset, Singleton, Steps, action, at, invariant, process, require

class Task(Scalarset, size=2):
    """Who runs."""

class Boss(Singleton):
    """There is one."""

class Random(Model):
    """A model."""

'''
BODY = '''
    kept: dict[Task, Annotated[int, Range(0, 2)]]
    total: Annotated[int, Range(0, 2)]

    @process
    def work(self, t: Task, n: Annotated[int, Range(0, 2)]) -> Steps:
        """Keep a number for one step, or for none."""
        self.kept[t] = n
        if n == 0:
            yield "skip"
            return
        yield "use"
        self.total = self.kept[t]
'''


def system(body: str, after: str = "") -> System:
    return compiled(HEADER + body + after).system


def test_an_entry_is_reset_on_the_steps_after_which_it_is_dead() -> None:
    original = system(BODY)
    found = reset_dead(original)
    verify(found.system)
    assert found.fields == ("kept",)
    assert block_lines(found.system.action("work").body) == [
        *block_lines(original.action("work").body),
        "if Task.pc[t] == work.skip:",
        "  kept[t] := 0",
    ]
    assert block_lines(found.system.action("work.use").body) == [
        *block_lines(original.action("work.use").body),
        "kept[t] := 0",
    ]
    assert found.system.action("work.skip") == original.action("work.skip")
    before, after = check(original), check(found.system)
    # a member is idle, in `skip`, or in `use` with one of two numbers; `total` is one of three
    assert (before.states, after.states) == (86, 4 * 4 * 3)
    assert {i: short(v) for i, v in before.verdicts.items()} == {i: short(v) for i, v in after.verdicts.items()}


def test_where_it_is_live() -> None:
    original = system(BODY)
    own = own_field(original, original.fields[0])
    assert own is not None and own.keyed
    assert live_locations(original, own) == {"work.use"}


BRANCHES = '''
    one: dict[Task, bool]
    two: dict[Task, bool]
    other: bool

    @process
    def work(self, t: Task) -> Steps:
        """Look at `one` here and at `two` there."""
        self.one[t] = not self.one[t]
        self.two[t] = self.other
        yield "first"
        if self.other:
            self.other = self.one[t]
        else:
            self.other = self.two[t]
        self.two[t] = True
        yield "last"
        self.two[t] = self.two[t] and self.other
        self.two[t] = False
'''


def test_a_read_in_any_branch_counts_and_so_does_one_before_a_write() -> None:
    original = system(BRANCHES)
    found = {}
    for f in original.fields[:2]:
        own = own_field(original, f)
        assert own is not None
        found[f.name] = live_locations(original, own)
    assert found == {"one": {"idle", "work.first", "work.last"}, "two": {"work.first", "work.last"}}
    assert reset_dead(original).fields == ()


READ_BY_OTHERS = {
    "the environment": '''
    @action
    def look(self, t: Task) -> None:
        """Look."""
        require(self.kept[t] == 1)
''',
    "another member": """
        other = 0
        for u in Task:
            if self.kept[u] == 2:
                other = 1
        self.total = other
""",
    "a property": '''
@invariant(Random, id="P")
def small(m: Random) -> bool:
    """Small."""
    return all(m.kept[t] < 2 for t in Task)
''',
}


@pytest.mark.parametrize("name", READ_BY_OTHERS)
def test_what_others_look_at_is_left_alone(name: str) -> None:
    original = system(BODY, READ_BY_OTHERS[name])
    found = reset_dead(original)
    assert found.fields == ()
    assert found.system == original


def test_a_property_that_is_not_judged_is_dropped_and_does_not_count() -> None:
    found = reset_dead(system(BODY, READ_BY_OTHERS["a property"]), [])
    assert found.fields == ("kept",)
    assert found.system.properties == ()


SINGLE = '''
    level: Annotated[int, Range(0, 2)] = 1
    seen: Annotated[int, Range(0, 2)]

    @process
    def run(self, b: Boss, n: Annotated[int, Range(0, 2)]) -> Steps:
        """Only one runs, so that what it keeps may be anywhere."""
        self.level = n
        yield "show"
        self.seen = self.level
        yield "rest"
        self.seen = 0
'''


def test_what_the_only_member_of_a_runner_keeps_is_reset_to_its_initial_value() -> None:
    found = reset_dead(system(SINGLE))
    verify(found.system)
    assert found.fields == ("level", "seen")
    assert block_lines(found.system.action("run.show").body)[-2:] == ["level := 1", "seen := 0"]


MEMBERS = '''
    friend: dict[Task, Task]
    total: Task

    @process
    def work(self, t: Task, u: Task) -> Steps:
        """Keep a member."""
        self.friend[t] = u
        yield "use"
        self.total = self.friend[t]
'''


def test_members_of_scalarsets_are_no_fixed_values() -> None:
    assert reset_dead(system(MEMBERS)).fields == ()


def test_what_the_front_end_has_reset_is_not_reset_again(small: System) -> None:
    kept = BODY.replace("self.kept[t]", "keep").replace("kept: dict[Task, Annotated[int, Range(0, 2)]]", "")
    original = system(kept)
    assert [f.name for f in original.fields if f.role == "local"] == ["work.keep"]
    assert reset_dead(original).fields == ()
    assert reset_dead(small).fields == ()


# --- locals that hold members ----------------------------------------------------------------------------------------

KEPT = '''
from virtspec import Model, Scalarset, Steps, process

class Task(Scalarset, size=2):
    """Who runs."""

class Item(Scalarset, size=2):
    """What is taken."""

class Random(Model):
    """Takes an item, keeps it for a step, and gives it back."""

    taken: set[Item]
    last: dict[Task, Item]

    @process
    def take(self, t: Task, i: Item) -> Steps:
        """Out and in."""
        mine = i
        self.taken.add(mine)
        yield "keep"
        if mine in self.taken:
            for x in Item:
                mine = x
            yield "more"
            self.last[t] = mine
        yield "done"
        self.taken.clear()
'''


def test_a_local_that_holds_a_member_holds_none_while_it_is_dead() -> None:
    system = compiled(KEPT).system
    made = optional_locals(system)
    verify(made)
    field = made.fields[made.field_index["take.mine"]]
    assert (field.type, field.init) == (
        TableType(ScalarsetType("Task", 2), OptionType(ScalarsetType("Item", 2))),
        (None,) * 2,
    )
    assert block_lines(made.action("take.keep").body, explicit=True) == [
        "require @Task.pc[t] == #take.keep",
        "if unwrap(@take.mine[t]) in @taken:",
        "  take.mine[t] := #None",
        "  take.mine[t] := #Item1",
        "  Task.pc[t] := #take.more",
        "else:",
        "  take.mine[t] := #None",
        "  Task.pc[t] := #take.done",
    ]
    assert block_lines(made.action("take.more").body, explicit=True)[1:3] == [
        "last[t] := unwrap(@take.mine[t])",
        "take.mine[t] := #None",
    ]


def test_a_local_that_is_read_before_it_is_written_is_left_alone() -> None:
    system = compiled(KEPT).system
    first = system.action("take")
    forgetful = replace(
        first, body=tuple(x for x in first.body if not (isinstance(x, Assign) and x.field == "take.mine"))
    )
    assert len(forgetful.body) == len(first.body) - 1
    changed = replace(system, actions=(forgetful, *(a for a in system.actions if a is not first)))
    assert optional_locals(changed) == changed


def test_a_system_with_such_a_local_is_symmetric_once_it_is_optional() -> None:
    system = compiled(KEPT.replace("mine = x", "pass")).system
    task, item = ScalarsetType("Task", 2), ScalarsetType("Item", 2)
    assert symmetric(system).interchangeable == (task,)
    optional = optional_locals(system)
    assert symmetric(optional).interchangeable == (item, task)
    before, after = check(system), check(optional)
    assert {i: short(v) for i, v in before.verdicts.items()} == {i: short(v) for i, v in after.verdicts.items()}
    assert (before.states, before.transitions) == (after.states, after.transitions)
