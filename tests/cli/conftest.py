"""A small specification in a folder of its own, a mechanism registered as another package would, and ways to run."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from virtspec.api import shipped
from virtspec.cli import main

LOCK = '''\
"""A lock that nobody waits for."""

from enum import Enum, auto

from virtspec import Const, Model, Scalarset, Steps, action, cost, invariant, process, reachable, require


class Task(Scalarset):
    """A thread."""


class Light(Enum):
    RED = auto()
    GREEN = auto()


class Lock(Model):
    """Taking without looking."""

    careful: Const[bool] = False
    owner: Task | None = None
    light: Light

    @process
    def run(self, t: Task) -> Steps:
        yield "take"
        if self.careful:
            require(self.owner is None)
        self.owner = t
        cost("atomic")
        yield "leave"
        assert self.owner == t, "somebody else took it"
        self.owner = None

    @action
    def turn(self) -> None:
        require(self.light is Light.RED)
        self.light = Light.GREEN


@invariant(Lock, id="L-S1", source="common sense")
def red_or_free(m: Lock) -> bool:
    """The lock is free while the light is green."""
    return m.light is Light.RED or m.owner is None


@reachable(Lock, id="L-R1")
def taken(m: Lock) -> bool:
    """The lock can be taken."""
    return m.owner is not None
'''

MANIFEST = """\
title = "A lock and a light"
model = "zebra.spec:Lock"
properties = ["zebra.spec"]

# figures below are measured

[configurations.careless]
states = 28
transitions = 70
depth = 7
verdicts = { L-S1 = "violated 3", L-R1 = "reached 2", fault = "violated 5", deadlock = "holds" }

[configurations.careful]
states = 16
transitions = 36
depth = 4
verdicts = { L-S1 = "violated 3", L-R1 = "reached 2", fault = "holds", deadlock = "holds" }
"""

HISTORY = """\
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    name: str
    params: dict[str, object]
    expect: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    origin: str = ""
    evidence: str = ""
    slow: bool = False
    leave_out: tuple[str, ...] = ()


CASES = (
    Case("careless", {}, {"L-S1": "violated", "fault": "violated"}, "as first posted", "commit 1234567"),
    Case("careful", {"careful": True}, {"L-S1": "violated"}, "with the fix"),
)
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `lock.py` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "lock.py").write_text(LOCK)
    return tmp_path


@pytest.fixture
def zebra(spec: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a mechanism `zebra` that is registered under the entry points, as if it were the only one."""
    site = spec / "site"
    package = site / "zebra"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A lock."""\n')
    (package / "spec.py").write_text(LOCK)
    (package / "history.py").write_text(HISTORY)
    (package / "manifest.toml").write_text(MANIFEST)
    info = site / "zebra-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: zebra\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[test.corpus]\nzebra = zebra\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(shipped, "GROUP", "test.corpus")
    for name in [name for name in sys.modules if name.partition(".")[0] == "zebra"]:
        monkeypatch.delitem(sys.modules, name)
    return package


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command inside this process."""

    def call(*args: str | Path) -> Done:
        code = main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call


@pytest.fixture
def shell() -> Run:
    """Run a command as a shell would, without a terminal."""

    def call(*args: str | Path, **env: str) -> Done:
        command = [sys.executable, "-m", "virtspec.cli", *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return call
