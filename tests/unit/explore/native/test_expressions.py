"""Compiled expressions have the values that the interpreter gives them, in all states, or in many.

An expression is put into properties of a system that has just the fields it reads and one for its result, and these are
judged in states of which no step leads to another. What the interpreter says is put into the result.
"""

from __future__ import annotations

import ctypes
import itertools
import random
from collections.abc import Callable, Iterator
from functools import cache
from math import prod
from typing import Any, Literal, get_args

import numpy as np
import pytest
from tests.unit.explore.native.conftest import agreed, system_of

from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import TooWide
from virtspec.explore.native.module import module
from virtspec.ir import build
from virtspec.ir.nodes import Eq, Expr, Le, Lt, Quant, Read, SeqOp, SetOp
from virtspec.ir.system import Field, Property, System
from virtspec.ir.text import expr_text
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
    default,
    values,
)
from virtspec.ir.walk import subexpressions
from virtspec.semantics.interp import Env, Undefined, evaluate

LETTER, MEMBER = EnumType("Letter", ("A", "B", "C")), ScalarsetType("Member", 3)
PAIR = RecordType("Pair", (("bit", IntType(3, 4)), ("flag", BOOL), ("maybe", OptionType(LETTER))))
FIELDS: dict[str, Type] = {
    "b": BOOL,
    "c": BOOL,
    "n": IntType(-3, 4),
    "m": IntType(0, 3),
    "w": ModType(5),
    "l": LETTER,
    "k": MEMBER,
    "one": IntType(7, 7),
    "far": IntType(-(1 << 62), (1 << 62) - 1),
    "o": OptionType(IntType(-2, 2)),
    "ol": OptionType(LETTER),
    "ob": OptionType(BOOL),
    "op": OptionType(PAIR),
    "oo": OptionType(SetType(BOOL)),
    "p": PAIR,
    "s": SetType(LETTER),
    "s2": SetType(LETTER),
    "si": SetType(IntType(-1, 2)),
    "big": SetType(IntType(1, 63)),
    "q": SeqType(IntType(-1, 1), 3),
    "qp": SeqType(PAIR, 2),
    "ql": SeqType(OptionType(BOOL), 2),
    "t": TableType(MEMBER, IntType(-1, 1)),
    "tt": TableType(MEMBER, TableType(BOOL, LETTER)),
    "ti": TableType(IntType(-3, 4), BOOL),
    "tp": TableType(BOOL, PAIR),
    "x": IntType(0, 40),
    "y": IntType(0, 2),
    "wide": TableType(IntType(0, 40), IntType(0, 6)),
    "wider": TableType(
        IntType(0, 40), TableType(IntType(0, 2), RecordType("R", (("u", BOOL), ("v", IntType(1, 200)))))
    ),
    "long": SeqType(IntType(0, 30), 40),
    "deep": RecordType("Deep", (("tables", TableType(IntType(0, 40), SeqType(BOOL, 3))), ("n", IntType(0, 40)))),
}
MOST = 3000
"""Up to how many states there are, all are looked at; else so many."""


def f(name: str) -> Expr:
    return build.read(name, FIELDS[name])


def number(value: int) -> Expr:
    return build.integer(value)


def member(value: int) -> Expr:
    return build.const(value, MEMBER)


V, W, L, B = build.var("v", MEMBER), build.var("i", IntType(-3, 4)), build.var("a", LETTER), build.var("z", BOOL)
N, M, K, MAYBE, Q, S, T = f("n"), f("m"), f("k"), f("o"), f("q"), f("s"), f("t")
LESS = build.arith("-", M, number(4))
"""-4..-1"""
ZERO_DIVISION = build.eq(build.arith("//", N, M), number(1))
"""Not defined where m is 0."""
ABSENT = build.lt(build.unwrap(MAYBE), N)
"""Not defined where o is None."""
EMPTY = build.eq(build.seq_at(Q, number(0)), N)
"""Not defined where q is empty."""
NARROW = build.eq(build.index(f("ti"), build.arith("+", N, number(1))), f("b"))
"""Not defined where n is 4."""


def expressions() -> Iterator[tuple[str, Expr]]:
    """Every kind of node."""
    for name in FIELDS:
        yield f"read {name}", f(name)
    for name, t in FIELDS.items():
        yield f"equal {name}", build.eq(f(name), build.const(default(t), t))
    yield from numbers()
    yield from connectives()
    yield from composites()
    yield from collections()
    yield from sequences()
    yield from places()


def numbers() -> Iterator[tuple[str, Expr]]:
    for op in ("+", "-", "*", "//", "%"):
        for a, b in [(N, M), (M, M), (f("w"), M), (N, number(3)), (number(-7), M), (f("far"), number(7)), (N, f("y"))]:
            if op in ("//", "%") or a is not f("far"):
                yield f"{op} {a} {b}"[:60], build.arith(op, a, b)
    yield (
        "nested",
        build.arith("%", build.arith("-", build.arith("*", N, N), number(9)), build.arith("+", M, number(1))),
    )
    for compare in (build.lt, build.le, build.eq):
        yield f"{compare.__name__} n m", compare(N, M)
        yield f"{compare.__name__} n w", compare(N, f("w"))
        yield f"{compare.__name__} far", compare(f("far"), number(-5))
    yield "narrow", build.coerce(build.arith("+", N, M), IntType(-1, 2))
    yield "narrow below", build.coerce(N, IntType(0, 9))
    yield "narrow above", build.coerce(N, IntType(-9, 0))
    yield "never fits", build.coerce(N, IntType(50, 60))
    yield "wraps", build.coerce(build.arith("-", f("w"), number(3)), ModType(5))
    for kind in (Lt, Le):
        yield f"{kind.__name__} of letters", build.intern(kind(f("l"), build.const("B", LETTER)))


def connectives() -> Iterator[tuple[str, Expr]]:
    partial = [ZERO_DIVISION, ABSENT, EMPTY, NARROW]
    for (i, a), (j, b) in itertools.permutations(enumerate([f("b"), *partial]), 2):
        yield f"and {i} {j}", build.and_(a, b)
        yield f"or {i} {j}", build.or_(a, b)
    yield "and of three", build.and_(f("b"), ABSENT, f("c"))
    yield "guarded", build.or_(build.eq(MAYBE, build.const(None, MAYBE.type)), ABSENT)
    yield "guarded twice", build.and_(build.or_(f("b"), build.and_(f("c"), ABSENT)), build.or_(f("c"), ZERO_DIVISION))
    yield "not", build.not_(ABSENT)
    yield "not total", build.not_(f("b"))
    yield "choice", build.ite(f("b"), N, M)
    yield "choice of partial", build.ite(f("b"), build.unwrap(MAYBE), build.arith("//", N, M))
    yield "choice by partial", build.ite(ABSENT, f("b"), ZERO_DIVISION)
    yield "choice of composites", build.ite(f("b"), T, build.map_update(T, K, number(1)))
    yield (
        "choice of partial composites",
        build.ite(f("b"), build.seq_op("tail", Q), build.seq_op("append", Q, number(1))),
    )
    yield (
        "choice in a choice",
        build.ite(f("b"), build.ite(f("c"), build.unwrap(MAYBE), N), build.ite(f("c"), M, build.unwrap(MAYBE))),
    )
    yield "same on both ways", build.and_(build.ite(f("b"), ABSENT, f("c")), ABSENT)
    yield (
        "known after a way",
        build.or_(build.and_(f("b"), ABSENT), build.and_(f("c"), build.lt(build.unwrap(MAYBE), M))),
    )
    kinds: tuple[Literal["all", "any", "count"], ...] = ("all", "any", "count")
    for kind in kinds:
        yield f"{kind} total", build.quant(kind, V, build.lt(build.index(T, V), N))
        divisor = build.ite(build.eq(W, N), number(0), M)
        yield f"{kind} partial", build.quant(kind, W, build.lt(build.arith("//", number(6), divisor), M))
        guarded = build.or_(build.lt(W, N), build.eq(build.unwrap(MAYBE), W))
        yield f"{kind} partly guarded", build.quant(kind, W, guarded)
        one = build.and_(build.contains_item(L, S), build.eq(build.index(T, V), build.unwrap(MAYBE)))
        yield f"{kind} of any", build.quant(kind, V, build.quant("any", L, one))
        yield f"{kind} of Booleans", build.quant(kind, B, build.eq(B, build.index(f("ti"), N)))
        yield f"{kind} of a constant", build.quant(kind, V, build.TRUE)


def composites() -> Iterator[tuple[str, Expr]]:
    yield "some", build.coerce(N, OptionType(IntType(-3, 4)))
    yield "some of narrower", build.coerce(M, OptionType(IntType(-3, 4)))
    yield "some record", build.coerce(f("p"), OptionType(PAIR))
    yield "unwrap", build.unwrap(MAYBE)
    for name in ("ol", "ob", "op", "oo"):
        yield f"unwrap {name}", build.unwrap(f(name))
        yield f"{name} is None", build.eq(f(name), build.const(None, FIELDS[name]))
    yield "widened optional", build.coerce(MAYBE, OptionType(IntType(-5, 5)))
    yield "narrowed optional", build.coerce(MAYBE, OptionType(IntType(0, 5)))
    yield "component of an optional", build.get(f("op"), "maybe")
    yield "component", build.get(f("p"), "bit")
    made = build.make_record(PAIR, [build.arith("+", M, number(3)), f("b"), f("l")])
    yield "record", made
    yield (
        "component of a record",
        build.get(made, "flag"),
    )
    yield "component of a choice", build.get(build.ite(f("b"), f("p"), build.index(f("tp"), f("c"))), "maybe")
    yield "equal records", build.eq(f("p"), build.index(f("tp"), f("b")))
    yield "entry", build.index(T, K)
    yield "entry of entry", build.index(build.index(f("tt"), K), f("b"))
    yield "entry at a fixed key", build.index(build.index(f("tt"), member(1)), f("b"))
    yield "entry by integer", build.index(f("ti"), N)
    yield "entry of an update", build.index(build.map_update(T, K, number(0)), member(1))
    yield "update", build.map_update(T, K, build.arith("-", number(0), build.index(T, K)))
    yield "partial update", build.map_update(T, K, N)
    yield "update of tables", build.map_update(f("tt"), K, build.map_update(build.index(f("tt"), K), f("b"), f("l")))
    yield "table of", build.map_of(V, build.and_(build.eq(V, K), f("b")))
    yield "entry of table of", build.index(build.map_of(V, build.arith("+", build.index(T, V), N)), K)
    yield "partial table of", build.coerce(build.map_of(V, build.arith("+", build.index(T, V), N)), T.type)
    yield "equal tables", build.eq(f("tt"), build.map_of(V, build.map_of(B, f("l"))))


def collections() -> Iterator[tuple[str, Expr]]:
    for op in ("|", "&", "-", "<="):
        yield f"set {op}", build.set_op(op, S, f("s2"))
    yield "set literal", build.set_lit(S.type, [f("l"), build.const("B", LETTER)])  # type: ignore[arg-type]  # a set
    yield "set literal of integers", build.set_lit(FIELDS["si"], [build.arith("-", M, number(1)), number(2)])  # type: ignore[arg-type]
    yield "set of", build.set_of(L, build.and_(build.contains_item(L, S), build.not_(build.eq(L, f("l")))))
    yield "partial set of", build.set_of(L, build.or_(build.contains_item(L, S), ABSENT))
    yield "members", build.length(S)
    yield "members of a large set", build.length(f("big"))
    yield "last of a large set", build.contains_item(number(63), f("big"))
    yield "some of a large set", build.contains_item(build.arith("+", f("x"), number(23)), f("big"))
    yield "without a large set", build.set_op("-", build.const(frozenset(range(1, 64)), FIELDS["big"]), f("big"))
    yield "in", build.contains_item(f("l"), S)
    yield "optional in", build.contains_item(f("ol"), S)
    yield "out of range in", build.contains_item(N, f("si"))
    yield "sum in", build.contains_item(build.arith("+", N, M), f("si"))
    yield "constant in", build.contains_item(number(2), f("si"))
    yield "in a literal", build.contains_item(N, build.set_lit(FIELDS["si"], [build.arith("-", M, number(1))]))  # type: ignore[arg-type]


def sequences() -> Iterator[tuple[str, Expr]]:
    item = build.arith("-", f("y"), number(1))
    for name, one in (("q", item), ("qp", f("p")), ("ql", f("ob"))):
        seq = f(name)
        for op in ("append", "appendleft", "remove"):
            yield f"{name} {op}", build.seq_op(op, seq, one)
        for op in ("init", "tail"):
            yield f"{name} {op}", build.seq_op(op, seq)  # type: ignore[arg-type]
        yield (
            f"in {name}",
            build.contains_item(one, seq) if name != "ql" else build.eq(seq, build.seq_op("append", seq, one)),
        )
        yield f"length of {name}", build.length(seq)
        for at in range(-4, 4):
            yield f"{name} at {at}", build.seq_at(seq, number(at))
        yield f"{name} at n", build.seq_at(seq, N)
        yield f"{name} at -4..-1", build.seq_at(seq, LESS)
        yield f"{name} at m", build.seq_at(seq, M)
    full = build.seq_op("appendleft", build.seq_op("append", build.seq_op("tail", Q), item), number(0))
    yield "round about", full
    yield "at of round about", build.seq_at(full, build.arith("-", M, number(3)))
    yield "emptied", build.seq_op("init", build.seq_op("tail", Q))
    yield "out of range in q", build.contains_item(N, Q)


def places() -> Iterator[tuple[str, Expr]]:
    """What does not lie in one word."""
    x, y, wide, wider, long, deep = map(f, ("x", "y", "wide", "wider", "long", "deep"))
    yield "wide at", build.index(wide, x)
    yield "wide at 20", build.index(wide, number(20))
    yield "wider at", build.index(build.index(wider, x), y)
    yield "wider at, component", build.get(build.index(build.index(wider, x), y), "v")
    yield "wider at 2", build.get(build.index(build.index(wider, x), number(2)), "v")
    yield "wider at 39", build.get(build.index(build.index(wider, number(39)), y), "v")
    yield "wide updated", build.index(build.map_update(wide, x, y), build.arith("+", y, number(19)))
    yield (
        "wide counted",
        build.quant(
            "count", build.var("e", IntType(0, 40)), build.eq(build.index(wide, build.var("e", IntType(0, 40))), y)
        ),
    )
    yield "wide compared", build.eq(wide, build.map_update(wide, x, y))
    yield "long at", build.seq_at(long, x)
    yield "long at, from the end", build.seq_at(long, build.arith("-", y, number(3)))
    yield "long append", build.seq_op("append", long, y)
    yield "long remove", build.seq_op("remove", long, y)
    yield "deep at", build.index(build.get(deep, "tables"), x)
    yield "deep at its own", build.index(build.get(deep, "tables"), build.get(deep, "n"))
    yield "deep at, at", build.seq_at(build.index(build.get(deep, "tables"), x), y)
    yield "deep in", build.contains_item(f("b"), build.index(build.get(deep, "tables"), x))


CASES = dict(expressions())


@pytest.mark.parametrize("name", CASES)
def test_the_compiled_value_is_the_interpreters(name: str) -> None:
    assert differences(CASES[name]) == []


def test_every_kind_of_node_is_compared() -> None:
    found = set(subexpressions(*CASES.values()))
    assert {kind.__name__ for kind in get_args(Expr)} - {type(e).__name__ for e in found} == set()
    ops = {e.op for e in found if isinstance(e, SeqOp | SetOp)} | {e.kind for e in found if isinstance(e, Quant)}
    assert ops == {"append", "appendleft", "remove", "init", "tail", "|", "&", "-", "<=", "all", "any", "count"}


@pytest.mark.parametrize("number", range(40))
def test_conditions_nested_at_random_mean_the_same(number: int) -> None:
    draw = random.Random(number)
    atoms = [e for e in CASES.values() if e.type == BOOL and fields_of(e) <= {"b", "c", "n", "m", "o", "q", "k", "t"}]

    def nested(depth: int) -> Expr:
        if depth == 0:
            return draw.choice(atoms)
        parts = [nested(depth - 1) for _ in range(3)]
        u = build.var(f"u{depth}", MEMBER)
        made: list[Callable[[], Expr]] = [
            lambda: build.and_(*parts),
            lambda: build.or_(*parts),
            lambda: build.ite(*parts),
            lambda: build.not_(parts[0]),
            lambda: build.eq(parts[0], parts[1]),
            lambda: build.quant("all", u, build.or_(build.eq(u, K), *parts[:2])),
        ]
        return draw.choice(made)()

    assert differences(nested(3)) == []


# --- integers that do not fit into a word ----------------------------------------------------------------------------


OTHERS = (0, 1 << 62, 1 << 63, (1 << 64) + 1, -(1 << 63) - 1, -(1 << 64))


@pytest.mark.parametrize("least", [(1 << 63) - 2, 1 << 63, (1 << 64) - 2, 1 << 70, -(1 << 63) - 2, -(1 << 70)], ids=hex)
def test_integers_beyond_a_word_are_refused_or_compared_as_they_are(least: int) -> None:
    t = IntType(least, least + 3)
    x, maybe = build.read("x", t), build.unwrap(build.read("o", OptionType(IntType(0, 3))))
    compared = [build.coerce(maybe, t), build.eq(x, build.const(least + 3, t))]
    for other in map(number, OTHERS):
        compared += [build.intern(Lt(x, other)), build.intern(Le(other, x))]
        compared += [build.eq(maybe, other), build.lt(maybe, other), build.lt(other, maybe)]
    wrong = {}
    for e in compared:
        try:
            found = differences(e)
        except TooWide as refused:
            assert "--engine oracle" in str(refused)
        else:
            if found:
                wrong[expr_text(e)] = found
    assert wrong == {}


@pytest.mark.parametrize("text", ["self.x * self.x", "self.x + self.x", "self.x - 0 - self.x - self.x"])
def test_arithmetic_that_may_leave_a_word_is_refused(text: str) -> None:
    spec = f"""
class Wide(Model):
    x: Annotated[int, Range(0, {(1 << 62)})]

@invariant(Wide)
def small(m: Wide) -> bool:
    return {text.replace("self", "m")} < 5
"""
    with pytest.raises(TooWide, match=r"computes with integers below 2\*\*63, not with -?\d+: use --engine oracle"):
        agreed(system_of(spec))


# --- harness ---------------------------------------------------------------------------------------------------------


def fields_of(e: Expr) -> set[str]:
    return {part.field for part in subexpressions(e) if isinstance(part, Read)}


def differences(e: Expr) -> list[tuple[dict[str, Value], Any, str]]:
    """The states in which the compiled value is not the interpreter's: the state, the right value, what is wrong."""
    types = {part.field: part.type for part in subexpressions(e) if isinstance(part, Read)}
    fields = [Field(name, t, default(t)) for name, t in types.items()]
    fields.append(Field("result", e.type, default(e.type)))
    right = build.intern(Eq(e, build.read("result", e.type)))
    defined = build.intern(Eq(e, e))
    properties = (Property("right", "right", "invariant", right), Property("defined", "defined", "reachable", defined))
    system = System("Expression", (), tuple(fields), (), properties)
    made = module(system, list(properties))
    states, expected = [], []
    for state in chosen_states(tuple(types.values())):
        try:
            value = evaluate(e, Env(system.field_index, state))
        except Undefined as why:
            value = why
        states.append((*state, default(e.type) if isinstance(value, Undefined) else value))
        expected.append(value)
    masks = judged(Code.of(made.text), [made.layout.pack(state) for state in states])
    wanted = [0b01 if isinstance(value, Undefined) else 0b10 for value in expected]
    names = ["neither right nor defined", "not defined", "defined", "wrong"]
    return [
        (dict(zip(types, state, strict=False)), value, names[found])
        for state, value, found, right in zip(states, expected, masks, wanted, strict=True)
        if found != right
    ]


def judged(code: Code, states: list[tuple[int, ...]]) -> list[int]:
    """What `judge` says of states: a bit per property."""
    words, masks = np.array(states, np.uint64), np.zeros(len(states), np.int64)
    judge = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)(code.address("judge"))
    judge(words.ctypes.data, len(states), masks.ctypes.data)
    return [int(mask) for mask in masks]


@cache
def chosen_states(types: tuple[Type, ...]) -> list[tuple[Value, ...]]:
    if prod(map(cardinality, types)) <= MOST:
        return list(itertools.product(*map(values, types)))
    draw = random.Random(len(types))
    return [tuple(some_value(t, draw) for t in types) for _ in range(MOST // 4)]


def some_value(t: Type, draw: random.Random) -> Value:
    match t:
        case IntType(lo, hi):
            return draw.choice([lo, hi, draw.randint(lo, hi), draw.randint(lo, hi)])
        case OptionType(of):
            return draw.choice([None, some_value(of, draw), some_value(of, draw)])
        case TableType(key, of):
            return tuple(some_value(of, draw) for _ in values(key))
        case RecordType(_, parts):
            return tuple(some_value(of, draw) for _, of in parts)
        case SetType(of):
            return frozenset(v for v in values(of) if draw.random() < 0.7)
        case SeqType(of, cap):
            length = draw.choice([0, 1, cap - 1, cap, draw.randint(0, cap)])
            return tuple(some_value(of, draw) for _ in range(length))
        case _:
            return draw.choice(values(t))
