# Sets: add, discard, remove, clear, |, &, -, <=, >=, in, not in, len, comprehensions, literals, copies, comparison.
# `some` is any subset of 3 members: 8 states. Steps per state: toggle 3, flip 1, clear 1, double 1.
# states: 8 transitions: 48 depth: 2
# holds: algebra
# violated: never_all in 1
from virtspec import Model, Scalarset, action, invariant


class Item(Scalarset, size=3):
    """A member."""


class Sets(Model):
    some: set[Item]
    none: set[Item] = set()

    @action
    def toggle(self, i: Item) -> None:
        if i in self.some:
            self.some.remove(i)
        else:
            self.some.add(i)

    @action
    def flip(self) -> None:
        self.some = set(Item) - self.some

    @action
    def clear(self) -> None:
        self.some.clear()

    @action
    def double(self) -> None:
        self.some |= set(self.some)
        for i in Item:
            if i not in self.some:
                self.some.discard(i)


@invariant(Sets)
def algebra(m: Sets, i: Item) -> bool:
    rest = {j for j in Item if j not in m.some}
    return (
        rest & m.some == set()
        and len(rest | m.some) == 3
        and m.some - {i} <= m.some
        and m.some | {i} >= m.some
        and (i in {i}) != (i in m.none)
    )


@invariant(Sets)
def never_all(m: Sets) -> bool:
    return len(m.some) < len(Item)
