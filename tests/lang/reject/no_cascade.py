# One refused assignment is one diagnostic: what depends on it is not reported as well.
# expect: VS109 at 20:20 `m`
# hint: known: broken, n, run
# expect: VS106 at 29:25 `Missing`
# hint: it is evaluated with the constants of the configuration
from __future__ import annotations
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Cascade(Model):
    n: Annotated[int, Range(0, 3)]

    @process
    def run(self, t: Task) -> Steps:
        old = self.m
        new = old + 1
        yield "later"
        if old > new:
            self.n = old
        yield "last"
        self.n = new

    @process
    def broken(self, t: Missing) -> Steps:
        yield "a"


@invariant(Cascade)
def somewhere(m: Cascade) -> bool:
    return at(m.run, "last") or at(m.broken, "a")
