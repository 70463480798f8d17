from __future__ import annotations

import pytest

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Fault, If, Let, Require
from virtspec.ir.passes.footprint import Footprint, footprint, matrix
from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import BOOL, IntType, ScalarsetType, TableType, Type, default

SLOT, N = ScalarsetType("Slot", 2), IntType(0, 3)
TYPES: dict[str, Type] = {"go": BOOL, "n": N, "m": N, "table": TableType(SLOT, N)}
FIELDS = tuple(Field(name, t, default(t)) for name, t in TYPES.items())
go, n, m, table = (build.read(name, t) for name, t in TYPES.items())
d, ONE = build.var("d", SLOT), build.integer(1)
SET_N, SET_M = Assign("n", (), ONE), Assign("m", (), ONE)


def system(body: Block) -> System:
    return System("F", (), FIELDS, (Action("act", (d,), body),), ())


@pytest.mark.parametrize(
    ("body", "reads", "may", "must"),
    [
        ((), "", "", ""),
        ((Require(go), SET_N), "go", "n", "n"),
        ((Assign("n", (), m),), "m", "n", "n"),
        ((Assign("table", (d,), n),), "n", "table", "table"),
        ((If(go, (SET_N, SET_M), (SET_N,)),), "go", "n m", "n"),
        ((If(go, (SET_N,)), SET_M), "go", "n m", "m"),
        ((If(go, (SET_N,), (Fault("x"),)),), "go", "n", "n"),
        ((If(go, (Fault("x"),), (SET_N,)),), "go", "n", "n"),
        ((If(go, (Fault("x"),), (Fault("y"),)), SET_N), "go", "n", ""),
        ((Assign("n", (), n),), "", "", ""),
        ((Assign("table", (d,), build.index(table, d)),), "", "", ""),
        ((Assign("table", (d,), build.index(table, build.const(0, SLOT))),), "table", "table", "table"),
        ((Let(build.var("x", N), n), Choose(d), Cost("c")), "n", "", ""),
    ],
)
def test_footprints(body: Block, reads: str, may: str, must: str) -> None:
    made = system(body)
    expected = Footprint(frozenset(reads.split()), frozenset(may.split()), frozenset(must.split()))
    assert footprint(made, made.actions[0]) == expected


def test_what_a_key_reads_counts_even_if_nothing_is_written() -> None:
    keyed = TableType(N, N)
    whole = build.read("by_number", keyed)
    field = Field("by_number", keyed, default(keyed))
    body = (Assign("by_number", (n,), build.index(whole, n)),)
    made = System("F", (), (*FIELDS, field), (Action("act", (), body),), ())
    assert footprint(made, made.actions[0]) == Footprint(frozenset({"n"}), frozenset(), frozenset())


def test_the_matrix_has_a_row_per_action_and_a_column_per_field(small: System) -> None:
    assert matrix(small) == (
        ("", "dev", "owner", "uses", "pc"),
        ("use", "rW", "W", "rW", "rW"),
        ("use.put", "W", "rW", "", "rW"),
        ("reset", "", "", "rw", ""),
    )
