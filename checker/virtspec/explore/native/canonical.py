"""Two functions that canonical representatives of symmetric states are found with (`orbits` does the finding).

void @keys(ptr state, ptr keys)
    A number per member of each scalarset, one scalarset behind the other, made of what the state says of that member
    alone. Renaming members moves these numbers along, so members may be sorted by them before names are tried.
void @rename(ptr in, ptr out, ptr places, ptr members)
    The state with members renamed: `places` holds, per member, its new number, `members` the inverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.explore.native.emitter import Bit, Emitter, Num
from virtspec.explore.native.layout import Group, Layout, Leaf, Node, is_leaf, part_types
from virtspec.explore.native.places import Place, State
from virtspec.explore.native.trees import encode, number
from virtspec.ir.types import OptionType, ScalarsetType, SeqType, SetType, TableType, Type

KEY_BITS = 63


@dataclass(frozen=True)
class Renaming:
    """The scalarsets whose members are renamed, and where each begins in the arrays of keys and names."""

    layout: Layout
    scalarsets: tuple[ScalarsetType, ...]

    @property
    def starts(self) -> dict[ScalarsetType, int]:
        sizes = [s.size for s in self.scalarsets]
        return {s: sum(sizes[:i]) for i, s in enumerate(self.scalarsets)}

    def text(self) -> str:
        """Both functions."""
        return "\n".join([_keys(self), _rename(self)])


# --- keys ------------------------------------------------------------------------------------------------------------


def _keys(renaming: Renaming) -> str:
    e = Emitter()
    state = State(e, [e.variable() for _ in range(renaming.layout.words)])
    state.load("%state")
    for s, start in renaming.starts.items():
        for member in range(s.size):
            key: Num = 0
            used = 0
            for bits, part in _traits(renaming, e, state, s, member):
                if used + bits <= KEY_BITS:
                    key, used = e.or_(key, e.shl(part, used)), used + bits
            e.store(key, e.address("%keys", start + member))
    e.end("ret void")
    return e.text("define void @keys(ptr noalias %state, ptr noalias %keys)")


def _traits(renaming: Renaming, e: Emitter, state: State, s: ScalarsetType, member: int) -> Iterator[tuple[int, Num]]:
    """What the state says of one member: bits, and the number they hold."""
    for node in renaming.layout.nodes:
        for leaf in _of_member(node, s, member):
            value = state.read(Place((leaf,)), leaf.type)
            if not _mentions(leaf.type, renaming.scalarsets):
                yield leaf.bits, encode(e, leaf.type, value)
            elif isinstance(leaf.type, OptionType):
                yield 1, e.as_num(e.eq(number(value), 0))
        for leaf in _outside(node, renaming.scalarsets):
            if leaf.type == SetType(s):
                yield 1, e.and_(e.lshr(number(state.read(Place((leaf,)), leaf.type)), member), 1)
            elif leaf.type in (s, OptionType(s)):
                value = state.read(Place((leaf,)), leaf.type)
                yield 1, e.as_num(e.eq(number(value), member + (leaf.type != s)))


def _of_member(node: Node, s: ScalarsetType, member: int) -> Iterator[Leaf]:
    """The leaves in the entry of `member` of tables that have one per member, as far as they move only with it."""
    if isinstance(node, Group):
        if isinstance(node.type, TableType) and node.type.key == s:
            yield from _fixed(node.parts[member])
        elif not isinstance(node.type, TableType) or not isinstance(node.type.key, ScalarsetType):
            for part in node.parts:
                yield from _of_member(part, s, member)


def _fixed(node: Node) -> Iterator[Leaf]:
    """The leaves below `node` that no renaming moves inside it."""
    if isinstance(node, Leaf):
        yield node
    elif not (isinstance(node.type, TableType) and isinstance(node.type.key, ScalarsetType)):
        for part in node.parts:
            yield from _fixed(part)


def _outside(node: Node, scalarsets: Sequence[ScalarsetType]) -> Iterator[Leaf]:
    """The leaves that no renaming moves; those of sequences and optionals may hold nothing, so they do not count."""
    if isinstance(node, Leaf):
        yield node
    elif not isinstance(node.type, SeqType | OptionType) and not (
        isinstance(node.type, TableType) and node.type.key in scalarsets
    ):
        for part in node.parts:
            yield from _outside(part, scalarsets)


def _mentions(t: Type, scalarsets: Sequence[ScalarsetType]) -> bool:
    """Whether a leaf of type `t` holds members."""
    return t in scalarsets or (isinstance(t, SetType | OptionType) and t.of in scalarsets)


# --- renaming --------------------------------------------------------------------------------------------------------


def _rename(renaming: Renaming) -> str:
    e = Emitter()
    words = range(renaming.layout.words)
    old, new = State(e, [e.variable() for _ in words]), State(e, [e.variable() for _ in words])
    old.load("%in")
    for word in new.words:
        e.store(0, word)
    copy = _Copy(renaming, e, old, new)
    for node, field in zip(renaming.layout.nodes, renaming.layout.system.fields, strict=True):
        copy.part(Place((node,)), Place((node,)), field.type, True)
    new.save("%out")
    e.end("ret void")
    return e.text("define void @rename(ptr noalias %in, ptr noalias %out, ptr noalias %places, ptr noalias %members)")


class _Copy:
    """Writes the parts of a state under new names."""

    def __init__(self, renaming: Renaming, e: Emitter, old: State, new: State) -> None:
        self.starts = renaming.starts
        self.e = e
        self.old = old
        self.new = new

    def part(self, source: Place, target: Place, t: Type, there: Bit) -> None:
        """`there`: whether there is a value; where not, the bits stay 0, whatever they would be renamed to."""
        if is_leaf(t):
            self.new.write(target, t, self.leaf(source, t, there))
            return
        length = number(self.old.read(source.part(0), part_types(t)[0])) if isinstance(t, SeqType) else 0
        for i, of in enumerate(part_types(t)):
            inside = there
            if isinstance(t, SeqType) and i:
                inside = self.e.lt(i - 1, length)
            elif isinstance(t, OptionType) and i:
                flag = self.old.read(source.part(0), part_types(t)[0])
                assert isinstance(flag, bool | str)
                inside = flag
            self.part(self.entry(source, t, i), target.part(i), of, inside)

    def entry(self, source: Place, t: Type, i: int) -> Place:
        """What becomes part `i`."""
        if isinstance(t, TableType) and t.key in self.starts:
            return source.at(self.looked_up("%members", t.key, i), t.key.size)
        return source.part(i)

    def leaf(self, source: Place, t: Type, there: Bit) -> Num | Bit:
        e, value = self.e, self.old.read(source, t)
        assert not isinstance(value, list)
        match t:
            case ScalarsetType() if t in self.starts:
                return e.select(there, self.looked_up("%places", t, number(value)), 0)
            case OptionType(ScalarsetType() as of) if of in self.starts:
                held = e.not_(e.eq(number(value), 0))
                at = e.select(held, e.sub(number(value), 1), 0)
                return e.select(e.both(there, held), e.add(self.looked_up("%places", of, at), 1), 0)
            case SetType(ScalarsetType() as of) if of in self.starts:
                return self.members(of, number(value))
            case _:
                return value

    def members(self, of: ScalarsetType, mask: Num) -> Num:
        e = self.e
        renamed: Num = 0
        for i in range(of.size):
            bit = e.and_(e.lshr(mask, self.looked_up("%members", of, i)), 1)
            renamed = e.or_(renamed, e.shl(bit, i))
        return renamed

    def looked_up(self, array: str, s: ScalarsetType, i: Num) -> Num:
        return self.e.load(self.e.address(array, self.e.add(i, self.starts[s])))
