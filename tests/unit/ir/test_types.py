from __future__ import annotations

import pytest

from virtspec.ir.types import (
    BOOL,
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    bits,
    bounds,
    cardinality,
    contains,
    default,
    is_int,
    is_scalar,
    ordinal,
    show,
    values,
)

DEV = EnumType("Dev", ("FREE", "BUSY"))
SLOT = ScalarsetType("Slot", 2)
ONE = ScalarsetType("Unreg", 1)
PAIR = RecordType("Pair", (("id", IntType(1, 2)), ("ok", BOOL)))

EVERY: list[tuple[Type, tuple[Value, ...]]] = [
    (BOOL, (False, True)),
    (IntType(-1, 1), (-1, 0, 1)),
    (ModType(3), (0, 1, 2)),
    (DEV, ("FREE", "BUSY")),
    (SLOT, (0, 1)),
    (OptionType(DEV), (None, "FREE", "BUSY")),
    (TableType(SLOT, BOOL), ((False, False), (False, True), (True, False), (True, True))),
    (SetType(DEV), (frozenset(), frozenset({"FREE"}), frozenset({"BUSY"}), frozenset({"FREE", "BUSY"}))),
    (SeqType(BOOL, 2), ((), (False,), (True,), (False, False), (False, True), (True, False), (True, True))),
    (PAIR, ((1, False), (1, True), (2, False), (2, True))),
]
ids = [str(t) for t, _ in EVERY]


@pytest.mark.parametrize(("t", "expected"), EVERY, ids=ids)
def test_values_in_the_documented_order(t: Type, expected: tuple[Value, ...]) -> None:
    assert values(t) == expected
    assert cardinality(t) == len(expected)
    assert [ordinal(t, v) for v in expected] == list(range(len(expected)))
    assert all(contains(t, v) for v in expected)


@pytest.mark.parametrize(
    ("t", "value", "bits_needed"),
    [
        (BOOL, False, 1),
        (IntType(-1, 1), 0, 2),
        (IntType(2, 5), 2, 2),
        (IntType(-5, -2), -5, 2),
        (IntType(7, 7), 7, 0),
        (ModType(5), 0, 3),
        (DEV, "FREE", 1),
        (SLOT, 0, 1),
        (OptionType(SLOT), None, 2),
        (TableType(SLOT, IntType(2, 5)), (2, 2), 4),
        (SetType(SLOT), frozenset(), 2),
        (SeqType(BOOL, 2), (), 3),
        (PAIR, (1, False), 2),
    ],
    ids=str,
)
def test_default_and_bits(t: Type, value: Value, bits_needed: int) -> None:
    assert default(t) == value
    assert contains(t, default(t))
    assert bits(t) == bits_needed


@pytest.mark.parametrize(
    ("t", "stranger"),
    [
        (BOOL, 1),
        (IntType(0, 1), True),
        (IntType(0, 1), 2),
        (ModType(3), 3),
        (ModType(3), False),
        (DEV, "GONE"),
        (DEV, 0),
        (SLOT, 2),
        (SLOT, True),
        (OptionType(DEV), "GONE"),
        (TableType(SLOT, BOOL), (True,)),
        (TableType(SLOT, BOOL), (True, 0)),
        (SetType(DEV), ("FREE",)),
        (SetType(DEV), frozenset({"GONE"})),
        (SeqType(BOOL, 2), (True, True, True)),
        (SeqType(BOOL, 2), (None,)),
        (PAIR, (1,)),
        (PAIR, (0, True)),
    ],
    ids=str,
)
def test_what_is_no_value(t: Type, stranger: Value) -> None:
    assert not contains(t, stranger)


def test_ordinal_refuses_strangers() -> None:
    with pytest.raises(KeyError):
        ordinal(IntType(0, 3), 4)
    with pytest.raises(KeyError):
        ordinal(DEV, "GONE")


@pytest.mark.parametrize(
    ("t", "value", "text"),
    [
        (BOOL, True, "True"),
        (IntType(-1, 3), -1, "-1"),
        (DEV, "BUSY", "BUSY"),
        (SLOT, 1, "Slot1"),
        (ONE, 0, "Unreg"),
        (OptionType(SLOT), None, "None"),
        (OptionType(SLOT), 0, "Slot0"),
        (TableType(SLOT, DEV), ("FREE", "BUSY"), "{Slot0: FREE, Slot1: BUSY}"),
        (SetType(SLOT), frozenset({1, 0}), "{Slot0, Slot1}"),
        (SeqType(PAIR, 1), ((2, True),), "[Pair(id=2, ok=True)]"),
    ],
    ids=str,
)
def test_show(t: Type, value: Value, text: str) -> None:
    assert show(t, value) == text


def test_how_types_read() -> None:
    t = TableType(SLOT, OptionType(SeqType(IntType(0, 3), 4)))
    assert str(t) == "dict[Slot, Seq[0..3, 4] | None]"
    assert [str(x) for x in (ModType(8), SetType(DEV), PAIR)] == ["mod 8", "set[Dev]", "Pair"]


def test_kinds() -> None:
    scalar = [t for t, _ in EVERY if is_scalar(t)]
    assert scalar == [BOOL, IntType(-1, 1), ModType(3), DEV, SLOT]
    assert [t for t, _ in EVERY if is_int(t)] == [IntType(-1, 1), ModType(3)]
    assert (bounds(IntType(-1, 1)), bounds(ModType(3))) == ((-1, 1), (0, 2))
    with pytest.raises(TypeError):
        bounds(BOOL)
