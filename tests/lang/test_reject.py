"""What the language refuses: each file of `reject` has one mistake, or one kind of it, and says what must be told.

    # expect: VS109 at 21:22 `reders`        every diagnostic: code, line, column, the text under the caret
    # hint: did you mean 'readers'?          and its hint

The set of diagnostics is compared as a whole: nothing else may be reported.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from virtspec.errors import InputError, SpecError, UsageError
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.frontend.subset import REFUSALS
from virtspec.source import Diagnostic

FILES = sorted((Path(__file__).parent / "reject").glob("*.py"))
EXPECT = re.compile(r"# expect: (VS\d{3}) at (\d+):(\d+) `(.*)`")


def expected(path: Path) -> list[tuple[str, int, int, str, str]]:
    """(code, line, column, text, hint) of every diagnostic."""
    found: list[tuple[str, int, int, str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := EXPECT.fullmatch(line):
            code, at, column, text = match.groups()
            found.append((code, int(at), int(column), text, ""))
        elif line.startswith("# hint: "):
            found[-1] = (*found[-1][:4], line.removeprefix("# hint: "))
    return found


def diagnostics(path: Path) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with the models of a file."""
    with pytest.raises(SpecError) as caught:
        module = load_path(path)
        for model in module.models:
            load(model, module.properties)
    return caught.value.diagnostics


def underlined(d: Diagnostic) -> str:
    """The text above the carets, as the rendered diagnostic shows it."""
    _, source, carets, *_ = str(d).splitlines()
    begin = carets.index("^")
    return source[begin : carets.rindex("^") + 1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_told(path: Path) -> None:
    found = diagnostics(path)
    told = [(d.code, d.span.line, d.span.col + 1, underlined(d), d.hint) for d in found]
    assert told == expected(path)
    assert all(hint for *_, hint in told)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_how_it_is_told(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for d in diagnostics(path):
        first, source, carets, *rest = str(d).splitlines()
        assert first == f"{d.span.shown_path}:{d.span.line}:{d.span.col + 1}: error {d.code}: {d.message}"
        assert source == f"{d.span.line:5} | {lines[d.span.line - 1]}"
        assert carets.strip(" |") == "^" * max(1, len(underlined(d)))
        assert rest == [f"   = hint: {d.hint}"]


def test_every_refusal_has_its_file() -> None:
    numbered = {path.name[:5] for path in FILES if path.name.startswith("VS")}
    assert numbered == set(REFUSALS)
    for path in FILES:
        if path.name.startswith("VS"):
            assert path.name[:5] in {code for code, *_ in expected(path)}


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    (path,) = (p for p in FILES if p.stem == "five_at_once")
    found = diagnostics(path)
    assert len({d.code for d in found}) == 5
    assert [d.sort_key for d in found] == sorted(d.sort_key for d in found)
    assert str(SpecError(found)).count("error VS") == 5


# --- files that are no specification ---------------------------------------------------------------------------------


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text("\n")
    with pytest.raises(SpecError, match="the file is empty") as caught:
        load_path(path)
    assert [d.code for d in caught.value.diagnostics] == ["VS002"]


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory; name a Python file"):
        load_path(tmp_path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.py cannot be read: No such file or directory"):
        load_path(tmp_path / "missing.py")


def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "loop.py"
    path.symlink_to(path)  # unreadable for everybody, root included
    with pytest.raises(InputError, match="cannot be read: Too many levels of symbolic links"):
        load_path(path)


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\x7fELF\x02\x01\xff\xfe")
    with pytest.raises(InputError, match=r"binary\.py is not UTF-8 text \(byte 6\)"):
        load_path(path)


def test_a_file_with_null_characters(tmp_path: Path) -> None:
    path = tmp_path / "null.py"
    path.write_bytes(b"x = 1\0\n")
    with pytest.raises(SpecError, match="Python cannot read this"):
        load_path(path)


def test_a_file_that_exits(tmp_path: Path) -> None:
    path = tmp_path / "exits.py"
    path.write_text("import sys\nsys.exit('no')\n")
    with pytest.raises(SpecError, match="importing the file raised SystemExit: no"):
        load_path(path)


# --- parameters ------------------------------------------------------------------------------------------------------

PARAMETERS = '''
from enum import Enum, auto
from typing import Annotated
from virtspec import *

class Design(Enum):
    V1 = auto()
    V2 = auto()

class Task(Scalarset):
    """A thread."""

class Lock(Model):
    design: Const[Design] = Design.V1
    size: Const[Annotated[int, Range(1, 4)]] = 2
    plan: Const[tuple[int, ...]] = (1, 2)
    rows: Const[tuple[Annotated[int, Range(0, 3)], ...]] = (1,)
    most: Const[int | None] = None
    fast: Const[bool] = False
    n: bool
'''


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("desing", "V1", "Lock has no parameter 'desing'; did you mean 'design'?"),
        ("n", "1", "Lock has no parameter 'n'; known: Task, design, fast, most, plan, rows, size"),
        ("design", "V3", "design=V3: expected one of V1, V2"),
        ("size", "5", "size=5: expected a whole number from 1 to 4"),
        ("size", "two", "size=two: expected a whole number from 1 to 4"),
        ("size", True, "size=True: expected a whole number from 1 to 4"),
        ("plan", "1,x", "plan=1,x: expected values separated by commas, each a whole number"),
        ("rows", "1,4", "rows=1,4: expected values separated by commas, each a whole number from 0 to 3"),
        ("most", "all", "most=all: expected a whole number, or none"),
        ("fast", "maybe", "fast=maybe: expected true or false"),
        ("Task", "0", "Task=0: the size of a Scalarset is a whole number from 1, or `any`"),
        ("Task", "-1", "Task=-1: the size of a Scalarset is a whole number from 1, or `any`"),
        ("Task", "many", "Task=many: the size of a Scalarset is a whole number from 1, or `any`"),
    ],
)
def test_a_parameter_that_does_not_fit(tmp_path: Path, name: str, value: object, message: str) -> None:
    path = tmp_path / "lock.py"
    path.write_text(PARAMETERS)
    module = load_path(path)
    with pytest.raises(UsageError) as caught:
        load(module.models[0], (), {name: value})
    assert str(caught.value) == message


def test_parameters_that_fit(tmp_path: Path) -> None:
    path = tmp_path / "lock.py"
    path.write_text(PARAMETERS)
    given = {"design": "v2", "size": "4", "plan": "3", "rows": "0,3", "most": "none", "fast": "yes", "Task": "1"}
    shown = {**given, "design": "V2", "fast": "true"}
    assert dict(load(load_path(path).models[0], (), given).config) == shown


DEMANDS = '''
from typing import Annotated
from virtspec import *

class Task(Scalarset):
    """A thread."""

class Ring(Component):
    size: Const[int] = 1
    assert size < 9, "a ring is small"
    full: bool

class Lock(Model):
    slots: Const[int] = 2
    tags: Const[int] = 2
    assert slots > 0, "there is a slot"
    assert tags >= len(Task), f"each of {len(Task)} tasks has a tag"
    ring: Ring = Ring(size=slots)
    free: dict[Annotated[int, Range(0, slots - 1)], bool]

class Small(Lock):
    tags: Const[int] = 1
'''


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"slots": "0"}, "slots=0: there is a slot (lock.py:15)"),
        ({"Task": "3"}, "tags=2, Task=3: each of 3 tasks has a tag (lock.py:16)"),
        ({"Task": "3", "tags": 1}, "tags=1, Task=3: each of 3 tasks has a tag (lock.py:16)"),
        ({"slots": "10"}, "slots=10, ring.size=10: a ring is small (lock.py:9)"),
    ],
)
def test_a_configuration_that_an_assert_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lock.py"
    path.write_text(DEMANDS.lstrip())
    lock, _ = load_path(path).models
    with pytest.raises(UsageError) as caught:
        load(lock, (), params)
    assert str(caught.value) == message


def test_an_assert_that_the_defaults_break_is_the_specifications_mistake_whatever_is_given(tmp_path: Path) -> None:
    path = tmp_path / "lock.py"
    path.write_text(DEMANDS)
    _, small = load_path(path).models
    for params in ({}, {"tags": 0}):
        with pytest.raises(SpecError, match="error VS115: tags=1, Task=2 is refused: each of 2 tasks has a tag"):
            load(small, (), params)
    assert load(small, (), {"tags": 2}).config == (("slots", "2"), ("tags", "2"), ("Task", "2"))
