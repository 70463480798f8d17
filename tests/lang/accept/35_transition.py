# Transition properties look at two states: before and after a step, of fields, methods and places alike.
# 0 -> 1 -> 2 -> 0.
# states: 3 transitions: 3 depth: 2
# holds: by_one
# violated: grows in 3
from typing import Annotated

from virtspec import Model, Range, Singleton, Steps, at, process, transition


class Thread(Singleton):
    """Who runs it."""


class Count(Model):
    n: Annotated[int, Range(0, 2)]

    def next(self) -> int:
        return (self.n + 1) % 3

    @process
    def run(self, t: Thread) -> Steps:
        self.n = self.next()
        yield "one"
        self.n = self.next()
        yield "two"
        self.n = self.next()


@transition(Count)
def by_one(before: Count, after: Count) -> bool:
    return after.n == before.next() and at(before.run, "one") == at(after.run, "two")


@transition(Count)
def grows(before: Count, after: Count) -> bool:
    return before.n < after.n
