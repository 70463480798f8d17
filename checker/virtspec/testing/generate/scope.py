"""What an expression of a random specification may refer to, and the ranges its integers may have.

The compiler refuses an integer that can never fit where it is stored, and it knows more than types say: constants fold,
branches on a constant vanish, a local may stand for a literal. So the range of a random integer is a *set* of intervals,
at least one of which lies inside every interval the compiler may infer. What is asked for is asked of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from virtspec.ir.types import (
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    TableType,
    Type,
    bounds,
)

Ranges = frozenset[tuple[int, int]]
"""Intervals the compiler may infer for an integer."""


@dataclass(frozen=True)
class Number:
    """An integer expression."""

    text: str
    ranges: Ranges


@dataclass(frozen=True)
class Path:
    """A part of the state: `self.owner[{}]`, each `{}` to be filled in with a key."""

    template: str
    keys: tuple[Type, ...]
    type: Type
    writable: bool = True
    partial: bool = False
    """Whether reading it may fault: it goes through an optional."""


@dataclass(frozen=True)
class Helper:
    """A method or function to call: `self.cell[{}].ready`, each `{}` to be filled in with a key."""

    template: str
    keys: tuple[Type, ...]
    params: tuple[Type, ...]
    result: Type | None
    partial: bool = True
    """Whether the call may fault."""
    ranges: Ranges = frozenset()
    """Those of its result, if that is an `int`."""
    picks: int = 0
    """How often it chooses in one step."""


@dataclass
class Scope:
    """The names one body may use. `variables` are parameters, locals, loop variables."""

    paths: tuple[Path, ...]
    domains: tuple[Type, ...]
    """The scalar types a loop may run through."""
    pure: tuple[Helper, ...] = ()
    """What an expression may call."""
    effects: tuple[Helper, ...] = ()
    """What a statement may call."""
    calls: tuple[Helper, ...] = ()
    """What `yield from` may call."""
    constants: tuple[tuple[str, Type, Ranges], ...] = ()
    variables: dict[str, Type] = field(default_factory=dict)
    assignable: set[str] = field(default_factory=set)
    """Variables declared with their type, which may get another value."""
    opaque: set[str] = field(default_factory=set)
    """Integer variables that were kept across a yield since they were assigned: the compiler knows but their type."""
    literal: set[str] = field(default_factory=set)
    """Variables that never are: those of loops, which are unrolled, and parameters of a sub-process, which is copied."""
    places: tuple[str, ...] = ()
    """Calls of `at`."""
    taken: set[str] = field(default_factory=set)
    """Every name this body has bound anywhere; shared by all scopes in it."""

    def inner(self) -> Scope:
        """The scope of a block inside: what it binds is not seen outside."""
        copied: dict[str, Any] = {
            "variables": dict(self.variables),
            "assignable": set(self.assignable),
            "opaque": set(self.opaque),
        }
        return replace(self, **copied)

    def bind(self, t: Type, assignable: bool = False, literal: bool = False) -> str:
        """A name for a new variable."""
        stem, number = _STEMS.get(type(t), "x"), 2
        name = stem
        while name in self.taken:
            name, number = f"{stem}{number}", number + 1
        self.taken.add(name)
        self.variables[name] = t
        if assignable:
            self.assignable.add(name)
        if literal:
            self.literal.add(name)
        return name

    def types(self) -> list[Type]:
        """Every type of a variable or of a part of the state, once."""
        return list(dict.fromkeys([*self.variables.values(), *(p.type for p in self.paths)]))

    def ranges(self, variable: str) -> Ranges:
        """Those of an integer variable."""
        t = self.variables[variable]
        return of_type(t) if variable in self.opaque else of_variable(t)

    def paths_of(self, t: Type, partial: bool = False) -> list[Path]:
        """The parts of the state of that type; `partial` lets in those that may fault."""
        return [p for p in self.paths if p.type == t and (partial or not p.partial)]

    def variables_of(self, t: Type) -> list[str]:
        return [name for name, of in self.variables.items() if of == t]

    def has(self, t: Type) -> bool:
        """Whether there is a value of the scalar `t` that looks up no key."""
        if not isinstance(t, ScalarsetType):
            return True  # a literal
        return bool(self.variables_of(t)) or any(not p.keys for p in self.paths_of(t))

    def can(self, t: Type) -> bool:
        """Whether there is a value of `t`, if need be one that looks up keys that look up none."""
        if self.variables_of(t) or any(all(map(self.has, p.keys)) for p in self.paths_of(t)):
            return True
        match t:
            case ScalarsetType():
                return False
            case RecordType(_, parts):
                return all(self.can(part) for _, part in parts)
            case OptionType(of) | TableType(_, of):
                return self.can(of)
            case _:
                return True


_STEMS: dict[type[object], str] = {IntType: "k", ModType: "n", EnumType: "c", ScalarsetType: "t", OptionType: "found"}


def root(path: Path) -> str:
    """The field it is a part of."""
    return path.template.replace("[{}]", "")


def reach(template: str, t: Type, keys: tuple[Type, ...] = ()) -> list[Path]:
    """The part of the state `template` names, and every part of that."""
    found = [Path(template, keys, t)]
    match t:
        case TableType(key, value):
            found += reach(template + "[{}]", value, (*keys, key))
        case RecordType(_, parts):
            found += [Path(f"{template}.{name}", keys, part, writable=False) for name, part in parts]
        case OptionType(RecordType(_, parts)):
            found += [Path(f"{template}.{name}", keys, part, writable=False, partial=True) for name, part in parts]
        case _:
            pass
    return found


# --- ranges ----------------------------------------------------------------------------------------------------------


def exactly(*numbers: int) -> Ranges:
    """Literals."""
    return frozenset((n, n) for n in numbers)


def of_type(t: Type) -> Ranges:
    """What is read from the state."""
    return frozenset({bounds(t)})


def of_variable(t: Type) -> Ranges:
    """A variable may stand for any expression: for a literal, or for anything its type allows."""
    lo, hi = bounds(t)
    return frozenset({(lo, hi)}) | exactly(*range(lo, hi + 1))


def meets(ranges: Ranges, lo: int, hi: int) -> bool:
    """Whether the integer may lie in lo..hi, whatever the compiler infers."""
    return all(low <= hi and lo <= high for low, high in ranges)


def within(ranges: Ranges, lo: int, hi: int) -> bool:
    """Whether the integer lies in lo..hi."""
    return all(lo <= low and high <= hi for low, high in ranges)


def either(*options: Ranges) -> Ranges:
    """One of several expressions, perhaps known which."""
    every = frozenset(r for ranges in options for r in ranges)
    return every | {(min(a, c), max(b, d)) for a, b in every for c, d in every}


def combined(op: str, left: Ranges, right: Ranges) -> Ranges:
    """The result of an arithmetic operator. A divisor has been seen to by `divides`."""
    return frozenset(_combined(op, a, b) for a in left for b in right)


def divides(ranges: Ranges, partial: bool) -> bool:
    """Whether the compiler takes such an integer for a divisor; 0 is let in only where the division may fault."""
    return all(lo >= (0 if partial else 1) and hi > 0 for lo, hi in ranges)


def _combined(op: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = left, right
    corners: Iterable[int]
    match op:
        case "+":
            corners = (a + c, b + d)
        case "-":
            corners = (a - d, b - c)
        case "*":
            corners = (a * c, a * d, b * c, b * d)
        case "//":
            corners = [x // y for x in left for y in (max(c, 1), d)]
        case _ if a == b and c == d:
            corners = (a % c,)
        case _:
            corners = left if 0 <= a and b < max(c, 1) else (0, d - 1)
    return min(corners), max(corners)
