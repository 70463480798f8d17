"""`virtspec prove` and `recheck`: what a person reads, exit codes, what is stored, what is refused."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.conftest import Run

REPORT = """\
lock.py  Lock
  careful=true, Task=2
  fingerprint <fingerprint>

  L-S1  violated in 3 steps  The lock is free while the light is green.
  L-R1  reached in 2 steps  The lock can be taken.
  fault  holds (<k>)  No step runs into a fault.
  deadlock  holds (<k>)  No process waits for ever for what nobody can do.

L-S1: The lock is free while the light is green.
"""

COUNTER = """\
from virtspec import Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset):
    \"\"\"A thread.\"\"\"


class Word(Model):
    \"\"\"A word that is set while somebody is inside.\"\"\"

    locked: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "spin"
        require(not self.locked)
        self.locked = True
        yield "critical"
        self.locked = False


@invariant(Word, id="HELD")
def held(m: Word, t: Task) -> bool:
    \"\"\"Whoever is inside has set the word.\"\"\"
    return not at(m.lock, "critical", t) or m.locked


@invariant(Word, id="ONE")
def one(m: Word, t: Task, u: Task) -> bool:
    \"\"\"One at a time.\"\"\"
    return t == u or not (at(m.lock, "critical", t) and at(m.lock, "critical", u))
"""

STUCK = """\
ONE, a counterexample to induction: One at a time.

      a state in which all invariants hold, with Task=2
          Task<a>: lock.critical
          Task<b>: lock.spin
      lock.spin(Task<b>)   word.py:15
          locked: False -> True
          Task<b>: lock.spin -> lock.critical
  =>  ONE is not preserved; not true:
"""


@pytest.fixture
def word(spec: Path) -> Path:
    (spec / "word.py").write_text(COUNTER)
    return spec


def steady(text: str) -> str:
    """Without what differs from run to run and from version to version."""
    text = re.sub(r"holds \([^)]*\)", "holds (<k>)", text)
    text = re.sub(r"(?<=\S)   +(?=\S)", "  ", text)
    return re.sub(r"[0-9a-f]{16}", "<fingerprint>", text)


def test_the_report(spec: Path, run: Run) -> None:
    done = run("prove", "lock.py", "-p", "careful=true", "--timeout", "30")
    assert done.code == 1 and not done.err
    assert steady(done.out).startswith(REPORT)
    assert "replay: virtspec replay virtspec-traces/lock-careful=true-L-S1.itf.json" in done.out
    assert re.search(r"^  \d+ questions to the solver, ", done.out, re.MULTILINE)
    assert done.out.endswith("Violated: L-S1\n")
    assert run("replay", "virtspec-traces/lock-careful=true-L-S1.itf.json").code == 0


def test_for_any_number(word: Path, run: Run) -> None:
    done = run("prove", "word.py", "-p", "Task=any", "--property", "HELD", "--property", "ONE", "--method", "inductive")
    assert done.code == 0
    assert "  ONE   holds (inductive, any Task)  One at a time." in done.out
    assert "inductive together: HELD, ONE" in done.out
    assert done.out.endswith("Everything asked for is proved.\n")


def test_a_counterexample_to_induction(word: Path, run: Run) -> None:
    how = ("--property", "ONE", "--method", "inductive", "--using", "ONE")
    done = run("prove", "word.py", "-p", "Task=any", *how)
    assert done.code == 3
    shown = STUCK.replace("<a>", "0").replace("<b>", "1"), STUCK.replace("<a>", "1").replace("<b>", "0")
    assert any(text in done.out for text in shown), done.out
    assert "the state before the step: not reachable: none of all " in done.out
    assert done.out.endswith("Undetermined: ONE\nONE: inductive: not preserved by lock.spin.\n")
    learnt = run("prove", "word.py", "-p", "Task=any", *how, "--strengthen")
    assert learnt.code == 0 and "ONE, by the invariant: One at a time." in learnt.out


def test_quiet_and_verbose(word: Path, run: Run) -> None:
    asked = ("prove", "word.py", "--property", "ONE", "--method", "kind")
    assert run(*asked, "-q").out == ""
    assert "question" in run(*asked, "-v").out.partition("z3 ")[2]


def test_json(word: Path, run: Run) -> None:
    done = run("prove", "word.py", "--format", "json", "--method", "inductive", "--using", "ONE", "--property", "ONE")
    found = json.loads(done.out)
    assert found["schema"] == "virtspec-proof/1" and found["exit_code"] == done.code == 3
    (prop,) = found["properties"]
    stuck = prop["counterexample_to_induction"]
    assert prop["verdict"] == "undetermined" and stuck["possible"] is True
    assert stuck["step"].startswith("lock.spin(Task") and stuck["false"] and stuck["before"]["locked"] == "False"
    assert {q["answer"] for q in found["questions"]} == {"sat", "unsat"}


def test_a_certificate_and_a_log(word: Path, run: Run) -> None:
    files = ("--certificate", "word.smt2", "--solver-log", "log.smt2")
    done = run("prove", "word.py", "-p", "Task=any", "--property", "ONE", "--method", "inductive", *files)
    assert done.code == 0
    assert "certificate: word.smt2; check it with `virtspec recheck word.smt2`" in done.out
    assert (word / "log.smt2").read_text().count("(check-sat)") > 3
    checked = run("recheck", "word.smt2", "--solver", "z3")
    assert checked.code == 0 and re.search(r"z3 [\d.]+: 11 of 11 accepted", checked.out), checked.out
    found = json.loads(run("recheck", "word.smt2", "--solver", "z3", "--format", "json").out)
    assert found["proves"] == ["ONE"] and found["obligations"] == 11 and found["solvers"][0]["not_accepted"] == {}
    text = (word / "word.smt2").read_text()
    (word / "word.smt2").write_text(text.replace("(not ", "(or ", 1))
    refused = run("recheck", "word.smt2")
    assert refused.code == 4 and "this is not what the specification gives" in refused.err


def test_nothing_to_certify(word: Path, run: Run) -> None:
    done = run("prove", "word.py", "--property", "ONE", "--method", "kind", "--certificate", "word.smt2")
    assert done.code == 0 and "no certificate: nothing was proved by invariants" in done.out
    assert run("recheck", "word.smt2").code == 4


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-p", "Task=any", "--method", "kind"), "Task of any size: only --method inductive proves that"),
        (("--property", "TWO"), "Word has no property 'TWO'"),
        (("--method", "guess"), "invalid choice: 'guess'"),
        (("--timeout", "0"), "'0' is not a number of seconds above 0"),
        (("--certificate", "none/word.smt2"), "--certificate none/word.smt2 cannot be written: No such file"),
        (("--solver-log", "."), "--solver-log . cannot be written: Is a directory"),
        (("--using", "HELP"), "Word has no property 'HELP'"),
    ],
)
def test_what_is_refused(word: Path, run: Run, args: tuple[str, ...], message: str) -> None:
    done = run("prove", "word.py", *args)
    assert done.code == 2 and message in done.err and not done.out


def test_a_type_of_any_size_is_for_proofs_only(word: Path, run: Run) -> None:
    for verb in ("check", "simulate", "layout"):
        done = run(verb, "word.py", "-p", "Task=any")
        assert done.code == 2
        assert done.err == (
            "virtspec: error: Task=any: there is no end of states; give Task a size, or use `virtspec prove`\n"
        )
