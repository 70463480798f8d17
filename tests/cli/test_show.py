"""`virtspec list` and `virtspec show`: what there is, before anything is checked."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec.api import shipped

SHOWN = """\
zebra  Lock
  careful=false, Task=2
  fingerprint <fingerprint>

  Taking without looking.

Parameters (-p NAME=VALUE)
  careful  constant  false
  Task     size      2      A thread.

Configurations (--config NAME)
  careless  as first posted
  careful   with the fix

State
  owner  Task | None  site/zebra/spec.py:21
  light  Light        site/zebra/spec.py:22

Properties
  L-S1  invariant  The lock is free while the light is green.
  L-R1  reachable  The lock can be taken.

Process run
  run        t: Task  site/zebra/spec.py:25
  run.take   t: Task  site/zebra/spec.py:26
  run.leave  t: Task  site/zebra/spec.py:31

Environment
  turn    site/zebra/spec.py:36
"""


def test_show(zebra: Path, run: Run) -> None:
    done = run("show", "zebra")
    lines = ["  fingerprint <fingerprint>" if "fingerprint" in line else line for line in done.out.splitlines()]
    assert "\n".join(lines) + "\n" == SHOWN
    assert (done.code, done.err) == (0, "")


def test_show_a_file_in_another_configuration(spec: Path, run: Run) -> None:
    assert run("show", "lock.py", "-p", "Task=4").out.startswith("lock.py  Lock\n  careful=false, Task=4\n")


def test_show_as_json(zebra: Path, run: Run) -> None:
    found = json.loads(run("show", "zebra", "--format", "json").out)
    assert found["parameters"][0] == {"name": "careful", "kind": "constant", "value": "false", "says": ""}
    assert found["configurations"] == ["careless", "careful"]
    assert [s["action"] for s in found["steps"]] == ["run", "run.take", "run.leave", "turn"]
    assert found["steps"][1]["writes"] == ["owner"]


@pytest.mark.parametrize(
    ("form", "start"),
    [("markdown", "| step | parameters |"), ("mermaid", "stateDiagram-v2\n"), ("dot", 'digraph "Lock" {\n')],
)
def test_show_in_other_forms(spec: Path, run: Run, form: str, start: str) -> None:
    assert run("show", "lock.py", "--format", form).out.startswith(start)


def test_list(zebra: Path, run: Run) -> None:
    done = run("list", "-v")
    assert done.code == 0
    assert done.out == (
        "  zebra  2 configurations  A lock and a light\n"
        "\n"
        "zebra\n  careless  as first posted\n  careful   with the fix\n"
        "\n"
        "virtspec show NAME tells more; virtspec check NAME checks one.\n"
    )


def test_list_as_json(zebra: Path, run: Run) -> None:
    [found] = json.loads(run("list", "--format", "json").out)
    assert (found["name"], found["title"], found["package"]) == ("zebra", "A lock and a light", "zebra")
    assert found["configurations"][1] == {"name": "careful", "summary": "with the fix", "slow": False}


def test_an_empty_catalog_is_told(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "GROUP", "nobody.registers.here")
    assert run("list").code == 5
    assert run("corpus").err == "virtspec: error: there is no configuration to check: no mechanism is installed\n"
