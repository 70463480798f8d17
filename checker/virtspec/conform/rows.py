"""What a log comes to: per instance a list of rows, which an engine follows one after the other."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["open", "close", "move", "lost"]


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
    phase: int
    """The order of rows of one event."""
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

    @property
    def order(self) -> tuple[int, int]:
        return (self.event, self.phase)


@dataclass(slots=True)
class Part:
    """The rows of one instance: of one virtqueue, of one parent."""

    name: Hashable
    rows: list[Row] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    """How many members of each Scalarset it takes."""
    begins: int = -1
    """The event behind which it begins to exist."""
    windows: int = 0

    def in_order(self) -> list[Row]:
        return sorted(self.rows, key=lambda row: row.order)
