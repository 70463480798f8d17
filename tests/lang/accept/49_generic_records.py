# A record may leave open what it holds: class Entry(Generic[X, V]). A component uses it with its own type variables, and
# two uses with different types are two types. What Entry(...) is made of is known from where it goes.
# Each log is empty or holds one entry: numbers 1 + 2 * 2, names 1 + 2 * 3: 35 states. A write is possible into an empty
# log, a drain of a full one: numbers 4 + 4 steps per state of names (7), names 6 + 6 per state of numbers (5):
# 8 * 7 + 12 * 5.
# states: 35 transitions: 116 depth: 2
# holds: newest
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Generic, TypeVar

from virtspec import Cap, Component, Model, Range, Seq, action, invariant, require

X = TypeVar("X")
V = TypeVar("V")


class Var(Enum):
    A = auto()
    B = auto()


class Name(Enum):
    P = auto()
    Q = auto()
    R = auto()


@dataclass(frozen=True)
class Entry(Generic[X, V]):
    key: X
    value: V | None


class Log(Component, Generic[X, V]):
    entries: Annotated[Seq[Entry[X, V]], Cap(1)]

    def write(self, x: X, v: V) -> None:
        require(len(self.entries) == 0)
        self.entries.append(Entry(x, v))

    def find(self, x: X) -> V | None:
        found: V | None = None
        for e in self.entries:
            if e.key == x:
                found = e.value
        return found

    @action
    def drain(self) -> None:
        require(len(self.entries) > 0)
        self.entries.popleft()


class Logs(Model):
    numbers: Log[Var, Annotated[int, Range(0, 1)]]
    names: Log[Var, Name]

    @action
    def number(self, x: Var, v: Annotated[int, Range(0, 1)]) -> None:
        self.numbers.write(x, v)

    @action
    def name(self, x: Var, v: Name) -> None:
        self.names.write(x, v)


@invariant(Logs)
def newest(m: Logs) -> bool:
    return all(m.numbers.find(x) is None or m.numbers.entries[-1].key == x for x in Var)
