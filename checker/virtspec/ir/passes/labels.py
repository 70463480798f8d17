"""Labels: a System with one more field, which says of every state by what step it was reached.

Nothing reads the field, so that the behaviour stays the same. A label tells the action, the member who took the step if
the action is one of a process, and how often the step came to each `Cost`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from virtspec.errors import UsageError
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Cost, Expr, If, Stmt
from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import IntType, Value, values

LABEL = "(step)"
"""The name of the field; no identifier of a specification looks like that."""
MOST_LABELS = 1 << 24


@dataclass(frozen=True, slots=True)
class Label:
    """What a step was."""

    action: Action
    member: Value | None
    """Who took it; None for an action of the environment."""
    spent: Mapping[str, int]
    """How often it came to each cost."""


@dataclass(frozen=True)
class Labelled:
    """`system` writes the number of a step's label into the last field; `blank` has that field, too, and leaves it 0.

    Neither has properties.
    """

    system: System
    blank: System
    labels: tuple[Label, ...]


def labelled(system: System) -> Labelled:
    """Raises UsageError for more labels than anybody has use for."""
    steps = [(a, m) for a in system.actions for m in _members(a)]
    most: dict[str, int] = {}
    for action in system.actions:
        for name, count in _marks(action.body).items():
            most[name] = max(most.get(name, 0), count)
    strides: dict[str, int] = {}
    total = len(steps)
    for name, count in most.items():
        strides[name] = total
        total *= count + 1
    if total > MOST_LABELS:
        raise UsageError(f"{system.name} marks costs in more ways ({total:,}) than can be told apart ({MOST_LABELS:,})")
    t = IntType(0, max(total - 1, 0))
    blank = replace(
        system, fields=(*system.fields, Field(LABEL, t, 0)), properties=(), temporal=(), budgets=(), faultless=()
    )
    numbers = {(a.name, m): i for i, (a, m) in enumerate(steps)}
    actions = tuple(_writing(a, numbers, strides, t) for a in system.actions)
    found = []
    for counts in product(*(range(count + 1) for count in reversed(most.values()))):
        spent = {name: n for name, n in zip(most, reversed(counts), strict=True) if n}
        found += [Label(action, member, spent) for action, member in steps]
    return Labelled(replace(blank, actions=actions), blank, tuple(found))


def _members(action: Action) -> tuple[Value | None, ...]:
    return (None,) if action.process is None else values(action.params[0].type)


def _marks(body: Block) -> dict[str, int]:
    """How often a run of `body` comes to each cost at most."""
    found: dict[str, int] = {}
    for stmt in body:
        match stmt:
            case Cost(name):
                found[name] = found.get(name, 0) + 1
            case If(_, then, orelse):
                one, other = _marks(then), _marks(orelse)
                for name in dict.fromkeys([*one, *other]):
                    found[name] = found.get(name, 0) + max(one.get(name, 0), other.get(name, 0))
            case _:
                pass
    return found


Numbers: TypeAlias = "Mapping[tuple[str, Value | None], int]"


def _writing(action: Action, numbers: Numbers, strides: Mapping[str, int], t: IntType) -> Action:
    """The action, which first of all, but behind the guard of its program counter, writes what it is."""
    guard = 0 if action.location is None else 1
    first = Assign(LABEL, (), _number(action, numbers, t))
    return replace(action, body=(*action.body[:guard], first, *_counting(action.body[guard:], strides, t)))


def _number(action: Action, numbers: Numbers, t: IntType) -> Expr:
    first, *others = _members(action)
    number: Expr = build.const(numbers[action.name, first], t)
    for member in others:
        who = action.params[0]
        is_it = build.eq(who, build.const(member, who.type))
        number = build.ite(is_it, build.const(numbers[action.name, member], t), number)
    return number


def _counting(body: Block, strides: Mapping[str, int], t: IntType) -> Block:
    """The same statements, where a cost is written down as it is come to."""
    return tuple(_counted(stmt, strides, t) for stmt in body)


def _counted(stmt: Stmt, strides: Mapping[str, int], t: IntType) -> Stmt:
    match stmt:
        case Cost(name):
            stride = strides[name]
            more = build.arith("+", build.read(LABEL, t), build.const(stride, IntType(stride, stride)))
            return Assign(LABEL, (), build.coerce(more, t), stmt.span)
        case If(_, then, orelse):
            return replace(stmt, then=_counting(then, strides, t), orelse=_counting(orelse, strides, t))
        case _:
            return stmt
