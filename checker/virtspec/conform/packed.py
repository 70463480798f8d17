"""Rows as numbers: they look like a sequence of `Row`, and are there as columns for what has to be quick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from virtspec.conform.observer import Move
from virtspec.conform.rows import KINDS, LOST, MOVE, OPEN, UNKNOWN, Part, Row

if TYPE_CHECKING:
    import numpy.typing as npt

Column: TypeAlias = "npt.NDArray[Any]"

HEAD = np.dtype(
    [
        ("event", "<i8"),
        ("at", "<i8"),
        ("line", "<u4"),
        ("member", "<i4"),
        ("window", "<i4"),
        ("rule", "<i2"),
        ("kind", "i1"),
        ("said", "u1"),
    ]
)
"""A row, as `Part` writes it: `said` values lie from `at` on."""

STRETCH = 1 << 15
"""Rows that are worked on at a time, so that what is made of them takes little room."""


class Rows(Sequence[Row]):
    """Rows in the order in which they are followed."""

    def __init__(self, heads: Column, values: Column, learned: Column) -> None:
        self.heads = heads
        self.values = values
        self.learned = learned

    @classmethod
    def sorted(cls, part: Part) -> Rows:
        """Those of an instance, sorted in place: most lie where they belong, but windows open behind their events."""
        heads = np.frombuffer(part.heads, HEAD)
        order = np.argsort(heads["event"] * len(KINDS) + heads["kind"], kind="stable")
        if (np.diff(order) < 0).any():
            heads[:] = heads[order]
        return cls(heads, np.frombuffer(part.values, np.int64), np.frombuffer(part.learned, np.uint32))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """Rows that are in order, packed."""
        part = Part("rows")
        for number, row in enumerate(rows):
            given = [UNKNOWN if v is None else v for v in ((row.count,) if row.kind == "lost" else row.given)]
            at = part.say(given, row.line)
            part.add(KINDS.index(row.kind), number, row.line, row.rule, row.member, row.window, at)
        return cls.sorted(part)

    def __len__(self) -> int:
        return len(self.heads)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Rows: ...
    def __getitem__(self, at: int | slice) -> Row | Rows:
        if isinstance(at, slice):
            return Rows(self.heads[at], self.values, self.learned)
        event, first, line, member, window, rule, kind, said = self.heads[at].item()
        given = [None if v == UNKNOWN else v for v in self.values[first : first + said].tolist()]
        if kind == LOST:
            return Row(event, "lost", line, count=given[0])
        learned = self.learned[first : first + said].tolist()
        return Row(event, KINDS[kind], line, rule, member, window, given, learned)

    def stretches(self) -> Iterator[Rows]:
        """The same, so many at a time; one without rows if there are none."""
        for first in range(0, max(len(self), 1), STRETCH):
            yield self[first : first + STRETCH]

    # --- what the log says

    def steps(self) -> set[tuple[int, int]]:
        """The rules that rows name, each with a member who follows it."""
        named = self.heads[self.heads["rule"] >= 0]
        pairs = np.unique(named["rule"].astype(np.int64) << 32 | named["member"])
        return {(pair >> 32, pair & 0xFFFFFFFF) for pair in pairs.tolist()}

    def of_rule(self, rule: int) -> tuple[Column, Column]:
        """Of the rows that demand the rule of the model, which they are, and what each gives, UNKNOWN included."""
        heads = self.heads
        which = np.flatnonzero((heads["rule"] == rule) & ((heads["kind"] == MOVE) | (heads["kind"] == OPEN)))
        said = int(heads["said"][which[0]]) if len(which) else 0
        return which, self.values[heads["at"][which][:, None] + np.arange(said)]

    def asked(self, move: Move) -> Column:
        """For each row that demands the move and each condition, whether it is asked."""
        return asks(move, self.of_rule(move.rule.number)[1])

    def known_at(self, line: int) -> Rows:
        """The rows of the log up to a line, with only what it has said by then."""
        values = np.where(self.learned <= line, self.values, UNKNOWN)
        return Rows(self.heads[self.heads["line"] <= line], values, self.learned)

    def lines(self) -> list[int]:
        """The lines of rows, each once."""
        found: list[int] = np.unique(self.heads["line"]).tolist()
        return found

    def learned_behind(self, line: int) -> list[int]:
        """The lines behind that one which say something of these rows."""
        said = self.heads["said"].astype(np.int64)
        first = np.repeat(self.heads["at"] - np.cumsum(said) + said, said)
        lines = np.unique(self.learned[first + np.arange(len(first))])
        found: list[int] = lines[lines > line].tolist()
        return found


def asks(move: Move, given: Column) -> Column:
    """For each of some rows of a move, by what they give, and each condition, whether it is asked (see `follow.asked`)."""
    known = given != UNKNOWN
    found = np.ones((len(given), len(move.asked)), bool)
    for i, names in enumerate(move.asked if len(given) else ()):
        found[:, i] = known[:, [at for at, name in enumerate(move.given) if name in names]].all(axis=1)
    return found
