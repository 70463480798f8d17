"""Values as plain Python, for programs that have never heard of the IR.

    bool, int                     as they are
    member of an enum             its name: "ACTIVE"
    member of a scalarset         as traces show it: "Task0"; "Boss" for the member of a singleton
    optional                      None, or the value
    table                         a dict
    set                           a frozenset
    sequence                      a tuple
    record                        a dict from the names of its components

`readable` turns a value of the model into this form. `differences` compares one with what somebody observed, which may
say less: a dict may leave out entries or components. A list does for a tuple, and a set for a frozenset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import assert_never

from virtspec.ir.types import (
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
    show,
    values,
)


def readable(t: Type, value: Value) -> object:
    """`value`, a value of `t`, as plain Python."""
    match t:
        case BoolType() | IntType() | ModType() | EnumType():
            return value
        case ScalarsetType():
            return show(t, value)
        case OptionType(of):
            return None if value is None else readable(of, value)
        case TableType(key, of):
            assert isinstance(value, tuple)
            return {readable(key, k): readable(of, v) for k, v in zip(values(key), value, strict=True)}
        case SetType(of):
            assert isinstance(value, frozenset)
            return frozenset(readable(of, v) for v in value)
        case SeqType(of, _):
            assert isinstance(value, tuple)
            return tuple(readable(of, v) for v in value)
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            return {name: readable(of, v) for (name, of), v in zip(fields, value, strict=True)}
        case _:
            assert_never(t)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of the state that was observed to be other than expected."""

    what: str
    expected: str
    observed: object

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, observed {_shown(self.observed)}"


def differences(what: str, t: Type, value: Value, observed: object) -> Iterator[Difference]:
    """Where `observed` contradicts `value`, down to entries and components. `what` names the value."""
    match t, observed:
        case OptionType(of), _ if value is not None and observed is not None:
            yield from differences(what, of, value, observed)
        case TableType(key, of), Mapping():
            assert isinstance(value, tuple)
            known = {
                readable(key, k): (f"{what}[{show(key, k)}]", of, v) for k, v in zip(values(key), value, strict=True)
            }
            yield from _parts(what, known, observed)
        case RecordType(_, fields), Mapping():
            assert isinstance(value, tuple)
            parts: dict[object, tuple[str, Type, Value]] = {
                name: (f"{what}.{name}", of, v) for (name, of), v in zip(fields, value, strict=True)
            }
            yield from _parts(what, parts, observed)
        case _ if not _same(readable(t, value), observed):
            yield Difference(what, show(t, value), observed)


def _parts(
    what: str, known: Mapping[object, tuple[str, Type, Value]], observed: Mapping[object, object]
) -> Iterator[Difference]:
    """Entry by entry, those that were observed."""
    for key, part in observed.items():
        if key in known:
            yield from differences(*known[key], part)
        else:
            yield Difference(f"{what}[{key!r}]", "no such entry", part)


def _same(expected: object, observed: object) -> bool:
    """Whether two plain values are equal; 1 is not True, and a list does for a tuple."""
    match expected, observed:
        case tuple(), list() | tuple():
            return len(expected) == len(observed) and all(map(_same, expected, observed))
        case frozenset(), AbstractSet():
            return expected == observed
        case dict(), Mapping():
            return expected.keys() == observed.keys() and all(_same(v, observed[k]) for k, v in expected.items())
        case _:
            return isinstance(expected, bool) == isinstance(observed, bool) and expected == observed


def _shown(observed: object) -> str:
    """An observed value as the model would show it, if it is a name."""
    return observed if isinstance(observed, str) else repr(observed)
