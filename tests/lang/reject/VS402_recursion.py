# Methods, functions and sub-processes that call themselves, directly or not.
# expect: VS402 at 19:29 `down(n - 1)`
# hint: recursion has no bound; use a loop
# expect: VS402 at 29:20 `self.even()`
# hint: recursion has no bound; use a loop
# expect: VS402 at 33:9 `self.again()`
# hint: recursion has no bound; use a loop
# expect: VS402 at 52:20 `self.ping()`
# hint: recursion has no bound; use a loop
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


def down(n: int) -> int:
    return 0 if n == 0 else down(n - 1)


class Recursive(Model):
    n: Annotated[int, Range(0, 3)]

    def even(self) -> bool:
        return self.n == 0 or self.odd()

    def odd(self) -> bool:
        return not self.even()

    def again(self) -> None:
        self.n = 0
        self.again()

    @action
    def step(self) -> None:
        require(self.even())
        self.again()
        self.n = down(self.n)

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        yield from self.ping()

    def ping(self) -> Steps:
        yield "ping"
        yield from self.pong()

    def pong(self) -> Steps:
        yield "pong"
        yield from self.ping()
