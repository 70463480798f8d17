"""Steps that are taken at once lose no behaviour: the table of request batching, with and without its list `eager`.

The table argues that the device need not be thought of as waiting where it can wait a step further on. This is evidence
for it, no proof: on the first rows of three supplied traces, as they are and spoilt in many ways, following all states that
the model may be in comes to the same verdict, at the same row, as following those in which no such step is left to take.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from virtspec import api
from virtspec.api.conforming import log_of, table_of
from virtspec.api.engines import Coded
from virtspec.conform import readers
from virtspec.conform.mapping import Mapper
from virtspec.conform.observer import Observer, observer
from virtspec.conform.packed import Rows
from virtspec.conform.rows import Row
from virtspec.explore.native.following import Followed
from virtspec.frontend.load import compile_model

TRACES = Path(__file__).parent / "traces"
MOST = 2_000_000
ROWS = 300
SPOILT = 40
"""Variants of the rows of each trace."""


def first_rows(trace: str) -> tuple[Observer, list[Row]]:
    """The first rows of a trace with one virtqueue, and what observes it."""
    of = api.mechanism("request_batching")
    table = table_of(of)
    base = {**of.case(table.config).params, **table.params}
    log = log_of(of)
    actors = [
        None if move.of is None else str(move.of)
        for move in observer(compile_model(of.model, of.properties, base), table).moves
    ]
    mapper = Mapper(table, log, actors)
    mapper.read(readers.read(TRACES / trace, table.events.keys()))
    (part,) = mapper.parts.values()
    params = {**base, **part.sizes, **log.params(part.name, part.sizes)}
    spec = compile_model(of.model, of.properties, params)
    return observer(spec, table, log.constants(part.name)), list(part.in_order()[:ROWS])


def spoilt(rows: Sequence[Row], watched: Observer, dice: random.Random) -> list[Row]:
    """The rows with one thing wrong: a row is missing, comes later, or says something else; the device is not told."""
    found = [replace(row) for row in rows]
    kind = dice.choice(("missing", "later", "other value", "other member", "untold", "untold"))
    if kind == "untold":
        return untold(found, watched, dice)
    if kind == "missing":
        row = dice.choice([r for r in found if r.kind == "move"])
        return [r for r in found if r is not row]
    if kind == "later":
        i = dice.choice([i for i, r in enumerate(found) if r.kind == "move"])
        found.insert(min(i + dice.randint(1, 12), len(found)), found.pop(i))
        return found
    row = dice.choice([r for r in found if r.kind != "lost" and (kind == "other member" or r.given)])
    same = [r for r in found if r is row or (row.window >= 0 and r.window == row.window)]
    if kind == "other member":
        for r in same:
            r.member = 1 - min(r.member, 1)
        return found
    i = dice.randrange(len(row.given))
    value = row.given[i] or 0
    other = 1 - value if watched.moves[row.rule].given[i] in ("ret", "last", "rang") else value + dice.choice((-1, 1))
    for r in same:
        r.given = [other if k == i else v for k, v in enumerate(r.given)]
    return found


def untold(rows: list[Row], watched: Observer, dice: random.Random) -> list[Row]:
    """The driver finds that the device need not be told, and does not: so it may be while the device is awake."""
    title = [watched.moves[r.rule].rule.title for r in rows]
    asked = [i for i, r in enumerate(rows) if r.kind == "open" and title[i].endswith("kick_prepare") and r.given == [1]]
    first = rows[dice.choice(asked)]
    for r in rows:
        if r.window == first.window:
            r.given = [0]
    mine = [
        i for i, r in enumerate(rows) if r.kind == "open" and title[i].endswith("notify") and r.member == first.member
    ]
    told = next((rows[i].window for i in mine if i > rows.index(first)), None)
    return [r for r in rows if r.window < 0 or r.window != told]


def followed(watched: Observer, variants: Sequence[Sequence[Row]]) -> list[Followed]:
    """Each variant, by one piece of machine code."""
    coded = Coded(watched, Rows.of(row for rows in variants for row in rows))
    return [coded.follow(Rows.of(rows), MOST, 1)[0] for rows in variants]


@pytest.mark.parametrize(
    "trace", ["batching-q1-ev-off.txt.gz", "batching-q1-ev-on.txt.gz", "batching-q1-depth3.txt.gz"]
)
def test_without_eager_steps_the_same_is_explained_and_rejected_at_the_same_row(trace: str) -> None:
    watched, rows = first_rows(trace)
    assert watched.eager
    dice = random.Random(trace)
    variants = [rows, *(spoilt(rows, watched, dice) for _ in range(SPOILT))]
    hasty = followed(watched, variants)
    patient = followed(replace(watched, eager=()), variants)
    assert not any(done.full for done in (*hasty, *patient))
    assert [done.rejected for done in hasty] == [done.rejected for done in patient]
    assert [done.violated for done in hasty] == [done.violated for done in patient]
    assert hasty[0].rejected is None
    assert len({done.rejected for done in hasty} - {None}) > 10
    assert patient[0].largest > 2 * hasty[0].largest  # or this would show nothing


def test_a_step_that_is_not_to_be_hurried_is_found_out() -> None:
    """Were the device to look for an end of its work at once, it would always be asleep, and always have to be told."""
    watched, rows = first_rows("batching-q1-ev-off.txt.gz")
    pop = next(a for a in watched.hidden if a.name == "handle_vq.pop")
    dice = random.Random(0)
    variants = [untold([replace(r) for r in rows], watched, dice) for _ in range(10)]
    hasty = followed(replace(watched, eager=(*watched.eager, pop)), variants)
    patient = followed(replace(watched, eager=()), variants)
    assert [done.rejected for done in hasty] != [done.rejected for done in patient]
