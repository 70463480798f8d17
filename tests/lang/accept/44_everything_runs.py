# What Python evaluates is evaluated, used or not: a call whose result is ignored, the value of a return nobody wants,
# an argument and a local of a method that the result does not need. Each may fault, or have an effect.
# `pop` takes an item from the queue of two, although its result is ignored. `peek` looks at the first item, although
# the flag decides: with an empty queue it faults.
# queue of 2, 1, 0 items, idle or at "popping": 2 -> popping 2 -> 1 -> popping 1 -> 0 -> popping 0 -> fault.
# peek is a step that changes nothing in 2 and 1, both places: 4; in 0 it faults: 2. run: 6, one of them a fault.
# states: 6 transitions: 12 depth: 5
# violated: fault in 5
from typing import Annotated

from virtspec import Call, Cap, Model, Range, Seq, Singleton, Steps, action, process, require

Bit = Annotated[int, Range(0, 1)]


class Thread(Singleton):
    """Who runs it."""


class Eager(Model):
    q: Annotated[Seq[Bit], Cap(2)] = Seq((0, 1))
    flag: bool

    @process
    def run(self, t: Thread) -> Steps:
        yield from self.pop(t)

    def pop(self, t: Thread) -> Call[int]:
        yield "popping"
        return self.q.popleft()

    def low(self, limit: int) -> bool:
        first = self.q[0]
        if self.flag:
            return first < limit
        return True

    @action
    def peek(self) -> None:
        require(self.low(1) and not self.flag)
