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


def test_every_key_of_a_proof_and_of_what_rechecks_it_is_documented(run: Run, tmp_path: Path) -> None:
    text = (DOCS / "report.md").read_text().partition("## Proofs\n")[2].partition("\n## ")[0]
    lock, certificate = str(DOCS.parent / "tutorial" / "proved.py"), str(tmp_path / "lock.smt2")
    asked = ["--method", "inductive", "--property", "exclusion", "--format", "json"]
    open_ = json.loads(run("prove", lock, "-p", "Task=any", "--using", "exclusion", *asked).out)
    proved = json.loads(run("prove", lock, "--certificate", certificate, *asked).out)
    assert open_["properties"][0]["counterexample_to_induction"]["changes"]
    checked = json.loads(run("recheck", certificate, "--solver", "z3", "--format", "json").out)
    keys = [key for document in (open_, proved, checked) for key in document]
    keys += [*open_["questions"][0], *open_["properties"][0], *open_["properties"][0]["tried"][0]]
    keys += [*open_["properties"][0]["counterexample_to_induction"], *checked["solvers"][0]]
    assert sorted({key for key in keys if f"`{key}`" not in text}) == []
    assert f'"{open_["schema"]}"' in text and f'"{checked["schema"]}"' in text
