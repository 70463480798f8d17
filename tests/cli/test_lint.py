"""`virtspec lint` shows what the linter finds, each with its place."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec import api
from virtspec.frontend.lint import Access, Finding
from virtspec.frontend.load import Specification
from virtspec.source import Span


@pytest.fixture
def one_finding(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Span(str(spec / "lock.py"), 29, 8, 29, 22)
    read = Access("reads", "owner", Span(str(spec / "lock.py"), 28, 8, 28, 22))

    def lint(spec: Specification) -> list[Finding]:
        return [
            Finding("run.take", where, "reads and writes owner", (read, Access("writes", "owner", where)), "mend it")
        ]

    monkeypatch.setattr(api, "lint", lint)


@pytest.mark.usefixtures("one_finding")
def test_findings_are_shown_with_their_line(run: Run) -> None:
    done = run("lint", "lock.py")
    assert done.code == 1
    assert done.out == (
        "lock.py:29: run.take: reads and writes owner\n"
        "   29 |         self.owner = t\n"
        "      |         ^^^^^^^^^^^^^^\n"
        "   = lock.py:28: reads owner\n"
        "   = lock.py:29: writes owner\n"
        "   = hint: mend it\n"
        "\n"
        "1 step of 4 may be too large.\n"
    )


@pytest.mark.usefixtures("one_finding")
def test_json(run: Run) -> None:
    done = run("lint", "lock.py", "--format", "json")
    assert done.code == 1
    assert json.loads(done.out) == [
        {
            "action": "run.take",
            "message": "reads and writes owner",
            "place": {"file": "lock.py", "line": 29},
            "accesses": [
                {"access": "reads owner", "place": {"file": "lock.py", "line": 28}},
                {"access": "writes owner", "place": {"file": "lock.py", "line": 29}},
            ],
        }
    ]


def test_nothing_found(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "lint", lambda system: [])
    done = run("lint", "lock.py")
    assert (done.code, done.out) == (0, "All 4 steps touch shared state once, or say why not.\n")
