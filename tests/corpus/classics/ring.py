"""A doorbell ring: producers write into rings of their own, one consumer polls them all and sleeps when all are empty.

Before it sleeps, the consumer says so and looks at every ring once more. A producer publishes, then looks whether the
consumer sleeps, and rings the bell if so. Without that second look a wake-up can be lost.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Call, Const, Mod, Model, Range, Singleton, Steps, at, invariant, process, reachable, require


class Consumer(Singleton):
    """The thread that polls."""


class Ring(Model):
    """P producers, C slots in each ring, values that count modulo K. Indices run modulo 2C, to tell full from empty."""

    P: Const[int] = 2
    C: Const[int] = 2
    K: Const[int] = 2
    look_again: Const[bool] = True

    slot: dict[Annotated[int, Range(0, P - 1)], dict[Annotated[int, Range(0, C - 1)], Annotated[int, Mod(K)]]]
    head: dict[Annotated[int, Range(0, P - 1)], Annotated[int, Mod(2 * C)]]  # where the producer writes next
    tail: dict[Annotated[int, Range(0, P - 1)], Annotated[int, Mod(2 * C)]]  # where the consumer reads next
    sleeping: bool
    bell: bool
    produced: dict[Annotated[int, Range(0, P - 1)], Annotated[int, Mod(K)]]
    expected: dict[Annotated[int, Range(0, P - 1)], Annotated[int, Mod(K)]]
    current: Annotated[int, Range(0, P - 1)]  # the ring the consumer looks at

    @process
    def produce(self, p: Annotated[int, Range(0, P - 1)]) -> Steps:
        """Write one value, publish it, and ring the bell if the consumer sleeps."""
        require((self.head[p] - self.tail[p]) % (2 * self.C) < self.C)
        self.slot[p][self.head[p] % self.C] = self.produced[p]
        yield "publish"
        self.head[p] += 1
        self.produced[p] += 1
        yield "look"
        if self.sleeping:
            yield "ring"
            self.bell = True

    @process
    def consume(self, _: Consumer) -> Steps:
        """Look at one ring; take what is there, or go to sleep after the last one."""
        if self.head[self.current] != self.tail[self.current]:
            yield "read"
            value = self.slot[self.current][self.tail[self.current] % self.C]
            yield "take"
            assert value == self.expected[self.current], "values out of order"
            self.expected[self.current] += 1
            self.tail[self.current] += 1
            return
        if self.current < self.P - 1:
            self.current += 1
            return
        self.current = 0
        yield "sleep"
        self.sleeping = True
        found = yield from self.look()
        if not found:
            yield "wait"
            require(self.bell)
            self.bell = False
        yield "wake"
        self.sleeping = False

    def look(self) -> Call[bool]:
        """Look at one ring after the other, and say whether one holds something."""
        while self.look_again:
            yield "again"
            if self.head[self.current] != self.tail[self.current]:
                return True
            if self.current == self.P - 1:
                break
            self.current += 1
        self.current = 0
        return False


@invariant(Ring, id="SLEEPING")
def says_so(m: Ring) -> bool:
    """Whoever waits for the bell has said so."""
    return not at(m.consume, "wait") or m.sleeping


@reachable(Ring, id="FULL")
def all_full(m: Ring) -> bool:
    """All rings are full while the consumer is on its way to bed."""
    return at(m.consume, "sleep") and all((m.head[p] - m.tail[p]) % (2 * m.C) == m.C for p in range(m.P))
