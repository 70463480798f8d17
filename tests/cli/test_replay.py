"""`virtspec replay`: a stored trace is shown again, or refused with what is wrong with it."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

TRACE = Path("virtspec-traces/lock-L-S1.itf.json")


@pytest.fixture
def stored(spec: Path, run: Run) -> Path:
    run("check", "lock.py")
    return TRACE


def test_a_stored_trace_is_shown_again(stored: Path, run: Run) -> None:
    done = run("replay", stored)
    assert (done.code, done.err) == (0, "")
    assert "\nL-S1: The lock is free while the light is green.\n" in done.out
    assert "  =>  L-S1 is violated; not true:\n          light == RED\n            or owner == None\n" in done.out


def test_a_fault_is_shown_again(stored: Path, run: Run) -> None:
    done = run("replay", stored.with_name("lock-fault.itf.json"))
    assert done.code == 0
    assert "          fault: somebody else took it (lock.py:32)\n" in done.out


def test_a_deadlock_and_a_witness_are_shown_again(spec: Path, run: Run) -> None:
    text = (spec / "lock.py").read_text().replace("self.owner = None\n\n", "require(False)\n\n")
    (spec / "lock.py").write_text(text)
    assert "deadlock  violated" in run("check", "lock.py", "-p", "careful=true", "--trace-dir", "t").out
    assert "Task0 waits at run.leave (lock.py:33) for False\n" in run("replay", *Path("t").glob("*-deadlock.*")).out
    assert "=>  L-R1 is reached\n" in run("replay", *Path("t").glob("*-L-R1.*")).out


def test_the_configuration_is_that_of_the_trace(spec: Path, run: Run) -> None:
    run("check", "lock.py", "-p", "careful=true", "-p", "Task=3")
    assert "\n  careful=true, Task=3\n" in run("replay", "virtspec-traces/lock-careful=true-Task=3-L-S1.itf.json").out


def test_json(stored: Path, run: Run) -> None:
    report = json.loads(run("replay", stored, "--format", "json").out)
    assert report["property"] == "L-S1"
    assert report["reason"] == "light == RED\n  or owner == None"
    assert [step["call"] for step in report["trace"]] == ["run(Task0)", "run.take(Task0)", "turn"]


DIAGRAM = """\
sequenceDiagram
    participant m0 as Task0
    participant e0 as environment
    participant s0 as Lock
    Note over m0: 1 run
    activate m0
    m0->>s0: 2 take<br/>owner: None -> Task0
    Note over m0: spends atomic
    e0->>s0: 3 turn<br/>light: RED -> GREEN
    Note over m0: at leave
    Note over m0,s0: L-S1 is violated#59; not true:<br/>light == RED<br/>or owner == None
    deactivate m0
"""


def test_a_sequence_diagram(stored: Path, run: Run) -> None:
    done = run("replay", stored, "--format", "mermaid")
    assert (done.code, done.out, done.err) == (0, DIAGRAM, "")
    assert run("replay", stored, "--format", "mermaid", "-o", "trace.mmd").out == ""
    assert Path("trace.mmd").read_text() == DIAGRAM


def test_a_specification_that_has_changed(spec: Path, stored: Path, run: Run) -> None:
    (spec / "lock.py").write_text((spec / "lock.py").read_text().replace("m.owner is None\n", "m.owner is not None\n"))
    done = run("replay", stored)
    assert done.code == 4
    assert f"{stored}: this trace was made from Lock (careful=false, Task=2) with fingerprint" in done.err
    assert "run `virtspec check` again to make a new trace" in done.err


def test_a_specification_that_has_moved(spec: Path, stored: Path, run: Run) -> None:
    (spec / "lock.py").rename(spec / "moved.py")
    done = run("replay", stored)
    assert done.code == 4
    assert "cannot be loaded here: lock.py cannot be read" in done.err
    assert "name the specification it was made from with --spec" in done.err
    assert run("replay", stored, "--spec", "moved.py").code == 0


def test_another_specification(spec: Path, stored: Path, run: Run) -> None:
    (spec / "other.py").write_text("from virtspec import Model\nclass Other(Model): ...\n")
    done = run("replay", stored, "--spec", "other.py")
    assert done.code == 4
    assert "was made from Lock (careful=false, Task=2), which cannot be loaded here: other.py has no model" in done.err


def test_an_altered_value(stored: Path, run: Run) -> None:
    stored.write_text(stored.read_text().replace('"light": "GREEN"', '"light": "RED"'))
    done = run("replay", stored)
    assert done.code == 4
    assert done.err == (
        f"virtspec: error: {stored}: step 3: turn leads to another state than the trace says; "
        "the file has been altered: run `virtspec check` again\n"
    )


def test_a_shortened_trace(stored: Path, run: Run) -> None:
    doc = json.loads(stored.read_text())
    doc["states"].pop()
    stored.write_text(json.dumps(doc))
    done = run("replay", stored)
    assert done.code == 4
    assert "the trace replays, but does not end in L-S1; the file has been altered" in done.err


def test_a_file_that_does_not_say_where_it_comes_from(stored: Path, run: Run) -> None:
    stored.write_text(stored.read_text().replace('"virtspec:spec": "lock.py"', '"virtspec:spec": ""'))
    done = run("replay", stored)
    assert done.code == 4
    assert "does not say which specification it was made from; name it with --spec" in done.err
    assert run("replay", stored, "--spec", "lock.py").code == 0
