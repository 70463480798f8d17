"""`virtspec simulate`: what a person reads, which exit code a script gets, what is stored, and that it can be repeated."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

REPORT = """\
lock.py  Lock
  careful=true, Task=2
  fingerprint <fingerprint>

  L-S1      violated in 3 steps  The lock is free while the light is green.
  L-R1      reached in 2 steps   The lock can be taken.
  fault     undetermined         No step runs into a fault.
  deadlock  undetermined         No process waits for ever for what nobody can do.

L-S1: The lock is free while the light is green.

   0  initial state
          owner: None
          light: RED
   1  run(Task0)        lock.py:25
          Task0: idle -> run.take
   2  turn              lock.py:36
          light: RED -> GREEN
   3  run.take(Task0)   lock.py:26
          owner: None -> Task0
          Task0: run.take -> run.leave
          spends atomic
  =>  L-S1 is violated; not true:
          light == RED
            or owner == None

      replay: virtspec replay virtspec-traces/lock-careful=true-walk-L-S1.itf.json

  100 walks, 2,000 steps, longest 20, <time>
  the same walks again: --seed 1 --walks 100 --depth 20
  <engine>

Violated: L-S1
Undetermined: fault, deadlock
"""

CAREFUL = ("simulate", "lock.py", "-p", "careful=true", "--seed", "1")
FEW = (*CAREFUL, "--walks", "100", "--depth", "20")


def steady(text: str) -> str:
    """The text without what differs from run to run or from version to version of specification and libraries."""
    text = re.sub(r"\d+\.\d\d s(, [\d,]+ steps/s)?$", "<time>", text, flags=re.MULTILINE)
    text = re.sub(r"llvmlite .*<time>", "<engine>", text)
    return re.sub(r"[0-9a-f]{16}", "<fingerprint>", text)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_report(spec: Path, run: Run, workers: str) -> None:
    done = run(*FEW, "--workers", workers)
    assert steady(done.out) == REPORT
    assert (done.code, done.err) == (1, "")


def test_the_replay_command_of_the_report_works(spec: Path, run: Run) -> None:
    [command] = re.findall("replay: virtspec (.*)", run(*FEW).out)
    done = run(*command.split())
    assert done.code == 0
    assert done.out.endswith("\nThe trace replays.\n")


def test_what_is_not_found_is_undetermined_and_the_exit_code_3(spec: Path, run: Run) -> None:
    done = run(*FEW, "--property", "deadlock")
    assert done.code == 3
    assert "  deadlock  undetermined  " in done.out
    assert "holds" not in done.out
    assert done.out.endswith(
        "\nUndetermined: deadlock\nNo violation was met. Random walks prove nothing: other walks may meet one.\n"
    )


@pytest.mark.parametrize("more", [[], ["-q"], ["--format", "json"], ["-o", "report.txt"]], ids=" ".join)
def test_an_undetermined_property_is_no_pass_in_any_format(spec: Path, run: Run, more: list[str]) -> None:
    done = run(*FEW, "--property", "L-R1", "--property", "fault", *more)
    assert done.code == 3
    if "json" in more:
        assert json.loads(done.out)["exit_code"] == 3


def test_witnesses_alone_that_are_all_reached_are_a_pass(spec: Path, run: Run) -> None:
    done = run(*FEW, "--property", "L-R1")
    assert done.code == 0
    assert done.out.endswith("\nEverything asked for was reached.\n")


def test_a_witness_that_is_not_reached_is_undetermined(spec: Path, run: Run) -> None:
    done = run(*CAREFUL, "--walks", "10", "--depth", "1", "--property", "L-R1")
    assert done.code == 3
    assert "  L-R1  undetermined  " in done.out


def test_the_command_that_is_printed_takes_the_same_walks_again(spec: Path, run: Run) -> None:
    first = run("simulate", "lock.py", "--timeout", "0.05", "-v")
    [again] = re.findall("the same walks again: (.*)", first.out)
    assert again.endswith(" --depth 1000")
    assert steady(run("simulate", "lock.py", "-v", *again.split()).out) == steady(first.out)


def test_the_command_for_the_same_walks_says_how_they_ended(spec: Path, run: Run) -> None:
    done = run("simulate", "lock.py", "--seed", "5", "--walks", "9999", "--fail-fast", "-v")
    [again] = re.findall("the same walks again: (.*)", done.out)
    assert again == "--seed 5 --walks 1024 --depth 1000 --fail-fast"
    assert steady(run("simulate", "lock.py", "-v", *again.split()).out) == steady(done.out)


def test_verbose_shows_witnesses_and_coverage(spec: Path, run: Run) -> None:
    out = run(*FEW, "-v").out
    assert "  =>  L-R1 is reached\n" in out
    assert re.search(r"\n  step +taken +enabled\n  run +700 +1,478\n", out)


def test_a_step_that_was_never_taken_is_named(spec: Path, run: Run) -> None:
    (spec / "lock.py").write_text((spec / "lock.py").read_text().replace("Light.RED)", "Light.GREEN)"))
    assert "\n  never taken: turn\n" in run(*FEW).out


def test_quiet_prints_only_what_is_violated_or_undetermined(spec: Path, run: Run) -> None:
    assert run(*FEW, "-q", "--property", "L-S1", "--property", "L-R1", "--property", "fault").out == (
        "  L-S1   violated in 3 steps  The lock is free while the light is green.\n"
        "  fault  undetermined         No step runs into a fault.\n"
    )
    assert run(*FEW, "-q", "--property", "L-R1").out == ""


def stored() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*.itf.json"))


def test_traces_are_stored_beside_those_of_a_check(spec: Path, run: Run) -> None:
    run(*FEW)
    assert stored() == ["virtspec-traces/lock-careful=true-walk-L-S1.itf.json"]
    run(*FEW, "--trace-dir", "t")
    assert [path for path in stored() if path.startswith("t/")] == [
        "t/lock-careful=true-walk-L-R1.itf.json",
        "t/lock-careful=true-walk-L-S1.itf.json",
    ]


def test_no_traces(spec: Path, run: Run) -> None:
    assert "replay" not in run(*FEW, "--no-traces").out
    assert stored() == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(spec: Path, run: Run) -> None:
    (spec / "virtspec-traces").write_text("a file in the way")
    done = run(*FEW)
    assert done.code == 1
    message = "virtspec-traces/lock-careful=true-walk-L-S1.itf.json cannot be written: File exists"
    assert done.err == f"virtspec: warning: {message}\n"


def test_json(spec: Path, run: Run) -> None:
    done = run(*FEW, "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["exit_code"], report["interrupted"]) == (1, 1, False)
    assert report["schema"] == "virtspec/simulation/v1"
    figures = {key: report["figures"][key] for key in ("seed", "walks", "cut", "depth", "steps", "longest")}
    assert figures == {"seed": 1, "walks": 100, "cut": 0, "depth": 20, "steps": 2000, "longest": 20}
    assert report["actions"]["run"] == {"taken": 700, "enabled": 1478}
    assert sum(counts["taken"] for counts in report["actions"].values()) == 2000
    assert {p["id"]: (p["verdict"], p["length"]) for p in report["properties"]} == {
        "L-S1": ("violated", 3),
        "L-R1": ("reached", 2),
        "fault": ("undetermined", None),
        "deadlock": ("undetermined", None),
    }
    assert report["properties"][0]["trace"][1]["changes"] == [{"what": "light", "from": "RED", "to": "GREEN"}]
    assert report["properties"][0]["trace_file"] == "virtspec-traces/lock-careful=true-walk-L-S1.itf.json"
    assert report["properties"][2]["reason"] == "random walks did not show it (walks: 100, steps: 2000)"


def test_every_key_of_the_json_is_documented(spec: Path, run: Run) -> None:
    report = json.loads(run(*FEW, "--format", "json").out)
    text = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
    section = text.partition("\n## simulate\n")[2].partition("\n## ")[0]
    keys = [*report, *report["figures"], "taken", "enabled", *report["properties"][0]]
    assert [key for key in keys if f"`{key}`" not in section] == []


def test_ctrl_c_reports_what_was_found_so_far(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("virtspec.explore.native.walks.wait", interrupted)
    done = run("simulate", "lock.py", "--timeout", "60", "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["exit_code"], report["interrupted"]) == (130, 130, True)
    assert "Interrupted." in run("simulate", "lock.py", "--timeout", "60").out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--seed", "-1"], "argument --seed: '-1' is not a whole number from 0 to 2**64 - 1"),
        (["--seed", str(1 << 64)], f"argument --seed: '{1 << 64}' is not a whole number from 0 to 2**64 - 1"),
        (["--walks", "0"], "argument --walks: '0' is not a whole number above 0"),
        (["--depth", "deep"], "argument --depth: 'deep' is not a whole number above 0"),
        (["--timeout", "0"], "argument --timeout: '0' is not a number of seconds above 0"),
        (["--property", "L-S2"], "Lock has no property 'L-S2'; did you mean 'L-S1'?"),
        (["--config", "v1"], "lock.py is a file: only shipped mechanisms have named configurations"),
    ],
)
def test_usage_errors(spec: Path, run: Run, args: list[str], message: str) -> None:
    done = run("simulate", "lock.py", *args)
    assert message in done.err
    assert (done.code, done.out) == (2, "")


def test_a_shipped_mechanism(zebra: Path, run: Run) -> None:
    done = run("simulate", "zebra", "--config", "careful", "--seed", "1", "--walks", "100", "--depth", "20")
    assert done.code == 1
    assert stored()[-1] == "virtspec-traces/zebra-careful-walk-L-S1.itf.json"


def test_help_imports_no_engine(shell: Run) -> None:
    done = shell("simulate", "--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.code == 0
    assert not re.search(r"\| +(numba|llvmlite|numpy|virtspec\.(api|explore))\b", done.err)
