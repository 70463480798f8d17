"""Rows kept as numbers: what goes in comes out, in order, and no later line is known too soon."""

from __future__ import annotations

import random

from virtspec.conform.follow import asked
from virtspec.conform.observer import Move
from virtspec.conform.packed import STRETCH, Rows
from virtspec.conform.rows import CLOSE, KINDS, MOVE, OPEN, UNKNOWN, Part, Row
from virtspec.conform.table import Rule, Selector

SOME = [
    Row(0, "open", 3, 7, 1, 0, [4, None, -(1 << 40)], [3, 3, 3]),
    Row(1, "move", 5, 2, 3),
    Row(2, "lost", 6, count=None),
    Row(3, "lost", 7, count=1 << 40),
    Row(4, "close", 1 << 31, 7, 1, 0, [1], [1 << 31]),
]


def shown(rows: Rows) -> list[tuple[object, ...]]:
    return [(r.event, r.kind, r.line, r.rule, r.member, r.window, r.given, r.learned, r.count) for r in rows]


def test_rows_are_what_they_were() -> None:
    rows = Rows.of(SOME)
    told = [(r.event, r.kind, r.line, r.rule, r.member, r.window, r.given, r.learned, r.count) for r in SOME]
    assert shown(rows) == told
    assert (len(rows), shown(rows[1:3]), rows[-1].line) == (5, told[1:3], 1 << 31)
    assert (rows.steps(), rows.lines()) == ({(7, 1), (2, 3)}, [3, 5, 6, 7, 1 << 31])
    assert list(Rows.of([])) == []


def test_rows_of_one_event_are_closed_before_they_move_and_open_behind_it() -> None:
    part = Part("a")
    for event, kind in ((3, MOVE), (1, OPEN), (3, OPEN), (3, CLOSE), (2, MOVE), (1, MOVE)):
        part.add(kind, event, 10 * event, 0, 0, -1, part.say([event], 10 * event))
    at = part.lose(2, 20, 5)
    part.values[at] += 1
    found = [(r.event, r.kind, r.given, r.count) for r in part.in_order()]
    assert found == [
        (1, "move", [1], None),
        (1, "open", [1], None),
        (2, "move", [2], None),
        (2, "lost", [], 6),
        (3, "close", [3], None),
        (3, "move", [3], None),
        (3, "open", [3], None),
    ]
    assert shown(part.in_order()) == shown(part.in_order())


def test_windows_share_their_values_and_take_little_room() -> None:
    part = Part("a")
    at = part.say([UNKNOWN, 2], 1)
    part.add(OPEN, 0, 1, 0, 0, 0, at)
    part.add(CLOSE, 1, 2, 0, 0, 0, at)
    part.tell(at, 1, 4)
    assert [(r.given, r.learned) for r in part.in_order()] == [([1, 2], [4, 1])] * 2
    assert part.bytes == 2 * 32 + 2 * 12


def test_a_log_is_known_as_far_as_it_has_been_read() -> None:
    part = Part("a")
    for event, line in ((0, 1), (1, 3)):
        at = part.say([UNKNOWN, 7], line)
        part.add(MOVE, event, line, 0, 0, -1, at)
        part.tell(at, 8, 2 * line)
    rows = part.in_order()
    assert rows.learned_behind(1) == [2, 3, 6]
    assert rows[:1].learned_behind(1) == [2]
    known = {line: [r.given for r in rows.known_at(line)] for line in (1, 2, 3, 6)}
    assert known == {1: [[None, 7]], 2: [[8, 7]], 3: [[8, 7], [None, 7]], 6: [[8, 7], [8, 7]]}


def test_what_is_asked_is_what_the_interpreter_asks() -> None:
    at = Selector("e", "e")
    conditions = (("a",), ("a", "c"), (), ("b", "d"))
    rule = Rule(0, "r", (), None, at, at, {}, (), (), (), ())
    move = Move(rule, (), None, ("a", "b", "c"), conditions, (), ())
    dice = random.Random(0)
    rows = [Row(0, dice.choice(KINDS[:3]), 0, dice.randrange(2), given=dice.choices((None, 5), k=3)) for _ in range(99)]
    wanted = [asked(move, row) for row in rows if row.rule == 0 and row.kind != "close"]
    assert Rows.of(rows).asked(move).tolist() == [list(a) for a in wanted]
    assert Rows.of([]).asked(move).shape == (0, 4)


def test_stretches_are_all_rows() -> None:
    rows = Rows.of([Row(0, "move", n, 0) for n in range(1, STRETCH + 2)])
    assert [(len(s), s[0].line) for s in rows.stretches()] == [(STRETCH, 1), (1, STRETCH + 1)]
    assert [len(s) for s in Rows.of([]).stretches()] == [0]
