"""Do the pages about the primitives say what the components can do, and what comes of their specifications?

    python tests/docs/test_primitive_pages.py      writes their tables of configurations anew

A primitive is three files of one name: the component `primitives/NAME.py`, its specification `primitives/specs/NAME.py`,
whose `CASES` are the configurations, and the page `docs/reference/primitives/NAME.md`. A page names every method and
every mistake that the component notices, quotes its specification, and holds the table of the configurations.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

from virtspec import api
from virtspec.explore.report_json import short, word
from virtspec.frontend.load import load
from virtspec.frontend.module import module_of
from virtspec_models import primitives
from virtspec_models.case import Case

FOLDER = Path(primitives.__path__[0])
PAGES = Path(__file__).parents[2] / "docs" / "reference" / "primitives"
NAMES = sorted(path.stem for path in (FOLDER / "specs").glob("*.py") if path.stem != "__init__")
BEGIN, END = "<!-- table: python tests/docs/test_primitive_pages.py -->\n", "<!-- end of table -->"


def page_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_every_primitive_has_a_specification_and_a_page() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__") == NAMES
    assert sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README") == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_every_method_and_every_mistake(name: str) -> None:
    page = page_of(name)
    missing = [f"{method}()" for method in methods(name) if f"`{method}(" not in page]
    missing += [message for message in mistakes(name) if message not in page]
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_page_is_quoted_from_its_specification(name: str) -> None:
    quoted = re.findall(r"^```python\n(.*?)^```$", page_of(name), re.MULTILINE | re.DOTALL)
    text = (FOLDER / "specs" / f"{name}.py").read_text(encoding="utf-8")
    assert quoted and all(block in text for block in quoted)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_shows_what_the_checker_finds(name: str) -> None:
    assert page_of(name) == written(name), "python tests/docs/test_primitive_pages.py writes it anew"


def test_the_index_has_a_row_for_every_page() -> None:
    rows = re.findall(r"^\| \[[^\]]+\]\((\w+)\.md\) \|", page_of("README"), re.MULTILINE)
    assert sorted(rows) == NAMES


# --- components ------------------------------------------------------------------------------------------------------


def components(name: str) -> Iterator[ast.ClassDef]:
    for node in ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Component" for base in node.bases):
            yield node


def methods(name: str) -> list[str]:
    return [f.name for cls in components(name) for f in cls.body if isinstance(f, ast.FunctionDef)]


def mistakes(name: str) -> list[str]:
    """The messages of its faults. One that the model may choose stands for itself by its default."""
    found = []
    for cls in components(name):
        chosen = {
            ast.unparse(field.target): field.value.value
            for field in cls.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Constant)
        }
        for node in ast.walk(cls):
            if isinstance(node, ast.Assert):
                said = node.msg
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "fault":
                said = node.args[0]
            else:
                continue
            match said:
                case ast.Constant(str(message)) | ast.Attribute(ast.Name("self"), message):
                    found.append(str(chosen.get(message, message)))
                case _:
                    raise AssertionError(f"{name}.py:{node.lineno}: a fault without a message")
    return found


# --- tables ----------------------------------------------------------------------------------------------------------


def written(name: str) -> str:
    """The page with its table made anew."""
    head, begin, rest = page_of(name).partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert begin and end, f"{name}.md has no place for its table"
    return head + begin + table(name) + end + tail


def table(name: str) -> str:
    """A row for each configuration."""
    lines = [
        "| configuration | what it is | parameters | what comes of it | states | transitions | depth |",
        "|---|---|---|---|---:|---:|---:|",
    ]
    module = importlib.import_module(f"virtspec_models.primitives.specs.{name}")
    spec = module_of(module)
    cases: tuple[Case, ...] = module.CASES
    for case in cases:
        system = load(spec.models[-1], spec.properties, case.params)
        report = api.check(system, reduce=(), workers=1)
        temporal = {p.id for p in system.temporal}
        worth_telling = [
            f"{prop} {word(verdict) if prop in temporal else short(verdict)}"
            for prop, verdict in report.verdicts.items()
            if word(verdict) not in ("holds", "reached")
        ]
        given = ", ".join(f"`{key}={shown(value)}`" for key, value in case.params.items())
        figures = f"{report.states:,} | {report.transitions:,} | {report.depth}"
        told = ", ".join(worth_telling) or "all hold"
        lines.append(f"| {case.name} | {case.summary} | {given} | {told} | {figures} |")
    return "\n" + "\n".join(lines) + "\n\n"


def shown(value: object) -> str:
    """A parameter as the command line takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.name if isinstance(value, Enum) else str(value)


if __name__ == "__main__":
    for each in NAMES:
        (PAGES / f"{each}.md").write_text(written(each), encoding="utf-8")
