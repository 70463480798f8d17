"""Do the configurations of PV sched yield give what its history claims, its manifest holds, and the analysis found?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from tests.corpus.sched_yield_lookup import CLASSES, FIRST, NOBODY, SAME, WRAPPED, Table, destinations, look_up, tables

from virtspec.api.agreement import Result, corpus
from virtspec.api.shipped import mechanism
from virtspec.frontend.load import compile_model, load
from virtspec.ir.system import System
from virtspec.ir.verify import verify
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec.testing.cpython import disagreements
from virtspec_models.case import Case, Finding
from virtspec_models.sched_yield.findings import FINDINGS, OMITTED
from virtspec_models.sched_yield.history import ALL, CASES
from virtspec_models.sched_yield.memory_safety import MemorySafety
from virtspec_models.sched_yield.vocabulary import Bug, Dest, DestClass, Vcpu, Version

pytestmark = pytest.mark.slow  # compiling its 57 quick configurations costs a minute where nothing is compiled yet

MECHANISM = mechanism("sched_yield")
LARGE = 3_000
"""States up to which a configuration is run under CPython, too, in the slow test run."""
QUICK = [case for case in CASES if not case.slow]


def size(case: Case) -> int:
    return int(MECHANISM.measured[case.name]["states"])


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {result.config: result for result in corpus(["sched_yield"])}


@pytest.mark.parametrize("name", [case.name for case in QUICK])
def test_finding_agrees_with_history_and_manifest(results: dict[str, Result], name: str) -> None:
    assert results[name].error == ""
    assert results[name].disagreements == ()


@pytest.mark.parametrize("finding", FINDINGS, ids=[f.name for f in FINDINGS])
def test_each_bug_of_the_history_is_what_its_configuration_claims(finding: Finding) -> None:
    verdict = MECHANISM.measured[finding.config]["verdicts"][finding.property]
    assert finding.verdict in (verdict, verdict.split()[0])
    assert verdict.split()[0] in ("violated", "unreached")


def test_every_bug_of_the_analysis_is_found_or_omitted_with_a_reason() -> None:
    told = {number for entry in (*FINDINGS, *OMITTED) for number in re.findall(r"^[BFM]\d+", entry.name)}
    assert told == {f"B{n}" for n in range(1, 6)} | {f"F{n}" for n in range(1, 26)} | {f"M{n}" for n in range(1, 10)}
    assert all(omitted.reason for omitted in OMITTED)


ANALYSIS = {
    # the table of versions in the analysis: which defect each has, as the property that tells of it
    "v1": {"S1M", "S1E", "S2"},
    "v2": {"S1E", "S2", "S4S"},
    "v2r1": {"S1E", "S2", "S4X"},
    "v2r2": {"S1E", "S2", "S4X"},
    "v3": {"S1E"},
    "v4": set[str](),
    "5.3": set[str](),
    "5.10": set[str](),
    "5.13": set[str](),
    "today": set[str](),
}


@pytest.mark.parametrize("name", ANALYSIS)
def test_versions_violate_exactly_what_the_analysis_says(results: dict[str, Result], name: str) -> None:
    verdicts = results[name].figures.verdicts
    assert {p[3:] for p, verdict in verdicts.items() if verdict.startswith("violated")} == ANALYSIS[name]
    assert all(verdict != "unreached" for verdict in verdicts.values())


def test_every_property_is_violated_somewhere() -> None:
    """Else it might say nothing."""
    violated = {
        p for figures in MECHANISM.measured.values() for p, v in figures["verdicts"].items() if v.startswith("violated")
    }
    asked = {p for p in MECHANISM.measured["today"]["verdicts"] if not p.startswith("SY-R")}
    assert asked - violated == {
        "SY-S4U",  # no version leaves a section twice
        "SY-S19D",  # no version leaves the map dirty
        "SY-S19L",  # every retired map was taken out first
        "SY-L4",  # a straight line: the loops are those of the scheduler
        "SY-L4R",  # see max-forgotten
        "fault",
        "deadlock",
    }


# --- destinations: 64 bits, seven classes


def test_each_destination_is_in_exactly_one_class() -> None:
    for table in tables():
        for dest in destinations(table):
            assert sum(holds(table, dest) for holds in CLASSES.values()) == 1, (table, dest)


BUGS = (None, Bug.BOUND_TOO_LOW, Bug.BOUND_TOO_HIGH, Bug.TRUNCATED, Bug.NO_BOUND)


@cache
def outcomes(version: Version, bug: Bug | None) -> dict[DestClass, set[str]]:
    """What comes of destinations of each class, over all tables."""
    found: dict[DestClass, set[str]] = {kind: set() for kind in DestClass}
    for table in tables():
        for dest in destinations(table):
            kind = next(kind for kind, holds in CLASSES.items() if holds(table, dest))
            found[kind].add(look_up(version, bug, table, dest))
    return found


@pytest.mark.parametrize("version", Version)
def test_the_class_of_a_destination_decides_what_comes_of_it(version: Version) -> None:
    for bug in BUGS:
        if bug is None or version is Version.TODAY:
            assert all(len(found) == 1 for found in outcomes(version, bug).values()), bug


def test_the_six_classes_of_the_analysis_are_one_too_few() -> None:
    """Of `== max_apic_id` v3 dies or not, as a vCPU has it or not."""
    of_v3 = outcomes(Version.V3, None)
    assert of_v3[DestClass.MAX_PRESENT] != of_v3[DestClass.MAX_ABSENT]


def test_no_two_classes_are_one() -> None:
    """Some text tells each two apart, but for what is far out: MAX_PLUS_1 and HUGE differ by one mistake alone."""
    texts = [(v, None) for v in Version] + [(Version.TODAY, bug) for bug in BUGS] + [(Version.V3, Bug.BOUND_TOO_LOW)]
    for a in DestClass:
        for b in DestClass:
            assert a is b or any(outcomes(*text)[a] != outcomes(*text)[b] for text in texts), (a, b)


CALLER = {"vcpus": ALL, "callers": (Vcpu.VCPU_255,)}
"""Whose APIC is disabled: everybody else may be put forward by it."""
NUMBERS = {
    Dest.ID_0: 0,
    Dest.ID_255: 255,
    Dest.ID_256: 256,
    Dest.ID_257: 257,
    Dest.ID_2_TO_32: 1 << 32,
    Dest.ALL_ONES: (1 << 64) - 1,
}
HOLDERS = {"VCPU_0": 0, "VCPU_256": 256}


def steps(system: System, state: State, process: str, *picked: str) -> Iterator[tuple[State | None, str]]:
    """What the steps of one process lead to, in which those picks are made: a state, or a fault's message."""
    for action, outcome in successors(system, state):
        if action.name.split(".")[0] == process and set(picked) <= {str(value) for _, value in outcome.picks}:
            if isinstance(outcome, Taken):
                yield outcome.state, ""
            else:
                yield None, outcome.message


def with_map(system: System, table: Table) -> State:
    """The state in which that is the map, and nobody is at work."""
    state, _ = next(steps(system, system.init, "kvm_vm_ioctl_create_vcpu", "True", "0"))
    assert state is not None
    if 256 in table.ids:
        picks: tuple[str, ...] = ("VCPU_256", "ENABLED")
        while picks or not is_idle(system, state):
            after, _ = next(steps(system, state, "kvm_lapic_set_base", *picks))
            assert after is not None
            state, picks = after, ()
    return state


def is_idle(system: System, state: State) -> bool:
    """Whether nobody is inside a call."""
    return set(entries(system, state, "Vcpu.pc")) == {"idle"}


def entries(system: System, state: State, name: str) -> tuple[object, ...]:
    """What a dict of the model holds, by key."""
    held = state[[f.name for f in system.fields].index(name)]
    assert isinstance(held, tuple)
    return held


def found_by_model(system: System, state: State, dest: Dest) -> set[str]:
    """The faults that a call runs into, and whom it puts forward."""
    seen: set[str] = set()
    queue = [after for after, _ in steps(system, state, "kvm_emulate_hypercall", dest.name, "KERNEL")]
    for at in queue:
        assert at is not None
        seen |= {str(target) for target in entries(system, at, "boosted") if target is not None}
        for after, fault in steps(system, at, "kvm_emulate_hypercall"):
            if after is None:
                seen.add(fault)
            elif not is_idle(system, after):
                queue.append(after)
    return seen


@pytest.mark.parametrize("version", Version)
def test_the_model_comes_to_the_same_as_the_numbers(version: Version) -> None:
    """For each destination of the model, with the smaller map and the larger one."""
    for bug in BUGS if version is Version.TODAY else (None,):
        params = {"version": version, "bugs": () if bug is None else (bug,), **CALLER}
        system = compile_model(MemorySafety, (), params).system
        for table in (Table(frozenset({0})), Table(frozenset({0, 256}))):
            state = with_map(system, table)
            for dest, number in NUMBERS.items():
                expected = look_up(version, bug, table, number)
                found = found_by_model(system, state, dest)
                target = {name for name, x2apic_id in HOLDERS.items() if x2apic_id == number & 0xFFFFFFFF}
                if expected in (SAME, WRAPPED):
                    assert found == target, (bug, table, dest)
                elif expected == FIRST:
                    assert found == {"VCPU_0"}, (bug, table, dest)
                else:
                    assert found == ({expected} - {NOBODY}), (bug, table, dest)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if n % 4 == 0 else pytest.mark.slow) for n, case in enumerate(CASES)],
    ids=lambda case: case.name,
)
def test_the_system_is_legal(case: Case) -> None:
    """All are of one text: each fourth one in the ordinary test run."""
    verify(load(MemorySafety, MECHANISM.properties, case.params))


NO_WRITER = {"changers": ()}


@pytest.mark.parametrize(
    "params",
    [NO_WRITER, {"version": Version.V2R1, **NO_WRITER}, {"callers": ()}],
    ids=["calls", "calls of v2r1", "changes"],
)
def test_cpython_takes_the_same_steps(params: dict[str, object]) -> None:
    """Under CPython the same text has the same edges in every state."""
    assert list(disagreements(compile_model(MemorySafety, (), params))) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in QUICK if size(c) <= LARGE], ids=lambda case: case.name)
def test_cpython_takes_the_same_steps_in_large_configurations(case: Case) -> None:
    assert list(disagreements(compile_model(MemorySafety, (), case.params))) == []
