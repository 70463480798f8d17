"""`virtspec check`: what a person reads, which exit code a script gets, what is stored."""

import json
import os
import pty
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.schema import problems

from virtspec.semantics.successors import successors

REPORT = """\
lock.py  Lock
  careful=true, Task=2
  fingerprint <fingerprint>

  L-S1      violated in 3 steps  The lock is free while the light is green.
  L-R1      reached in 2 steps   The lock can be taken.
  fault     holds                No step runs into a fault.
  deadlock  holds                No process waits for ever for what nobody can do.

L-S1: The lock is free while the light is green.

   0  initial state
          owner: None
          light: RED
   1  run(Task0)        lock.py:25
          Task0: idle -> run.take
   2  run.take(Task0)   lock.py:26
          owner: None -> Task0
          Task0: run.take -> run.leave
          spends atomic
   3  turn              lock.py:36
          light: RED -> GREEN
  =>  L-S1 is violated; not true:
          light == RED
            or owner == None

      replay: virtspec replay virtspec-traces/lock-careful=true-L-S1.itf.json

  10 states, 23 transitions, depth 4, <time>
  symmetry: members renamed: 2 of Task; 10 states stand for 16, factor 1.6
  <engine>

Violated: L-S1
"""


def steady(text: str) -> str:
    """The text without what differs from run to run or from version to version of the specification."""
    text = re.sub(r"  engine native .*compiled in \d+\.\d\d s\n", "  <engine>\n", text)
    return re.sub(r"\d+\.\d\d s(, [\d,]+ states/s)?", "<time>", re.sub(r"[0-9a-f]{16}", "<fingerprint>", text))


def test_the_report(spec: Path, run: Run) -> None:
    done = run("check", "lock.py", "-p", "careful=true")
    assert steady(done.out) == REPORT
    assert (done.code, done.err) == (1, "")


def test_the_replay_command_of_the_report_works(spec: Path, run: Run) -> None:
    [command] = re.findall("replay: virtspec (.*)", run("check", "lock.py", "-p", "careful=true").out)
    done = run(*command.split())
    assert done.code == 0
    assert "   3  turn              lock.py:36\n" in done.out
    assert done.out.endswith("\nThe trace replays.\n")


def test_one_property_alone_that_holds(spec: Path, run: Run) -> None:
    done = run("check", "lock.py", "--property", "deadlock")
    assert done.code == 0
    assert "  deadlock  holds  " in done.out
    assert "L-S1" not in done.out
    assert done.out.endswith("\nNothing is violated; every reachable state was seen.\n")


def test_verbose_shows_witnesses_and_counts(spec: Path, run: Run) -> None:
    out = run("check", "lock.py", "-v", "--no-reduce").out
    assert "  =>  L-R1 is reached\n" in out
    assert "  step       taken\n  run           16\n  run.take      16\n  run.leave     24\n  turn          14\n" in out


def test_quiet_prints_only_what_is_wrong(spec: Path, run: Run) -> None:
    assert run("check", "lock.py", "-q", "-p", "careful=true").out == (
        "  L-S1  violated in 3 steps  The lock is free while the light is green.\n"
    )
    assert run("check", "lock.py", "-q", "--property", "deadlock").out == ""


@pytest.mark.parametrize("limit", [("--max-states", "5"), ("--max-depth", "1"), ("--timeout", "1e-9")])
def test_a_limit_leaves_properties_undetermined(spec: Path, run: Run, limit: tuple[str, str]) -> None:
    done = run("check", "lock.py", *limit)
    assert done.code == 3
    assert "\nUndetermined: L-S1, " in done.out
    assert "\nThe search is not complete: the " in done.out


def test_a_violation_counts_for_more_than_a_limit(spec: Path, run: Run) -> None:
    done = run("check", "lock.py", "--fail-fast")
    assert done.code == 1
    assert "The search is not complete: stopped at the first violation." in done.out


def test_a_step_that_is_never_taken_is_named(spec: Path, run: Run) -> None:
    (spec / "lock.py").write_text((spec / "lock.py").read_text().replace("Light.RED)", "Light.GREEN)"))
    assert "\n  never taken: turn\n" in run("check", "lock.py").out


def test_without_properties_the_report_says_so(spec: Path, run: Run) -> None:
    (spec / "lock.py").write_text((spec / "lock.py").read_text().partition("@invariant")[0])
    done = run("check", "lock.py", "-p", "careful=1")
    assert done.code == 0
    assert "No property is declared: only faults and deadlocks were looked for." in done.out


# --- traces ----------------------------------------------------------------------------------------------------------


def stored() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*.itf.json"))


def test_traces_of_violations_are_stored(spec: Path, run: Run) -> None:
    run("check", "lock.py")
    assert stored() == ["virtspec-traces/lock-L-S1.itf.json", "virtspec-traces/lock-fault.itf.json"]


def test_a_folder_for_traces_gets_witnesses_too(spec: Path, run: Run) -> None:
    run("check", "lock.py", "--trace-dir", "out/traces")
    assert stored() == [f"out/traces/lock-{prop}.itf.json" for prop in ("L-R1", "L-S1", "fault")]


def test_no_traces(spec: Path, run: Run) -> None:
    assert "replay" not in run("check", "lock.py", "--no-traces").out
    assert stored() == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(spec: Path, run: Run) -> None:
    (spec / "virtspec-traces").write_text("a file in the way")
    done = run("check", "lock.py")
    assert done.code == 1
    assert done.err == "virtspec: warning: virtspec-traces/lock-L-S1.itf.json cannot be written: File exists\n"
    assert "replay" not in done.out


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_the_json_report_follows_its_schema(spec: Path, run: Run) -> None:
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    done = run("check", "lock.py", "--format", "json")
    report = json.loads(done.out)
    assert problems(schema, report) == []
    assert (done.code, report["exit_code"]) == (1, 1)
    verdicts = {p["id"]: (p["verdict"], p["length"]) for p in report["properties"]}
    assert verdicts == {
        "L-S1": ("violated", 3),
        "L-R1": ("reached", 2),
        "fault": ("violated", 5),
        "deadlock": ("holds", None),
    }
    assert report["properties"][0]["trace"][2]["changes"] == [{"what": "light", "from": "RED", "to": "GREEN"}]
    assert report["properties"][0]["trace_file"] == "virtspec-traces/lock-L-S1.itf.json"


def test_the_schema_refuses_what_is_no_report(spec: Path, run: Run) -> None:
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    report = json.loads(run("check", "lock.py", "--format", "json").out)
    report["properties"][0]["verdict"] = "fine"
    del report["figures"]["depth"]
    report["extra"] = 1
    assert len(problems(schema, report)) == 3


def test_an_undetermined_report_follows_the_schema(spec: Path, run: Run) -> None:
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    report = json.loads(run("check", "lock.py", "--format", "json", "--max-depth", "1").out)
    assert problems(schema, report) == []
    assert (report["complete"], report["stopped"]) == (False, "the depth limit of 1 was reached")


def test_output_to_a_file(spec: Path, run: Run) -> None:
    done = run("check", "lock.py", "-p", "careful=true", "-o", "report.txt")
    assert (done.code, done.out) == (1, "")
    assert steady(Path("report.txt").read_text()) == REPORT


# --- terminals, pipes, signals ---------------------------------------------------------------------------------------


def on_a_terminal(*args: str, **env: str) -> str:
    """What `virtspec` prints where both its outputs are a terminal."""
    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "virtspec.cli", *args]
    environment = {**os.environ, "TERM": "xterm", **env}
    process = subprocess.Popen(command, stdout=secondary, stderr=secondary, env=environment)
    os.close(secondary)
    parts = []
    try:
        while part := os.read(primary, 4096):
            parts.append(part)
    except OSError:  # what Linux says when the other end has gone
        pass
    os.close(primary)
    process.wait()
    return b"".join(parts).decode()


def test_colours_on_a_terminal_only(spec: Path, shell: Run) -> None:
    assert "\x1b[1;31mviolated in 3 steps" in on_a_terminal("check", "lock.py", "--no-progress")
    assert "\x1b" not in shell("check", "lock.py", TERM="xterm").out


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_none_are_wanted(spec: Path, env: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal("check", "lock.py", "--no-progress", **env)


def test_progress_is_shown_on_a_terminal_only(spec: Path, shell: Run) -> None:
    assert "lock: loading" in on_a_terminal("check", "lock.py")
    assert "lock: loading" not in on_a_terminal("check", "lock.py", "--no-progress")
    assert shell("check", "lock.py").err == ""


def test_a_reader_that_goes_away_does_not_change_the_exit_code(spec: Path) -> None:
    command = [sys.executable, "-m", "virtspec.cli", "check", "lock.py"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_ctrl_c_reports_what_was_found_so_far(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupted(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return successors(*args)

    monkeypatch.setattr("virtspec.explore.oracle.successors", interrupted)
    done = run("check", "lock.py", "--format", "json", "--engine", "oracle")
    report = json.loads(done.out)
    assert (done.code, report["exit_code"], report["stopped"]) == (130, 130, "interrupted")
    verdicts = {p["id"]: p["verdict"] for p in report["properties"]}
    assert (verdicts["L-S1"], verdicts["deadlock"]) == ("violated", "undetermined")


def test_a_terminal_without_unicode_is_no_reason_to_fail(spec: Path, shell: Run) -> None:
    (spec / "lock.py").write_text(
        (spec / "lock.py").read_text().replace("The lock can", "The lock \u2013 can"), "utf-8"
    )
    done = shell("check", "lock.py", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert done.code == 1
    assert "The lock \\u2013 can be taken." in done.out
