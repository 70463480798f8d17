"""The engines that follow a log: the interpreter, which says what following means, and machine code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from weakref import WeakKeyDictionary

from virtspec.conform.follow import Candidate, follow
from virtspec.conform.observer import Observer
from virtspec.semantics.interp import State

if TYPE_CHECKING:
    from virtspec.conform.packed import Rows
    from virtspec.explore.native.following import Followed, Following, Way

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
    most: int
    """How many candidates there was room for at a time."""
    compile_seconds: float = 0.0
    bits: int = 0


Tell: TypeAlias = Callable[[int, int], None]


def by_oracle(watched: Observer, rows: Rows, whole: Rows, most: int, memory: int, tell: Tell) -> Done:
    """Follow rows, which are the beginning of `whole`, with `most` candidates at a time, whatever memory they take."""
    done = follow(watched, rows, most, tell)
    before = done.before[:SHOWN]
    how = (len(done.before), done.violated, done.largest, done.seen, most)
    return Done(done.rejected, done.full, _shown(before, rows, done.rejected), *how)


def by_code(watched: Observer, rows: Rows, whole: Rows, most: int, memory: int, tell: Tell) -> Done:
    """The same with machine code, which is made for all of `whole`, and with candidates that take so many bytes at most."""
    coded = Coded(watched, whole)
    most = max(min(most, memory // coded.following.candidate_bytes), 1)
    done, before = coded.follow(rows, most, SHOWN, tell)
    bits = coded.following.made.layout.bits
    how = (done.count, done.violated, done.largest, done.seen, most, coded.compile_seconds, bits)
    return Done(done.rejected, done.full, _shown(before, rows, done.rejected), *how)


def _shown(before: list[Candidate], rows: Rows, rejected: int | None) -> list[tuple[State, bool]]:
    """The states of candidates, and whether the window of the row that was rejected was still open."""
    window = -1 if rejected is None else rows[rejected].window
    return [(c.state, window in c.pending) for c in before]


_made: WeakKeyDictionary[Observer, dict[tuple[tuple[int, int, bool], ...], Following]] = WeakKeyDictionary()
"""Machine code that was made for the rows of other logs, by the ways these go."""


class Coded:
    """The machine code that follows rows."""

    def __init__(self, watched: Observer, whole: Rows) -> None:
        """It follows all rows that name no other rules and members than `whole`."""
        from virtspec.explore.native.following import Following

        self.watched = watched
        self.ways: list[Way] = []
        self.numbers: dict[tuple[int, int, bool], int] = {}
        """Of the ways, by rule and member, and whether it is the way to follow the rule, or what comes before."""
        for rule, member in sorted(whole.steps()):
            self.way(rule, member, False)
            if watched.moves[rule].own:
                self.way(rule, member, True)
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

    def follow(self, rows: Rows, most: int, shown: int, tell: Tell | None = None) -> tuple[Followed, list[Candidate]]:
        """How far the rows can be followed, and some candidates with the windows that are open."""
        from virtspec.api.coding import Coder, Windows

        init = self.watched.system.init
        stretches = Coder(self.watched, self.numbers).stretches(rows)
        done = self.following.follow(init, stretches, most, shown, tell)
        windows = Windows()
        windows.bits(rows[: done.rejected])
        return done, [Candidate(state, windows.named(pending)) for state, pending in done.candidates]
