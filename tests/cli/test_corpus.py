"""`virtspec corpus`: what is measured against what the manifest holds and the history claims."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.conftest import MANIFEST, Run

from virtspec import api
from virtspec.api import agreement

AGREEING = """\
zebra
  configuration  states  transitions  depth  seconds  verdicts
  careless           28           70      7      0.0  violated as expected: L-S1 in 3 steps, fault
                                                      in 5 steps
  careful            16           36      4      0.0  violated as expected: L-S1 in 3 steps

  mechanism  all hold  violated as expected  not as expected
  zebra             0                     2                0

All 2 configurations are as expected.
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_corpus_that_agrees(zebra: Path, run: Run, jobs: str) -> None:
    done = run("corpus", "zebra", "--jobs", jobs)
    assert (done.code, done.err) == (0, "")
    assert re.sub(r" 0\.\d ", " 0.0 ", done.out) == AGREEING


def test_quiet_prints_nothing_if_all_agree(zebra: Path, run: Run) -> None:
    done = run("corpus", "zebra", "-q", "--jobs", "1")
    assert (done.code, done.out) == (0, "")


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("manifest.toml", "states = 16", "states = 15", "zebra/careful: states: the manifest says 15, found 16"),
        ("manifest.toml", "depth = 4\n", "", "zebra/careful: depth: the manifest says nothing, found 4"),
        (
            "manifest.toml",
            'fault = "violated 5"',
            'fault = "violated 4"',
            "zebra/careless: fault: the manifest says violated 4, found violated 5",
        ),
        (
            "manifest.toml",
            "verdicts = { L-S1",
            'verdicts = { L-S0 = "holds", L-S1',
            "zebra/careful: L-S0: the manifest says holds, found no such property",
        ),
        (
            "manifest.toml",
            "[configurations.careful]",
            "[configurations.lost]",
            "zebra/careful: the manifest has no entry for it; `virtspec corpus --update` writes one",
        ),
        (
            "manifest.toml",
            "[configurations.careful]",
            "[configurations.lost]",
            "zebra/lost: the manifest has this entry, but there is no such configuration",
        ),
        (
            "history.py",
            ', "fault": "violated"',
            "",
            "zebra/careless: fault: the history claims no violation (commit 1234567), found violated 5",
        ),
        (
            "history.py",
            '{"careful": True}, {"L-S1": "violated"}',
            '{"careful": True}, {"L-S1": "violated 4"}',
            "zebra/careful: L-S1: the history claims violated 4, found violated 3",
        ),
        (
            "history.py",
            '{"careful": True}',
            '{"carefull": True}',
            "zebra/careful: Lock has no parameter 'carefull'; did you mean 'careful'?",
        ),
    ],
)
def test_every_disagreement_is_told_in_one_line(
    zebra: Path, run: Run, file: str, old: str, new: str, line: str
) -> None:
    edit(zebra / file, old, new)
    done = run("corpus", "zebra", "--jobs", "1", "-q")
    assert done.code == 1
    assert line in done.out.splitlines()


def test_update_shows_what_changes_and_writes_it(zebra: Path, run: Run) -> None:
    manifest = zebra / "manifest.toml"
    manifest.write_text(MANIFEST.replace("states = 16", "states = 15").replace(".careless]", ".lost]"))
    done = run("corpus", "zebra", "--jobs", "1", "--update", "-q")
    assert done.code == 0
    assert done.out == ""
    assert done.err.splitlines() == [
        "manifest: zebra/careless: the manifest has no entry for it; `virtspec corpus --update` writes one",
        "manifest: zebra/careful: states: the manifest says 15, found 16",
        "manifest: zebra/lost: removed, no configuration",
    ]
    assert manifest.read_text() == MANIFEST


def test_update_does_not_settle_a_claim(zebra: Path, run: Run) -> None:
    edit(zebra / "history.py", ', "fault": "violated"', "")
    assert run("corpus", "zebra", "--jobs", "1", "--update").code == 1


def test_update_keeps_what_the_author_wrote_or_refuses(zebra: Path, run: Run) -> None:
    manifest = zebra / "manifest.toml"
    manifest.write_text(MANIFEST + "\n[notes]\nwhy = 'below'\n")
    done = run("corpus", "zebra", "--jobs", "1", "--update")
    assert done.code == 4
    assert "move 'notes' above the first [configurations...] table" in done.err
    assert manifest.read_text().endswith("'below'\n")


def test_update_writes_nothing_of_what_could_not_be_checked(zebra: Path, run: Run) -> None:
    edit(zebra / "history.py", '{"careful": True}', '{"carefull": True}')
    done = run("corpus", "zebra", "--jobs", "1", "--update")
    assert done.code == 4
    assert "zebra/careful was not fully checked; nothing has been written" in done.err


def test_json(zebra: Path, run: Run) -> None:
    results = json.loads(run("corpus", "zebra", "--jobs", "1", "--format", "json").out)
    assert [(r["configuration"], r["agrees"], r["states"]) for r in results] == [
        ("careless", True, 28),
        ("careful", True, 16),
    ]


def test_a_mechanism_without_configurations(zebra: Path, run: Run) -> None:
    (zebra / "history.py").write_text("")
    done = run("corpus", "zebra")
    assert done.code == 5
    assert done.err == "virtspec: error: there is no configuration to check: zebra\n"


def test_ctrl_c_reports_what_is_done(zebra: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = api.check, []

    def interrupted(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(agreement, "check", interrupted)
    done = run("corpus", "zebra", "--jobs", "1", "--update")
    assert done.code == 130
    assert "zebra/careful: interrupted\n" in done.out
    assert "  careless  " in done.out


def test_a_named_configuration_can_be_checked_alone(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--config", "careful")
    assert done.out.startswith("zebra  Lock, configuration careful\n  careful=true, Task=2\n")
    assert "virtspec replay virtspec-traces/zebra-careful-L-S1.itf.json" in done.out
    assert run("replay", "virtspec-traces/zebra-careful-L-S1.itf.json").code == 0


def test_parameters_go_before_the_configuration(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--config", "careful", "-p", "careful=false", "--no-traces")
    assert done.out.startswith("zebra  Lock, configuration careful\n  careful=false, Task=2\n")


def test_the_catalog_is_what_is_registered(zebra: Path) -> None:
    found = api.catalog()["zebra"]
    assert (found.title, found.package, [c.name for c in found.cases]) == (
        "A lock and a light",
        "zebra",
        ["careless", "careful"],
    )
    assert [p.id for p in api.load("zebra").properties] == ["L-S1", "L-R1"]
