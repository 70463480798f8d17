"""Values as plain Python, and what counts as a difference."""

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
)
from virtspec.testing.observed import differences, readable

TASK, BOSS, SMALL = ScalarsetType("Task", 2), ScalarsetType("Boss", 1), IntType(0, 3)
COLOUR = EnumType("Colour", ("RED", "GREEN"))
REQUEST = RecordType("Request", (("id", SMALL), ("by", OptionType(TASK))))
HELD = TableType(TASK, OptionType(COLOUR))

READABLE: list[tuple[Type, Value, object]] = [
    (BOOL, True, True),
    (SMALL, 2, 2),
    (ModType(3), 2, 2),
    (COLOUR, "RED", "RED"),
    (TASK, 1, "Task1"),
    (BOSS, 0, "Boss"),
    (OptionType(TASK), None, None),
    (OptionType(TASK), 0, "Task0"),
    (HELD, (None, "GREEN"), {"Task0": None, "Task1": "GREEN"}),
    (TableType(BOOL, TableType(SMALL, BOOL)), ((True, False, False, False),) * 2, None),
    (SetType(TASK), frozenset({0, 1}), frozenset({"Task0", "Task1"})),
    (SeqType(COLOUR, 3), ("RED", "RED"), ("RED", "RED")),
    (REQUEST, (1, 0), {"id": 1, "by": "Task0"}),
    (SeqType(REQUEST, 1), ((1, None),), ({"id": 1, "by": None},)),
]


@pytest.mark.parametrize(("t", "value", "expected"), READABLE, ids=[f"{t}-{i}" for i, (t, *_) in enumerate(READABLE)])
def test_a_value_as_plain_python_is_no_different_from_itself(t: Type, value: Value, expected: object) -> None:
    plain = readable(t, value)
    assert expected is None or plain == expected
    assert list(differences("x", t, value, plain)) == []


DIFFERENT: list[tuple[Type, Value, object, list[str]]] = [
    (BOOL, True, 1, ["x: expected True, observed 1"]),
    (SMALL, 1, True, ["x: expected 1, observed True"]),
    (COLOUR, "RED", "GREEN", ["x: expected RED, observed GREEN"]),
    (TASK, 0, 0, ["x: expected Task0, observed 0"]),
    (OptionType(TASK), None, "Task0", ["x: expected None, observed Task0"]),
    (OptionType(TASK), 1, None, ["x: expected Task1, observed None"]),
    (HELD, (None, "RED"), {"Task1": "GREEN"}, ["x[Task1]: expected RED, observed GREEN"]),
    (HELD, (None, "RED"), {"Task7": "RED"}, ["x['Task7']: expected no such entry, observed RED"]),
    (HELD, (None, "RED"), ["RED"], ["x: expected {Task0: None, Task1: RED}, observed ['RED']"]),
    (REQUEST, (1, 0), {"by": None, "id": 2}, ["x.by: expected Task0, observed None", "x.id: expected 1, observed 2"]),
    (OptionType(REQUEST), (1, 0), {"by": "Task1"}, ["x.by: expected Task0, observed Task1"]),
    (SetType(TASK), frozenset({0}), set(), ["x: expected {Task0}, observed set()"]),
    (SeqType(SMALL, 2), (1,), [1, 1], ["x: expected [1], observed [1, 1]"]),
    (SeqType(BOOL, 2), (True,), [1], ["x: expected [True], observed [1]"]),
]


@pytest.mark.parametrize(
    ("t", "value", "observed", "expected"), DIFFERENT, ids=[f"{t}-{i}" for i, (t, *_) in enumerate(DIFFERENT)]
)
def test_a_difference_is_named_down_to_the_entry(t: Type, value: Value, observed: object, expected: list[str]) -> None:
    assert [str(difference) for difference in differences("x", t, value, observed)] == expected


SAID_LESS: list[tuple[Type, Value, object]] = [
    (HELD, (None, "RED"), {}),
    (HELD, (None, "RED"), {"Task1": "RED"}),
    (REQUEST, (1, 0), {"id": 1}),
    (SeqType(SMALL, 2), (1, 2), [1, 2]),
    (SetType(TASK), frozenset({0}), {"Task0"}),
]


@pytest.mark.parametrize(("t", "value", "observed"), SAID_LESS, ids=[f"{t}-{i}" for i, (t, *_) in enumerate(SAID_LESS)])
def test_an_observation_may_say_less_and_say_it_with_other_containers(t: Type, value: Value, observed: object) -> None:
    assert list(differences("x", t, value, observed)) == []
