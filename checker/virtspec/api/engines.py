"""The engines that follow a log: the interpreter, which says what following means, and machine code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import TYPE_CHECKING, Literal, TypeAlias
from weakref import WeakKeyDictionary

from virtspec.conform.follow import asked, follow
from virtspec.conform.observer import Move, Observer
from virtspec.conform.rows import Row
from virtspec.errors import InputError
from virtspec.ir.passes.footprint import footprint
from virtspec.ir.types import IntType
from virtspec.semantics.interp import State

if TYPE_CHECKING:
    from virtspec.explore.native.following import Following, Way
    from virtspec.explore.native.memory import Numbers

Engine: TypeAlias = Literal["native", "oracle"]

SHOWN = 100
"""Candidates that a rejection is explained with."""


@dataclass(frozen=True)
class Done:
    """How far an engine has come."""

    rejected: int | None
    """The row that no candidate allows."""
    full: bool
    states: list[tuple[State, bool]]
    """Some candidates before it, and whether its window was still open."""
    count: int
    violated: Mapping[str, int]
    largest: int
    seen: int
    compile_seconds: float = 0.0
    bits: int = 0


Tell: TypeAlias = Callable[[int, int], None]


def by_oracle(watched: Observer, rows: Sequence[Row], whole: Sequence[Row], most: int, tell: Tell) -> Done:
    """Follow rows, which are the beginning of `whole`."""
    done = follow(watched, rows, most, tell)
    window = -1 if done.rejected is None else rows[done.rejected].window
    states = [(c.state, window in c.pending) for c in done.before[:SHOWN]]
    return Done(done.rejected, done.full, states, len(done.before), done.violated, done.largest, done.seen)


def by_code(watched: Observer, rows: Sequence[Row], whole: Sequence[Row], most: int, tell: Tell) -> Done:
    """The same with machine code, which is made for all of `whole`."""
    coded = Coded(watched, rows, whole)
    done = coded.following.follow(watched.system.init, coded.rows, coded.given, most, SHOWN, tell)
    bit = 0 if done.rejected is None else 1 << coded.bits[done.rejected]
    states = [(state, bool(pending & bit)) for state, pending in done.candidates]
    bits = coded.following.made.layout.bits
    how = (done.count, done.violated, done.largest, done.seen, coded.compile_seconds, bits)
    return Done(done.rejected, done.full, states, *how)


_made: WeakKeyDictionary[Observer, dict[tuple[tuple[int, int, bool], ...], Following]] = WeakKeyDictionary()
"""Machine code that was made for the rows of other logs, by the ways these go."""


class Coded:
    """Rows as numbers, and the machine code that follows them."""

    def __init__(self, watched: Observer, rows: Sequence[Row], whole: Sequence[Row] | None = None) -> None:
        """`whole` are the rows of which these are the beginning: the same machine code follows both."""
        import numpy as np

        from virtspec.explore.native import follow_kernels as kernels
        from virtspec.explore.native.following import Following

        self.watched = watched
        self.ways: list[Way] = []
        self.numbers: dict[tuple[int, int, bool], int] = {}
        steps = {(row.rule, row.member) for row in whole or rows if row.rule >= 0}
        for rule, member in sorted(steps):
            self.way(rule, member, False)
            if watched.moves[rule].own:
                self.way(rule, member, True)
        self.values: list[int] = []
        self.bits: list[int] = []
        """The bit of each row's window."""
        self.encoded = [_Encoded(watched, move) for move in watched.moves]
        hidden: frozenset[str] = frozenset().union(*(footprint(watched.system, a).may_write for a in watched.hidden))
        free = list(range(kernels.WINDOWS))
        open_: dict[int, tuple[int, int]] = {}
        code = {"open": kernels.OPEN, "close": kernels.CLOSE, "move": kernels.MOVE, "lost": kernels.LOST}
        found: list[int] = []
        for row in rows:
            kind, step, own, bit, given, stable = code[row.kind], -1, -1, 0, 0, 0
            if row.kind == "lost":
                given = -1 if row.count is None else row.count
            elif row.kind == "close":
                bit, _ = open_.pop(row.window)
                free.append(bit)
            else:
                how = self.encoded[row.rule]
                step, given = self.numbers[row.rule, row.member, False], len(self.values)
                self.values += how.values(row)
                if row.kind == "open":
                    if not free:
                        raise InputError(
                            f"line {row.line}: more than {kernels.WINDOWS} threads are inside a step at once"
                        )
                    bit = free.pop()
                    open_[row.window] = bit, row.rule
                else:
                    own = self.numbers[row.rule, row.member, True] if how.move.own else -1
                    kind = kernels.SEE if how.only_sees else kind
                    stable = hidden.isdisjoint(how.reads)
                    stable = stable and all(how.reads.isdisjoint(self.encoded[r].writes) for _, r in open_.values())
            self.bits.append(bit)
            found += (kind, step, own, bit, given, stable)
        self.rows: Numbers = np.array(found, np.int64)
        self.given: Numbers = np.array(self.values or [0], np.int64)
        made, ways = _made.setdefault(watched, {}), tuple(self.numbers)
        self.compile_seconds = 0.0
        if ways not in made:
            anything = dict.fromkeys((*watched.shown, *(a for move in watched.moves for a in move.own)))
            made[ways] = Following(
                watched.system, watched.hidden, tuple(anything), watched.eager, self.ways, watched.judged
            )
            self.compile_seconds = made[ways].compile_seconds
        self.following: Following = made[ways]

    def way(self, rule: int, member: int, own: bool) -> None:
        """Give a number to the way that rows of a rule are followed, or to that which comes before them."""
        from virtspec.explore.native.following import Way

        move = self.watched.moves[rule]
        self.numbers[rule, member, own] = 2 + len(self.ways)
        given = len(move.given) + len(move.asked)
        self.ways.append(Way(move.own, member) if own else Way(move.actions, member, given))


class _Encoded:
    """What all rows of a rule have in common."""

    def __init__(self, watched: Observer, move: Move) -> None:
        self.move = move
        first = 0 if move.of is None else 1
        types = [p.type for p in move.actions[0].params[first : first + len(move.given)]]
        self.low = [t.lo if isinstance(t, IntType) else 0 for t in types]
        """What is taken away from a number: its position counts from the least one there is."""
        prints = [footprint(watched.system, a) for a in move.actions]
        self.only_sees = not move.rule.actions
        self.reads = frozenset().union(*(p.reads for p in prints))
        self.writes = frozenset().union(*(p.may_write for p in prints))
        self.all_asked = (1,) * len(move.asked)

    def values(self, row: Row) -> list[int]:
        """Positions of objects and numbers, then for each condition whether it is asked."""
        if None not in row.given:
            return [*map(sub, row.given, self.low), *self.all_asked]
        return [*((v or 0) - low for v, low in zip(row.given, self.low, strict=True)), *asked(self.move, row)]
