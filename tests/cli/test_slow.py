"""Configurations that take minutes are left out unless they are asked for, and their manifest entries stay."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import MANIFEST, Run

SLOW = (
    MANIFEST.replace("transitions = 36", "transitions = 23")
    .replace("depth = 4\n", "depth = 4\nreduced = true\n")
    .replace("states = 16", "states = 10")
)
"""What the manifest says once `careful` is slow: it is searched with reductions."""


@pytest.fixture
def slow(zebra: Path) -> Path:
    """The mechanism with `careful` slow and measured."""
    history = zebra / "history.py"
    history.write_text(history.read_text().replace('"with the fix")', '"with the fix", slow=True)'))
    (zebra / "manifest.toml").write_text(SLOW)
    return zebra


def test_the_corpus_leaves_them_out_and_says_so(slow: Path, run: Run) -> None:
    done = run("corpus", "--jobs", "1")
    assert done.code == 0
    assert "  careful" not in done.out
    assert done.out.endswith(
        "\nAll 1 configuration are as expected.\n1 slow configuration left out; --slow checks them, too.\n"
    )
    assert run("corpus", "-q", "--jobs", "1").out == ""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_corpus_checks_them_with_reductions_if_asked(slow: Path, run: Run, jobs: str) -> None:
    done = run("corpus", "zebra", "--slow", "--jobs", jobs, "--format", "json")
    assert done.code == 0
    assert [(r["configuration"], r["agrees"], r["reduced"], r["states"]) for r in json.loads(done.out)] == [
        ("careless", True, False, 28),
        ("careful", True, True, 10),
    ]


def test_update_leaves_their_entries_as_they_are(slow: Path, run: Run) -> None:
    manifest = slow / "manifest.toml"
    odd = SLOW.replace("states = 10", "states = 11 # of one night").replace("states = 28", "states = 27")
    manifest.write_text(odd)
    done = run("corpus", "--update", "-q", "--jobs", "1")
    assert done.code == 0
    assert done.err == "manifest: zebra/careless: states: the manifest says 27, found 28\n"
    assert manifest.read_text() == odd.replace("states = 27", "states = 28")
    assert run("corpus", "--slow", "--update", "-q", "--jobs", "1").code == 0
    assert manifest.read_text() == SLOW


def test_an_entry_that_is_missing_is_missed(slow: Path, run: Run) -> None:
    manifest = slow / "manifest.toml"
    manifest.write_text(SLOW.partition("\n[configurations.careful]")[0])
    line = "zebra/careful: the manifest has no entry for it; `virtspec corpus --slow --update` writes one\n"
    for options in ([], ["--slow"], ["--update"]):
        done = run("corpus", "-q", "--jobs", "1", *options)
        assert (done.code, line in done.out) == (1, True)
    assert run("corpus", "-q", "--slow", "--update", "--jobs", "1").code == 0
    assert manifest.read_text() == SLOW


def test_an_entry_measured_otherwise_is_no_measure(slow: Path, run: Run) -> None:
    (slow / "manifest.toml").write_text(MANIFEST)
    line = "zebra/careful: it was searched with reductions, the manifest's figures were measured otherwise\n"
    done = run("corpus", "-q", "--slow", "--jobs", "1")
    assert (done.code, line in done.out) == (1, True)


def test_where_all_are_slow_nothing_is_checked(slow: Path, run: Run) -> None:
    history = slow / "history.py"
    history.write_text(history.read_text().replace('"commit 1234567")', '"commit 1234567", slow=True)'))
    for args in (["corpus"], ["check", "zebra", "--all-configs"]):
        done = run(*args)
        assert (done.code, done.out) == (5, "")
        assert done.err == (
            "virtspec: error: there is no configuration to check: zebra; those that are slow are checked with --slow\n"
        )


def test_a_table_of_all_configurations_leaves_them_out_and_says_so(slow: Path, run: Run) -> None:
    done = run("check", "zebra", "--all-configs")
    assert "  careful " not in done.out
    assert done.out.endswith("1 slow configuration left out; --slow checks them, too.\n")
    done = run("check", "zebra", "--all-configs", "--slow", "--format", "json")
    assert [row["name"] for row in json.loads(done.out)["configurations"]] == ["careless", "careful"]


def test_one_that_is_named_is_checked(slow: Path, run: Run) -> None:
    assert run("check", "zebra", "--config", "careful", "--no-traces").code == 1


def test_the_list_says_which_are_slow(slow: Path, run: Run) -> None:
    assert "  careful   with the fix (slow)\n" in run("list", "-v").out
    (mechanism,) = json.loads(run("list", "--format", "json").out)
    assert [c["slow"] for c in mechanism["configurations"]] == [False, True]
