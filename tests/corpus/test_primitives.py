"""The primitives: does each specification give its verdicts and counts, and is every mistake that a component notices made?

`CASES` of a specification are its configurations with their verdicts; the counts stand here, with where they come from if
paper and pencil give them. The tables of the pages show both.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from virtspec.explore.native.check import check as native
from virtspec.explore.oracle import check as oracle
from virtspec.explore.report import Report
from virtspec.explore.report_json import short, word
from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import module_of
from virtspec.ir.verify import verify
from virtspec.source import shown_path
from virtspec.testing.cpython import disagreements
from virtspec.trace.verdict import FAULT, Violated
from virtspec_models import primitives
from virtspec_models.case import Case

FOLDER = Path(primitives.__path__[0])
NAMES = sorted(path.stem for path in (FOLDER / "specs").glob("*.py") if path.stem != "__init__")

COUNTS = {
    "atomic": {
        "right": (22, 34, 7),
        "three": (91, 207, 10),
        "cmpxchg": (22, 34, 7),
        "xchg": (25, 34, 7),
        "read-set": (41, 60, 8),
    },
    # Told before: each waiter is to come or waits, before the work and before the word, 2 * 2**n; then it is to come,
    # waits, uses it or has gone, 4**n. With one word for two, no two can have gone on: 4 states fewer.
    "completion": {
        "all": (24, 40, 6),
        "each": (24, 40, 6),
        "three": (80, 184, 8),
        "one": (20, 32, 5),
        "again": (40, 72, 7),
        "too-often": (8, 16, 3),
    },
    "delayed_work": {
        "right": (32, 98, 6),
        "two": (100, 458, 7),
        "cancel-only": (36, 109, 7),
        "queued-late": (58, 193, 9),
        "ends-twice": (28, 85, 6),
    },
    "device_list": {
        "right": (34, 80, 5),
        "walkers": (104, 346, 7),
        "waits": (47, 115, 7),
        "again": (40, 108, 8),
        "freed-at-once": (34, 80, 5),
        "no-exit": (42, 96, 6),
        "by-walker": (17, 19, 4),
        "added-twice": (1, 3, 0),
        "deleted-twice": (15, 45, 4),
    },
    # At first one state. Then published, withdrawn, closed; each user is outside, about to read, done: 1 + 3 * 3**n.
    "freeable": {
        "right": (28, 62, 7),
        "three": (82, 245, 9),
        "no-reference": (28, 70, 7),
        "stale": (28, 70, 7),
        "freed-twice": (65, 173, 10),
        "published-early": (41, 109, 9),
        "not-closed": (19, 49, 6),
    },
    "kernfs": {
        "right": (75, 122, 9),
        "three": (275, 537, 11),
        "again": (394, 798, 14),
        "from-method": (93, 139, 9),
        "no-put": (93, 159, 9),
        "put-twice": (75, 122, 9),
        "outside": (22, 63, 4),
        "created-twice": (44, 91, 9),
    },
    # The owner has it listed, is about to put, is done; each user is outside, about to get, inside: 3 * 3**n.
    "kref": {
        "right": (27, 60, 6),
        "three": (81, 243, 8),
        "plain-get": (27, 60, 6),
        "put-twice": (58, 138, 10),
        "no-put": (71, 146, 12),
    },
    # Nobody inside: each task is idle or waits, 2**n. One is, in one of two ways, the others as before: n * 2 * 2**(n-1).
    "mutex": {
        "right": (12, 28, 3),
        "three": (32, 108, 4),
        "weak": (12, 28, 3),
        "relock": (12, 28, 3),
        "unowned": (20, 46, 4),
    },
    "rcu": {
        "right": (339, 988, 11),
        "wait": (250, 692, 12),
        "at-once": (1029, 3425, 11),
        "kept": (996, 3052, 13),
        "nested": (339, 988, 11),
        "no-lock": (364, 1192, 11),
        "twice": (150, 440, 8),
        "no-barrier": (364, 1082, 11),
    },
    # Each user is in or out while the owner is there, and while it waits; then all are out: 2 * 2**n + 1. Steps of two:
    # in or out 2 * 4, kill 4; while it waits 2 from both in, 2 from one in (of which 1 enters), 1 from none.
    "refcount": {
        "starved": (9, 19, 3),
        "alone": (5, 6, 2),
        "live": (9, 17, 3),
        "again": (9, 18, 3),
        "put-twice": (17, 36, 5),
        "killed-twice": (4, 12, 2),
        "not-killed": (8, 24, 3),
        "no-put": (21, 47, 7),
        "no-wait": (12, 28, 4),
    },
    # Each reader is idle, waits, is inside in one of two ways, and the writer is idle or waits: 2 * 4**n; or it is
    # inside, and readers are idle or wait: 2**n.
    "rwsem": {
        "right": (36, 104, 5),
        "three": (136, 536, 7),
        "open": (36, 112, 5),
        "open-strong": (36, 112, 5),
        "open-alone": (10, 20, 3),
        "nested-read": (36, 96, 5),
        "kept": (68, 196, 9),
        "unread": (77, 227, 10),
        "nested-write": (36, 104, 5),
        "unwritten": (52, 160, 7),
    },
    # As the mutex; interrupts change nothing, but are steps: with two CPUs on both of 4 states.
    "spinlock": {
        "right": (12, 36, 3),
        "three": (32, 132, 4),
        "weak": (12, 36, 3),
        "irqs-on": (12, 44, 3),
        "unlocked-twice": (21, 66, 6),
    },
    "srcu": {
        "right": (37, 99, 6),
        "three": (115, 404, 7),
        "until-nobody": (37, 96, 6),
        "no-wait": (31, 93, 5),
        "kept": (102, 286, 8),
        "nested": (37, 99, 6),
        "no-lock": (40, 120, 6),
    },
    "store_buffer": {
        "mb": (72, 134, 12),
        "plain": (77, 158, 10),
        "sc": (31, 44, 8),
        "xchg": (31, 44, 8),
        "cmpxchg": (31, 44, 8),
        "mp": (33, 52, 8),
        "iriw": (387, 976, 12),
    },
}
"""States, transitions and depth of every configuration."""


@cache
def specification(name: str) -> ModuleType:
    return importlib.import_module(f"virtspec_models.primitives.specs.{name}")


def cases(name: str) -> tuple[Case, ...]:
    found: tuple[Case, ...] = specification(name).CASES
    return found


CASES = [pytest.param(name, case, id=f"{name}-{case.name}") for name in NAMES for case in cases(name)]


@cache
def compiled(name: str, config: str) -> Specification:
    module = module_of(specification(name))
    (case,) = (case for case in cases(name) if case.name == config)
    return compile_model(module.models[-1], module.properties, case.params)


@cache
def searched(name: str, config: str) -> Report:
    return oracle(compiled(name, config).system)


def verdicts(name: str, case: Case, report: Report) -> dict[str, str]:
    """As manifests hold them, but for behaviours that go on for ever: engines do not promise the same length of these."""
    temporal = {p.id for p in compiled(name, case.name).system.temporal}
    return {prop: word(v) if prop in temporal else short(v) for prop, v in report.verdicts.items()}


# --- verdicts and counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "case"), CASES)
def test_counts_and_verdicts(name: str, case: Case) -> None:
    report = searched(name, case.name)
    assert (report.states, report.transitions, report.depth) == COUNTS[name][case.name]
    found = {
        prop: verdict
        for prop, verdict in verdicts(name, case, report).items()
        if not verdict.startswith(("holds", "reached"))
    }
    assert found == case.expect
    assert report.complete


def test_every_configuration_has_its_counts() -> None:
    assert {name: list(counts) for name, counts in COUNTS.items()} == {
        name: [case.name for case in cases(name)] for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_correct_use_has_witnesses_and_violates_nothing(name: str) -> None:
    """Nothing holds only because nothing happens: every specification has a configuration in which all is well."""
    right = [case for case in cases(name) if not case.expect]
    assert right
    for case in right:
        found = verdicts(name, case, searched(name, case.name)).values()
        assert not any(verdict.startswith(("violated", "unreached")) for verdict in found)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_native_engine_finds_the_same(name: str, case: Case, workers: int) -> None:
    theirs = searched(name, case.name)
    ours = native(compiled(name, case.name).system, reduce=(), workers=workers)
    assert (ours.states, ours.transitions, ours.depth) == (theirs.states, theirs.transitions, theirs.depth)
    assert ours.per_action == theirs.per_action
    assert verdicts(name, case, ours) == verdicts(name, case, theirs)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_reductions_change_no_verdict(name: str, case: Case) -> None:
    reduced = native(compiled(name, case.name).system, workers=1)
    assert verdicts(name, case, reduced) == verdicts(name, case, searched(name, case.name))


@pytest.mark.parametrize(("name", "case"), CASES)
def test_cpython_takes_the_same_steps(name: str, case: Case) -> None:
    spec = compiled(name, case.name)
    verify(spec.system)
    assert list(disagreements(spec)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_method_is_used_by_a_specification(name: str) -> None:
    component = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    used = "".join(path.read_text(encoding="utf-8") for path in sorted((FOLDER / "specs").glob("*.py"))) + component
    methods = [
        node.name
        for node in ast.walk(ast.parse(component))
        if isinstance(node, ast.FunctionDef) and "action" not in " ".join(map(ast.unparse, node.decorator_list))
    ]
    assert [method for method in methods if f".{method}(" not in used] == []


# --- mistakes --------------------------------------------------------------------------------------------------------


def noticed(path: Path) -> Iterator[str]:
    """Where a component can fault, by its own statements: `file:line`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "fault"):
            yield f"{shown_path(str(path))}:{node.lineno}"


def test_every_mistake_that_a_primitive_notices_is_made() -> None:
    provoked = set()
    for name in NAMES:
        for case in cases(name):
            verdict = searched(name, case.name).verdicts[FAULT]
            if isinstance(verdict, Violated):
                provoked.add(verdict.reason.rpartition("(")[2].removesuffix(")"))
    unprovoked = [place for name in NAMES for place in noticed(FOLDER / f"{name}.py") if place not in provoked]
    assert unprovoked == []
