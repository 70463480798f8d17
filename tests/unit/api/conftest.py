"""Two tasks that take a lock; the second to come waits, and one that does not give it back blocks all."""

from pathlib import Path

import pytest

from virtspec import api
from virtspec.ir.system import System

SPEC = '''\
from virtspec import Model, Scalarset, Steps, invariant, process, reachable, require, transition


class Task(Scalarset):
    """A thread."""


class Lock(Model):
    """A lock that is given back unless `keep` is chosen."""

    owner: Task | None = None

    @process
    def run(self, t: Task, keep: bool) -> Steps:
        require(self.owner is None)
        self.owner = t
        yield "held"
        require(not keep)
        assert self.owner == t, "stolen"
        self.owner = None


@invariant(Lock, id="L-S1")
def never_held(m: Lock) -> bool:
    return m.owner is None


@transition(Lock, id="L-T1")
def never_given_back(before: Lock, after: Lock) -> bool:
    return before.owner is None or after.owner is not None


@reachable(Lock, id="L-R1")
def held(m: Lock, t: Task) -> bool:
    return m.owner == t
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lock.py"
    path.write_text(SPEC)
    return path


@pytest.fixture
def lock(path: Path) -> System:
    return api.load(str(path))
