"""Values while code is written: trees of numbers and truth values.

Of a scalar the tree is the integer, the truth value, or the position among the values of its type; an optional scalar
and a set are as they are packed; a composite is the list of its parts, as `layout.part_types` has them. What a sequence
or an optional does not hold is zero, so that equal values are equal trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from virtspec.explore.native.emitter import SHIFTS, WORD_MASK, Bit, Emitter, Num
from virtspec.explore.native.layout import fits, is_leaf, part_types
from virtspec.ir.types import BOOL, BoolType, IntType, OptionType, SeqType, SetType, Type, Value, cardinality, ordinal

Tree: TypeAlias = "Num | Bit | list[Tree]"


def position(e: Emitter, t: Type, value: Tree) -> Num:
    """Which of the values of the scalar type `t` it is, counted from 0."""
    if isinstance(t, BoolType):
        assert isinstance(value, bool | str)
        return e.as_num(value)
    assert isinstance(value, int | str)
    return e.sub(value, t.lo) if isinstance(t, IntType) else value


def from_position(e: Emitter, t: Type, number: Num) -> Num | Bit:
    """The value at a position."""
    if isinstance(t, BoolType):
        return e.not_(e.eq(number, 0))
    return e.add(number, t.lo) if isinstance(t, IntType) else number


def encode(e: Emitter, t: Type, value: Tree) -> Num:
    """The packed form of a leaf's value."""
    if isinstance(t, SetType | OptionType):
        assert isinstance(value, int | str)
        return value
    return position(e, t, value)


def decode(e: Emitter, t: Type, number: Num) -> Num | Bit:
    """The value of a leaf's packed form."""
    return number if isinstance(t, SetType | OptionType) else from_position(e, t, number)


def zero(t: Type) -> Tree:
    """The value of `t` all of whose bits are 0: what stands where there is nothing."""
    if not is_leaf(t):
        return [zero(of) for of in part_types(t)]
    match t:
        case BoolType():
            return False
        case IntType(lo, _):
            return lo
        case _:
            return 0


def constant(t: Type, value: Value) -> Tree:
    """A value of `t` as a tree."""
    match t:
        case BoolType():
            assert isinstance(value, bool)
            return value
        case IntType():
            assert isinstance(value, int)
            fits(value)
            return value
        case SetType(of):
            assert isinstance(value, frozenset)
            return sum(1 << ordinal(of, member) for member in value)
        case OptionType(of) if is_leaf(t):
            return 0 if value is None else 1 + ordinal(of, value)
        case OptionType(of):
            return [False, zero(of)] if value is None else [True, constant(of, value)]
        case _ if is_leaf(t):
            return ordinal(t, value)
        case _:
            return _composite(t, value)


def _composite(t: Type, value: Value) -> list[Tree]:
    assert isinstance(value, tuple)
    if isinstance(t, SeqType):
        items: list[Tree] = [constant(t.of, item) for item in value]
        return [len(value), *items, *(zero(t.of) for _ in range(t.cap - len(value)))]
    return [constant(of, part) for of, part in zip(part_types(t), value, strict=True)]


# --- choosing and comparing ------------------------------------------------------------------------------------------


def select(e: Emitter, t: Type, cond: Bit, a: Tree, b: Tree) -> Tree:
    """`a if cond else b`, part by part."""
    if not is_leaf(t):
        assert isinstance(a, list)
        assert isinstance(b, list)
        return [select(e, of, cond, x, y) for of, x, y in zip(part_types(t), a, b, strict=True)]
    return e.select_bit(cond, a, b) if t == BOOL else e.select(cond, a, b)  # type: ignore[arg-type]  # leaves


def equal(e: Emitter, t: Type, a: Tree, b: Tree) -> Bit:
    """Whether two values are equal, part by part."""
    if isinstance(a, list):
        assert isinstance(b, list)
        found: Bit = True
        for of, x, y in zip(part_types(t), a, b, strict=True):
            found = e.both(found, equal(e, of, x, y))
        return found
    return e.same(a, b) if t == BOOL else e.eq(a, b)  # type: ignore[arg-type]  # leaves


def joined(e: Emitter, t: Type, ways: Sequence[tuple[Tree, str]]) -> Tree:
    """The value of the way, by the block it came from, on which control came to the block just opened."""
    if not is_leaf(t):
        return [
            joined(e, of, [(tree[i], block) for tree, block in ways if isinstance(tree, list)])
            for i, of in enumerate(part_types(t))
        ]
    return e.phi_bit(ways) if t == BOOL else e.phi(ways)  # type: ignore[arg-type]  # leaves


def pick(e: Emitter, t: Type, parts: Sequence[Tree], at: Num) -> Tree:
    """The part at a position; all are of type `t`."""
    e.insist(at, len(parts))
    if isinstance(at, int):
        return parts[at]
    found = parts[-1]
    for number in range(len(parts) - 2, -1, -1):
        found = select(e, t, e.eq(at, number), parts[number], found)
    return found


def replaced(e: Emitter, t: Type, parts: Sequence[Tree], at: Num, new: Tree) -> list[Tree]:
    """The parts with another one at a position."""
    e.insist(at, len(parts))
    return [select(e, t, e.eq(at, i), new, old) for i, old in enumerate(parts)]


# --- sets ------------------------------------------------------------------------------------------------------------


def set_of(e: Emitter, t: SetType, members: Sequence[Tree]) -> Num:
    """The set of these members."""
    mask: Num = 0
    for member in members:
        mask = e.or_(mask, e.shl(1, position(e, t.of, member)))
    return mask


def set_operation(e: Emitter, op: str, a: Num, b: Num) -> Num | Bit:
    """Union, intersection, difference; with "<=" whether the one is a part of the other."""
    match op:
        case "|":
            return e.or_(a, b)
        case "&":
            return e.and_(a, b)
        case "-":
            return e.and_(a, e.xor(b, WORD_MASK))
        case _:
            return e.eq(e.and_(a, e.xor(b, WORD_MASK)), 0)


def is_member(e: Emitter, t: SetType, mask: Num, at: Num, inside: bool) -> Bit:
    """Whether a set has the member at a position; unless `inside`, that may be one that no set has."""
    if isinstance(at, int):
        return 0 <= at < cardinality(t.of) and e.not_(e.eq(e.and_(e.lshr(mask, at), 1), 0))
    found = e.not_(e.eq(e.and_(e.lshr(mask, e.and_(at, SHIFTS)), 1), 0))
    return found if inside else e.both(found, e.both(e.le(0, at), e.lt(at, cardinality(t.of))))


# --- sequences -------------------------------------------------------------------------------------------------------


def first_occurrence(e: Emitter, t: Type, item: Tree, items: Sequence[Tree], length: Num) -> tuple[Bit, Num]:
    """Whether the item is among the first `length`, and where first."""
    found: Bit = False
    at: Num = 0
    for i in range(len(items) - 1, -1, -1):
        here = e.both(e.lt(i, length), equal(e, t, item, items[i]))
        found, at = e.either(found, here), e.select(here, i, at)
    return found, at


def appended(e: Emitter, t: SeqType, seq: list[Tree], item: Tree, in_front: bool) -> list[Tree]:
    """A sequence, not full, with one more item."""
    length, *items = seq
    longer = e.add(number(length), 1)
    if in_front:
        return [longer, item, *items[:-1]]
    return [longer, *replaced(e, t.of, items, number(length), item)]


def shortened(e: Emitter, t: SeqType, seq: list[Tree], at: Num) -> list[Tree]:
    """A sequence, not empty, without the item at a position."""
    length, *items = seq
    after = [*items[1:], zero(t.of)]
    return [e.sub(number(length), 1), *(select(e, t.of, e.lt(i, at), items[i], after[i]) for i in range(t.cap))]


def number(tree: Tree) -> Num:
    """A tree that is known to be a number."""
    assert isinstance(tree, int | str)
    return tree
