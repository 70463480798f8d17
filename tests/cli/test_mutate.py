"""`virtspec mutate`: what is said of survivors, and which exit code a script gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import HISTORY, Run

SURVIVOR = """\
lock.py:37: survives: deleted
   37 |         require(self.light is Light.RED)
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = states 16 as before, transitions 36 -> 44

"""
KEY = "spec.py: require(self.light is Light.RED) / deleted"


def test_a_survivor_is_shown_with_its_line(spec: Path, run: Run) -> None:
    done = run("mutate", "lock.py", "-p", "careful=true")
    assert done.out == SURVIVOR + "2 mutants: 1 noticed, 1 survives; score 0.50\n"
    assert done.code == 1


def test_verbose_tells_who_notices(spec: Path, run: Run) -> None:
    done = run("mutate", "lock.py", "-p", "careful=true", "-v")
    assert "  lock.py:28  deleted  fault violated in 5 steps  require(self.owner is None)\n" in done.out


def test_quiet(spec: Path, run: Run) -> None:
    assert run("mutate", "lock.py", "-p", "careful=true", "-q").out == SURVIVOR


@pytest.mark.parametrize(("score", "code"), [("0.5", 0), ("0.51", 1), ("1.5", 2), ("x", 2)])
def test_the_least_score(spec: Path, run: Run, score: str, code: int) -> None:
    assert run("mutate", "lock.py", "-p", "careful=true", "--min-score", score).code == code


def test_one_configuration_that_notices_is_enough(zebra: Path, run: Run) -> None:
    done = run("mutate", "zebra", "--config", "careless", "--config", "careful", "-v")
    assert "fault violated in 5 steps (careful)" in done.out
    assert "   = careless: states 28 as before, transitions 70 -> 84\n" in done.out
    assert done.out.endswith("2 mutants: 1 noticed, 1 survives; score 0.50\n")


def test_a_survivor_may_be_expected(zebra: Path, run: Run) -> None:
    reason = f"\nSURVIVORS = {{{KEY!r}: 'turning twice does nothing'}}\n"
    (zebra / "history.py").write_text(HISTORY + reason)
    done = run("mutate", "zebra", "--config", "careful")
    assert "   = expected: turning twice does nothing\n" in done.out
    assert done.out.endswith("2 mutants: 1 noticed, 1 survives, 1 of them as expected; score 0.50\n")
    assert done.code == 0


def test_what_is_expected_to_survive_and_is_noticed_is_told(zebra: Path, run: Run) -> None:
    key = "spec.py: require(self.owner is None) / deleted"
    (zebra / "history.py").write_text(HISTORY + f"\nSURVIVORS = {{{KEY!r}: 'so be it', {key!r}: 'nobody cares'}}\n")
    done = run("mutate", "zebra", "--config", "careful", "-q")
    assert done.out == f"{key}: fault violated in 5 steps (careful), but is expected to survive: nobody cares\n"
    assert done.code == 1


def test_json(spec: Path, run: Run) -> None:
    done = run("mutate", "lock.py", "-p", "careful=true", "--format", "json")
    found = json.loads(done.out)
    assert found["figures"] == {
        "mutants": 2,
        "noticed": 1,
        "survive": 1,
        "equivalent": 0,
        "undetermined": 0,
        "unexpected": 1,
        "score": 0.5,
    }
    assert (found["schema"], found["exit_code"], found["interrupted"]) == ("virtspec/mutants/v1", 1, False)
    assert [m["outcome"] for m in found["mutants"]] == ["noticed", "survives"]
    assert found["mutants"][0] == {
        "key": "lock.py: require(self.owner is None) / deleted",
        "place": {"file": "lock.py", "line": 28},
        "text": "require(self.owner is None)",
        "edit": "deleted",
        "expected": None,
        "outcome": "noticed",
        "configuration": None,
        "property": "fault",
        "verdict": "violated 5",
    }


def test_a_limit_is_told_and_gives_3(spec: Path, run: Run) -> None:
    done = run("mutate", "lock.py", "-p", "careful=true", "--max-states", "1")
    assert "lock.py:37: undetermined, " in done.out
    assert done.code == 3


def test_what_cannot_be_asked(spec: Path, run: Run) -> None:
    done = run("mutate", "lock.py", "--config", "a")
    assert (done.code, done.out) == (2, "")
    assert run("mutate", "lock.py", "--timeout", "1e-9").code == 5
