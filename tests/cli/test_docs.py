"""The reference of the command line names every verb, every option and every exit code there is."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec.cli import EXIT_CODES, VERBS

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_documented(run: Run, verb: str) -> None:
    text = (DOCS / "cli.md").read_text()
    options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", run(verb, "--help").out)) - {"-h", "--help"}
    assert f"## {verb}\n" in text
    assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", text)} == set()


def test_every_exit_code_is_documented() -> None:
    text = (DOCS / "cli.md").read_text()
    codes = re.findall(r"^ +(\d+)  ", EXIT_CODES, re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "5", "70", "130"]
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == codes


def test_every_key_of_the_report_is_documented() -> None:
    text = (DOCS / "report.md").read_text()
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    keys = [*schema["properties"], *schema["$defs"]["property"]["properties"], *schema["$defs"]["step"]["properties"]]
    assert [key for key in keys if f"`{key}`" not in text] == []
