"""Freedom from particular faults: every engine finds each fault where it is, and takes it for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from virtspec import api
from virtspec.explore import oracle
from virtspec.explore.native.check import check as native
from virtspec.explore.report import Limits, Report
from virtspec.explore.report_json import short
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.passes.symmetry import symmetric
from virtspec.ir.system import Faultless, System
from virtspec.ir.text import system_text
from virtspec.ir.verify import verify
from virtspec.testing import Failure, machine, run
from virtspec.trace import itf
from virtspec.trace.render import render, text
from virtspec.trace.verdict import Violated

HEAD = """
from typing import Annotated
from virtspec import *

class Task(Scalarset, size=2):
    pass
"""

SLAB = """
class Slab(Model):
    freed: bool
    left: Annotated[int, Range(0, 2)] = 2

    @process
    def use(self, t: Task) -> Steps:
        yield "look"
        assert not self.freed, "used after it was freed"
        yield "free"
        if self.freed:
            fault("freed twice")
        self.freed = True
        yield "count"
        self.left -= 1
        yield "over"
        require(False)

@faultless(Slab, id="S1")
def uses(m: Slab) -> Faults:
    return faults("used after it was freed")

@faultless(Slab, id="S2")
def frees(m: Slab) -> Faults:
    return faults("freed twice")

@faultless(Slab, id="S3")
def both(m: Slab) -> Faults:
    return faults("freed twice", "used after it was freed")
"""

HELD = """
class Held(Model):
    at_end: bool

    @process
    def go(self, t: Task) -> Steps:
        yield "end"
        fault("too far")

@faultless(Held)
def near(m: Held) -> Faults:
    return faults("too far")
"""

ALIKE = """
class Alike(Model):
    n: Annotated[int, Range(0, 1)]

    @action
    def up(self) -> None:
        self.n += 1

    @action
    def said(self, t: Task) -> None:
        require(False)
        fault("2 lies outside 0..1")

@faultless(Alike)
def said(m: Alike) -> Faults:
    return faults("2 lies outside 0..1")
"""

FIRST = """
class First(Model):
    a: dict[Task, bool]
    b: dict[Task, bool]

    @action
    def spoil(self, t: Task) -> None:
        self.a[t] = True

    @action
    def waste(self, t: Task) -> None:
        self.b[t] = True

    @action
    def look(self) -> None:
        for t in Task:
            assert not self.a[t], "spoilt"
            assert not self.b[t], "wasted"

@faultless(First)
def nothing_spoilt(m: First) -> Faults:
    return faults("spoilt")
"""


def system(source: str) -> System:
    module = load_text(HEAD + source, f"<faultless {hash(source)}>")
    found = load(module.models[0], module.properties)
    verify(found)
    return found


@pytest.fixture(scope="module")
def slab() -> System:
    return system(SLAB)


def told(report: Report) -> dict[str, str]:
    return {prop: short(verdict) for prop, verdict in report.verdicts.items()}


def reason(report: Report, prop: str) -> str:
    verdict = report.verdicts[prop]
    assert isinstance(verdict, Violated)
    return verdict.reason.partition(" (")[0]


ENGINES: list[Callable[..., Report]] = [oracle.check, native]
engines = pytest.mark.parametrize("check", ENGINES, ids=["oracle", "native"])


@engines
def test_each_fault_is_that_of_its_properties(slab: System, check: Callable[..., Report]) -> None:
    report = check(slab)
    wanted = {"S1": "violated 5", "S2": "violated 6", "S3": "violated 5", "fault": "holds"}
    assert {prop: word for prop, word in told(report).items() if prop != "deadlock"} == wanted
    assert (reason(report, "S1"), reason(report, "S2")) == ("used after it was freed", "freed twice")


@engines
def test_a_fault_that_is_not_judged_is_not_that_of_another(slab: System, check: Callable[..., Report]) -> None:
    assert told(check(slab, only=["fault"])) == {"fault": "holds"}
    assert told(check(slab, only=["S2", "fault"])) == {"S2": "violated 6", "fault": "holds"}


@engines
def test_where_a_named_fault_is_all_that_can_happen_there_is_no_deadlock(check: Callable[..., Report]) -> None:
    held = system(HELD)
    assert told(check(held)) == {"near": "violated 2", "fault": "holds", "deadlock": "holds"}
    assert told(check(held, only=["deadlock"])) == {"deadlock": "holds"}


@engines
def test_what_is_outside_its_domain_has_no_message(check: Callable[..., Report]) -> None:
    assert told(check(system(ALIKE))) == {"said": "holds", "fault": "violated 2", "deadlock": "holds"}
    assert reason(check(system(ALIKE)), "fault") == "2 lies outside 0..1"


def test_members_are_interchangeable_unless_it_depends_on_them_which_fault_comes_first() -> None:
    first = system(FIRST)
    (why,) = symmetric(first).reasons.values()
    assert "treats Task0 and Task1 differently in its faults" in why
    blind = replace(first, faultless=(Faultless("F", "f", ("spoilt", "wasted")),))
    assert set(symmetric(blind).reasons.values()) == {""}
    for checked in (first, blind):
        assert told(native(checked)) == told(oracle.check(checked))


def test_walks_find_them(slab: System) -> None:
    found = api.simulate(slab, seed=1, walks=200)
    assert {p for p, v in found.verdicts.items() if isinstance(v, Violated)} >= {"S1", "S2", "S3"}
    assert "fault" in found.verdicts
    assert not isinstance(found.verdicts["fault"], Violated)


def test_a_checkpoint_goes_on_with_them(slab: System, tmp_path: Path) -> None:
    native(slab, limits=Limits(depth=4), checkpoint=tmp_path / "c")
    assert told(native(slab, resume=tmp_path / "c")) == told(native(slab))


def test_a_trace_names_its_property(slab: System, tmp_path: Path) -> None:
    verdict = api.check(slab).verdicts["S1"]
    assert isinstance(verdict, Violated)
    itf.write(tmp_path / "t", slab, verdict.trace)
    trace = itf.read(tmp_path / "t", slab)
    assert (trace, trace.property) == (verdict.trace, "S1")
    assert api.reason_of(slab, trace) == verdict.reason
    assert [api.reason_of(slab, replace(trace, property=p)) for p in ("S2", None)] == [None, None]
    *_, fault, end = text(render(slab, trace, reason=verdict.reason)).splitlines()
    assert fault.strip().startswith("fault: used after it was freed")
    assert end == "  =>  S1 is violated"


def test_a_state_machine_tells_them_apart(slab: System) -> None:
    with pytest.raises(Failure) as caught:
        run(machine(slab, only=["S2"]))
    assert (caught.value.what, caught.value.trace.property, len(caught.value.trace)) == ("S2", "S2", 6)
    run(machine(slab, only=["fault"]))  # which is about none of them


def test_they_are_part_of_the_text_and_of_the_fingerprint(slab: System) -> None:
    assert 'faultless S2 frees\n  fault "freed twice"' in system_text(slab)
    assert replace(slab, faultless=slab.faultless[1:]).fingerprint != slab.fingerprint
