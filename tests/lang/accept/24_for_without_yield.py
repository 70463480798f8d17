# For loops without yield are unrolled inside the step: over a type, a range, a set and a Seq (as they are when the loop
# begins; a set in the order of its type), with continue and break.
# `some` is any of 4 subsets of 2 items, `copied` what it was when `copy` last ran, as a sequence in order: 4 x 4
# states, 2 toggles and 1 copy in each. The farthest is {} with [0, 1] copied: two in, copy, two out.
# states: 16 transitions: 48 depth: 5
# holds: in_order
from typing import Annotated

from virtspec import Cap, Model, Scalarset, Seq, action, invariant


class Item(Scalarset, size=2):
    """A member."""


class Copy(Model):
    some: set[Item]
    first: Item
    copied: Annotated[Seq[Item], Cap(2)]

    @action
    def toggle(self, i: Item) -> None:
        for j in Item:
            if j != i:
                continue
            if j in self.some:
                self.some.remove(j)
            else:
                self.some.add(j)

    @action
    def copy(self) -> None:
        self.copied.clear()
        for i in self.some:
            self.copied.append(i)
        n = 0
        for _ in self.copied:
            n += 1
        for k in range(3):
            if k == n:
                break
            assert k < len(self.some)
        assert n == len(self.some)


@invariant(Copy)
def in_order(m: Copy) -> bool:
    return sum(1 for i in m.copied if i in m.copied) == len(m.copied) and (len(m.copied) < 2 or m.copied[0] == m.first)
