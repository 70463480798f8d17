"""How many doorbells does it take?"""

from __future__ import annotations

from typing import Annotated

from virtspec import Budget, Const, Model, Range, Singleton, Steps, action, budget, cost, process, require, spent


class Driver(Singleton):
    """The thread that submits requests."""


class Queue(Model):
    """A driver with three requests, and a device that sleeps when it has none to work on."""

    retry: Const[bool] = False
    left: Annotated[int, Range(0, 3)] = 3
    queued: Annotated[int, Range(0, 3)]
    awake: bool

    @process
    def submit(self, d: Driver) -> Steps:
        require(self.left > 0)
        self.left -= 1
        self.queued += 1
        yield "kick"
        if not self.awake:
            self.ring()

    @action
    def timeout(self) -> None:
        """The driver is impatient."""
        require(self.retry and self.queued > 0)
        self.ring()

    def ring(self) -> None:
        cost("doorbell")
        self.awake = True

    @action
    def complete(self) -> None:
        require(self.awake and self.queued > 0)
        self.queued -= 1

    @action
    def sleep(self) -> None:
        require(self.awake and self.queued == 0)
        self.awake = False


@budget(Queue, id="B1")
def a_call(m: Queue) -> Budget:
    """A request is submitted with one doorbell, or none."""
    return spent("doorbell", call=m.submit) <= 1


@budget(Queue, id="B2")
def until_done(m: Queue) -> Budget:
    """As long as there is work, one doorbell does."""
    return spent("doorbell", start=m.queued > 0, stop=m.queued == 0) <= 1


@budget(Queue, id="B3")
def in_all(m: Queue) -> Budget:
    """What all requests cost."""
    return spent("doorbell") >= 0
