# Storing in a Mod(n) reduces modulo n, in both directions; the arithmetic itself does not.
# A ring of 4, turned both ways.
# states: 4 transitions: 8 depth: 2
# holds: small
from typing import Annotated

from virtspec import Mod, Model, action, invariant


class Turn(Model):
    n: Annotated[int, Mod(4)]

    @action
    def right(self) -> None:
        self.n += 1

    @action
    def left(self) -> None:
        before = self.n - 1  # -1..2
        assert before < 3
        self.n = before


@invariant(Turn)
def small(m: Turn) -> bool:
    return 0 <= m.n and m.n + 1 <= 4
