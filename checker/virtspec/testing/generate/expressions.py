"""Random numbers and conditions, as text. With `values`, on which it builds, every form of expression there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from virtspec.ir.types import (
    BOOL,
    EnumType,
    OptionType,
    SeqType,
    SetType,
    TableType,
    Type,
    bounds,
    is_int,
    is_scalar,
    values,
)
from virtspec.testing.generate.scope import (
    Helper,
    Number,
    Path,
    Ranges,
    Scope,
    combined,
    divides,
    either,
    exactly,
    of_type,
)
from virtspec.testing.generate.values import Values, literal
from virtspec.testing.generate.vocabulary import domain

MOST_RANGES = 40
"""A number whose ranges are more is given up."""


class Expressions(Values):
    """Draws expressions over one scope; if `total`, none that may fault."""

    def over(self, scope: Scope, total: bool | None = None) -> Expressions:
        return Expressions(self.draws, scope, self.total if total is None else total)

    # --- integers

    def number(self, depth: int) -> Number:
        if depth <= 0:
            return self.atom(0)
        match self.draws.pick(
            ("atom", "atom", "sum", "sum", "length", "count", "product", "division", "division", "best", "if", "call")
        ):
            case "sum":
                return self.arithmetic(self.draws.pick("+-"), depth)
            case "product":
                return self.arithmetic("*", depth)
            case "division":
                return self.arithmetic(self.draws.pick(("//", "%")), depth)
            case "best":
                a, b = self.number(depth - 1), self.number(depth - 1)
                return self.limited(
                    f"{self.draws.pick(('min', 'max'))}({a.text}, {b.text})", either(a.ranges, b.ranges)
                )
            case "if":
                a, b = self.number(depth - 1), self.number(depth - 1)
                return self.limited(
                    f"({a.text} if {self.boolean(depth - 1)} else {b.text})", either(a.ranges, b.ranges)
                )
            case "length":
                return self.length(depth)
            case "count":
                return self.count(depth)
            case "call":
                return self.computed(depth)
            case _:
                return self.atom(depth)

    def limited(self, text: str, ranges: Ranges) -> Number:
        """That, unless nobody could follow its ranges any further."""
        return Number(text, ranges) if len(ranges) <= MOST_RANGES else self.atom(0)

    def atom(self, depth: int) -> Number:
        """A literal, a variable, a constant, a part of the state."""
        given = self.draws.pick((0, 1, 2, 3, -1))
        options: list[Number | Path] = [Number(literal(given), exactly(given))]
        options += [Number(v, self.scope.ranges(v)) for v, t in self.scope.variables.items() if is_int(t)]
        options += [Number(name, ranges) for name, t, ranges in self.scope.constants if is_int(t)]
        paths = [p for t in self.scope.types() if is_int(t) for p in self.reads(t, depth)]
        chosen = self.draws.pick([*options, *paths, *paths])
        return chosen if isinstance(chosen, Number) else Number(self.read(chosen, depth), of_type(chosen.type))

    def arithmetic(self, op: str, depth: int) -> Number:
        a, b = self.operand(depth - 1), self.operand(depth - 1)
        if op in ("//", "%") and not divides(b.ranges, partial=not self.total):
            b = Number("2", exactly(2))
        return self.limited(f"({a.text} {op} {b.text})", combined(op, a.ranges, b.ranges))

    def operand(self, depth: int) -> Number:
        """An integer to calculate with, or to compare by order; None is a fault there."""
        optional = [t for t in self.scope.types() if isinstance(t, OptionType) and is_int(t.of)]
        paths = [p for t in optional for p in self.reads(t, depth)]
        if not paths or self.total or not self.draws.chance(35):
            return self.number(depth)
        path = self.draws.pick(paths)
        assert isinstance(path.type, OptionType)
        return Number(self.read(path, depth), of_type(path.type.of))

    def collections(self, depth: int) -> list[Path]:
        """The sets and sequences in reach."""
        return [p for t in self.scope.types() if isinstance(t, SetType | SeqType) for p in self.reads(t, depth)]

    def length(self, depth: int) -> Number:
        """How many there are in a set or a sequence, or an item of a sequence."""
        paths = self.collections(depth)
        if not paths:
            return self.atom(depth)
        path = self.draws.pick(paths)
        text, t = self.read(path, depth), path.type
        if isinstance(t, SeqType) and is_int(t.of) and not self.total and self.draws.chance(50):
            return Number(f"{text}[{self.draws.pick(('0', '-1'))}]", of_type(t.of))
        return Number(f"len({text})", frozenset({(0, self.sized(t))}))

    def count(self, depth: int) -> Number:
        """How many members satisfy something, or the sum of a table."""
        tables = [t for t in self.scope.types() if isinstance(t, TableType) and is_int(t.value)]
        paths = [p for t in tables for p in self.reads(t, depth)]
        if paths and self.draws.chance(30):
            path = self.draws.pick(paths)
            assert isinstance(path.type, TableType)
            (lo, hi), n = bounds(path.type.value), len(values(path.type.key))
            text, name = self.read(path, depth), self.scope.inner().bind(path.type.key)
            return Number(f"sum({text}[{name}] for {name} in {domain(path.type.key)})", frozenset({(n * lo, n * hi)}))
        name, source, size, body = self.quantified(depth)
        text = self.draws.pick((f"sum(1 for {name} in {source} if {body})", f"sum({body} for {name} in {source})"))
        return self.limited(text, either(exactly(0), exactly(size)) | exactly(*range(size + 1)))

    def computed(self, depth: int) -> Number:
        """The result of a function that computes an integer."""
        known = [h for h in self.scope.pure if h.ranges and h.result is None and h in self.helpers(None, depth)]
        if not known:
            return self.atom(depth)
        helper = self.draws.pick(known)
        return self.limited(self.call(helper, depth - 1), helper.ranges)

    # --- conditions

    def boolean(self, depth: int) -> str:
        options: tuple[Callable[[int], str], ...] = (
            self.truth,
            self.equality,
            self.equality,
            self.nothing,
            self.order,
            self.negation,
            self.junction,
            self.quantifier,
            self.membership,
            self.subset,
            self.alternative,
            self.looked_up,
        )
        return self.draws.pick(options)(depth) if depth > 0 else self.truth(depth)

    def truth(self, depth: int) -> str:
        """Something short: a variable, a part of the state or a constant, compared with a literal if it is no bool."""
        plain = self.scope.variables_of(BOOL) + [name for name, t, _ in self.scope.constants if t == BOOL]
        simple = [p for p in self.scope.paths if not p.keys and not p.partial]
        plain += [p.template for p in simple if p.type == BOOL]
        plain += [f"({p.template} == {p.type}.{p.type.members[-1]})" for p in simple if isinstance(p.type, EnumType)]
        plain += [f"({p.template} > {literal(bounds(p.type)[0])})" for p in simple if is_int(p.type)]
        plain += [f"({p.template} is None)" for p in simple if isinstance(p.type, OptionType)]
        plain += [f"(len({p.template}) > 0)" for p in simple if isinstance(p.type, SetType | SeqType)]
        return self.draws.pick([*plain, *self.scope.places] or ["True"])

    def looked_up(self, depth: int) -> str:
        """An entry of a table, a component of a record, a call."""
        paths, helpers = self.reads(BOOL, depth), self.helpers(BOOL, depth)
        if not paths and not helpers:
            return self.truth(depth)
        either: list[Path | Helper] = [*paths, *helpers]
        chosen = self.draws.pick(either)
        return self.read(chosen, depth) if isinstance(chosen, Path) else self.call(chosen, depth - 1)

    def negation(self, depth: int) -> str:
        return f"(not {self.boolean(depth - 1)})"

    def equality(self, depth: int) -> str:
        """Two values of any one type."""
        types = [t for t in self.readable(depth) if t != BOOL and not (is_int(t) and self.draws.chance(50))]
        if not types:
            return self.truth(depth)
        t = self.draws.pick(types)
        if is_int(t):
            return f"({self.known(t, depth)} {self.draws.pick(('==', '!='))} {self.number(depth - 1).text})"
        op = self.draws.pick(("==", "!=", "is", "is not") if isinstance(t, EnumType) else ("==", "!="))
        return f"({self.known(t, depth)} {op} {self.other(t, depth - 1)})"

    def readable(self, depth: int) -> list[Type]:
        """The types of variables and of the parts of the state in reach."""
        return [t for t in self.scope.types() if self.scope.variables_of(t) or self.reads(t, depth)]

    def known(self, t: Type, depth: int) -> str:
        """A variable or a part of the state: the compiler knows its type by itself."""
        either: list[str | Path] = [*self.scope.variables_of(t), *self.reads(t, depth)]
        chosen = self.draws.pick(either)
        return chosen if isinstance(chosen, str) else self.read(chosen, depth)

    def other(self, t: Type, depth: int) -> str:
        """Something to compare a `t` with."""
        match t:
            case SetType(of):
                return self.set(t, of, depth, False)
            case TableType() | SeqType():
                return self.known(t, depth + 1)
            case _ if self.scope.can(t):
                return self.value(t, depth)
            case _:
                return self.known(t, depth + 1)

    def nothing(self, depth: int) -> str:
        """Whether an optional is None."""
        types = [t for t in self.readable(depth) if isinstance(t, OptionType)]
        if not types:
            return self.truth(depth)
        return f"({self.known(self.draws.pick(types), depth)} {self.draws.pick(('is', 'is not'))} None)"

    def order(self, depth: int) -> str:
        if not any(is_int(t) or isinstance(t, SetType | SeqType) for t in self.readable(depth)):
            return self.truth(depth)  # there would be nothing but literals to compare
        text = self.operand(depth - 1).text
        for _ in range(self.draws.pick((1, 1, 2))):
            text += f" {self.draws.pick(('<', '<=', '>', '>='))} {self.operand(depth - 1).text}"
        return f"({text})"

    def junction(self, depth: int) -> str:
        parts = [self.boolean(depth - 1) for _ in range(self.draws.pick((2, 2, 3)))]
        return f"({self.draws.pick((' and ', ' or ')).join(parts)})"

    def alternative(self, depth: int) -> str:
        return f"({self.boolean(depth - 1)} if {self.boolean(depth - 1)} else {self.boolean(depth - 1)})"

    def quantifier(self, depth: int) -> str:
        name, source, _, body = self.quantified(depth)
        return f"{self.draws.pick(('any', 'all'))}({body} for {name} in {source})"

    def quantified(self, depth: int) -> tuple[str, str, int, str]:
        """A variable, its domain (perhaps narrowed), how large that is, and a condition."""
        collections = self.collections(depth)
        chosen = self.draws.pick([*self.scope.domains, *collections, *collections])
        if isinstance(chosen, Path):
            assert isinstance(chosen.type, SetType | SeqType)
            t, source, size = chosen.type.of, self.read(chosen, depth), self.sized(chosen.type)
        else:
            t, source, size = chosen, domain(chosen), len(values(chosen))
        inside = self.scope.inner()
        name = inside.bind(t)
        body = self.over(inside).boolean(depth - 1)
        narrowed = f" if {self.over(inside).boolean(depth - 1)}" if self.draws.chance(20) else ""
        return name, source + narrowed, size, body

    def membership(self, depth: int) -> str:
        """Whether something lies in a set, in a sequence, or is one of a few."""
        total, op = self.over(self.scope, total=True), self.draws.pick(("in", "not in"))
        paths = [
            p for p in total.collections(depth) if isinstance(p.type, SetType | SeqType) and self.scope.can(p.type.of)
        ]
        if not paths:
            items = ", ".join(total.number(depth - 1).text for _ in range(2))
            return f"({self.number(depth - 1).text} {op} ({items}))"
        path = self.draws.pick(paths)
        assert isinstance(path.type, SetType | SeqType)
        of = path.type.of
        item = self.number(depth - 1).text if is_int(of) else self.item(of, depth - 1)
        return f"({item} {op} {total.read(path, depth)})"

    def item(self, of: Type, depth: int) -> str:
        """What may be a member: a value, or an optional, which is no member if it is None."""
        if is_scalar(of) and self.optional(of, depth) and self.draws.chance(30):
            return self.read(self.draws.pick(self.optional(of, depth)), depth)
        return self.value(of, depth)

    def subset(self, depth: int) -> str:
        types = [t for t in self.readable(depth) if isinstance(t, SetType)]
        if not types:
            return self.junction(depth)
        t = self.draws.pick(types)
        right = self.set(t, t.of, depth - 1, False) if self.reads(t, depth - 1) else self.known(t, depth)
        return f"({self.known(t, depth)} {self.draws.pick(('<=', '>='))} {right})"

    def dynamic(self, depth: int) -> str | None:
        """A condition the compiler cannot decide; None where nothing but literals is in reach."""
        types = [t for t in self.scope.types() if t == BOOL or is_int(t) or isinstance(t, EnumType)]
        paths = [p for t in types for p in self.reads(t, depth) if not p.partial]
        if not paths:
            return None
        path = self.draws.pick(paths)
        text, t = self.read(path, depth), path.type
        if t == BOOL:
            return self.draws.pick((text, f"(not {text})"))
        if is_int(t):
            return f"({text} {self.draws.pick(('<', '=='))} {literal(bounds(t)[1])})"
        assert isinstance(t, EnumType)
        return f"({text} {self.draws.pick(('is', 'is not'))} {t}.{self.draws.pick(t.members)})"


def tidy(text: str) -> str:
    """An expression as people write it: without the parentheses it can do without."""
    text, at = ast.unparse(ast.parse(text, mode="eval")).replace("'", '"'), 0
    while (found := _GENERATOR.search(text, at)) is not None:
        at = end = found.end()
        depth = 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text, at = text[: at - 1] + text[at : end - 1] + text[end:], at - 1
    return text


_GENERATOR = re.compile(r"\b(?:any|all|sum)\(\(")
"""`unparse` writes the parentheses of a generator, too, where it is the only argument."""
