"""The types of a random specification, and how its text writes them.

Every type is one of the IR's; the declarations that stand behind them (enums, scalarsets, aliases of integer ranges, one
record) have fixed names and drawn sizes, and those that the text does not use are left out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
)
from virtspec.testing.generate.draws import Draws

COLOURS = ("RED", "GREEN", "BLUE")
OFFSET = IntType(-1, 1)
BOSS = ScalarsetType("Boss", 1)


@dataclass(frozen=True)
class Vocabulary:
    """The named types one specification may use."""

    small: IntType
    turn: ModType
    colour: EnumType
    task: ScalarsetType
    slot: ScalarsetType
    pair: RecordType

    @property
    def scalars(self) -> tuple[Type, ...]:
        """What may be a key, a member, a parameter."""
        return (BOOL, self.small, self.colour, self.task, self.turn, self.slot, OFFSET)

    def declarations(self, text: str) -> list[str]:
        """The declarations that `text` needs, each one paragraph, in an order in which they can stand in a file."""
        colours = [f"    {name} = auto()" for name in self.colour.members]
        parts = [f"    {name}: {self.annotation(t)}" for name, t in self.pair.fields]
        small = f"Range({self.small.lo}, {self.small.hi})"
        found = {
            "Small": [f"Small = Annotated[int, {small}]"],
            "Offset": [f"Offset = Annotated[int, Range({OFFSET.lo}, {OFFSET.hi})]"],
            "Turn": [f"Turn = Annotated[int, Mod({self.turn.n})]"],
            "Colour": ["class Colour(Enum):", *colours],
            "Task": [f"class Task(Scalarset, size={self.task.size}):", '    """Who runs processes."""'],
            "Slot": [f"class Slot(Scalarset, size={self.slot.size}):", '    """What processes work on."""'],
            "Boss": ["class Boss(Singleton):", '    """The only one of its kind."""'],
            "Pair": ["@dataclass(frozen=True)", "class Pair:", *parts],
        }
        if uses(text, "Pair"):
            text += "\n".join(parts)
        return ["\n".join(lines) for name, lines in found.items() if uses(text, name)]

    def annotation(self, t: Type) -> str:
        """`t` as an annotation."""
        match t:
            case BoolType():
                return "bool"
            case IntType():
                return "Offset" if t == OFFSET else "Small"
            case ModType():
                return "Turn"
            case EnumType(name) | ScalarsetType(name) | RecordType(name):
                return name
            case OptionType(of):
                return f"{self.annotation(of)} | None"
            case TableType(key, value):
                return f"dict[{self.annotation(key)}, {self.annotation(value)}]"
            case SetType(of):
                return f"set[{self.annotation(of)}]"
            case SeqType(of, cap):
                return f"Annotated[Seq[{self.annotation(of)}], Cap({cap})]"


def uses(text: str, name: str) -> bool:
    """Whether the identifier `name` occurs in `text`."""
    return re.search(rf"\b{name}\b", text) is not None


def vocabulary(draws: Draws) -> Vocabulary:
    """Draw the sizes of the named types, and what the record holds."""
    small, turn = IntType(0, draws.number(1, 2)), ModType(draws.number(2, 3))
    colour = EnumType("Colour", COLOURS[: draws.number(2, 3)])
    task, slot = ScalarsetType("Task", draws.pick((1, 2, 2))), ScalarsetType("Slot", draws.number(1, 2))
    heads: tuple[Type, ...] = (BOOL, colour, small)
    tails: tuple[Type, ...] = (small, BOOL, turn, OptionType(task), OptionType(small))
    first, second = draws.pick(heads), draws.pick(tails)
    return Vocabulary(small, turn, colour, task, slot, RecordType("Pair", (("head", first), ("tail", second))))


def field_type(draws: Draws, words: Vocabulary) -> Type:
    """The type of a field."""
    scalar = draws.pick(words.scalars)
    kinds = ("scalar", "scalar", "option", "table", "set", "seq", "seq", "seq", "record", "table of", "optional record")
    match draws.pick(kinds):
        case "scalar":
            return scalar
        case "option":
            possible: tuple[Type, ...] = (words.task, words.colour, words.small, words.slot, BOOL)
            return OptionType(draws.pick(possible))
        case "table":
            keys: tuple[Type, ...] = (words.task, words.colour, words.small, words.turn, BOOL, words.slot)
            return TableType(draws.pick(keys), scalar)
        case "set":
            return SetType(scalar)
        case "seq":
            return SeqType(draws.pick((scalar, scalar, OptionType(words.colour), words.pair)), draws.number(1, 2))
        case "record":
            return words.pair
        case "table of":
            outer: tuple[Type, ...] = (words.task, words.colour, words.slot)
            return TableType(draws.pick(outer), _entry(draws, words, scalar))
        case _:
            return OptionType(words.pair)


def _entry(draws: Draws, words: Vocabulary, scalar: Type) -> Type:
    """What a table of something larger than a scalar holds."""
    task = words.task
    options: tuple[Type, ...] = (
        OptionType(task),
        SetType(scalar),
        SeqType(scalar, 1),
        TableType(task, BOOL),
        words.pair,
    )
    return draws.pick(options)


def domain(t: Type) -> str:
    """All values of the scalar `t` as the domain of a loop."""
    match t:
        case IntType(lo, hi):
            return f"range({lo}, {hi + 1})"
        case ModType(n):
            return f"range({n})"
        case EnumType(name) | ScalarsetType(name):
            return name
        case _:
            return "(False, True)"
