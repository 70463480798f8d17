"""Do the documents tell the truth?

Everything in docs/ that can be run is run: specifications, commands with their output, the toy checker. What a document
states about a run stands next to it in a fixed form, so that it is compared and can be written anew:

    python tests/docs/test_docs.py      writes measured results, command output and the table of diagnostics

Forms: a `python` block of language.md is a specification (its first block stands before every other), followed by
lines such as `*8 states, 14 transitions, depth 3; exclusion violated in 6 steps.*`, `*With `-p Task=3`: ...*` or
`*Refused: [VS401](diagnostics.md#vs401).*`. A `console` block is run in a copy of docs/tutorial; a line `...` stands
for any lines. A `sh` block is only parsed. A `pycon` block is a doctest. Other pages quote Python from docs/tutorial or
from models.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import importlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from virtspec import cli
from virtspec.cli import options
from virtspec.cli.output import plural
from virtspec.errors import SpecError
from virtspec.explore.oracle import check
from virtspec.explore.report import Report
from virtspec.explore.report_json import trace_of, word
from virtspec.frontend.load import compile_model, load
from virtspec.frontend.module import Module, load_path, load_text
from virtspec.frontend.subset import REFUSALS
from virtspec.testing.cpython import disagreements

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial"
LANGUAGE = DOCS / "reference" / "language.md"
DIAGNOSTICS = DOCS / "reference" / "diagnostics.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


# --- reading Markdown ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the lines it spans in the file, and the result lines below it."""

    page: Path
    lang: str
    text: str
    line: int
    end: int
    results: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, *langs: str) -> list[Block]:
    """The fenced blocks of a page in these languages, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    found, start = [], -1
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start < 0:
            start = number
            continue
        lang = lines[start].removeprefix("```")
        below = number + 2
        while below < len(lines) and re.fullmatch(r"\*.+\*", lines[below]):
            below += 1
        text = "".join(f"{t}\n" for t in lines[start + 1 : number])
        if lang in langs:
            found.append(Block(page, lang, text, start + 1, number, tuple(lines[number + 2 : below])))
        start = -1
    return found


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


# --- specifications --------------------------------------------------------------------------------------------------

PREAMBLE, *EXAMPLES = blocks(LANGUAGE, "python")


def module_of(block: Block) -> Module:
    return load_text(PREAMBLE.text + "\n\n" + block.text, f"{block.page}.{block.line}.py")


def described(report: Report) -> str:
    """What a result line says: the figures, and every verdict that is not as one hopes."""
    parts = [f"{plural(report.states, 'state')}, {plural(report.transitions, 'transition')}, depth {report.depth}"]
    for prop, verdict in report.verdicts.items():
        trace = trace_of(verdict)
        if word(verdict) not in ("holds", "reached"):
            where = "" if trace is None else f" in {plural(len(trace), 'step')}"
            parts.append(f"{prop} {word(verdict)}{where}")
    return "; ".join(parts)


def measured(block: Block, given: str) -> str:
    """The result line of a block for the parameters `given`, as a command line has them."""
    params = dict(part.partition("=")[::2] for part in shlex.split(given) if part != "-p")
    try:
        module = module_of(block)
        said = described(check(load(module.models[-1], module.properties, params)))
    except SpecError as error:
        codes = dict.fromkeys(d.code for d in error.diagnostics)
        said = "Refused: " + ", ".join(f"[{code}](diagnostics.md#{code.lower()})" for code in codes)
    return f"*With `{given}`: {said}.*" if given else f"*{said}.*"


def parameters(result: str) -> str:
    found = re.match(r"\*With `(.*?)`: ", result)
    return found[1] if found else ""


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_of_the_reference_gives_what_it_says(block: Block) -> None:
    assert block.results, f"{block}: no result line below the block"
    for result in block.results:
        assert result == measured(block, parameters(result))


@pytest.mark.parametrize("block", [b for b in EXAMPLES if "Refused" not in "".join(b.results)], ids=str)
def test_an_example_of_the_reference_does_the_same_under_cpython(block: Block) -> None:
    module = module_of(block)
    spec = compile_model(module.models[-1], module.properties)
    assert list(disagreements(spec)) == []


def test_what_is_shown_passes_a_strict_type_checker(tmp_path: Path) -> None:
    for path in (*TUTORIAL.glob("*.py"), DOCS / "toy_checker.py"):
        shutil.copy(path, tmp_path)
    for block in EXAMPLES:
        if "Refused" not in "".join(block.results):
            text = "from __future__ import annotations\n" + PREAMBLE.text + block.text
            (tmp_path / f"line_{block.line}.py").write_text(text, encoding="utf-8")
    options = ["--strict", "--no-error-summary", "--config-file=", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


TUTORIAL_RESULTS = {
    ("spinlock.py", ""): "8 states, 14 transitions, depth 3",
    ("spinlock.py", "Task=3"): "20 states, 48 transitions, depth 4",
    ("spinlock.py", "Task=4"): "48 states, 144 transitions, depth 5",
    ("broken.py", ""): "22 states, 42 transitions, depth 9; exclusion violated in 6 steps",
    ("proved.py", ""): "8 states, 14 transitions, depth 3",
    ("two_locks.py", ""): "51 states, 96 transitions, depth 6; deadlock violated in 4 steps",
    ("two_locks.py", "ordered=true"): "16 states, 26 transitions, depth 5",
    ("one_cpu.py", ""): "16 states, 46 transitions, depth 5",
    ("ticket.py", ""): "36 states, 56 transitions, depth 12",
    ("ticket.py", "tickets=2 Task=3"): "126 states, 288 transitions, depth 15; exclusion violated in 5 steps",
    ("peterson.py", ""): "20 states, 34 transitions, depth 6",
    ("peterson.py", "polite=false"): "20 states, 32 transitions, depth 6; deadlock violated in 4 steps",
    ("doorbell.py", ""): "25 states, 36 transitions, depth 10",
    ("doorbell.py", "retry=true"): "28 states, 56 transitions, depth 10; B2 violated in 3 steps",
    ("waiting.py", ""): "8 states, 14 transitions, depth 3; L1 violated in 2 steps; L2 violated in 1 step",
    ("waiting.py", "fair.lock=weak"): "8 states, 14 transitions, depth 3; L2 violated in 4 steps",
    ("waiting.py", "fair.lock=strong"): "8 states, 14 transitions, depth 3",
}


@pytest.mark.parametrize(("name", "given"), TUTORIAL_RESULTS)
def test_a_file_of_the_tutorial_gives_the_stated_results_in_both_ways_to_run_it(name: str, given: str) -> None:
    module = load_path(TUTORIAL / name)
    params = dict(part.partition("=")[::2] for part in given.split())
    spec = compile_model(module.models[0], module.properties, params)
    assert described(check(spec.system)) == TUTORIAL_RESULTS[name, given]
    assert list(disagreements(spec)) == []


def test_every_file_of_the_tutorial_has_stated_results() -> None:
    assert {name for name, _ in TUTORIAL_RESULTS} == {path.name for path in TUTORIAL.glob("*.py")}


def test_python_shown_outside_the_reference_is_quoted_from_what_runs() -> None:
    files = (*TUTORIAL.glob("*.py"), DOCS / "toy_checker.py", *(ROOT / "models").rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in files]
    for page in PAGES:
        for block in blocks(page, "python") if page != LANGUAGE else ():
            assert any(block.text in text for text in texts), f"{block} quotes neither docs/tutorial nor models"


# --- the toy checker -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("polite", [True, False])
def test_the_toy_checker_and_virtspec_agree(polite: bool) -> None:
    toy: Mapping[str, Any] = runpy.run_path(str(DOCS / "toy_checker.py"))
    idle = (("idle", "idle"), (False, False), 0)
    found = toy["check"](idle, partial(toy["peterson"], polite), lambda s: s[0] != ("critical", "critical"))
    module = load_path(TUTORIAL / "peterson.py")
    report = check(load(module.models[0], module.properties, {"polite": polite}))
    assert (found.states, found.transitions, found.depth) == (report.states, report.transitions, report.depth)
    for trace, prop in ((found.bad, "exclusion"), (found.stuck, "deadlock")):
        theirs = trace_of(report.verdicts[prop])
        assert (None if trace is None else len(trace)) == (None if theirs is None else len(theirs))


def test_the_toy_checker_is_as_short_as_it_says_and_stands_alone() -> None:
    text = (DOCS / "toy_checker.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "virtspec" not in text


# --- commands --------------------------------------------------------------------------------------------------------

VARYING = (
    (r"[\d,]+ questions? to the solver, \d+\.\d\d s of \d+\.\d\d s", "N questions to the solver, TIME"),
    (r"^  (z3|cvc5) \d[\w.-]*", r"  \1"),
    (r", \d+\.\d\d s(, [\d,]+ states/s)?", ", TIME"),
    (r"fingerprint [0-9a-f]{16}", "fingerprint F"),
    (r"engine native \(.*\), \d+ workers?, compiled in \d+\.\d\d s", "engine native"),
)


def settled(line: str) -> str:
    """A line without what differs from run to run, from machine to machine or from version to version."""
    for pattern, shown in VARYING:
        line = re.sub(pattern, shown, line)
    return line


def executed(block: Block, folder: Path) -> list[str]:
    """The lines of a console block as they come out when its commands are run in `folder`."""
    out, code = io.StringIO(), 0
    for line in block.text.splitlines():
        if not line.startswith("$ "):
            continue
        out.write(line + "\n")
        match shlex.split(line.removeprefix("$ ")):
            case ["virtspec", *args]:
                with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                    code = cli.main(args)
            case ["python", *args]:
                done = subprocess.run([sys.executable, *args], cwd=folder, capture_output=True, text=True, check=False)
                out.write(done.stdout + done.stderr)
                code = done.returncode
            case ["touch", name]:
                (folder / name).touch()
            case ["echo", "$?"]:
                out.write(f"{code}\n")
            case other:
                raise AssertionError(f"{block}: cannot run {other}")
    return out.getvalue().splitlines()


def pages_with(lang: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, lang)]


def playground(folder: Path) -> Path:
    """A copy of docs/ in which commands may leave files; commands are run in its tutorial folder."""
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("__pycache__", "virtspec-traces"))
    return folder / "docs" / "tutorial"


@pytest.mark.parametrize("page", pages_with("console"), ids=lambda page: page.name)
def test_commands_print_what_a_page_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    folder = playground(tmp_path)
    for block in blocks(page, "console"):
        shown = [settled(line) for line in block.text.splitlines()]
        actual = "\n".join(settled(line) for line in executed(block, folder))
        pattern = "\n".join(r"(.*\n)*?.*" if line == "..." else re.escape(line) for line in shown)
        assert re.fullmatch(pattern, actual), f"{block} shows\n\n{block.text}\nbut it prints\n\n{actual}"


def commands(page: Path) -> Iterator[list[str]]:
    """Every use of the command line a page shows: in console and sh blocks, and in inline code."""
    for block in blocks(page, "console", "sh"):
        for line in block.text.splitlines():
            found = line.removeprefix("$ ")
            if found.startswith("virtspec "):
                yield shell_words(found)
    for span in re.findall(r"`(virtspec [^`]+)`", prose(page)):
        yield shell_words(span)


def shell_words(line: str) -> list[str]:
    """The arguments of `virtspec` in a line of shell, up to a pipe or the like."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    words = list(lexer)[1:]
    stop = next((i for i, word_ in enumerate(words) if set(word_) <= set("|&;<>")), len(words))
    return words[:stop]


def accepted(args: list[str]) -> bool:
    """Whether the verb exists and its real parser takes the arguments."""
    if args[0] not in cli.VERBS:
        return False
    parser = argparse.ArgumentParser(allow_abbrev=False)
    importlib.import_module(f"virtspec.cli.verbs.{args[0]}").add_arguments(parser)
    options.common(parser)
    try:
        parser.parse_args(args[1:])
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_shown_is_one_the_command_line_takes(page: Path) -> None:
    for args in commands(page):
        if args[0] in ("VERB", "--help", "--version") or "..." in args:
            continue
        # Prose may name a verb with some of its options and leave the specification out.
        assert accepted(args) or accepted([*args, "spec.py"]), f"{page}: virtspec {' '.join(args)}"


@pytest.mark.parametrize("page", pages_with("pycon"), ids=lambda page: page.name)
def test_sessions_shown_are_true(page: Path, tmp_path: Path) -> None:
    folder = playground(tmp_path)
    for block in blocks(page, "pycon"):
        test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), str(page), block.line)
        out = io.StringIO()
        with contextlib.chdir(folder):
            failed, tried = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=out.write)
        assert tried, f"{block} holds no example"
        assert not failed, out.getvalue()


# --- the table of diagnostics ----------------------------------------------------------------------------------------

GROUPS = {
    "0": "Files",
    "1": "Declarations and names",
    "2": "Types",
    "3": "Statements and expressions",
    "4": "Processes",
    "5": "Properties",
}


def diagnostics_page() -> str:
    """The page that lists every refusal, made from the table itself."""
    lines = [
        "# Diagnostics",
        "",
        "What the language refuses. Every problem of a specification is reported at once, with its place, the source",
        "line and, where there is one, a remedy. `{0}`, `{1}` stand for what is filled in. What the constructs mean:",
        "[language.md](language.md).",
        "",
        "This page is made from `REFUSALS` in `checker/virtspec/frontend/subset.py`; `python tests/docs/test_docs.py`",
        "writes it.",
    ]
    for digit, title in GROUPS.items():
        lines += ["", f"## {digit}xx: {title}", "", "| code | message | remedy |", "|---|---|---|"]
        for code, refusal in REFUSALS.items():
            if code[2] == digit:
                cells = [f'<a id="{code.lower()}"></a>{code}', _cell(refusal.message), _cell(refusal.hint)]
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """A template as GitHub shows it in a table: placeholders without their conversion, bars escaped."""
    return re.sub(r"!r\}", "}", text).replace("|", "\\|")


def test_the_page_of_diagnostics_is_current() -> None:
    assert DIAGNOSTICS.read_text(encoding="utf-8") == diagnostics_page()


# --- writing anew ----------------------------------------------------------------------------------------------------


def rewrite() -> None:
    """Put measured results and actual output where the documents have others."""
    DIAGNOSTICS.write_text(diagnostics_page(), encoding="utf-8")
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        examples = EXAMPLES if page == LANGUAGE else []
        with tempfile.TemporaryDirectory() as temporary:
            folder = playground(Path(temporary))
            changes: list[tuple[int, int, list[str]]] = []
            for block in blocks(page, "console"):
                if "\n...\n" in block.text:
                    print(f"{block}: left as it is, for it leaves lines out")
                    executed(block, folder)
                else:
                    changes.append((block.line, block.end, executed(block, folder)))
        for block in examples:
            first = block.end + 2
            wanted = [measured(block, parameters(result)) for result in block.results or ("",)]
            changes.append((first, first + len(block.results), wanted if block.results else [*wanted, ""]))
        for start, end, new in sorted(changes, reverse=True):
            if [settled(t) for t in lines[start:end]] != [settled(t) for t in new]:
                print(f"{page.relative_to(ROOT)}:{start + 1}: rewritten")
                lines[start:end] = new
        page.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    rewrite()
