# assert is a fault with the message given; the test may be a call with an effect. True ones say nothing.
# n = 0, 1, 2: the assertion fails when 2 is met: 2 steps lead there, the third faults.
# states: 3 transitions: 3 depth: 2
# violated: fault in 3
from typing import Annotated

from virtspec import Model, Range, action


class Count(Model):
    n: Annotated[int, Range(0, 3)]

    def advance(self) -> bool:
        self.n += 1
        return self.n < 3

    @action
    def step(self) -> None:
        assert self.advance(), "too far"
        assert self.n >= 0
