"""Small specifications for the tests of state machines, as text, so that their lines are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System

TICKET = '''\
from typing import Annotated

from virtspec import Mod, Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset, size=2):
    """A thread."""


class Ticket(Model):
    next: Annotated[int, Mod(4)]
    owner: Annotated[int, Mod(4)]

    @process
    def lock(self, t: Task) -> Steps:
        ticket = self.next
        self.next += 1
        yield "wait"
        require(self.owner == ticket)
        yield "critical"
        self.owner += 1


@invariant(Ticket, id="exclusion")
def exclusion(m: Ticket) -> bool:
    return sum(at(m.lock, "critical", t) for t in Task) <= 1
'''

BROKEN = '''\
from virtspec import Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset, size=2):
    """A thread."""


class Broken(Model):
    locked: bool

    @process
    def lock(self, t: Task) -> Steps:
        yield "spin"
        require(not self.locked)
        yield "set"
        self.locked = True
        yield "critical"
        self.locked = False


@invariant(Broken, id="exclusion")
def exclusion(m: Broken) -> bool:
    return sum(at(m.lock, "critical", t) for t in Task) <= 1
'''

WRONG = '''\
from enum import Enum, auto
from typing import Annotated

from virtspec import Model, Range, Singleton, Steps, action, choose, fault, invariant, process, reachable, require, transition


class Light(Enum):
    RED = auto()
    GREEN = auto()


class Boss(Singleton):
    """Who waits for ever."""


class Wrong(Model):
    light: Light
    count: Annotated[int, Range(0, 3)]

    @process
    def wait(self, b: Boss) -> Steps:
        require(self.count == 3)
        yield "for_ever"
        require(self.count == 0)

    @action
    def up(self) -> None:
        require(self.count < 3)
        self.count += 1

    @action
    def down(self) -> None:
        require(self.count == 2)
        self.count -= 1

    @action
    def switch(self) -> None:
        require(self.count == 1)
        new = choose(Light)
        self.light = new

    @action
    def explode(self) -> None:
        require(self.light is Light.GREEN)
        fault("bang")


@transition(Wrong, id="never_down")
def never_down(before: Wrong, after: Wrong) -> bool:
    return before.count <= after.count


@invariant(Wrong, id="stays_red")
def stays_red(m: Wrong) -> bool:
    return m.light is Light.RED


@reachable(Wrong, id="green")
def green(m: Wrong) -> bool:
    return m.light is Light.GREEN
'''


@pytest.fixture(scope="session")
def system_of() -> Callable[[str, str], System]:
    """The system of a specification given by its text and the name of its file."""

    def made(text: str, name: str) -> System:
        module = load_text(text, name)
        return load(module.models[0], module.properties)

    return made


@pytest.fixture(scope="session")
def ticket(system_of: Callable[[str, str], System]) -> System:
    """A ticket lock; it is right."""
    return system_of(TICKET, "ticket.py")


@pytest.fixture(scope="session")
def broken(system_of: Callable[[str, str], System]) -> System:
    """A lock that tests and sets in two steps."""
    return system_of(BROKEN, "broken.py")


@pytest.fixture(scope="session")
def wrong(system_of: Callable[[str, str], System]) -> System:
    """Everything that can be wrong: a fault, a deadlock, a transition, an invariant."""
    return system_of(WRONG, "wrong.py")
