"""Renaming the members of scalarsets in values, and the canonical forms in which expressions are compared.

Forms are decision diagrams. An inner node tests an atom, a Boolean that is taken as it is; the leaves are terms. Atoms
are tested in one order and no test is redundant, so that what agrees for all values of its atoms is one form. Terms are
canonical as far as is cheap: sums are linear combinations, sets are given member by member and tables entry by entry.
Equal forms are equal values; the converse is not promised.

`ir.passes.symmetry` reads expressions as forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, assert_never

from virtspec.ir.nodes import ArithOp
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
    values,
)

Permutations: TypeAlias = Mapping[ScalarsetType, tuple[int, ...]]
"""What becomes of the members: number m of a scalarset becomes number `perm[m]`; others keep theirs."""


def permuted(t: Type, value: Value, perms: Permutations) -> Value:
    """`value`, of type `t`, with the members renamed: those it holds, and those under which tables hold entries.

    >>> s = ScalarsetType("S", 3)
    >>> permuted(TableType(s, OptionType(s)), (None, 2, None), {s: (1, 2, 0)})
    (None, None, 0)
    """
    match t:
        case BoolType() | IntType() | ModType() | EnumType():
            return value
        case ScalarsetType():
            assert isinstance(value, int)
            return perms[t][value] if t in perms else value
        case OptionType(of):
            return None if value is None else permuted(of, value, perms)
        case TableType(key, of):
            assert isinstance(value, tuple)
            entries = {permuted(key, k, perms): permuted(of, v, perms) for k, v in zip(values(key), value, strict=True)}
            return tuple(entries[k] for k in values(key))
        case SetType(of):
            assert isinstance(value, frozenset)
            return frozenset(permuted(of, v, perms) for v in value)
        case SeqType(of):
            assert isinstance(value, tuple)
            return tuple(permuted(of, v, perms) for v in value)
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            return tuple(permuted(f, v, perms) for (_, f), v in zip(fields, value, strict=True))
        case _:
            assert_never(t)


def transpositions(s: ScalarsetType) -> Iterator[tuple[int, ...]]:
    """The exchanges of two neighbours; together they make every permutation of the members."""
    for i in range(s.size - 1):
        yield (*range(i), i + 1, i, *range(i + 2, s.size))


def is_fixed(t: Type, value: Value, s: ScalarsetType) -> bool:
    """Whether `value` stays the same whatever the members of `s` are called."""
    return all(permuted(t, value, {s: perm}) == value for perm in transpositions(s))


# --- forms -----------------------------------------------------------------------------------------------------------

Form: TypeAlias = int
"""The number of a node of `Forms`: a test, or a term."""
LIMIT = 200_000
"""Nodes made and taken apart in one `Forms`; what needs more is not compared."""


class TooLarge(Exception):
    """Forms take more nodes than is worth the effort."""


class Forms:
    """Hash-consed diagrams and terms; a node that comes to light first is tested first.

    Nodes: ("test", atom, then, else); terms: ("const", type, value), ("sum", constant, (term, factor)...), ("record",
    terms...), ("set", forms...), ("table", forms...), and whatever is left as it is, by its operator and terms.
    """

    def __init__(self) -> None:
        self.spent = 0
        self.nodes: list[tuple[Any, ...]] = []
        self.numbers: dict[tuple[Any, ...], Form] = {}
        self.decided: dict[tuple[Form, Form, Form], Form] = {}
        self.false = self.node("const", BoolType(), False)
        self.true = self.node("const", BoolType(), True)
        self.none = self.node("const", None, None)

    def node(self, *parts: Any) -> Form:
        found = self.numbers.setdefault(parts, len(self.nodes))
        if found == len(self.nodes):
            self.spend()
            self.nodes.append(parts)
        return found

    def spend(self) -> None:
        """Raises TooLarge when the budget is used up."""
        self.spent += 1
        if self.spent > LIMIT:
            raise TooLarge

    def term(self, t: Type, *parts: Any) -> Form:
        """What cannot be taken apart; an atom if it is Boolean."""
        found = self.node(*parts)
        return self.node("test", found, self.true, self.false) if isinstance(t, BoolType) else found

    def boolean(self, value: bool) -> Form:
        return self.true if value else self.false

    def integer(self, value: int) -> Form:
        return self.node("sum", value)

    def constant(self, t: Type, value: Any) -> Form:
        """The form of a value as it stands, under the names it has."""
        match t:
            case BoolType():
                return self.boolean(value)
            case IntType() | ModType():
                return self.integer(value)
            case OptionType(of):
                return self.none if value is None else self.constant(of, value)
            case TableType(_, of):
                return self.node("table", *(self.constant(of, v) for v in value))
            case SetType(of):
                return self.node("set", *(self.boolean(x in value) for x in values(of)))
            case RecordType(_, fields):
                return self.node("record", *(self.constant(f, v) for (_, f), v in zip(fields, value, strict=True)))
            case EnumType() | ScalarsetType() | SeqType():
                return self.node("const", t, value)
            case _:
                assert_never(t)

    def all_of(self, t: Type) -> list[Form]:
        return [self.constant(t, value) for value in values(t)]

    # diagrams

    def ite(self, cond: Form, then: Form, orelse: Form) -> Form:
        """`then` where `cond`, else `orelse`."""
        if then == orelse or cond == self.true:
            return then
        if cond == self.false:
            return orelse
        key = (cond, then, orelse)
        if key not in self.decided:
            atom, yes, no = self.split(key)
            one, other = self.ite(*yes), self.ite(*no)
            self.decided[key] = one if one == other else self.node("test", atom, one, other)
        return self.decided[key]

    def split(self, forms: tuple[Form, ...]) -> tuple[Form, tuple[Form, ...], tuple[Form, ...]]:
        """The first atom that any of `forms`, not all terms, tests, and what they are where it holds and where not."""
        self.spend()
        nodes = [self.nodes[f] for f in forms]
        atom = min(n[1] for n in nodes if n[0] == "test")
        tests = [n[0] == "test" and n[1] == atom for n in nodes]
        yes = tuple(n[2] if tested else f for f, n, tested in zip(forms, nodes, tests, strict=True))
        no = tuple(n[3] if tested else f for f, n, tested in zip(forms, nodes, tests, strict=True))
        return atom, yes, no

    def lift(self, f: Callable[..., Form], *forms: Form) -> Form:
        """`f` of the terms at the leaves of `forms`."""
        memo: dict[tuple[Form, ...], Form] = {}

        def go(at: tuple[Form, ...]) -> Form:
            if at not in memo:
                if any(self.nodes[form][0] == "test" for form in at):
                    atom, yes, no = self.split(at)
                    # by way of `ite`: what `f` makes of the leaves may test earlier atoms
                    memo[at] = self.ite(self.node("test", atom, self.true, self.false), go(yes), go(no))
                else:
                    memo[at] = f(*at)
            return memo[at]

        return go(forms)

    def negation(self, a: Form) -> Form:
        return self.ite(a, self.false, self.true)

    def conjunction(self, items: list[Form]) -> Form:
        found = self.true
        for item in reversed(items):
            found = self.ite(item, found, self.false)
        return found

    def disjunction(self, items: list[Form]) -> Form:
        return self.negation(self.conjunction([self.negation(item) for item in items]))

    # terms

    def is_constant(self, a: Form) -> bool:
        node = self.nodes[a]
        return node[0] == "const" or (node[0] == "sum" and len(node) == 2)

    def equal(self, a: Form, b: Form) -> Form:
        """Whether two terms are equal."""
        if a == b:
            return self.true
        if self.is_constant(a) and self.is_constant(b):
            return self.false
        return self.term(BoolType(), "==", min(a, b), max(a, b))

    def less(self, a: Form, b: Form) -> Form:
        """Whether an integer term is less than another."""
        if self.is_constant(a) and self.is_constant(b):
            return self.boolean(self.constant_part(a) < self.constant_part(b))
        return self.term(BoolType(), "<", a, b)

    def arith(self, op: ArithOp, a: Form, b: Form) -> Form:
        match op:
            case "+":
                return self.sum(a, b, 1)
            case "-":
                return self.sum(a, b, -1)
            case "*":
                if self.is_constant(a) or self.is_constant(b):
                    factor, term = (a, b) if self.is_constant(a) else (b, a)
                    return self.sum(self.integer(0), term, self.constant_part(factor))
                return self.node("*", min(a, b), max(a, b))
            case "//" | "%":
                return self.node(op, a, b)
            case _:
                assert_never(op)

    def sum(self, a: Form, b: Form, factor: int) -> Form:
        """`a + factor * b`."""
        total = self.constant_part(a) + factor * self.constant_part(b)
        parts = self.linear_part(a)
        for term, times in self.linear_part(b).items():
            parts[term] = parts.get(term, 0) + factor * times
        kept = sorted((term, times) for term, times in parts.items() if times)
        return kept[0][0] if total == 0 and [times for _, times in kept] == [1] else self.node("sum", total, *kept)

    def constant_part(self, a: Form) -> int:
        node = self.nodes[a]
        return int(node[1]) if node[0] == "sum" else 0

    def linear_part(self, a: Form) -> dict[Form, int]:
        node = self.nodes[a]
        return dict(node[2:]) if node[0] == "sum" else {a: 1}
