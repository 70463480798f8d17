"""Parts of packed states, read and written where they lie.

A place is a part of a field, perhaps at keys known only when the code runs. Its bits are then found by shifting, if the
entries lie at equal distances in one word, else by choosing among the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.explore.native.emitter import SHIFTS, WORD_MASK, Bit, Emitter, Num
from virtspec.explore.native.layout import Group, Leaf, Node, is_leaf, part_types
from virtspec.explore.native.trees import Tree, decode, encode
from virtspec.ir.types import Type


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies for every combination of the keys that are not known yet, the last key changing fastest."""

    nodes: tuple[Node, ...]
    keys: tuple[tuple[Num, int], ...] = ()
    """Each key as a position, and how many there are."""

    def part(self, number: int) -> Place:
        return Place(tuple(_parts(node)[number] for node in self.nodes), self.keys)

    def at(self, position: Num, count: int, first: int = 0) -> Place:
        """The part at a position among `count`, which begin with part number `first`."""
        if isinstance(position, int):
            return self.part(first + position)
        nodes = tuple(part for node in self.nodes for part in _parts(node)[first : first + count])
        return Place(nodes, (*self.keys, (position, count)))


def _parts(node: Node) -> tuple[Node, ...]:
    assert isinstance(node, Group)
    return node.parts


@dataclass(frozen=True, slots=True)
class Bits:
    """Some bits of a word, and when they are those of the place."""

    here: Bit
    word: int
    shift: Num


class State:
    """A packed state in local variables, one per word."""

    def __init__(self, emitter: Emitter, words: Sequence[str]) -> None:
        self.emitter = emitter
        self.words = words

    def load(self, source: str) -> None:
        """Take the words from memory."""
        for number, word in enumerate(self.words):
            self.emitter.store(self.emitter.load(self.emitter.address(source, number)), word)

    def save(self, target: str) -> None:
        """Write the words to memory."""
        for number, word in enumerate(self.words):
            self.emitter.store(self.emitter.load(word), self.emitter.address(target, number))

    def read(self, place: Place, t: Type) -> Tree:
        if not is_leaf(t):
            return [self.read(place.part(i), of) for i, of in enumerate(part_types(t))]
        return decode(self.emitter, t, self._read(place))

    def write(self, place: Place, t: Type, value: Tree) -> None:
        if not is_leaf(t):
            assert isinstance(value, list)
            for i, (of, part) in enumerate(zip(part_types(t), value, strict=True)):
                self.write(place.part(i), of, part)
        else:
            self._write(place, encode(self.emitter, t, value))

    def _read(self, place: Place) -> Num:
        leaf, e = place.nodes[0], self.emitter
        assert isinstance(leaf, Leaf)
        if leaf.bits == 0:
            return 0
        found: Num | None = None
        for bits in reversed(list(runs(e, place))):
            number = e.and_(e.lshr(e.load(self.words[bits.word]), bits.shift), leaf.mask)
            found = number if found is None else e.select(bits.here, number, found)
        assert found is not None
        return found

    def _write(self, place: Place, number: Num) -> None:
        leaf, e = place.nodes[0], self.emitter
        assert isinstance(leaf, Leaf)
        if leaf.bits == 0:
            return
        e.insist(number, leaf.mask + 1)
        for bits in runs(e, place):
            old = e.load(self.words[bits.word])
            cleared = e.and_(old, e.xor(e.shl(leaf.mask, bits.shift), WORD_MASK))
            new = e.or_(cleared, e.shl(number, bits.shift))
            e.store(e.select(bits.here, new, old), self.words[bits.word])


# --- finding the bits ------------------------------------------------------------------------------------------------


def runs(e: Emitter, place: Place) -> Iterator[Bits]:
    """The bits of a leaf: once if they are found by shifting, else once per run of keys for which they are."""
    yield from _runs(e, [_leaf(n) for n in place.nodes], list(place.keys), True)


def _leaf(node: Node) -> Leaf:
    assert isinstance(node, Leaf)
    return node


def _runs(e: Emitter, nodes: list[Leaf], keys: list[tuple[Num, int]], here: Bit) -> Iterator[Bits]:
    strides = _strides(nodes, [n for _, n in keys])
    if strides is not None:
        yield Bits(here, nodes[0].word, _shift(e, nodes[0].shift, keys, strides, whole=here is True))
        return
    (key, count), rest = keys[0], keys[1:]
    size = len(nodes) // count
    first = 0
    while first < count:
        end = first + 1
        while end < count and _strides(
            nodes[first * size : (end + 1) * size], [end + 1 - first, *(n for _, n in rest)]
        ):
            end += 1
        inside = e.both(here, _between(e, key, first, end, count))
        block = nodes[first * size : end * size]
        if end - first == 1:
            yield from _runs(e, block, rest, inside)
        else:
            yield from _runs(e, block, [(e.sub(key, first), end - first), *rest], inside)
        first = end


def _between(e: Emitter, key: Num, first: int, end: int, count: int) -> Bit:
    if end - first == 1:
        return e.eq(key, first)
    above = True if first == 0 else e.le(first, key)
    return e.both(above, True if end == count else e.lt(key, end))


def _strides(nodes: list[Leaf], counts: list[int]) -> list[int] | None:
    """How many bits further each key leads, if all lie in one word and at equal distances."""
    if len({node.word for node in nodes}) > 1:
        return None
    strides, size = [], len(nodes)
    for count in counts:
        size //= count
        strides.append(nodes[size].shift - nodes[0].shift if count > 1 else 0)
    for number, node in enumerate(nodes):
        expected, rest, size = nodes[0].shift, number, len(nodes)
        for count, stride in zip(counts, strides, strict=True):
            size //= count
            expected += rest // size * stride
            rest %= size
        if node.shift != expected:
            return None
    return strides


def _shift(e: Emitter, base: int, keys: list[tuple[Num, int]], strides: list[int], whole: bool) -> Num:
    shift: Num = base
    for (key, _), stride in zip(keys, strides, strict=True):
        shift = e.add(shift, e.mul(key, stride))
    return shift if whole else e.and_(shift, SHIFTS)  # of a run that this key is not in, the shift means nothing
