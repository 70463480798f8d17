"""`virtspec check --checkpoint DIR` and `--resume DIR`: a run that was killed, stopped or interrupted is continued."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from virtspec.explore.native import search
from virtspec.explore.native.checkpoint import NAME

CLASSICS = Path(__file__).parents[1] / "corpus" / "classics"
PETERSON = ("check", str(CLASSICS / "peterson.py"), "-p", "N=4", "-p", "L=3", "--no-traces", "-v")
STATES = 131_301


def said(text: str) -> str:
    """A report without what depends on the machine, on time and on the number of workers."""
    return re.sub(r"\d+\.\d\d s(, [\d,]+ states/s)?", "TIME", re.sub("  engine .*", "  ENGINE", text))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `virtspec check` prints if nobody stops it."""
    command = [sys.executable, "-m", "virtspec.cli", *PETERSON]
    there: Any = {"cwd": tmp_path_factory.mktemp("whole"), "env": {**os.environ, "COLUMNS": "100"}}  # as in `spec`
    text = said(subprocess.run(command, capture_output=True, text=True, check=True, **there).stdout)
    assert f"  {STATES:,} states, 460,493 transitions, " in text
    return text


# --- killed ----------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys, zlib
from pathlib import Path
from virtspec.cli import main
from virtspec.explore.native import keeper

def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)

def counted(function, late=False):
    left = [int(sys.argv[2])]
    def call(*args):
        left[0] -= 1
        if left[0] == 0 and not late:
            die()
        result = function(*args)
        if left[0] == 0:
            die()
        return result
    return call

match sys.argv[1]:
    case "while states are written":
        zlib.crc32 = counted(zlib.crc32)
    case "before the checkpoint is replaced":
        os.replace = counted(os.replace)
    case "after the checkpoint was replaced":
        keeper.Writer._replace = counted(keeper.Writer._replace, late=True)
main(sys.argv[3:])
"""
"""Ends itself in the n-th checkpoint, without so much as a goodbye."""


@pytest.mark.parametrize(
    "when", ["while states are written", "before the checkpoint is replaced", "after the checkpoint was replaced"]
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_is_killed_while_it_writes_can_be_continued(
    spec: Path, run: Run, whole: str, when: str, workers: str
) -> None:
    (spec / "killed.py").write_text(KILLED)
    args = [*PETERSON, "--checkpoint", "kept", "--checkpoint-every", "0", "--workers", workers]
    done = subprocess.run([sys.executable, "killed.py", when, "30", *args], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""
    resumed = run(*PETERSON, "--resume", "kept", "--checkpoint", "kept")
    assert (resumed.code, resumed.err) == (0, "")
    assert said(resumed.out) == whole


def test_a_run_that_is_killed_anywhere_can_be_continued(spec: Path, run: Run, whole: str) -> None:
    """Wherever it happens to be; should the machine be so fast that nothing is left to kill, all the same."""
    args = [*PETERSON, "--checkpoint", "kept", "--checkpoint-every", "0"]
    process = subprocess.Popen([sys.executable, "-m", "virtspec.cli", *args], stdout=subprocess.DEVNULL)
    while process.poll() is None and (not Path("kept", NAME).exists() or b"]," not in Path("kept", NAME).read_bytes()):
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert said(run(*PETERSON, "--resume", "kept").out) == whole


# --- stopped ---------------------------------------------------------------------------------------------------------


def test_a_limit_leaves_a_checkpoint_for_a_larger_one(spec: Path, run: Run) -> None:
    stopped = run("check", "lock.py", "--max-depth", "3", "--checkpoint", "kept/here")
    assert (stopped.code, stopped.err) == (1, "virtspec: to go on: --resume kept/here --checkpoint kept/here\n")
    assert "the depth limit of 3 was reached" in stopped.out
    resumed = run("check", "lock.py", "--resume", "kept/here", "--checkpoint", "kept/here")
    assert (resumed.code, resumed.err) == (1, "")
    assert said(resumed.out) == said(run("check", "lock.py").out)


def test_ctrl_c_writes_the_partial_report_and_a_checkpoint(
    spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    expand, levels = search.Search.expand_level, []

    def interrupted(self: search.Search, progress: Any) -> None:
        levels.append(self.depth)
        if len(levels) == 5:
            raise KeyboardInterrupt
        expand(self, progress)

    with monkeypatch.context() as patch:
        patch.setattr(search.Search, "expand_level", interrupted)
        done = run("check", "lock.py", "--checkpoint", "kept")
    assert done.code == 130
    assert "The search is not complete: interrupted." in done.out
    assert "L-S1      violated in 3 steps" in done.out
    assert done.err == "virtspec: to go on: --resume kept --checkpoint kept\n"
    assert said(run("check", "lock.py", "--resume", "kept").out) == said(run("check", "lock.py").out)


def test_a_disk_that_is_full_is_no_reason_to_stop(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    done = run("check", "lock.py", "--no-traces", "--checkpoint", "kept", "--checkpoint-every", "0")
    assert done.err == (
        "virtspec: warning: kept: the checkpoint cannot be written: No space left on device; "
        "the search goes on without, the last checkpoint stays as it is\n"
    )
    assert done.code == 1
    assert said(done.out) == said(run("check", "lock.py", "--no-traces").out)
    stopped = run("check", "lock.py", "--no-traces", "--checkpoint", "kept", "--max-depth", "3")
    assert "to go on" not in stopped.err


# --- refused ---------------------------------------------------------------------------------------------------------

REFUSED = [
    (["--checkpoint-every", "0"], 2, "--checkpoint-every says how often, but not where: add --checkpoint DIR"),
    (["--checkpoint-every", "-1"], 2, "argument --checkpoint-every: '-1' is not a number of seconds above 0"),
    (["--engine", "oracle", "--checkpoint", "new"], 2, "the engine oracle neither writes checkpoints nor resumes"),
    (["--engine", "oracle", "--resume", "kept"], 2, "the engine oracle neither writes checkpoints nor resumes"),
    (["--checkpoint", "lock.py"], 2, "--checkpoint lock.py cannot be used: File exists; name another directory"),
    (["--checkpoint", "kept"], 2, "go on from it with --resume kept --checkpoint kept, or remove the directory"),
    (["--checkpoint", "kept", "-p", "Task=3"], 2, "a checkpoint of another system or search; name another directory"),
    (["--resume", "new"], 4, "new holds no checkpoint (no checkpoint.json); name a directory that --checkpoint wrote"),
    (["--resume", "kept", "-p", "Task=3"], 4, "kept/checkpoint.json was made from another specification or config"),
    (["--resume", "kept", "--property", "fault"], 4, "this one judges fault: name the same with --property"),
]


@pytest.mark.parametrize(("args", "code", "message"), REFUSED, ids=[" ".join(args) for args, *_ in REFUSED])
def test_what_does_not_fit_is_refused(spec: Path, run: Run, args: list[str], code: int, message: str) -> None:
    run("check", "lock.py", "--max-depth", "3", "--checkpoint", "kept")
    done = run("check", "lock.py", *args)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("virtspec: error: ")
    assert message in done.err
    assert done.err.count("virtspec: ") == 1


def test_a_specification_that_has_changed_is_refused(spec: Path, run: Run) -> None:
    run("check", "lock.py", "--max-depth", "3", "--checkpoint", "kept")
    there = (spec / "lock.py").read_text()
    (spec / "lock.py").write_text(there.replace("require(self.owner is None)", "pass"))
    assert run("check", "lock.py", "--resume", "kept").code == 1  # of no effect, for `careful` is false
    (spec / "lock.py").write_text(there.replace("self.owner = None", "pass"))
    done = run("check", "lock.py", "--resume", "kept")
    assert done.code == 4
    assert re.search(
        r"Lock \(.*\) with fingerprint \w{16} there, Lock \(.*\) with fingerprint \w{16} here\n$", done.err
    )
