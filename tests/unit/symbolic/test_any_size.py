"""Scalarsets of any size: what is proved, what is not, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from virtspec import api
from virtspec.api import Specification
from virtspec.errors import Endless, SpecError, UsageError
from virtspec.ir.types import ANY, ScalarsetType, SetType, TableType, cardinality, default, show, values
from virtspec.trace.verdict import Holds, Unknown, Violated


def proof(spec: Specification, ids: list[str] | None = None, **how: Any) -> Any:
    return api.prove(spec, None, {"Task": "any"}, properties=ids, **{"method": "inductive", **how})


def test_counts_and_exclusion_for_any_number(counted: Specification) -> None:
    found = proof(counted, ["COUNT", "EXCLUDED", "ONE", "fault"])
    assert {p: str(v) for p, v in found.verdicts.items()} == dict.fromkeys(
        ("COUNT", "EXCLUDED", "ONE", "fault"), "holds (inductive, any Task)"
    )
    assert set(found.invariants) == {"COUNT", "EXCLUDED"}
    assert ("Task", "any") in found.config
    assert found.exit_code == 0


def test_without_the_count_the_exclusion_is_not_inductive(counted: Specification) -> None:
    found = proof(counted, ["EXCLUDED"], using=["EXCLUDED"])
    stuck = found.outcomes["EXCLUDED"].stuck
    assert isinstance(found.verdicts["EXCLUDED"], Unknown)
    assert stuck is not None and stuck.counterexample.step == "write"
    assert stuck.counterexample.sizes == {"Task": 1}, "as few members as can be"
    assert stuck.reachable.startswith("not reachable: none of all ")
    assert "not (writing" in stuck.clause
    assert found.exit_code == 3


def test_what_is_false_is_violated_in_a_small_instance(counted: Specification) -> None:
    found = proof(counted, ["NEVER", "COUNT"])
    verdict = found.verdicts["NEVER"]
    assert isinstance(verdict, Violated) and len(verdict.trace) == 2
    assert dict(found.traced.config)["Task"] == "2"
    assert isinstance(found.verdicts["COUNT"], Holds)


def test_invariants_are_learnt_from_counterexamples(spec_of: Callable[[str], Specification]) -> None:
    spinlock = spec_of(SPINLOCK)
    plain = proof(spinlock, ["exclusion"])
    assert isinstance(plain.verdicts["exclusion"], Unknown)
    found = proof(spinlock, ["exclusion"], strengthen=True)
    assert isinstance(found.verdicts["exclusion"], Holds)
    assert "locked" in found.outcomes["exclusion"].invariant


def test_a_broken_lock_is_not_proved(spec_of: Callable[[str], Specification]) -> None:
    broken = spec_of(SPINLOCK.replace("require(not self.locked)", "require(True)"))
    found = proof(broken, ["exclusion"], strengthen=True)
    assert isinstance(found.verdicts["exclusion"], Violated)


SPINLOCK = '''\
from virtspec import Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset):
    """A thread."""


class Spinlock(Model):
    """A word."""

    locked: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "spin"
        require(not self.locked)
        self.locked = True
        yield "critical"
        self.locked = False


@invariant(Spinlock, id="exclusion")
def exclusion(m: Spinlock, t: Task, u: Task) -> bool:
    """One at a time."""
    return t == u or not (at(m.lock, "critical", t) and at(m.lock, "critical", u))
'''

# --- a loop over all members ------------------------------------------------------------------------------------------


def test_a_loop_over_all_members_is_one_update(counted: Specification) -> None:
    system = counted.load(params={"Task": "any"})
    (update,) = [s for s in system.action("rest").body if getattr(s, "field", "") == "seen"]
    assert update.keys == ()  # type: ignore[union-attr]  # an Assign


LOOP = '''\
from virtspec import Model, Scalarset, action, require


class Task(Scalarset):
    """A thread."""


class Loop(Model):
    up: dict[Task, bool]
    first: Task

    @action
    def go(self) -> None:
        {body}
'''


@pytest.mark.parametrize(
    "body",
    [
        "for t in Task:\n            self.up[t] = self.up[self.first]",
        "for t in Task:\n            self.up[self.first] = True",
        "for t in Task:\n            self.first = t",
        "for t in Task:\n            require(self.up[t])",
        "for t in Task:\n            assert not self.up[t]",
    ],
)
def test_turns_that_depend_on_each_other_are_refused(spec_of: Callable[[str], Specification], body: str) -> None:
    spec = spec_of(LOOP.format(body=body))
    spec.load()
    with pytest.raises(SpecError, match="VS316: Task is of any size"):
        spec.load(params={"Task": "any"})


# --- what has no end --------------------------------------------------------------------------------------------------


def test_a_type_of_any_size_cannot_be_gone_through() -> None:
    task = ScalarsetType("Task", ANY)
    with pytest.raises(Endless, match="Task=any: something goes through the members of Task"):
        values(task)
    for t in (TableType(task, task), SetType(task)):
        with pytest.raises(Endless):
            cardinality(t)
    assert default(TableType(task, SetType(task))) == (frozenset(),)
    assert show(TableType(task, ScalarsetType("Slot", 2)), (1,)) == "{every Task: Slot1}"


def test_nobody_explores_it(counted: Specification) -> None:
    system = counted.load(params={"Task": "any"})
    for explore in (api.check, api.simulate):
        with pytest.raises(UsageError, match="Task=any: there is no end of states; give Task a size, or use `virtspec"):
            explore(system)


def test_what_cannot_be_said_for_any_size(spec_of: Callable[[str], Specification]) -> None:
    text = SPINLOCK + (
        '\n\n@invariant(Spinlock, id="sum")\ndef weighed(m: Spinlock) -> bool:\n'
        '    """A sum of numbers, member by member."""\n'
        '    return sum(2 if at(m.lock, "critical", t) else 0 for t in Task) <= 2\n'
    )
    spec = spec_of(text)
    assert isinstance(api.check(spec.load()).verdicts["sum"], Holds)
    with pytest.raises(UsageError, match="sum cannot be proved here: Task=any"):
        proof(spec, ["sum"])
    assert "sum" not in proof(spec).verdicts


@pytest.mark.parametrize("method", ["bmc", "kind", "pdr"])
def test_only_induction_is_for_any_size(counted: Specification, method: str) -> None:
    with pytest.raises(UsageError, match="Task of any size: only --method inductive proves that"):
        proof(counted, ["COUNT"], method=method)


AMOUNTS = (
    SPINLOCK
    + '''

@invariant(Spinlock, id="two")
def two(m: Spinlock) -> bool:
    """There are two."""
    return len(Task) >= 2 or not m.locked


@invariant(Spinlock, id="fewer")
def fewer(m: Spinlock) -> bool:
    """Not all are inside at once: false of a single one."""
    return sum(at(m.lock, "critical", t) for t in Task) < len(Task)
'''
)


def test_what_depends_on_how_many_there_are(spec_of: Callable[[str], Specification]) -> None:
    """What is true of two members, or of many, is not taken for true of any number."""
    spec = spec_of(AMOUNTS)
    assert isinstance(api.check(spec.load(), only=["fewer"]).verdicts["fewer"], Holds)
    assert isinstance(api.check(spec.load(params={"Task": 1}), only=["fewer"]).verdicts["fewer"], Violated)
    with pytest.raises(UsageError, match="two cannot be proved here: a number that depends on how many members"):
        proof(spec, ["two"])
    assert not isinstance(proof(spec, ["fewer"], strengthen=True).verdicts["fewer"], Holds)


@pytest.mark.parametrize(
    "claim", ["m.few != len(Task)", "m.few < len(Task)", "m.few + len(Task) > 2", "len(Task) - m.few < 2 or True"]
)
def test_a_number_that_does_not_grow_is_not_compared_with_one_that_does(
    spec_of: Callable[[str], Specification], claim: str
) -> None:
    text = SPINLOCK.replace("    locked: bool", "    locked: bool\n    few: Annotated[int, Range(0, 3)]")
    text = "from typing import Annotated\n" + text.replace("process, require", "process, Range, require")
    text += f'\n\n@invariant(Spinlock, id="claim")\ndef claimed(m: Spinlock) -> bool:\n    """Said."""\n    return {claim}\n'
    spec = spec_of(text)
    spec.load()
    with pytest.raises(UsageError, match="claim cannot be proved here"):
        proof(spec, ["claim"])


def test_a_bound_that_grows_is_none(counted: Specification) -> None:
    """`readers` ends at `most`, which is the number of tasks: for any number there is no end, and no fault."""
    assert isinstance(proof(counted, ["fault", "COUNT"]).verdicts["fault"], Holds)
    small = api.prove(counted, None, {"Task": "any", "most": 1}, properties=["fault"], method="inductive")
    assert not isinstance(small.verdicts["fault"], Holds), "a bound that does not grow is one"


def test_a_witness_is_some_sizes(spec_of: Callable[[str], Specification]) -> None:
    text = SPINLOCK.replace("process, require", "process, reachable, require") + (
        '\n\n@reachable(Spinlock, id="taken")\ndef taken(m: Spinlock) -> bool:\n    """It can be."""\n    return m.locked\n'
    )
    with pytest.raises(UsageError, match="taken is a witness, which some size has: give Task one"):
        proof(spec_of(text), ["taken"])


@pytest.mark.parametrize("size", ["any", "2"])
def test_what_is_false_at_first_is_not_proved(spec_of: Callable[[str], Specification], size: str) -> None:
    """Every step preserves it, for it is never true."""
    text = SPINLOCK.replace("    locked: bool", "    locked: bool\n    never: bool")
    text = text.replace("m: Spinlock, t: Task, u: Task", "m: Spinlock")
    text = text[: text.index("    return t == u")] + "    return m.never\n"
    for strengthen in (False, True):
        found = api.prove(
            spec_of(text), None, {"Task": size}, properties=["exclusion"], method="inductive", strengthen=strengthen
        )
        assert not isinstance(found.verdicts["exclusion"], Holds)
