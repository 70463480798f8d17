"""Random expressions of any type, as text; `expressions` adds numbers and conditions.

`value` gives an expression that *is* a `t`; `stored` one that may be put where a `t` is kept, which may fault: an integer
of another range, an optional that may be None. The distinction is the language's own: only storing (and looking up a
key) checks, so that the interpreter and CPython agree on when. A container that is stored is a new one.

A partial expression may fault when it is evaluated. Where Python evaluates what the language need not (arguments, the
items of a tuple), only total ones may stand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

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
    bounds,
    is_scalar,
    values,
)
from virtspec.testing.generate.draws import Draws
from virtspec.testing.generate.scope import Helper, Number, Path, Scope, meets, within
from virtspec.testing.generate.vocabulary import domain


class Values(ABC):
    """Draws expressions over one scope; if `total`, none that may fault."""

    def __init__(self, draws: Draws, scope: Scope, total: bool = False) -> None:
        self.draws = draws
        self.scope = scope
        self.total = total

    @abstractmethod
    def boolean(self, depth: int) -> str:
        """A condition."""

    @abstractmethod
    def number(self, depth: int) -> Number:
        """Any integer."""

    @abstractmethod
    def over(self, scope: Scope, total: bool | None = None) -> Values:
        """The same over another scope, or with another demand of totality."""

    # --- by type

    def value(self, t: Type, depth: int, typed: bool = False) -> str:
        """An expression whose value is one of `t`. `typed` says that it is stored, which tells the compiler `t`.

        There must be one: `self.scope.can(t)`.
        """
        match t:
            case BoolType():
                return self.boolean(depth)
            case IntType() | ModType():
                return self.integer(t, depth)
            case _ if depth > 0 and typed and self.draws.chance(10):
                then, test, orelse = (
                    self.value(t, depth - 1, True),
                    self.boolean(depth - 1),
                    self.value(t, depth - 1, True),
                )
                return f"({then} if {test} else {orelse})"
            case SetType(of):
                return self.set(t, of, depth, typed)
            case _:
                return self.plain(t, depth, typed)

    def integer(self, t: Type, depth: int) -> str:
        """An integer that is known to lie within `t`."""
        lo, hi = bounds(t)
        found = self.number(depth)
        return found.text if within(found.ranges, lo, hi) else literal(self.draws.number(lo, hi))

    def plain(self, t: Type, depth: int, typed: bool) -> str:
        """A literal, a variable or a part of the state; a call; what a record, an optional or a table is made from."""
        variables, paths, helpers = self.scope.variables_of(t), self.reads(t, depth), self.helpers(t, depth)
        constants = [name for name, of, _ in self.scope.constants if of == t]
        kinds = ["read", "read"] * (bool(paths) and not (typed and holds_containers(t)))
        kinds += ["variable"] * bool(variables) + ["call"] * bool(helpers)
        kinds += ["constant"] * bool(constants) + self.makings(t, typed)
        match self.draws.pick(kinds):
            case "read":
                read = self.read(self.draws.pick(paths), depth)
                return copied(t, read) if typed else read
            case "variable":
                return self.draws.pick(variables)
            case "call":
                return self.call(self.draws.pick(helpers), depth - 1)
            case "constant":
                return self.draws.pick(constants)
            case _:
                return self.made(t, depth, typed)

    def makings(self, t: Type, typed: bool) -> list[str]:
        """Whether a `t` can be made from parts, or written down."""
        match t:
            case EnumType():
                can = True
            case OptionType(of):
                can = typed or self.scope.can(of)
            case RecordType(_, parts):
                can = all(self.scope.can(part) for _, part in parts)
            case SeqType():
                can = typed
            case TableType(_, of):
                can = typed and self.scope.can(of)
            case _:
                can = False
        return ["made"] * can

    def made(self, t: Type, depth: int, typed: bool) -> str:
        """A literal, or a `t` made from parts."""
        match t:
            case EnumType(name, members):
                return f"{name}.{self.draws.pick(members)}"
            case OptionType(of):
                none = typed and (not self.scope.can(of) or self.draws.chance(40))
                return "None" if none else self.value(of, depth - 1, typed)
            case RecordType(name, parts):
                return self.record(name, parts, depth)
            case SeqType(of):
                full = self.scope.can(of) and self.draws.chance(60)
                return f"Seq([{self.value(of, depth - 1, True)}])" if full else "Seq()"
            case TableType():
                return self.table(t, depth)
            case _:
                raise AssertionError(f"{t} is not made")

    def stored(self, t: Type, depth: int) -> str:
        """An expression to be kept as a `t`. Where it does not fit, storing it is a fault."""
        if self.total or self.draws.chance(50):
            return self.value(t, depth, typed=True)
        match t:
            case IntType():
                return self.near(t, depth)
            case ModType():
                return self.number(depth).text
            case OptionType(of) if self.scope.can(of):
                return self.stored(of, depth)
            case _ if is_scalar(t) and self.optional(t, depth):
                return self.read(self.draws.pick(self.optional(t, depth)), depth)
            case _:
                return self.value(t, depth, typed=True)

    def near(self, t: IntType, depth: int) -> str:
        """An integer that may or may not lie in the range, as far as the compiler can tell."""
        if self.optional(t, depth) and self.draws.chance(30):
            return self.read(self.draws.pick(self.optional(t, depth)), depth)
        found = self.number(depth)
        return found.text if meets(found.ranges, t.lo, t.hi) else literal(self.draws.number(t.lo, t.hi))

    # --- parts of the state, keys, calls

    def reads(self, t: Type, depth: int) -> list[Path]:
        """Parts of the state of that type that are in reach."""
        ready = self.scope.can if depth > 1 else self.scope.has
        return [p for p in self.scope.paths_of(t, not self.total) if all(map(ready, p.keys))]

    def optional(self, t: Type, depth: int) -> list[Path]:
        """Parts of the state that are a `t` or None."""
        return self.reads(OptionType(t), depth)

    def read(self, path: Path, depth: int) -> str:
        return self.filled(path.template, path.keys, depth - 1)

    def filled(self, template: str, keys: Sequence[Type], depth: int) -> str:
        """`self.table[{}]` with keys in it."""
        return template.format(*(self.key(t, depth) for t in keys))

    def key(self, t: Type, depth: int) -> str:
        """A key to look up; faults if it is none."""
        if depth <= 0:
            return self.leaf(t)
        if not self.total and self.draws.chance(20):
            return self.stored(t, depth - 1)
        return self.value(t, depth, typed=True)

    def leaf(self, t: Type) -> str:
        """A value of a scalar type that looks up no key."""
        options = list(self.scope.variables_of(t))
        match t:
            case BoolType():
                options += ["False", "True"]
            case IntType() | ModType():
                options += [literal(v) for v in range(bounds(t)[0], bounds(t)[1] + 1)]
            case EnumType(name, members):
                options += [f"{name}.{m}" for m in members]
        options += [p.template for p in self.scope.paths_of(t) if not p.keys]
        return self.draws.pick(options)

    def helpers(self, t: Type | None, depth: int) -> list[Helper]:
        """Functions with such a result that can be called; None asks for those that compute an `int`."""
        if depth <= 0:
            return []
        fit = [h for h in self.scope.pure if h.result == t and not (self.total and h.partial)]
        return [h for h in fit if all(map(self.scope.has, h.keys)) and all(map(self.scope.can, h.params))]

    def call(self, helper: Helper, depth: int) -> str:
        """A call. Its arguments never fault: Python evaluates them all, and first."""
        total = self.over(self.scope, total=True)
        args = ", ".join(total.value(t, depth) for t in helper.params)
        return f"{self.filled(helper.template, helper.keys, 0)}({args})"

    # --- records and collections

    def record(self, name: str, parts: tuple[tuple[str, Type], ...], depth: int) -> str:
        args = [self.value(part, depth - 1, typed=True) for _, part in parts]
        if self.draws.chance(30):
            return f"{name}({', '.join(f'{n}={a}' for (n, _), a in zip(parts, args, strict=True))})"
        return f"{name}({', '.join(args)})"

    def table(self, t: TableType, depth: int) -> str:
        """A table made entry by entry."""
        inside = self.scope.inner()
        key = inside.bind(t.key)
        return f"{{{key}: {self.over(inside).value(t.value, depth - 1, typed=True)} for {key} in {domain(t.key)}}}"

    def set(self, t: SetType, of: Type, depth: int, typed: bool) -> str:
        """A set: a part of the state, a comprehension, a union; if its type is told, a literal, too."""
        paths = self.reads(t, depth)
        kinds = ["read", "read"] * bool(paths) + ["empty"] * typed + ["literal"] * (typed and self.scope.can(of))
        if depth > 0:
            kinds += ["operator", "operator", "part"] * bool(paths)
            kinds += ["comprehension"] * isinstance(of, EnumType | ScalarsetType)
        match self.draws.pick(kinds or ["empty"]):
            case "read":
                read = self.read(self.draws.pick(paths), depth)
                return copied(t, read) if typed else read
            case "literal":
                return f"{{{', '.join(self.value(of, 0) for _ in range(self.draws.number(1, 2)))}}}"
            case "operator":
                left, op = self.read(self.draws.pick(paths), depth), self.draws.pick("|&-")
                return f"({left} {op} {self.set(t, of, depth - 1, typed=True)})"
            case "part":
                return self.comprehension(of, self.read(self.draws.pick(paths), depth), depth)
            case "comprehension":
                return self.comprehension(of, domain(of), depth)
            case _:
                return "set()"

    def comprehension(self, of: Type, source: str, depth: int) -> str:
        inside = self.scope.inner()
        name = inside.bind(of)
        return f"{{{name} for {name} in {source} if {self.over(inside).boolean(depth - 1)}}}"

    def sized(self, t: Type) -> int:
        """How many members a set, or items a sequence, may have."""
        match t:
            case SeqType(_, cap):
                return cap
            case SetType(of):
                return len(values(of))
            case _:
                raise AssertionError(f"{t} has no length")


def literal(number: int) -> str:
    """An integer as text that may stand anywhere."""
    return str(number) if number >= 0 else f"({number})"


CONTAINERS = (TableType, SetType, SeqType)


def holds_containers(t: Type) -> bool:
    """Whether a copy of a `t` would share containers with it."""
    return isinstance(t, TableType | SeqType) and isinstance(t.value if isinstance(t, TableType) else t.of, CONTAINERS)


def copied(t: Type, text: str) -> str:
    """A new container with the same content; anything else as it is."""
    kind = {TableType: "dict", SetType: "set", SeqType: "Seq"}.get(type(t))
    return text if kind is None else f"{kind}({text})"
