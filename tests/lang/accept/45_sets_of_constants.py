# Sets of constants are sets, not tuples: order and repetition do not count; all, any and sum run through them.
# `n` counts to the size of `some` and begins again.
# states: 5 transitions: 5 depth: 4
# holds: sets
from enum import Enum, auto
from typing import Annotated

from virtspec import Const, Model, Range, action, invariant


class Bit(Enum):
    A = auto()
    B = auto()


class Sets(Model):
    some: Const[frozenset[int]] = frozenset({3, -1, 2, 0})
    n: Annotated[int, Range(0, 4)]

    @action
    def count(self) -> None:
        full = self.n == sum(1 for i in self.some) and all(i < 4 for i in self.some)
        self.n = 0 if full else self.n + 1


@invariant(Sets)
def sets(m: Sets) -> bool:
    both = {Bit.A, Bit.B}
    return (
        {1, 2} == {2, 1}
        and {Bit.A, Bit.A} == {Bit.A}
        and len({1, 2} | {2, 1}) == 2
        and both == {Bit.B, Bit.A}
        and Bit.A in {Bit.B, Bit.A}
        and len(m.some) == 4
        and (m.n in m.some or m.n in (1, 4))
    )
