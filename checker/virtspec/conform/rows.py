"""What a log comes to: per instance a list of rows, which an engine follows one after the other.

A log has millions of them. So they are kept as numbers, 32 bytes for a row and 12 for each value that it gives, and are made
into a `Row` where somebody looks at one (`packed`).
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from virtspec.conform.packed import Rows

Kind: TypeAlias = Literal["close", "move", "open", "lost"]
KINDS: tuple[Kind, ...] = ("close", "move", "open", "lost")
"""In this order rows of one event are followed; what the log says of the time before is closed first."""
CLOSE, MOVE, OPEN, LOST = range(4)

UNKNOWN = -(1 << 63)
"""Stands for a value that the log does not say."""

_head = Struct("<qqIiihbB")


@dataclass(slots=True, eq=False)
class Row:
    """One thing that the log says.

    open     from here on the step of the rule may happen, once
    close    by now it has happened
    move     it happens here; or what is seen here is so
    lost     so many events are missing here
    """

    event: int
    """The number of the event in the log, which orders rows; an `open` lies behind the event it names."""
    kind: Kind
    line: int
    rule: int = -1
    member: int = 0
    window: int = -1
    """Of `open` and `close`: which window it is, by number."""
    given: list[int | None] = field(default_factory=list)
    """Objects as positions of members, and values; None is what the log does not say."""
    learned: list[int] = field(default_factory=list)
    """The line that says so, of each of `given`: it may be a later one of the same call."""
    count: int | None = None
    """Of `lost`: how many events at most."""


@dataclass(slots=True, eq=False)
class Part:
    """The rows of one instance, of one virtqueue, of one parent, while they are made."""

    name: Hashable
    heads: bytearray = field(default_factory=bytearray)
    values: array[int] = field(default_factory=lambda: array("q"))
    """What rows give, one row behind the other; of `lost`, how many events."""
    learned: array[int] = field(default_factory=lambda: array("I"))
    """The line that says so."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How many members of each Scalarset it takes."""
    begins: int = -1
    """The event behind which it begins to exist."""
    windows: int = 0

    def say(self, values: Iterable[int], line: int) -> int:
        """What a row gives that is added next, by what the line says; where it begins."""
        at = len(self.values)
        self.values.extend(values)
        self.learned.extend([line] * (len(self.values) - at))
        return at

    def add(self, kind: int, event: int, line: int, rule: int, member: int, window: int, at: int) -> None:
        """A row that gives all values from `at` on. The row that closes a window gives those of the one that opened it."""
        self.heads += _head.pack(event, at, line, member, window, rule, kind, len(self.values) - at)

    def lose(self, event: int, line: int, count: int | None) -> int:
        """A row for events that are missing; where it says how many."""
        at = self.say([UNKNOWN if count is None else count], line)
        self.add(LOST, event, line, -1, 0, -1, at)
        return at

    def tell(self, at: int, value: int, line: int) -> None:
        """One of the values is known now."""
        self.values[at], self.learned[at] = value, line

    @property
    def bytes(self) -> int:
        """What the rows take."""
        return len(self.heads) + sum(a.itemsize * len(a) for a in (self.values, self.learned))

    def in_order(self) -> Rows:
        """All rows, which share the memory: there can be no more of them afterwards."""
        from virtspec.conform.packed import Rows

        return Rows.sorted(self)
