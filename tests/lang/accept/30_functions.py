# Functions at the top of the file: of values, of the model, of a component; with locals and early returns.
# One turn of a window of 5: old 0..4, new = old + 1 mod 5.
# states: 5 transitions: 5 depth: 4
# holds: distance, looked_at
from typing import Annotated

from virtspec import Component, Const, Mod, Model, action, invariant

SIZE = 5
Index = Annotated[int, Mod(SIZE)]


def ahead(new: int, old: int, size: int = SIZE) -> int:
    """How far `new` is ahead of `old` in a ring."""
    return (new - old) % size


def sign(n: int) -> int:
    if n < 0:
        return -1
    if n == 0:
        return 0
    return 1


class Ring(Component):
    step: Const[int] = 1
    old: Index
    new: Index = 1

    def turn(self) -> None:
        self.old = self.new
        self.new += self.step


class Window(Model):
    ring: Ring

    @action
    def turn(self) -> None:
        move(self.ring)


def move(ring: Ring) -> None:
    """Turn a ring."""
    ring.turn()


def front(m: Window) -> int:
    return m.ring.new


@invariant(Window)
def distance(m: Window) -> bool:
    return ahead(m.ring.new, m.ring.old) == 1 == sign(ahead(m.ring.new, m.ring.old))


@invariant(Window)
def looked_at(m: Window) -> bool:
    return front(m) == m.ring.new and sign(-front(m)) <= 0 and ahead(size=3, old=1, new=0) == 2
