# One component per key: dict[Queue, Ring]; its constants are set where it is declared; a component may hold components.
# Each of 2 queues is empty or filled up to 2, and counts its bells (0 or 1): (3 * 2)^2 states. Per queue: 2 fill, 2
# take at each of 2 bells, bell once at each of 3 fillings = 4 + 4 + 3 = 11 steps, times 6 states of the other, times 2.
# states: 36 transitions: 132 depth: 6
# holds: bounded
from typing import Annotated

from virtspec import Component, Const, Model, Range, Scalarset, action, each, invariant, require


class Queue(Scalarset, size=2):
    """A hardware queue."""


class Bell(Component):
    rung: bool

    def ring(self) -> None:
        require(not self.rung)
        self.rung = True


class Ring(Component):
    size: Const[int] = 1
    used: Annotated[int, Range(0, size)]
    bell: Bell

    def full(self) -> bool:
        return self.used == self.size

    def put(self) -> None:
        require(not self.full())
        self.used += 1


class Device(Model):
    ring: dict[Queue, Ring] = each(Ring(size=2))

    @action
    def fill(self, q: Queue) -> None:
        self.ring[q].put()

    @action
    def drain(self, q: Queue) -> None:
        require(self.ring[q].used > 0)
        self.ring[q].used -= 1

    @action
    def kick(self, q: Queue) -> None:
        self.ring[q].bell.ring()


@invariant(Device)
def bounded(m: Device, q: Queue) -> bool:
    return m.ring[q].used <= m.ring[q].size == 2
