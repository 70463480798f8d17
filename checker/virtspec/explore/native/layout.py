"""Which bits of which word hold what.

A state is `words` 64-bit words, of which 63 bits are used. Every scalar gets the bits its type needs and lies in one word,
never across two. A field of at most 63 bits lies in one word as a whole; a longer one is split into its entries or
components. Fields are placed longest first, each into the first word that has room, so that words are filled; equal ones
in order of declaration.

Every value has exactly one packed form, so equal states are equal words:

    bool, range, mod, enum, scalarset   the position in the order of the type's values
    optional scalar                     0 for None, else the position plus 1
    other optional                      a bit that says whether there is a value, then the value (zero for None)
    table, record                       the entries, the components, in order
    set                                 one bit per value of the member type
    sequence                            the length, then `cap` items (zero where there is none)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, assert_never

from virtspec.errors import UsageError
from virtspec.ir.system import System
from virtspec.ir.types import (
    BOOL,
    BoolType,
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
    cardinality,
    is_scalar,
    ordinal,
    show,
    values,
)

WORD = 63
"""Bits of a word that are used; so a word is a number that is not negative, for whoever looks at it as one."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The bits of one scalar, of an optional scalar, of a set, or of the length or the flag of what surrounds it."""

    type: Type
    bits: int
    word: int
    shift: int

    @property
    def mask(self) -> int:
        return (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class Group:
    """The parts of a composite: a table's entries, a record's components, [length, items...], [flag, value]."""

    type: Type
    parts: tuple[Node, ...]


Node: TypeAlias = Leaf | Group


LARGEST = (1 << 63) - 1


class TooWide(UsageError):
    """A type that the native explorer cannot pack."""


@dataclass(frozen=True)
class Layout:
    """Where the fields of a System lie, in its order."""

    system: System
    words: int
    nodes: tuple[Node, ...]

    def node(self, field: str) -> Node:
        return self.nodes[self.system.field_index[field]]

    def pack(self, state: Sequence[Value]) -> tuple[int, ...]:
        """The words of a state."""
        words = [0] * self.words
        for node, value in zip(self.nodes, state, strict=True):
            _pack(node, value, words)
        return tuple(words)

    def unpack(self, words: Sequence[int]) -> tuple[Value, ...]:
        """The state of some words."""
        return tuple(_unpack(node, words) for node in self.nodes)

    @property
    def bits(self) -> int:
        """How many bits are used."""
        return sum(leaf.bits for node in self.nodes for leaf in leaves(node))


def layout(system: System) -> Layout:
    """The layout of the system's states. Raises TooWide for a scalar or a set that no word can hold."""
    return Packing().layout(system)


def leaves(node: Node) -> Iterator[Leaf]:
    """The scalars below `node`, in order."""
    if isinstance(node, Leaf):
        yield node
    else:
        for part in node.parts:
            yield from leaves(part)


# --- shapes ----------------------------------------------------------------------------------------------------------


def is_leaf(t: Type) -> bool:
    """Whether values of `t` are packed as one number."""
    return is_scalar(t) or isinstance(t, SetType) or (isinstance(t, OptionType) and is_scalar(t.of))


def part_types(t: Type) -> tuple[Type, ...]:
    """The types of the parts of a composite, in the order of `Group.parts`."""
    match t:
        case TableType(key, value):
            return (value,) * cardinality(key)
        case RecordType(_, fields):
            return tuple(of for _, of in fields)
        case SeqType(of, cap):
            return (IntType(0, cap), *(of,) * cap)
        case OptionType(of):
            return (BOOL, of)
        case BoolType() | IntType() | ModType() | EnumType() | ScalarsetType() | SetType():
            raise TypeError(f"{t} has no parts")
        case _:
            assert_never(t)


def leaf_bits(t: Type) -> int:
    """The bits of a leaf. Raises TooWide."""
    found = cardinality(t.of) if isinstance(t, SetType) else bits(t)
    if isinstance(t, IntType):
        fits(t.lo, t.hi)
    if found > WORD:
        raise TooWide(
            f"a value of type {t} takes {found} bits; the native engine packs at most {WORD}: use --engine oracle"
        )
    return found


def fits(*numbers: int) -> None:
    """Raises TooWide for an integer that is not one of 64 bits, with a sign."""
    for number in numbers:
        if abs(number) > LARGEST:
            raise TooWide(
                f"the native engine computes with integers below 2**63, not with {number}: use --engine oracle"
            )


def width(t: Type) -> int:
    """How many bits a value of `t` takes."""
    return leaf_bits(t) if is_leaf(t) else sum(map(width, part_types(t)))


class Packing:
    """Places values of types into words, the first that has room."""

    def __init__(self) -> None:
        self.used: list[int] = []

    def layout(self, system: System) -> Layout:
        by_width = sorted(range(len(system.fields)), key=lambda i: -width(system.fields[i].type))
        nodes = {i: self.place(system.fields[i].type) for i in by_width}
        return Layout(system, max(len(self.used), 1), tuple(nodes[i] for i in range(len(system.fields))))

    def place(self, t: Type) -> Node:
        """Bits for a value of `t`: in one word if it fits into one, else part by part."""
        needed = width(t)
        if needed <= WORD:
            word = next((w for w, used in enumerate(self.used) if used + needed <= WORD), len(self.used))
            if word == len(self.used):
                self.used.append(0)
            self.used[word] += needed
            return _at(t, word, self.used[word] - needed)
        parts = part_types(t)
        head = parts[:1] if isinstance(t, SeqType) else ()
        if isinstance(t, TableType | SeqType) and width(parts[-1]) <= WORD:
            return Group(t, (*map(self.place, head), *self.rows(parts[len(head) :])))
        return Group(t, tuple(map(self.place, parts)))

    def rows(self, parts: tuple[Type, ...]) -> tuple[Node, ...]:
        """Equal entries, as many to a word as there is room: an entry is found by shifting, whatever the key."""
        of, per_word = parts[0], WORD // width(parts[0])
        placed: list[Node] = []
        for first in range(0, len(parts), per_word):
            row = self.place(TableType(IntType(1, min(per_word, len(parts) - first)), of))
            assert isinstance(row, Group)
            placed += row.parts
        return tuple(placed)


def _at(t: Type, word: int, shift: int) -> Node:
    if is_leaf(t):
        return Leaf(t, leaf_bits(t), word, shift)
    parts = []
    for part in part_types(t):
        parts.append(_at(part, word, shift))
        shift += width(part)
    return Group(t, tuple(parts))


# --- packing and unpacking -------------------------------------------------------------------------------------------


def code(t: Type, value: Value) -> int:
    """The number that stands for a value of a leaf's type."""
    match t:
        case OptionType(of):
            return 0 if value is None else 1 + ordinal(of, value)
        case SetType(of):
            assert isinstance(value, frozenset)
            return sum(1 << ordinal(of, member) for member in value)
        case _:
            return ordinal(t, value)


def decoded(t: Type, number: int) -> Value:
    """The value a number stands for."""
    match t:
        case OptionType(of):
            return None if number == 0 else decoded(of, number - 1)
        case SetType(of):
            return frozenset(v for i, v in enumerate(values(of)) if number >> i & 1)
        case IntType(lo, _):
            return lo + number
        case ModType() | ScalarsetType():
            return number
        case _:
            return values(t)[number]


def _pack(node: Node, value: Value, words: list[int]) -> None:
    if isinstance(node, Leaf):
        words[node.word] |= code(node.type, value) << node.shift
        return
    for part, of in zip(node.parts, _parts_of(node.type, value), strict=False):  # a sequence may end early
        _pack(part, of, words)


def _parts_of(t: Type, value: Value) -> tuple[Value, ...]:
    match t:
        case SeqType():
            assert isinstance(value, tuple)
            return (len(value), *value)
        case OptionType():
            return (False,) if value is None else (True, value)
        case _:
            assert isinstance(value, tuple)
            return value


def _unpack(node: Node, words: Sequence[int]) -> Value:
    if isinstance(node, Leaf):
        return decoded(node.type, words[node.word] >> node.shift & node.mask)
    match node.type:
        case SeqType():
            length = _unpack(node.parts[0], words)
            assert isinstance(length, int)
            return tuple(_unpack(part, words) for part in node.parts[1 : 1 + length])
        case OptionType():
            return _unpack(node.parts[1], words) if _unpack(node.parts[0], words) else None
        case _:
            return tuple(_unpack(part, words) for part in node.parts)


# --- as text ---------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What lies at `bits` bits of a word, from bit `first` on; both are counted from 0."""

    what: str
    type: str
    bits: int
    word: int
    first: int


def describe(found: Layout) -> Iterator[Row]:
    """Where everything lies: one row per field, or per part of a field that needs several words."""
    for field, node in zip(found.system.fields, found.nodes, strict=True):
        yield from _rows(field.name, node)


def _rows(name: str, node: Node) -> Iterator[Row]:
    below = list(leaves(node))
    if isinstance(node, Leaf) or len({leaf.word for leaf in below}) == 1:
        yield Row(name, str(node.type), sum(leaf.bits for leaf in below), below[0].word, below[0].shift)
        return
    for part_name, part in zip(_part_names(node.type), node.parts, strict=True):
        yield from _rows(f"{name}{part_name}", part)


def _part_names(t: Type) -> Iterator[str]:
    match t:
        case TableType(key, _):
            return (f"[{show(key, k)}]" for k in values(key))
        case RecordType(_, fields):
            return (f".{name}" for name, _ in fields)
        case SeqType(_, cap):
            return iter((".length", *(f"[{i}]" for i in range(cap))))
        case _:
            return iter((".is_some", ".value"))
