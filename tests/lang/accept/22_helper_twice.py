# A helper inlined twice into one step keeps its locals and early returns apart; arguments are evaluated at the call.
# `take` moves one from the pot if there is one: pot 2, twice per step: 2, 0. Then nothing is left to take.
# pot = 2 -> 0, got = 2; then the step changes nothing more.
# states: 2 transitions: 2 depth: 1
# holds: constant_sum
from typing import Annotated

from virtspec import Model, Range, action, invariant

Count = Annotated[int, Range(0, 2)]


class Pot(Model):
    pot: Count = 2
    got: Count

    def take(self, most: int) -> bool:
        old = self.pot
        if old < most:
            return False
        self.pot = old - most
        return True

    @action
    def step(self) -> None:
        first = self.take(1)
        second = self.take(1)
        if first:
            self.got += 1
        if second:
            self.got += 1


@invariant(Pot)
def constant_sum(m: Pot) -> bool:
    return m.pot + m.got == 2
