"""Specifications made of several files: each name means what it means where it is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtspec.errors import SpecError
from virtspec.explore.oracle import check
from virtspec.explore.report import Report
from virtspec.frontend.load import compile_model
from virtspec.frontend.module import load_path
from virtspec.frontend.native import Native
from virtspec.semantics.successors import successors
from virtspec.trace.verdict import Holds

LIBRARY = """
from enum import Enum, auto
from virtspec import Call, Component, Scalarset, Steps, at, choose, require

LIMIT = 2
HERE = 5

class Phase(Enum):
    DOWN = auto()
    UP = auto()

def limit(of: int = LIMIT) -> int:
    return of + HERE

class Gate(Component):
    phase: Phase

    def raised(self, wanted: Phase = Phase.UP) -> bool:
        return self.phase is wanted and limit() == 7

    def cross(self, wanted: Phase = Phase.UP, first: int = LIMIT) -> Call[int]:
        if self.phase is not wanted:
            self.phase = wanted
        yield "crossing"
        assert LIMIT == 2 == first
        return limit()
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module `gate_library`, importable."""
    (tmp_path / "gate_library.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("gate_library", None)


def checked(path: Path) -> Report:
    """The report on the last model of a file; CPython takes the same steps from its initial state on."""
    module = load_path(path)
    spec = compile_model(module.models[-1], module.properties)
    moves = Native(spec).successors(spec.system.init)
    assert [m.action for m in moves] == [a.name for a, _ in successors(spec.system, spec.system.init)]
    return check(spec.system)


USER = '''
from typing import Annotated
from gate_library import Gate
from virtspec import Model, Range, Singleton, Steps, process

LIMIT = 100

def limit(of: int = 1) -> int:
    return of

class Task(Singleton):
    """Who runs it."""

class Use(Model):
    gate: Gate
    n: Annotated[int, Range(0, 7)]

    @process
    def run(self, t: Task) -> Steps:
        HERE = 3
        found = yield from self.gate.cross()
        assert HERE == 3 and LIMIT == 100 and limit() == 1
        yield "crossed"
        assert self.gate.raised()
        self.n = found
'''


def test_globals_and_defaults_are_those_of_their_own_module(library: Path) -> None:
    path = library / "user.py"
    path.write_text(USER)
    report = checked(path)
    assert (report.states, report.transitions, report.depth) == (6, 6, 5)
    assert all(isinstance(v, Holds) for v in report.verdicts.values())


def test_a_name_of_the_caller_does_not_help_the_callee(library: Path) -> None:
    (library / "gate_library.py").write_text(LIBRARY.replace("return limit()", "return missing"))
    path = library / "user.py"
    path.write_text(USER.replace("LIMIT = 100", "LIMIT = 100\nmissing = 1"))
    with pytest.raises(SpecError) as caught:
        checked(path)
    (found,) = caught.value.diagnostics
    assert (found.code, Path(found.span.path).name) == ("VS108", "gate_library.py")
    assert "return missing" in str(found)


def test_a_mistake_is_shown_in_the_file_where_it_is(library: Path) -> None:
    (library / "gate_library.py").write_text(LIBRARY.replace("self.phase is wanted and", "self.fase is wanted and"))
    path = library / "user.py"
    path.write_text(USER)
    with pytest.raises(SpecError) as caught:
        checked(path)
    (found,) = caught.value.diagnostics
    assert (found.code, Path(found.span.path).name) == ("VS109", "gate_library.py")
    assert "did you mean 'phase'?" in str(found)


def test_an_effect_is_shown_where_it_cannot_stand(library: Path) -> None:
    (library / "gate_library.py").write_text(
        LIBRARY.replace("        return self.phase is", "        self.phase = wanted\n        return self.phase is")
    )
    path = library / "user.py"
    path.write_text(USER.replace("assert self.gate.raised()", "assert self.n == 0 and self.gate.raised()"))
    with pytest.raises(SpecError) as caught:
        checked(path)
    (found,) = caught.value.diagnostics
    assert (found.code, Path(found.span.path).name) == ("VS302", "user.py")


def test_two_types_of_one_name_are_refused(library: Path) -> None:
    path = library / "user.py"
    text = USER.replace("class Task", "class Phase(Enum):\n    A = auto()\n\nclass Task").replace(
        "    n: Anno", "    phase: Phase\n    n: Anno"
    )
    path.write_text("from enum import Enum, auto\n" + text)
    with pytest.raises(SpecError) as caught:
        checked(path)
    assert [d.code for d in caught.value.diagnostics] == ["VS114"]


ONE = """
from virtspec import Model, action

class Flag(Model):
    n: bool

    @action
    def step(self) -> None:
        self.n = not self.n
"""


def test_files_whose_names_differ_by_punctuation_are_kept_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "a-b.py", tmp_path / "a_b.py"
    first.write_text(ONE)
    second.write_text(ONE.replace("n: bool", "n: bool\n    m: bool"))
    one, two = load_path(first), load_path(second)
    assert [f.name for f in compile_model(one.models[0]).system.fields] == ["n"]
    assert [f.name for f in compile_model(two.models[0]).system.fields] == ["n", "m"]


def test_a_class_defined_twice_is_the_one_python_has(tmp_path: Path) -> None:
    path = tmp_path / "twice.py"
    path.write_text(ONE + "\nOld = Flag\n" + ONE.replace("n: bool", "m: bool").replace("self.n", "self.m"))
    module = load_path(path)
    new, old = module.models  # `Flag` is the name of the second now
    assert [f.name for f in compile_model(old).system.fields] == ["n"]
    assert [f.name for f in compile_model(new).system.fields] == ["m"]


def test_annotations_are_evaluated_as_python_does(tmp_path: Path) -> None:
    path = tmp_path / "forward.py"
    path.write_text(ONE.replace("n: bool", "n: Later").replace("class Flag", "Later: type\nclass Flag"))
    with pytest.raises(SpecError, match="importing the file raised NameError: name 'Later' is not defined"):
        load_path(path)


def test_a_file_that_fails_leaves_no_module_behind(tmp_path: Path) -> None:
    path = tmp_path / "fails.py"
    path.write_text("1 // 0\n")
    before = set(sys.modules)
    with pytest.raises(SpecError, match="ZeroDivisionError"):
        load_path(path)
    assert set(sys.modules) == before
