"""Small specifications for the solver's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from virtspec.api import Specification, find

LOCKS = '''\
"""A lock, a semaphore that counts its readers, and flags that are all set at once."""

from typing import Annotated

from virtspec import Const, Model, Range, Scalarset, Steps, action, at, choose, invariant, process, require, transition


class Task(Scalarset):
    """A thread."""


class Counted(Model):
    """Readers are counted and not named."""

    most: Const[int] = len(Task)
    forgets: Const[bool] = False
    readers: Annotated[int, Range(0, most)]
    writing: bool
    seen: dict[Task, bool]
    last: Task | None

    @process
    def read(self, t: Task) -> Steps:
        require(not self.writing)
        self.readers += 1
        self.last = t
        yield "inside"
        assert self.readers > 0, "nobody reads"
        self.readers -= 1
        self.seen[t] = not self.forgets

    @action
    def write(self) -> None:
        require(self.readers == 0)
        self.writing = True

    @action
    def rest(self) -> None:
        require(self.writing)
        self.writing = False
        for t in Task:
            if not at(self.read, "inside", t):
                self.seen[t] = False

    @action
    def forget(self) -> None:
        someone = choose(Task)
        require(self.last == someone)
        self.last = None


@invariant(Counted, id="COUNT")
def readers_are_counted(m: Counted) -> bool:
    """As many readers as tasks are inside."""
    return m.readers == sum(at(m.read, "inside", t) for t in Task)


@invariant(Counted, id="EXCLUDED")
def readers_exclude_writers(m: Counted, t: Task) -> bool:
    """Nobody reads while somebody writes."""
    return not (m.writing and at(m.read, "inside", t))


@invariant(Counted, id="NEVER")
def nobody_has_seen(m: Counted) -> bool:
    """Nobody has seen anything: false."""
    return not any(m.seen[t] for t in Task)


@transition(Counted, id="ONE")
def one_at_a_time(before: Counted, after: Counted) -> bool:
    """The count moves by one at most."""
    return -1 <= after.readers - before.readers <= 1
'''


@pytest.fixture
def counted(tmp_path: Path) -> Specification:
    path = tmp_path / "counted.py"
    path.write_text(LOCKS)
    return find(str(path))


@pytest.fixture
def spec_of(tmp_path: Path) -> Callable[[str], Specification]:
    """A specification from its text."""

    def made(text: str) -> Specification:
        path = tmp_path / "spec.py"
        path.write_text(text)
        return find(str(path))

    return made
