"""What is known while code is written is computed then, as the machine would; the rest becomes instructions."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from virtspec.explore.native.emitter import WORD_MASK, Emitter
from virtspec.explore.native.jit import Code

SIGNED = [0, 1, -1, 2, 7, -7, 63, -(1 << 40), (1 << 62) - 1, -(1 << 62)]
WORDS = [0, 1, 2, 3, 0b1010, 63, 1 << 31, (1 << 32) - 1, 1 << 62, 1 << 63, WORD_MASK - 1, WORD_MASK]
SHIFTS = [0, 1, 31, 32, 62, 63]

Emit = Callable[[Emitter, Any, Any], Any]


def two(name: str) -> Emit:
    return lambda e, a, b: getattr(e, name)(a, b)


NUMBERS: dict[str, tuple[Emit, Callable[[int, int], int], list[tuple[int, int]]]] = {
    "add": (two("add"), lambda a, b: a + b, list(itertools.product(SIGNED, SIGNED))),
    "sub": (two("sub"), lambda a, b: a - b, list(itertools.product(SIGNED, SIGNED))),
    "mul": (two("mul"), lambda a, b: a * b, list(itertools.product(SIGNED[:7], SIGNED))),
    "and": (two("and_"), lambda a, b: a & b, list(itertools.product(WORDS, WORDS))),
    "or": (two("or_"), lambda a, b: a | b, list(itertools.product(WORDS, WORDS))),
    "xor": (two("xor"), lambda a, b: a ^ b, list(itertools.product(WORDS, WORDS))),
    "shl": (two("shl"), lambda a, b: a << b, list(itertools.product(WORDS, SHIFTS))),
    "lshr": (two("lshr"), lambda a, b: a >> b, list(itertools.product(WORDS, SHIFTS))),
    "count_bits": (lambda e, a, b: e.count_bits(a), lambda a, b: a.bit_count(), [(a, 0) for a in WORDS]),
    "//": (lambda e, a, b: e.floored("//", a, b), lambda a, b: a // b, list(itertools.product(SIGNED, [1, 2, 7, -3]))),
    "%": (lambda e, a, b: e.floored("%", a, b), lambda a, b: a % b, list(itertools.product(SIGNED, [1, 2, 7, -3]))),
    "eq": (lambda e, a, b: e.as_num(e.eq(a, b)), lambda a, b: a == b, list(itertools.product(WORDS, WORDS))),
    "lt": (lambda e, a, b: e.as_num(e.lt(a, b)), lambda a, b: a < b, list(itertools.product(SIGNED, SIGNED))),
    "le": (lambda e, a, b: e.as_num(e.le(a, b)), lambda a, b: a <= b, list(itertools.product(SIGNED, SIGNED))),
    "select": (
        lambda e, a, b: e.select(e.eq(a, 1), b, 1 << 63),
        lambda a, b: b if a == 1 else 1 << 63,
        list(itertools.product([0, 1, 2], WORDS)),
    ),
}
"""The emitting, what it must give modulo 2**64, and operands."""


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("known", ["both", "left", "right", "none"])
def test_numbers_are_those_of_the_machine(name: str, known: str) -> None:
    emit, expected, operands = NUMBERS[name]
    operands = operands[:: 1 if known in ("both", "none") else 3]
    e = Emitter()
    out = "%out"
    for i, (a, b) in enumerate(operands):
        left: Any = a if known in ("both", "left") else e.load(e.address("%in", 2 * i))
        right: Any = b if known in ("both", "right") else e.load(e.address("%in", 2 * i + 1))
        lines = len(e.lines)
        found = emit(e, left, right)
        if known == "both" and name not in ("//", "%"):
            assert isinstance(found, int) and len(e.lines) == lines
            assert found & WORD_MASK == int(expected(a, b)) & WORD_MASK
        e.store(found, e.address(out, i))
    e.end("ret void")
    assert run(e, [x & WORD_MASK for pair in operands for x in pair], len(operands)) == [
        int(expected(a, b)) & WORD_MASK for a, b in operands
    ]


BITS: dict[str, tuple[Emit, Callable[[bool, bool], bool]]] = {
    "not": (lambda e, a, b: e.not_(a), lambda a, b: not a),
    "both": (two("both"), lambda a, b: a and b),
    "either": (two("either"), lambda a, b: a or b),
    "same": (two("same"), lambda a, b: a is b),
    "select true": (lambda e, a, b: e.select_bit(a, True, b), lambda a, b: a or b),
    "select false": (lambda e, a, b: e.select_bit(a, False, b), lambda a, b: not a and b),
    "select known": (lambda e, a, b: e.select_bit(a, False, True), lambda a, b: not a),
    "select": (lambda e, a, b: e.select_bit(b, a, b), lambda a, b: a if b else b),
}


@pytest.mark.parametrize("name", BITS)
def test_truth_values(name: str) -> None:
    emit, expected = BITS[name]
    e = Emitter()
    wanted: list[int] = []
    for a, b, known_a, known_b in itertools.product([False, True], repeat=4):
        left: Any = a if known_a else e.not_(e.eq(e.load(e.address("%in", int(a))), 0))
        right: Any = b if known_b else e.not_(e.eq(e.load(e.address("%in", int(b))), 0))
        found = emit(e, left, right)
        if known_a and known_b:
            assert found is expected(a, b)
        e.store(e.as_num(found), e.address("%out", len(wanted)))
        wanted.append(int(expected(a, b)))
    e.end("ret void")
    assert run(e, [0, 1], len(wanted)) == wanted


@pytest.mark.parametrize(
    ("emit", "expected"),
    [
        (lambda e: e.add("%x", 0), "%x"),
        (lambda e: e.add(0, "%x"), "%x"),
        (lambda e: e.sub("%x", 0), "%x"),
        (lambda e: e.mul("%x", 0), 0),
        (lambda e: e.mul(1, "%x"), "%x"),
        (lambda e: e.mul("%x", 1), "%x"),
        (lambda e: e.and_("%x", 0), 0),
        (lambda e: e.or_(0, "%x"), "%x"),
        (lambda e: e.xor("%x", 0), "%x"),
        (lambda e: e.shl("%x", 0), "%x"),
        (lambda e: e.lshr(0, "%x"), 0),
        (lambda e: e.eq("%x", "%x"), True),
        (lambda e: e.select("%c", 5, 5), 5),
        (lambda e: e.select(False, 1, "%x"), "%x"),
        (lambda e: e.both("%c", False), False),
        (lambda e: e.either(True, "%c"), True),
        (lambda e: e.same("%c", True), "%c"),
        (lambda e: e.select_bit("%c", True, False), "%c"),
        (lambda e: e.address("%p", 0), "%p"),
    ],
)
def test_what_has_no_effect_is_no_instruction(emit: Callable[[Emitter], Any], expected: Any) -> None:
    e = Emitter()
    assert emit(e) == expected
    assert e.lines == []


def test_words_from_2_to_the_63rd_on_are_written_as_negative_numbers() -> None:
    e = Emitter()
    e.and_("%x", 1 << 63)
    e.xor(WORD_MASK, "%x")
    e.store(WORD_MASK - 1, "%p")
    e.select("%c", 1 << 63, (1 << 63) - 1)
    e.phi([(1 << 63, "here"), (7, "there")])
    assert e.lines == [
        "  %v1 = and i64 %x, -9223372036854775808",
        "  %v2 = xor i64 -1, %x",
        "  store i64 -2, ptr %p",
        "  %v3 = select i1 %c, i64 -9223372036854775808, i64 9223372036854775807",
        "  %v4 = phi i64 [ -9223372036854775808, %here ], [ 7, %there ]",
    ]


def test_a_block_falls_into_the_next_and_nothing_follows_its_end() -> None:
    e = Emitter()
    e.block("next")
    e.end("ret void")
    e.do("call void @never()")
    e.end("ret void")
    e.block("last")
    e.unless(True, "elsewhere")
    e.branch(False, "yes", "no")
    assert e.lines == ["  br label %next", "next:", "  ret void", "last:", "  br label %no"]


# --- checked code ----------------------------------------------------------------------------------------------------


def test_only_checked_code_insists() -> None:
    e = Emitter()
    e.insist("%x", 5)
    assert e.lines == []


def test_a_known_number_is_looked_at_at_once() -> None:
    e = Emitter(checked=True)
    e.insist(4, 5)
    assert e.lines == []
    for wrong in (5, -1):
        with pytest.raises(AssertionError):
            e.insist(wrong, 5)


@pytest.mark.parametrize("limit", [1, 5, 1 << 40, 1 << 63, WORD_MASK])
def test_checked_code_leaves_where_a_bound_is_not_kept(limit: int) -> None:
    given = [0, limit - 1, limit, limit + 1, (1 << 63) - 1, 1 << 63, WORD_MASK]
    given = [x for x in given if x <= WORD_MASK]
    for x in given:
        e = Emitter(checked=True)
        e.insist(e.load("%in"), limit)
        e.store(1, "%out")
        e.end("ret void")
        e.block("broken")
        e.store(2, "%out")
        e.end("ret void")
        assert run(e, [x], 1) == [1 if x < limit else 2], x


def run(e: Emitter, given: list[int], results: int) -> list[int]:
    """What the function emitted writes to `%out` when it finds these words at `%in`."""
    code = Code.of(f"declare i64 @llvm.ctpop.i64(i64)\n{e.text('define void @f(ptr %in, ptr %out)')}")
    words = (ctypes.c_uint64 * len(given))(*given)
    found = (ctypes.c_uint64 * results)()
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(code.address("f"))(words, found)
    return list(found)
