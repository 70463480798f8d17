# Messages, labels and costs are literals, so that reports can be compared.
# expect: VS308 at 23:15 `f"n is {self.n}"`
# hint: what varies belongs into the state, which every trace shows
# expect: VS308 at 24:28 `self.n`
# hint: what varies belongs into the state, which every trace shows
# expect: VS308 at 25:14 `self.n`
# hint: what varies belongs into the state, which every trace shows
# expect: VS308 at 34:22 `m.n`
# hint: what varies belongs into the state, which every trace shows
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Literal(Model):
    n: Annotated[int, Range(0, 3)]

    @action
    def step(self) -> None:
        fault(f"n is {self.n}")
        assert self.n > 0, self.n
        cost(self.n)

    @process
    def run(self, t: Task) -> Steps:
        yield "a"


@invariant(Literal)
def somewhere(m: Literal) -> bool:
    return at(m.run, m.n)
