"""The types of the intermediate representation: closed, finite, each knowing its values and their order.

Values are plain, hashable and canonical:

    BoolType       bool                        OptionType    None or a value of `of`
    IntType        int in lo..hi               TableType     tuple, one entry per key in key order
    ModType        int in 0..n-1, wraps        SetType       frozenset
    EnumType       the member's name (str)     SeqType       tuple of at most `cap` values
    ScalarsetType  int in 0..size-1            RecordType    tuple of the fields' values

`values(t)` is the documented order of enumeration.

A scalarset may be of any size: its members cannot be enumerated, and a table over it has one entry, which all members
have. Only what says the same of all members at once has a meaning then; see `symbolic`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias, assert_never

from virtspec.errors import Endless

Value: TypeAlias = "bool | int | str | None | tuple[Value, ...] | frozenset[Value]"


@dataclass(frozen=True, slots=True)
class BoolType:
    """False, True."""

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class IntType:
    """The integers lo..hi; a value that leaves the range is a fault."""

    lo: int
    hi: int

    def __str__(self) -> str:
        return f"{self.lo}..{self.hi}"


@dataclass(frozen=True, slots=True)
class ModType:
    """The integers modulo n: 0..n-1, and whatever is stored is reduced."""

    n: int

    def __str__(self) -> str:
        return f"mod {self.n}"


@dataclass(frozen=True, slots=True)
class EnumType:
    """Named members in their order of declaration."""

    name: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


ANY = 1 << 40
"""The size of a scalarset of any size: more than can be gone through, so that nobody counts on it."""

_growing: ContextVar[bool] = ContextVar("growing", default=False)


@contextmanager
def growing(sizes: Iterable[int]) -> Iterator[None]:
    """While a specification is compiled some of whose scalarsets have these sizes: is one of them `ANY`?"""
    token = _growing.set(ANY in sizes)
    try:
        yield
    finally:
        _growing.reset(token)


def grows(value: object) -> bool:
    """Whether a number found while a specification is compiled stands for one that grows with a type of any size."""
    return _growing.get() and isinstance(value, int) and value >= ANY // 2


@dataclass(frozen=True, slots=True)
class ScalarsetType:
    """`size` interchangeable members: only equality tells them apart."""

    name: str
    size: int

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class OptionType:
    """None, or a value of `of`."""

    of: Type

    def __str__(self) -> str:
        return f"{self.of} | None"


@dataclass(frozen=True, slots=True)
class TableType:
    """A total map from the finite scalar type `key`."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.value}]"


@dataclass(frozen=True, slots=True)
class SetType:
    """A subset of the finite scalar type `of`."""

    of: Type

    def __str__(self) -> str:
        return f"set[{self.of}]"


@dataclass(frozen=True, slots=True)
class SeqType:
    """A sequence of at most `cap` values."""

    of: Type
    cap: int

    def __str__(self) -> str:
        return f"Seq[{self.of}, {self.cap}]"


@dataclass(frozen=True, slots=True)
class RecordType:
    """Named components."""

    name: str
    fields: tuple[tuple[str, Type], ...]

    def __str__(self) -> str:
        return self.name


Type: TypeAlias = (
    BoolType | IntType | ModType | EnumType | ScalarsetType | OptionType | TableType | SetType | SeqType | RecordType
)

BOOL = BoolType()
SCALARS = (BoolType, IntType, ModType, EnumType, ScalarsetType)


def is_scalar(t: Type) -> bool:
    """Whether `t` may be a key, a set member, a parameter or the domain of a quantifier."""
    return isinstance(t, SCALARS)


def is_int(t: Type) -> bool:
    return isinstance(t, IntType | ModType)


def bounds(t: Type) -> tuple[int, int]:
    """The smallest and largest integer of an integer type."""
    match t:
        case IntType(lo, hi):
            return lo, hi
        case ModType(n):
            return 0, n - 1
        case _:
            raise TypeError(f"{t} is not an integer type")


def cardinality(t: Type) -> int:
    """How many values `t` has."""
    match t:
        case BoolType():
            return 2
        case IntType(lo, hi):
            return hi - lo + 1
        case ModType(n):
            return n
        case EnumType(_, members):
            return len(members)
        case ScalarsetType(_, size):
            return size
        case OptionType(of):
            return 1 + cardinality(of)
        case TableType(key) | SetType(key) if is_any(key):
            raise Endless(str(key))
        case TableType(key, value):
            return int(cardinality(value) ** cardinality(key))
        case SetType(of):
            return int(2 ** cardinality(of))
        case SeqType(of, cap):
            return sum(int(cardinality(of) ** n) for n in range(cap + 1))
        case RecordType(_, fields):
            product = 1
            for _, field in fields:
                product *= cardinality(field)
            return product
        case _:
            assert_never(t)


def is_any(t: Type) -> bool:
    """Whether `t` is a scalarset of any size."""
    return isinstance(t, ScalarsetType) and t.size == ANY


def entries(key: Type) -> int:
    """How many entries the value of a table with such keys has: one, which stands for all, if there are any number."""
    return 1 if is_any(key) else cardinality(key)


def bits(t: Type) -> int:
    """How many bits tell the values of `t` apart."""
    return (cardinality(t) - 1).bit_length()


@cache
def values(t: Type) -> tuple[Value, ...]:
    """Every value of `t`, in the order of enumeration: the smallest, the first declared, the emptiest first."""
    match t:
        case BoolType():
            return (False, True)
        case IntType() | ModType():
            lo, hi = bounds(t)
            return tuple(range(lo, hi + 1))
        case EnumType(_, members):
            return members
        case ScalarsetType(name, size):
            if size == ANY:
                raise Endless(name)
            return tuple(range(size))
        case OptionType(of):
            return (None, *values(of))
        case TableType(key, value):
            return tuple(itertools.product(values(value), repeat=cardinality(key)))
        case SetType(of):
            all_of = values(of)
            return tuple(
                frozenset(m for i, m in enumerate(all_of) if mask >> i & 1) for mask in range(1 << len(all_of))
            )
        case SeqType(of, cap):
            return tuple(v for n in range(cap + 1) for v in itertools.product(values(of), repeat=n))
        case RecordType(_, fields):
            return tuple(itertools.product(*(values(f) for _, f in fields)))
        case _:
            assert_never(t)


@cache
def _ordinals(t: Type) -> dict[Value, int]:
    return {v: i for i, v in enumerate(values(t))}


def ordinal(t: Type, value: Value) -> int:
    """The position of `value` in `values(t)`, for a scalar `t`. Raises KeyError for a value outside it."""
    match t:
        case IntType(lo, hi):
            if isinstance(value, int) and lo <= value <= hi:
                return value - lo
            raise KeyError(value)
        case ModType(n) | ScalarsetType(_, n):
            if isinstance(value, int) and 0 <= value < n:
                return value
            raise KeyError(value)
        case _:
            return _ordinals(t)[value]


def default(t: Type) -> Value:
    """The value a field of `t` starts with unless the model says otherwise, and a dead local is reset to.

    False, 0 (or the smallest integer, if 0 is not one), the first member, None, the empty set or sequence, and
    entry by entry for tables and records.
    """
    match t:
        case BoolType():
            return False
        case IntType(lo, hi):
            return 0 if lo <= 0 <= hi else lo
        case ModType():
            return 0
        case EnumType(_, members):
            return members[0]
        case ScalarsetType():
            return 0
        case OptionType():
            return None
        case TableType(key, value):
            return (default(value),) * entries(key)
        case SetType():
            return frozenset()
        case SeqType():
            return ()
        case RecordType(_, fields):
            return tuple(default(f) for _, f in fields)
        case _:
            assert_never(t)


def contains(t: Type, value: Value) -> bool:
    """Whether `value` is a canonical value of `t`."""
    match t:
        case BoolType():
            return isinstance(value, bool)
        case IntType() | ModType():
            lo, hi = bounds(t)
            return isinstance(value, int) and not isinstance(value, bool) and lo <= value <= hi
        case EnumType(_, members):
            return isinstance(value, str) and value in members
        case ScalarsetType(_, size):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < size
        case OptionType(of):
            return value is None or contains(of, value)
        case TableType(key, of):
            return isinstance(value, tuple) and len(value) == entries(key) and all(contains(of, v) for v in value)
        case SetType(of):
            return isinstance(value, frozenset) and all(contains(of, v) for v in value)
        case SeqType(of, cap):
            return isinstance(value, tuple) and len(value) <= cap and all(contains(of, v) for v in value)
        case RecordType(_, fields):
            return (
                isinstance(value, tuple)
                and len(value) == len(fields)
                and all(contains(f, v) for (_, f), v in zip(fields, value, strict=True))
            )
        case _:
            assert_never(t)


def show(t: Type, value: Value) -> str:
    """`value` as people read it: `True`, `3`, `ACTIVE`, `Task0`, `None`, `{Task0: 1, Task1: 0}`, `[..]`, `Req(id=1)`."""
    match t:
        case BoolType() | IntType() | ModType() | EnumType():
            return str(value)
        case ScalarsetType(name, size):
            return name if size == 1 else f"{name}{value}"
        case OptionType(of):
            return "None" if value is None else show(of, value)
        case TableType(key, of):
            assert isinstance(value, tuple)
            names = [f"every {key}"] if is_any(key) else [show(key, k) for k in values(key)]
            return "{" + ", ".join(f"{k}: {show(of, v)}" for k, v in zip(names, value, strict=True)) + "}"
        case SetType(of):
            assert isinstance(value, frozenset)
            return "{" + ", ".join(show(of, v) for v in sorted(value, key=lambda v: ordinal(of, v))) + "}"
        case SeqType(of, _):
            assert isinstance(value, tuple)
            return "[" + ", ".join(show(of, v) for v in value) + "]"
        case RecordType(name, fields):
            assert isinstance(value, tuple)
            shown = name.partition("[")[0]  # without what a generic one is made of
            return f"{shown}(" + ", ".join(f"{n}={show(f, v)}" for (n, f), v in zip(fields, value, strict=True)) + ")"
        case _:
            assert_never(t)
