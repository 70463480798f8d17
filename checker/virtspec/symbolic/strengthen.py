"""Invariants learnt from counterexamples to induction, with explored states as the filter.

A counterexample begins in a state that nobody has reached in small instances. Of all that is true of that state, as much
is dropped as can be so that still no state that was explored looks like it: what is left, said of any members instead of
those of the counterexample, can never be, as far as anybody knows. That is a candidate for an invariant, which the next
counterexample may refute in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from virtspec.ir import build
from virtspec.ir.nodes import Expr, Var
from virtspec.ir.system import Property, System
from virtspec.ir.types import (
    OptionType,
    ScalarsetType,
    SetType,
    TableType,
    Type,
    Value,
    default,
    is_scalar,
    ordinal,
    values,
)
from virtspec.symbolic.houdini import violated
from virtspec.symbolic.inductive import Counterexample, Formulas, Induction
from virtspec.symbolic.solver import Session

MOST_MEMBERS = 3
"""A counterexample with more members of a type is not learnt from: so large an instance is not explored."""

Explored = Callable[[Mapping[str, int]], tuple[System, Sequence[tuple[Value, ...]]]]
"""Gives the system with so many members of the types of any size, and the states that it can reach."""


@dataclass
class Learnt:
    """Invariants that were learnt, and what ended it: "" if all of it is inductive, else why not."""

    invariants: list[Property]
    why: str = ""


def strengthen(
    system: System, wanted: Sequence[Property], explored: Explored, session: Session, most: int = 100
) -> Learnt:
    """Learn invariants until `wanted`, invariants, are inductive together with them; at most `most`.

    Raises OutOfTime, KeyboardInterrupt.
    """
    learnt: list[Property] = []
    formulas = Formulas(system)
    for number in range(1, most + 1):
        session.told(f"{len(learnt)} invariants learnt")
        found = _counterexample(formulas, [*wanted, *learnt], session)
        if found is None:
            at_first = Induction(formulas, [*wanted, *learnt], session).broken_at_first([*wanted, *learnt])
            return Learnt(learnt, ", ".join(f"{broken.prop} does not hold initially" for broken in at_first))
        if isinstance(found, str):
            return Learnt(learnt, f"the solver does not know whether {found} is preserved")
        clause = _clause(system, found, explored)
        if clause is not None:
            learnt.append(Property(f"learnt-{number}", f"learnt_{number}", "invariant", clause))
        elif any(p.id == found.prop for p in learnt):  # it says too much: such states are reached
            learnt = [p for p in learnt if p.id != found.prop]
        else:
            return Learnt(learnt, f"nothing tells the state that breaks {found.prop} from those that are reached")
    return Learnt(learnt, f"{most} counterexamples were not enough")


def _counterexample(
    formulas: Formulas, invariants: Sequence[Property], session: Session
) -> Counterexample | str | None:
    """One that shows that the invariants are not inductive; the id of one of which the solver does not know."""
    induction = Induction(formulas, invariants, session)
    for step in range(induction.steps()):
        for prop, found in violated(induction, induction.after(step, invariants)):
            return prop if found is None else found
    return None


# --- generalising ----------------------------------------------------------------------------------------------------

Member = tuple[str, int]
"""A member of a scalarset: the type's name and its number in the counterexample."""


@dataclass(frozen=True)
class _Literal:
    """Something that is true of the state of a counterexample: that a part of it has a value, or holds a member."""

    field: str
    keys: tuple[tuple[Type, Value], ...]
    type: Type
    value: Value
    member: bool = False
    """Whether `value` is a member of the set that the part is, or (`absent`) is none of it."""
    absent: bool = False

    def members(self) -> Iterator[Member]:
        """The members that it speaks of."""
        for t, v in (*self.keys, (self.type, self.value)):
            inner = t.of if isinstance(t, OptionType | SetType) else t
            if isinstance(inner, ScalarsetType) and isinstance(v, int):
                yield inner.name, v

    def holds(self, system: System, state: tuple[Value, ...], now: Mapping[Member, int]) -> bool:
        """Whether it is true of a state in which these numbers stand for the members."""
        part = state[system.field_index[self.field]]
        for t, v in self.keys:
            assert isinstance(part, tuple)
            part = part[ordinal(t, _renamed(t, v, now))]
        if self.member:
            assert isinstance(part, frozenset)
            return (_renamed(self.type, self.value, now) in part) is not self.absent
        return part == _renamed(self.type, self.value, now)

    def expr(self, system: System, variables: Mapping[Member, Var]) -> Expr:
        part: Expr = build.read(self.field, system.field_type(self.field))
        for t, v in self.keys:
            part = build.index(part, _named(t, v, variables))
        if self.member:
            assert isinstance(self.type, SetType)
            inside = build.contains_item(_named(self.type.of, self.value, variables), part)
            return build.not_(inside) if self.absent else inside
        if isinstance(self.value, bool):
            return part if self.value else build.not_(part)
        return build.eq(part, _named(part.type, self.value, variables))


def _renamed(t: Type, value: Value, now: Mapping[Member, int]) -> Value:
    inner = t.of if isinstance(t, OptionType | SetType) else t
    if isinstance(inner, ScalarsetType) and isinstance(value, int):
        return now[inner.name, value]
    return value


def _named(t: Type, value: Value, variables: Mapping[Member, Var]) -> Expr:
    inner = t.of if isinstance(t, OptionType) else t
    if isinstance(inner, ScalarsetType) and isinstance(value, int):
        return variables[inner.name, value]
    return build.const(value, t)


def _clause(system: System, found: Counterexample, explored: Explored) -> Expr | None:
    """What no explored state is like and the counterexample's is, said of any members: that it cannot be."""
    if found.before is None or any(n > MOST_MEMBERS for n in found.sizes.values()):
        return None
    small, states = explored(found.sizes)
    literals = sorted(_literals(small, found.before), key=_worth)
    members = sorted({m for literal in literals for m in literal.members()})
    masks = {
        sum(1 << i for i, literal in enumerate(literals) if not literal.holds(small, state, now))
        for state in states
        for now in _ways(small, members)
    }
    if 0 in masks:
        return None  # a state that is reached looks just like it
    kept = (1 << len(literals)) - 1
    for i in range(len(literals)):
        fewer = kept & ~(1 << i)
        if all(mask & fewer for mask in masks):
            kept = fewer
    return _never(system, [literal for i, literal in enumerate(literals) if kept >> i & 1])


def _worth(literal: _Literal) -> tuple[bool, bool, str]:
    """Literals are tried to be dropped in this order: what is as it is by default first, where somebody stands last."""
    usual = literal.absent or literal.value == default(literal.type)
    return literal.field.endswith(".pc"), not usual, literal.field


def _ways(system: System, members: Sequence[Member]) -> Iterator[dict[Member, int]]:
    """Every way to let different members of an instance stand for the members of a counterexample."""
    sizes = {t.name: t.size for t in _scalarsets(system)}
    by_type: dict[str, list[Member]] = {}
    for member in members:
        by_type.setdefault(member[0], []).append(member)
    each = [permutations(range(sizes[name]), len(some)) for name, some in by_type.items()]
    flat = [member for some in by_type.values() for member in some]
    for chosen in product(*each):
        yield dict(zip(flat, (n for some in chosen for n in some), strict=True))


def _scalarsets(system: System) -> Iterator[ScalarsetType]:
    from virtspec.ir.text import types_used

    return (t for t in types_used(system) if isinstance(t, ScalarsetType))


def _literals(system: System, state: tuple[Value, ...]) -> Iterator[_Literal]:
    for f, value in zip(system.fields, state, strict=True):
        yield from _parts(f.name, f.type, value, ())


def _parts(field: str, t: Type, value: Value, keys: tuple[tuple[Type, Value], ...]) -> Iterator[_Literal]:
    match t:
        case TableType(key, of):
            assert isinstance(value, tuple)
            for k, entry in zip(values(key), value, strict=True):
                yield from _parts(field, of, entry, (*keys, (key, k)))
        case SetType(of):
            assert isinstance(value, frozenset)
            for v in values(of):
                yield _Literal(field, keys, t, v, member=True, absent=v not in value)
        case OptionType(of) if is_scalar(of):
            yield _Literal(field, keys, t, value)
        case _ if is_scalar(t):
            yield _Literal(field, keys, t, value)
        case _:
            pass  # what is made of several values is not told apart


def _never(system: System, literals: Sequence[_Literal]) -> Expr:
    """That for no different members all of the literals are true."""
    members = sorted({m for literal in literals for m in literal.members()})
    types = {t.name: t for t in _scalarsets(system)}
    variables = {m: build.var(f"{m[0].lower()}{m[1]}", types[m[0]]) for m in members}
    found = build.or_(*(build.not_(literal.expr(system, variables)) for literal in literals))
    for i, a in enumerate(members):
        for b in members[:i]:
            if a[0] == b[0]:
                found = build.or_(build.eq(variables[a], variables[b]), found)
    for m in reversed(members):
        found = build.quant("all", variables[m], found)
    return found
