"""Rows as the numbers that machine code reads, one stretch after the other, so that these take little room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from virtspec.conform.observer import Move, Observer
from virtspec.conform.packed import Column, Rows, asks
from virtspec.conform.rows import CLOSE, LOST, MOVE, OPEN, UNKNOWN
from virtspec.errors import InputError
from virtspec.explore.native import follow_kernels as kernels
from virtspec.explore.native.follow_kernels import BIT, GIVEN, KIND, OWN, STABLE, STEP, WINDOWS
from virtspec.explore.native.following import Stretch
from virtspec.ir.passes.footprint import footprint
from virtspec.ir.types import IntType

KIND_OF = np.zeros(4, np.int64)
KIND_OF[[CLOSE, MOVE, OPEN, LOST]] = kernels.CLOSE, kernels.MOVE, kernels.OPEN, kernels.LOST


class Windows:
    """Which bit stands for which window, of those that are open."""

    def __init__(self) -> None:
        self.free = list(range(WINDOWS))
        self.open: dict[int, int] = {}

    def bits(self, rows: Rows) -> Column:
        """Of the window of each row; of rows without one, 0. Raises InputError if too many are open at once."""
        kind, found = rows.heads["kind"], np.zeros(len(rows), np.int64)
        which = np.flatnonzero((kind == OPEN) | (kind == CLOSE))
        for at, window, opens in zip(
            which.tolist(), rows.heads["window"][which].tolist(), (kind[which] == OPEN).tolist(), strict=True
        ):
            if not opens:
                found[at] = bit = self.open.pop(window)
                self.free.append(bit)
                continue
            if not self.free:
                line = rows.heads["line"][at]
                raise InputError(f"line {line}: more than {WINDOWS} threads are inside a step at once")
            found[at] = self.open[window] = self.free.pop()
        return found

    def named(self, bits: int) -> frozenset[int]:
        """The windows that bits stand for."""
        return frozenset(window for window, bit in self.open.items() if bits >> bit & 1)


class _Rule:
    """What all rows of a rule have in common."""

    def __init__(self, watched: Observer, move: Move) -> None:
        self.move = move
        first = 0 if move.of is None else 1
        types = [p.type for p in move.actions[0].params[first : first + len(move.given)]]
        self.low = np.array([t.lo if isinstance(t, IntType) else 0 for t in types], np.int64)
        """What is taken away from a number: its position counts from the least one there is."""
        self.width = len(move.given) + len(move.asked)
        prints = [footprint(watched.system, a) for a in move.actions]
        self.only_sees = not move.rule.actions
        self.reads = frozenset().union(*(p.reads for p in prints))
        self.writes = frozenset().union(*(p.may_write for p in prints))

    def coded(self, given: Column) -> Column:
        """Positions of objects and numbers, then for each condition whether it is asked."""
        return np.hstack([np.where(given == UNKNOWN, 0, given) - self.low, asks(self.move, given)])


class _Opened(NamedTuple):
    """A window that is open behind its stretch."""

    rule: int
    way: int
    values: Column


class Coder:
    """Codes rows, one stretch after the other."""

    def __init__(self, watched: Observer, numbers: Mapping[tuple[int, int, bool], int]) -> None:
        """`numbers` are those of the ways to follow rows: by rule and member, and whether it is what comes before."""
        self.rules = [_Rule(watched, move) for move in watched.moves]
        hidden: frozenset[str] = frozenset().union(*(footprint(watched.system, a).may_write for a in watched.hidden))
        self.width = np.array([rule.width for rule in self.rules])
        self.sees = np.array([rule.only_sees for rule in self.rules])
        self.steady = np.array([hidden.isdisjoint(rule.reads) for rule in self.rules])
        self.disturbs = np.array([[not a.writes.isdisjoint(b.reads) for b in self.rules] for a in self.rules])
        """By two rules, whether a step of the first may change what the second demands."""
        self.ways = np.full((2, len(self.rules), 1 + max((member for _, member, _ in numbers), default=0)), -1)
        for (rule, member, own), number in numbers.items():
            self.ways[int(own), rule, member] = number
        self.windows = Windows()
        self.opened: dict[int, _Opened] = {}
        """The windows that are open."""

    def stretches(self, rows: Rows) -> Iterator[Stretch]:
        """All rows. Raises InputError if too many windows are open at once."""
        for stretch in rows.stretches():
            yield self.coded(stretch)

    def coded(self, rows: Rows) -> Stretch:
        """The next rows."""
        kind, rule, member = (rows.heads[name] for name in ("kind", "rule", "member"))
        demands = (kind == MOVE) | (kind == OPEN)
        width = np.where(demands, self.width[rule], 0)
        first = sum(len(window.values) for window in self.opened.values())
        begins = first + np.cumsum(width) - width
        given = np.zeros(first + int(width.sum()) + 1, np.int64)
        opened = self.reopened(given)
        for number in np.unique(rule[demands]).tolist():
            which, values = rows.of_rule(number)
            place = begins[which][:, None] + np.arange(self.rules[number].width)
            given[place] = self.rules[number].coded(values)
        found = np.zeros((len(rows), kernels.ROW), np.int64)
        found[:, KIND] = np.where((kind == MOVE) & self.sees[rule], kernels.SEE, KIND_OF[kind])
        found[:, STEP] = np.where(demands, self.ways[0, rule, member], -1)
        found[:, OWN] = np.where(kind == MOVE, self.ways[1, rule, member], -1)
        found[:, STABLE] = self.stable(rows)
        found[:, BIT] = self.windows.bits(rows)
        lost = kind == LOST
        count = rows.values[rows.heads["at"][lost]]
        found[:, GIVEN] = begins
        found[lost, GIVEN] = np.where(count == UNKNOWN, -1, count)
        self.keep(rows, begins, given)
        return Stretch(found.reshape(-1), given, opened)

    def reopened(self, given: Column) -> Column:
        """The windows that are open from before, by bit, with their values at the beginning of `given`."""
        found, at = np.zeros(2 * WINDOWS, np.int64), 0
        for number, window in self.opened.items():
            bit, end = self.windows.open[number], at + len(window.values)
            found[2 * bit], found[2 * bit + 1] = window.way, at
            given[at:end] = window.values
            at = end
        return found

    def keep(self, rows: Rows, begins: Column, given: Column) -> None:
        """Remember the windows that are still open."""
        self.opened = {number: window for number, window in self.opened.items() if number in self.windows.open}
        opens = (rows.heads["kind"] == OPEN) & np.isin(rows.heads["window"], list(self.windows.open))
        for at in np.flatnonzero(opens).tolist():
            number, rule, member = (int(rows.heads[name][at]) for name in ("window", "rule", "member"))
            values = given[begins[at] : begins[at] + self.width[rule]].copy()
            self.opened[number] = _Opened(rule, int(self.ways[0, rule, member]), values)

    def stable(self, rows: Rows) -> Column:
        """Whether nothing that no event shows can change what a row demands: no hidden step, no step of an open window."""
        kind, rule = rows.heads["kind"], rows.heads["rule"]
        before = [window.rule for window in self.opened.values()]
        found: Column = self.steady[rule]
        opens, closes = kind == OPEN, kind == CLOSE
        for number in {*before, *np.unique(rule[opens]).tolist()}:
            mine = rule == number
            change = (mine & opens).astype(np.int64) - (mine & closes)
            found &= ~((before.count(number) + np.cumsum(change) > 0) & self.disturbs[number][rule])
        return found
