"""Does the reference core do what the model allows, in each version, and is what went wrong in them found out?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from virtspec import api
from virtspec.api.shipped import mechanism
from virtspec.explore.report_json import trace_of
from virtspec.ir.system import System
from virtspec.ir.types import TableType, Type, show, values
from virtspec.semantics.interp import Faulted
from virtspec.testing.belief import Instance
from virtspec.testing.beside import Behaviour, Plan
from virtspec.testing.machine import DETERMINISTIC, Failure, ModelMachine, machine, run
from virtspec.testing.observed import Difference, differences
from virtspec.trace.trace import Step
from virtspec_models.mdev.reference.core import BeforeTheSeries, Device, Mdev
from virtspec_models.mdev.reference.crowd import VERSIONS, Crowd
from virtspec_models.mdev.reference.kernel import Directory, File, is_freed
from virtspec_models.playing.paths import KernelBug
from virtspec_models.playing.play import Play

TWO = {"Creator": 2, "Remover": 2, "Slot": 2, "Uuid": 2}
TELL = ["fails"]
"""What the model leaves to the vendor: its driver is told."""

FOR_EVER = 1 << 30


@cache
def system(version: str, **more: int) -> System:
    """The model in a version, with its properties: one of each, or more."""
    return api.find("mdev").load(version, {"vendor_fails": True, **more})


class Adapter:
    """Plays the model's steps on a core and says where it stands. The n-th mdev allocated is at the n-th address."""

    core_class: type[BeforeTheSeries]
    members: Mapping[str, Sequence[str]]

    def __init__(self) -> None:
        self.core = self.core_class(devices=self.members["Parent"], slots=self.members["Slot"])
        creators, removers, users, uuids = (self.members[k] for k in ("Creator", "Remover", "User", "Uuid"))
        crowd = Crowd(creators, removers, users, uuids, runs=FOR_EVER)
        self.play = Play(crowd.tasks(self.core), lambda line: None)

    def step(self, action: str, picks: Mapping[str, Any]) -> None:
        task = str(picks[next(iter(picks))])
        assert self.play.at(task) == action
        self.play.go(task, next(way for way in self.play.ways(task) if way.items() <= picks.items()))

    def observe(self) -> Mapping[str, Any]:
        core, opened = self.core, self.core.opened
        mdevs: dict[str, Mapping[str, Any]] = {slot: {"memory.mem": "NONE"} for slot in self.members["Slot"]}
        mdevs |= {self.core.slot(m): self.mdev(m, core.directories[i]) for i, m in enumerate(core.allocated)}
        vendors = [device.vendor for device in core.devices]
        return {
            **turned("parent", {device.name: self.parent(device) for device in core.devices}),
            **turned("mdev", mdevs),
            "opened": {user: self.core.slot(opened[user]) if user in opened else None for user in self.members["User"]},
            "parent_list_lock.owner": core.parent_list_lock,
            "called_late": any(vendor.called_late for vendor in vendors),
            "warned": core.warned,
            "lied": core.lied,
            **{f"{kind}.pc": self.standing(kind) for kind in ("Creator", "Remover", "Parent")},
        }

    def parent(self, device: Device) -> Mapping[str, Any]:
        seen = {"gone": not device.vendor.loaded, **file("create_file", "create", device.types)}
        if is_freed(device.parent):
            return {**seen, "memory.mem": "FREED", "ref.refcount": 0, "listed": False}
        sem = device.parent.unreg_sem
        return {
            **seen,
            "memory.mem": "OK",
            "ref.refcount": device.parent.ref.count,
            "listed": device.parent in self.core.parent_list,
            "unreg_sem.readers": sem.readers,
            "unreg_sem.writer": sem.writer,
            "unreg_sem.waiting": set(sem.queue),
        }

    def mdev(self, mdev: Mdev, directory: Directory) -> Mapping[str, Any]:
        vendors = [device.vendor for device in self.core.devices]
        removals = sum(vendor.removals.get(mdev, 0) for vendor in vendors)
        created = any(mdev in vendor.created for vendor in vendors)
        seen = {
            "added": directory.present,
            "removals": min(2, removals),
            "vendor": "NONE" if not created else "REMOVED" if removals else "CREATED",
            "listed": any(m is mdev for m in self.core.mdev_list),
            **file("remove_file", "remove", directory),
        }
        if is_freed(mdev):
            return {**seen, "memory.mem": "FREED", "ref.refcount": 0, "bound": False}
        return {
            **seen,
            "memory.mem": "OK",
            "ref.refcount": mdev.ref.count,
            "bound": mdev.bound,
            "active": mdev.active,
            "uuid": mdev.uuid,
            "parent": next(device.name for device in self.core.devices if device.parent is mdev.parent),
        }

    def able(self) -> Counter[str]:
        """How many things each task can do next; what the vendor decides is not its own."""
        ways = {(task, *(str(v) for k, v in way.items() if k not in TELL)) for task, way in self.play.ready()}
        return Counter(task for task, *_ in ways)

    def standing(self, kind: str) -> Mapping[str, str | None]:
        """Where tasks stand."""
        return {task: self.play.at(task) if self.play.inside(task) else "idle" for task in self.members[kind]}


def file(name: str, called: str, directory: Directory) -> Mapping[str, Any]:
    """What can be seen of the newest file of that name, and of those before it."""
    now = directory.files.get(called)
    ages = [f for f in directory.unlinked if f.name == called] + ([now] if now else [])
    newest = ages[-1] if ages else File(called, directory)
    earlier = ages[:-1]
    running = newest.suicidal in newest.active | newest.broken
    return {
        f"{name}.file": "ABSENT" if now is None else "DEACTIVATED" if now.deactivated else "PRESENT",
        f"{name}.active": newest.active,
        f"{name}.broken": newest.broken,
        f"{name}.suicidal": newest.suicidal if running else None,
        f"{name}.earlier": set[str]().union(*(f.active for f in earlier)),
        f"{name}.earlier_broken": set[str]().union(*(f.broken for f in earlier)),
    }


def turned(name: str, rows: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A table of records as the model has it: a field for each component."""
    fields: dict[str, dict[str, Any]] = {}
    for key, row in rows.items():
        for component, value in row.items():
            fields.setdefault(f"{name}.{component}", {})[key] = value
    return fields


def adapter(core: type[BeforeTheSeries], beside: System) -> type[Adapter]:
    """One that plays the steps of the system `beside` on `core`."""

    def table(field: str) -> TableType:
        found = beside.fields[beside.field_index[field]].type
        assert isinstance(found, TableType)
        return found

    def names(t: Type) -> list[str]:
        return [show(t, value) for value in values(t)]

    members = {kind: names(table(f"{kind}.pc").key) for kind in ("Creator", "Remover", "Parent")}
    members |= {
        "User": names(table("opened").key),
        "Slot": names(table("mdev.uuid").key),
        "Uuid": names(table("mdev.uuid").value),
    }
    return type(core.__name__, (Adapter,), {"core_class": core, "members": members})


def beside(version: str, system: System, only: Sequence[str] | None, head: Sequence[Step] = ()) -> type[ModelMachine]:
    """Random behaviours of a system, and a version of the reference beside it; all begin with the steps of `head`.

    There is one rule for all steps. With one for each action, of which Hypothesis leaves some out in every example, hardly
    any example gets through a code path of ten steps.
    """

    def enabled(self: ModelMachine) -> list[Instance]:
        return [step for steps in self.behaviour.belief.instances.values() for step in steps]

    def take(self: ModelMachine, step: Instance) -> None:
        self.take(step)

    def begin(self: ModelMachine) -> None:
        ModelMachine.__init__(self)
        for wanted in head:
            here = self.behaviour.enabled(wanted.action)
            self.take(next(step for step in here if all(value in wanted.picks for _, value in step.told)))

    plan = machine(system, adapter(VERSIONS[version], system), only=only, tell=TELL).plan
    steps = st.runner().flatmap(lambda self: st.sampled_from(enabled(self)))
    step = precondition(lambda self: bool(enabled(self)))(rule(step=steps)(take))
    return type("MdevMachine", (ModelMachine,), {"plan": plan, "step": step, "__init__": begin})


def failure(
    version: str, system: System, only: Sequence[str] | None, examples: int = 300, head: Sequence[Step] = ()
) -> Failure:
    """What random behaviours come to, which must be a failure."""
    with pytest.raises(Failure) as found:
        run(beside(version, system, only, head), settings(DETERMINISTIC, max_examples=examples))
    return found.value


# --- each version beside the model of that version --------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_does_what_the_model_allows(version: str) -> None:
    run(beside(version, system(version, **TWO), only=[]), settings(DETERMINISTIC, max_examples=30))


@pytest.mark.parametrize("version", VERSIONS)
def test_in_the_small_both_can_do_the_same_everywhere_and_fault_alike(version: str) -> None:
    """Every step of every state that one of each can reach: the same place, or a fault of both."""
    faults = compare_everywhere(beside(version, system(version), only=[]).plan)
    assert faults == ({"an mdev is used after it was freed"} if version in ("pre", "v5", "v6") else set())


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_nor_do_two_removers_tell_them_apart(version: str) -> None:
    compare_everywhere(beside(version, system(version, Remover=2), only=[]).plan)


@pytest.mark.slow
@pytest.mark.parametrize("more", [{"Creator": 2}, {"Parent": 2}, {"User": 2}], ids=str)
@pytest.mark.parametrize("version", VERSIONS)
def test_nor_do_two_of_others(version: str, more: dict[str, int]) -> None:
    compare_everywhere(beside(version, system(version, **more), only=[]).plan)


def compare_everywhere(plan: Plan) -> set[str]:
    """The faults of all states that can be reached; the reference is played to each of them anew."""
    paths: dict[Any, list[Instance]] = {plan.system.init: []}
    faults = set()
    for state in (waiting := list(paths)):
        for step, ways in plan.steps.of(state).items():
            [outcome] = ways
            here = played(plan, paths[state])
            if isinstance(outcome, Faulted):
                faults.add(outcome.message)
                with pytest.raises(KernelBug, match="use after free"):
                    here.step(step.action, step.picks)
                continue
            here.step(step.action, step.picks)
            assert list(departures(plan.system, outcome.state, here)) == []
            assert here.able() == able(set(plan.steps.of(outcome.state)))
            if outcome.state not in paths:
                paths[outcome.state] = [*paths[state], step]
                waiting.append(outcome.state)
    return faults


def played(plan: Plan, path: Sequence[Instance]) -> Adapter:
    """The reference where a path leads."""
    assert plan.adapter is not None
    fresh = plan.adapter()
    assert isinstance(fresh, Adapter)
    for step in path:
        fresh.step(step.action, step.picks)
    return fresh


def departures(system: System, state: Any, here: Adapter) -> Iterator[Difference]:
    for name, value in here.observe().items():
        index = system.field_index[name]
        yield from differences(name, system.fields[index].type, state[index], value)


def able(steps: set[Instance]) -> Counter[str]:
    """How many things each task can do; what the vendor decides is not its own."""
    kinds = {(step.action, *(str(v) for name, v in step.picks.items() if name not in TELL)) for step in steps}
    return Counter(task for _, task, *_ in kinds)


@pytest.mark.parametrize("version", VERSIONS)
def test_two_of_each_can_do_the_same_wherever_chance_takes_them(version: str) -> None:
    plan = beside(version, system(version, **TWO), only=[]).plan
    for seed in range(60):
        walk(plan, random.Random(seed))


def walk(plan: Plan, chooser: random.Random) -> None:
    """At most a hundred random steps."""
    behaviour = Behaviour(plan)
    for _ in range(100):
        assert isinstance(behaviour.implementation, Adapter)
        everywhere = [set(plan.steps.of(node.state)) for node in behaviour.belief.nodes]
        surely = set.intersection(*everywhere)
        assert able(surely) <= behaviour.implementation.able() <= able(set.union(*everywhere))
        moving = sorted((step for step in surely if behaviour.belief.moves(step)), key=repr)
        if not moving:
            break
        behaviour.take(chooser.choice(moving))


# --- what went wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "prop", "head"),
    [
        ("pre", "MDEV-S1", 6),
        ("pre", "MDEV-S5", 10),
        ("pre", "MDEV-S7", 8),
        ("pre", "MDEV-S8", 0),
        ("pre", "MDEV-S9", 4),
        ("v5", "MDEV-S10", 0),
        ("v6", "MDEV-S2D", 12),
    ],
)
def test_a_property_is_violated_by_a_trace_not_much_longer_than_the_shortest(
    version: str, prop: str, head: int
) -> None:
    """How long a shrunk trace is depends on the first example found, which is another one in other versions.

    Chance hardly comes by twenty steps of which few may be taken otherwise. So it begins with a `head` of the model's own
    counterexample.
    """
    right = system(version)
    own = trace_of(api.check(right, only=[prop]).verdicts[prop])
    assert own is not None
    found = failure(version, right, [prop], 1500, own.steps[:head])
    shortest = int(mechanism("mdev").case(version).expect[prop].removeprefix("violated "))
    assert found.what == prop
    assert f"{prop} is violated" in str(found)
    assert len(found.trace.steps) <= 1.5 * shortest


def test_nothing_fails_in_what_is_repaired() -> None:
    run(beside("F3", system("F3"), only=None), settings(DETERMINISTIC, max_examples=100))


@pytest.mark.parametrize(
    ("version", "model", "seen"),
    [
        ("pre", "v6", "expected create_store.down_read_trylock, observed create_store.set_up.device_register"),
        ("v5", "pre", "expected create_store.set_up.device_register, observed create_store.down_read_trylock"),
        ("v5", "v6", "Creator.pc[Creator]: expected create_store.out_put_device, observed idle"),
        ("v6", "v5", "Creator.pc[Creator]: expected idle, observed create_store.out_put_device"),
        ("v6", "F3", "mdev.ref.refcount[Slot]: expected 2, observed 1"),
        ("F3", "v6", "mdev.ref.refcount[Slot]: expected 1, observed 2"),
    ],
)
def test_one_version_beside_the_model_of_another_is_found_out(version: str, model: str, seen: str) -> None:
    found = failure(version, system(model), only=[])
    assert found.what == "implementation"
    assert "  =>  the implementation departs from the model\n" in str(found)
    assert seen in str(found)
    assert "spec.py:" in str(found)
