"""Every state has words of its own, nothing lies on anything else or across two words, and what does not fit is refused."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
from tests.unit.explore.native.conftest import agreed, system_of

from virtspec.api.shipped import mechanism
from virtspec.explore.native.check import check as native
from virtspec.explore.native.layout import WORD, Layout, TooWide, describe, layout, leaves
from virtspec.explore.oracle import Search
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.system import Field, System
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
    cardinality,
    contains,
    default,
    values,
)

CLASSICS = Path(__file__).parents[3] / "corpus" / "classics"
LETTER = EnumType("Letter", ("A", "B", "C"))


def of_types(*types: Type) -> Layout:
    """The layout of a system whose fields have these types."""
    return layout(System("Types", (), tuple(Field(f"f{i}", t, default(t)) for i, t in enumerate(types)), (), ()))


# --- where things lie ------------------------------------------------------------------------------------------------


def table_of(found: Layout) -> list[str]:
    rows = [f"{row.what} {row.type} {row.bits} @ {row.word}:{row.first}" for row in describe(found)]
    return [*rows, f"{found.bits} bits, {found.words} words"]


def test_a_state_of_one_word() -> None:
    module = load_path(CLASSICS / "mcs.py")
    assert table_of(layout(load(module.models[0], module.properties, {"Proc": 3}))) == [
        "tail Proc | None 2 @ 0:27",
        "next dict[Proc, Proc | None] 6 @ 0:12",
        "locked dict[Proc, bool] 3 @ 0:24",
        "Proc.pc dict[Proc, Proc.pc] 12 @ 0:0",
        "acquire.pred dict[Proc, Proc | None] 6 @ 0:18",
        "29 bits, 1 words",
    ]


def test_a_shipped_state_of_two_words() -> None:
    """No field is split: the shortest and last ones go where there is room, and some take none at all."""
    batching = mechanism("request_batching")
    found = layout(load(batching.model, batching.properties, batching.case("v6.1-submitters").params))
    lines = table_of(found)
    assert lines[-1] == "77 bits, 2 words"
    assert [line for line in lines if " 0 @ " in line] == [
        "hctx dict[Sub, 0..0] 0 @ 0:63",
        "faults 0..0 0 @ 0:63",
        "eh_left 0..0 0 @ 0:63",
    ]
    assert [line for line in lines if " @ 0:" in line][-2:] == [
        "vq.vq_lock.owner dict[0..0, Sub | None] 2 @ 0:61",
        "Sub.pc dict[Sub, Sub.pc] 8 @ 0:0",
    ]
    assert [line for line in lines if " @ 1:" in line] == [
        "vq.no_notify dict[0..0, bool] 1 @ 1:10",
        "vq.kicked dict[0..0, bool] 1 @ 1:11",
        "vq.stale dict[0..0, bool] 1 @ 1:12",
        "handle_vq.pc dict[0..0, handle_vq.pc] 2 @ 1:0",
        "dispatch.queued dict[Sub, bool] 2 @ 1:2",
        "dispatch.errors dict[Sub, bool] 2 @ 1:4",
        "dispatch.failed dict[Sub, bool] 2 @ 1:6",
        "dispatch.last dict[Sub, bool] 2 @ 1:8",
        "handle_vq.found dict[0..0, bool] 1 @ 1:13",
    ]


def test_what_is_longer_than_a_word_is_split_into_entries_and_components() -> None:
    pair = RecordType("Pair", (("low", IntType(0, (1 << 40) - 1)), ("high", IntType(0, (1 << 30) - 1))))
    found = of_types(
        BOOL,
        TableType(LETTER, IntType(0, (1 << 30) - 1)),
        SeqType(IntType(0, (1 << 20) - 1), 4),
        OptionType(pair),
        pair,
    )
    assert table_of(found) == [
        "f0 bool 1 @ 1:51",
        "f1[A] 0..1073741823 30 @ 0:0",
        "f1[B] 0..1073741823 30 @ 0:30",
        "f1[C] 0..1073741823 30 @ 1:0",
        "f2.length 0..4 3 @ 0:60",
        "f2[0] 0..1048575 20 @ 2:0",
        "f2[1] 0..1048575 20 @ 2:20",
        "f2[2] 0..1048575 20 @ 2:40",
        "f2[3] 0..1048575 20 @ 1:30",
        "f3.is_some bool 1 @ 1:50",
        "f3.value.low 0..1099511627775 40 @ 3:0",
        "f3.value.high 0..1073741823 30 @ 4:0",
        "f4.low 0..1099511627775 40 @ 5:0",
        "f4.high 0..1073741823 30 @ 4:30",
        "315 bits, 6 words",
    ]


def test_entries_of_a_long_table_are_found_by_shifting() -> None:
    """As many to a word as there is room, at equal distances."""
    found = of_types(TableType(IntType(0, 200), IntType(0, 30)))
    assert found.words == 17
    (node,) = found.nodes
    assert [(leaf.word, leaf.shift) for leaf in leaves(node)] == [(k // 12, k % 12 * 5) for k in range(201)]


# --- packing ---------------------------------------------------------------------------------------------------------


def some_type(draw: random.Random, depth: int) -> Type:
    scalars: list[Type] = [BOOL, LETTER, IntType(-3, draw.randint(-3, 4)), ModType(draw.randint(1, 9))]
    scalars += [IntType(5, 5 + draw.randint(0, 1 << draw.randint(1, 62))), ScalarsetType("S", draw.randint(1, 3))]
    kinds = ["scalar", "option of scalar", "set"] + 3 * ["option", "table", "seq", "record"] * (depth > 0)
    small = [t for t in scalars if cardinality(t) < 9]
    match draw.choice(kinds):
        case "scalar":
            return draw.choice(scalars)
        case "option of scalar":
            return OptionType(draw.choice(scalars))
        case "set":
            return SetType(draw.choice([*small, IntType(1, 63)]))
        case "option":
            return OptionType(some_type(draw, depth - 1))
        case "table":
            return TableType(draw.choice([*small, IntType(0, 20)]), some_type(draw, depth - 1))
        case "seq":
            return SeqType(some_type(draw, depth - 1), draw.choice([1, 2, 3, 9]))
        case _:
            return RecordType("R", tuple((name, some_type(draw, depth - 1)) for name in "abc"[: draw.randint(1, 3)]))


def some_value(draw: random.Random, t: Type) -> Value:
    match t:
        case IntType(lo, hi):
            return draw.choice([lo, hi, draw.randint(lo, hi)])
        case OptionType(of):
            return None if draw.random() < 0.3 else some_value(draw, of)
        case TableType(key, of):
            return tuple(some_value(draw, of) for _ in range(cardinality(key)))
        case RecordType(_, fields):
            return tuple(some_value(draw, of) for _, of in fields)
        case SetType(of):
            return frozenset(v for v in values(of) if draw.random() < draw.choice([0.1, 0.5, 1]))
        case SeqType(of, cap):
            return tuple(some_value(draw, of) for _ in range(draw.randint(0, cap)))
        case _:
            return draw.choice(values(t))


def types_of(number: int) -> tuple[Type, ...]:
    draw = random.Random(number)
    return tuple(some_type(draw, draw.choice([0, 1, 2])) for _ in range(draw.randint(1, 6)))


NUMBERS = range(300)


def test_the_random_types_are_worth_a_look() -> None:
    found = [of_types(*types_of(number)) for number in NUMBERS]
    all_leaves = [leaf for one in found for node in one.nodes for leaf in leaves(node)]
    assert sum(one.words == 1 for one in found) > 30
    assert sum(one.words > 8 for one in found) > 10
    assert sum(leaf.shift + leaf.bits == WORD for leaf in all_leaves) > 5
    assert sum(leaf.bits == 0 for leaf in all_leaves) > 30
    assert sum(leaf.bits > WORD - 5 for leaf in all_leaves) > 5


@pytest.mark.parametrize("number", NUMBERS)
def test_leaves_neither_overlap_nor_leave_their_words(number: int) -> None:
    found = of_types(*types_of(number))
    taken = [0] * found.words
    for node in found.nodes:
        for leaf in leaves(node):
            if leaf.bits:
                assert leaf.shift + leaf.bits <= WORD
                assert taken[leaf.word] & leaf.mask << leaf.shift == 0
                taken[leaf.word] |= leaf.mask << leaf.shift
    assert all(taken) or found.bits == 0
    assert sum(bits.bit_count() for bits in taken) == found.bits


@pytest.mark.parametrize("number", NUMBERS)
def test_distinct_states_have_distinct_words_and_come_back(number: int) -> None:
    types, draw = types_of(number), random.Random(-number)
    found = of_types(*types)
    states = {tuple(some_value(draw, t) for t in types) for _ in range(40)}
    packed = {state: found.pack(state) for state in states}
    assert len(set(packed.values())) == len(states)
    for state, words in packed.items():
        assert all(map(contains, types, state))
        assert len(words) == found.words and all(0 <= word < 1 << WORD for word in words)
        assert found.unpack(words) == state


@pytest.mark.parametrize(
    "t",
    [
        IntType(-2, 3),
        ModType(5),
        LETTER,
        ScalarsetType("One", 1),
        OptionType(LETTER),
        OptionType(SetType(BOOL)),
        SetType(IntType(-1, 2)),
        TableType(BOOL, TableType(LETTER, ModType(3))),
        SeqType(IntType(4, 5), 3),
        SeqType(OptionType(BOOL), 2),
        SeqType(SeqType(BOOL, 2), 2),
        RecordType("R", (("a", OptionType(BOOL)), ("b", IntType(7, 7)), ("c", SetType(BOOL)))),
    ],
    ids=str,
)
def test_every_value_comes_back(t: Type) -> None:
    found = of_types(t)
    packed = [found.pack((value,)) for value in values(t)]
    assert len(set(packed)) == cardinality(t)
    assert [found.unpack(words) for words in packed] == [(value,) for value in values(t)]


def test_a_word_is_filled_to_its_last_bit() -> None:
    """But for the highest, which no state uses."""
    found = of_types(IntType(0, (1 << 62) - 1), BOOL, SetType(IntType(1, 63)))
    assert (found.words, found.bits) == (2, 2 * WORD)
    top = ((1 << 62) - 1, True, frozenset(range(1, 64)))
    assert found.pack(top) == ((1 << WORD) - 1, (1 << WORD) - 1)
    assert found.unpack(found.pack(top)) == top


def test_a_state_without_bits_still_has_a_word() -> None:
    found = of_types(IntType(7, 7), TableType(BOOL, ScalarsetType("One", 1)), SeqType(IntType(0, 0), 1))
    assert (found.words, found.bits) == (1, 1)
    found = of_types(IntType(7, 7))
    assert (found.words, found.bits, found.pack((7,)), found.unpack((0,))) == (1, 0, (0,), (7,))


def test_a_counter_that_wraps_late_is_packed_without_counting_up_to_there() -> None:
    """A `Mod` of 32 or 40 bits is what a kernel's index is; nothing may run through all its values."""
    t = ModType(1 << 40)
    found = of_types(t, OptionType(t), RecordType("R", (("index", t),)))
    state = ((1 << 40) - 1, 5, (1 << 39,))
    assert found.unpack(found.pack(state)) == state
    text = f"""
class Ring(Model):
    index: Annotated[int, Mod({1 << 40})]

    @action
    def up(self) -> None:
        require(self.index != 5)
        self.index += 1

    @action
    def jump(self) -> None:
        require(self.index == 5)
        self.index = {(1 << 40) - 2}
"""
    assert agreed(system_of(text)).states == 8


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "t",
    [
        SetType(IntType(1, 64)),
        SetType(ModType(100)),
        IntType(0, (1 << 64) - 1),
        IntType(-(1 << 63), 1),
        IntType(0, 1 << 63),
        OptionType(IntType(1, 1 << 63)),
        TableType(BOOL, SetType(IntType(0, 70))),
        OptionType(RecordType("R", (("a", SeqType(IntType(0, 1 << 80), 2)),))),
    ],
    ids=str,
)
def test_what_no_word_holds_is_refused_with_a_way_out(t: Type) -> None:
    with pytest.raises(TooWide) as refused:
        of_types(BOOL, t)
    assert str(refused.value).endswith("use --engine oracle")
    assert "the native engine" in str(refused.value)


def test_a_check_is_refused_before_it_begins() -> None:
    text = """
class Wide(Model):
    members: set[Annotated[int, Range(0, 63)]]
"""
    with pytest.raises(TooWide, match=r"set\[0..63\] takes 64 bits"):
        native(system_of(text), workers=1)


# --- states of many words --------------------------------------------------------------------------------------------

WIDE = """
class Wide(Model):
    cells: dict[Annotated[int, Range(0, 200)], Annotated[int, Range(0, 30)]]
    queue: Annotated[Seq[Annotated[int, Range(0, 200)]], Cap(12)]
    at: Annotated[int, Range(0, 200)]

    @action
    def write(self, value: Annotated[int, Range(29, 30)]) -> None:
        require(self.at < 199)
        require(self.cells[self.at] == 0)
        self.cells[self.at] = value
        self.queue.append(self.at)
        self.at = self.at + 66

    @action
    def read(self) -> None:
        first = self.queue.popleft()
        self.cells[first] -= 29

    @action
    def mirror(self) -> None:
        self.cells[200 - self.at] = self.cells[self.at]

@invariant(Wide)
def few(m: Wide) -> bool:
    return sum(m.cells[k] == 30 for k in range(201)) < 3

@reachable(Wide)
def last(m: Wide) -> bool:
    return m.cells[200] == 1 and m.cells[132] == 30

@transition(Wide)
def kept(before: Wide, after: Wide) -> bool:
    return before.cells[66] <= after.cells[66]
"""


@pytest.mark.parametrize("workers", [1, 3])
def test_states_of_many_words_are_explored_as_by_the_oracle(workers: int) -> None:
    system = system_of(WIDE)
    found = agreed(system, workers)
    assert found.words >= 16
    assert found.states > 40
    search = Search(system)
    search.run()
    packing = layout(system)
    assert all(packing.unpack(packing.pack(state)) == state for state in islice(search.states, 200))
