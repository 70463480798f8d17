"""Memory with total store order, as on x86: a CPU's stores wait in its store buffer while its loads go ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from virtspec import Cap, Component, Const, Seq, action, require

T = TypeVar("T")
X = TypeVar("X")
V = TypeVar("V")


@dataclass(frozen=True)
class Store(Generic[X, V]):
    """A store that nobody else can see yet."""

    variable: X
    value: V


class Memory(Component, Generic[T, X, V]):
    """Variables X with values V, shared by CPUs T. Each has a buffer of so many stores, which reach memory in order.

    So every CPU sees all stores of others in one order, and its own early. What is lost is the order of a store and a
    later load: only `mb()` and locked operations keep it. Without `tso` a store is in memory at once: sequential
    consistency, with the same text.
    """

    tso: Const[bool] = True
    capacity: Const[int] = 1

    memory: dict[X, V]
    buffer: dict[T, Annotated[Seq[Store[X, V]], Cap(capacity)]]

    def load(self, t: T, x: X) -> V:
        """READ_ONCE(): the CPU's own newest store to the variable, if one is in its buffer."""
        value = self.memory[x]
        for entry in self.buffer[t]:
            if entry.variable == x:
                value = entry.value
        return value

    def store(self, t: T, x: X, value: V) -> None:
        """WRITE_ONCE(). A full buffer holds the CPU up."""
        if self.tso:
            require(len(self.buffer[t]) < self.capacity)
            self.buffer[t].append(Store(x, value))
        else:
            self.memory[x] = value

    @action(fair="weak")
    def drain(self, t: T) -> None:
        """The oldest store of a CPU reaches memory, at any time."""
        require(len(self.buffer[t]) > 0)
        oldest = self.buffer[t].popleft()
        self.memory[oldest.variable] = oldest.value

    def mb(self, t: T) -> None:
        """smp_mb(), and what every locked operation does: wait until the own buffer is empty."""
        require(len(self.buffer[t]) == 0)

    def xchg(self, t: T, x: X, value: V) -> V:
        """A locked exchange; the old value."""
        self.mb(t)
        old = self.memory[x]
        self.memory[x] = value
        return old

    def cmpxchg(self, t: T, x: X, expected: V, value: V) -> V:
        """A locked store, if the variable holds what is expected. The old value: success if it is the expected one."""
        self.mb(t)
        old = self.memory[x]
        if old == expected:
            self.memory[x] = value
        return old
