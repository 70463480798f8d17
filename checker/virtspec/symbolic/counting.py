"""How many members of a scalarset of any size satisfy something, as far as a solver can know that.

A first-order formula cannot count. A number of members is therefore an integer of which these facts are told, all true
in every finite set:

- it is not negative, and 0 exactly if there is no such member;
- a step in which only the members that it names (its parameters and choices, and those whose entries it writes) can begin
  or cease to satisfy the condition changes the number by these.

That suffices for counts that are kept in step with who is counted: readers of a semaphore, references to an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import z3

from virtspec.ir.nodes import Expr, Var
from virtspec.ir.types import ANY
from virtspec.symbolic import logic
from virtspec.symbolic.numbers import Number

if TYPE_CHECKING:
    from virtspec.symbolic.encode import Encoder
    from virtspec.symbolic.values import Tree, Values


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a scalarset of any size that an expression counts."""

    expr: Expr
    sort: str
    frame: tuple[Tree, ...]
    """What the expression's free variables are worth."""
    satisfy: Callable[[Any], z3.BoolRef]

    def none(self, make: Values) -> z3.BoolRef:
        """That there are none."""
        return make.for_all(make.names.sort(self.sort), lambda k: logic.no(self.satisfy(k)))


@dataclass
class Counts:
    """The numbers asked for in one state. `numbering` is shared by the states of a step, so that names agree."""

    tag: str = ""
    numbering: dict[Expr, int] = field(default_factory=dict)
    asked: dict[Expr, Members] = field(default_factory=dict)

    def number(self, members: Members, make: Values) -> Number:
        """The number of `members`: a constant, or a function of what the expression's variables are worth."""
        if z3.is_false(members.satisfy(z3.FreshConst(make.names.sort(members.sort), "x"))):
            return make.numbers.constant(0)
        self.asked.setdefault(members.expr, members)
        index = self.numbering.setdefault(members.expr, len(self.numbering))
        terms = [t.term if isinstance(t, Number) else t for t in members.frame]
        return Number(_named(f"#{index}{self.tag}", terms), 0, ANY)


def facts(encoder: Encoder) -> Iterator[z3.BoolRef]:
    """What is known of the numbers asked for in the encoder's state."""
    for members in list(encoder.counts.asked.values()):
        frame = _frame(encoder, members)
        count, inside = frame.count(encoder), frame.members(encoder)
        sort = encoder.make.names.sort(members.sort)
        x = z3.FreshConst(sort, "x")
        yield frame.for_all(logic.implied(inside.satisfy(x), count >= 1), x)
        yield frame.for_all(logic.both(count >= 0, logic.either(count == 0, logic.no(inside.none(encoder.make)))))


def changes(before: Encoder, after: Encoder, movers: Mapping[str, Sequence[Any]]) -> Iterator[z3.BoolRef]:
    """How the numbers asked for in the two states of a step differ; `movers` are the members it names, by their type."""
    for members in {**before.counts.asked, **after.counts.asked}.values():
        named = list(movers.get(members.sort, ()))
        frame = _frame(before, members)
        old, new = frame.members(before), frame.members(after)
        sort = before.make.names.sort(members.sort)
        total = frame.count(before)
        for i, m in enumerate(named):
            first = logic.every(m != other for other in named[:i])
            total = total + _unit(logic.both(first, new.satisfy(m))) - _unit(logic.both(first, old.satisfy(m)))

        def differs(x: Any, old: Members = old, new: Members = new, named: list[Any] = named) -> z3.BoolRef:
            elsewhere = logic.every(x != m for m in named)
            return logic.both(elsewhere, logic.no(logic.same_truth(old.satisfy(x), new.satisfy(x))))

        somewhere = before.make.for_all(sort, differs, exists=True)
        yield frame.for_all(logic.either(somewhere, frame.count(after) == total))


def _unit(cond: z3.BoolRef) -> Any:
    return z3.If(cond, z3.IntVal(1), z3.IntVal(0)) if not logic.is_constant(cond) else z3.IntVal(int(z3.is_true(cond)))


@dataclass(frozen=True)
class _Frame:
    """An expression that counts, its free variables bound to fresh ones."""

    expr: Expr
    vars: dict[Var, Tree]

    def members(self, encoder: Encoder) -> Members:
        found = encoder.given(self.vars).members(self.expr)
        assert found is not None
        return found

    def count(self, encoder: Encoder) -> Any:
        found = encoder.counts.number(self.members(encoder), encoder.make)
        return encoder.make.numbers.cast(found, 0, ANY).term

    def for_all(self, body: z3.BoolRef, *more: Any) -> z3.BoolRef:
        bound = [*(t.term if isinstance(t, Number) else t for t in self.vars.values()), *more]
        return z3.ForAll(bound, body) if bound and not logic.is_constant(body) else body


def _frame(encoder: Encoder, members: Members) -> _Frame:
    from virtspec.symbolic.encode import free

    variables = sorted(free(members.expr), key=lambda v: v.name)
    fresh = {v: encoder.make.variable(v.type, f"{v.name}!frame") for v in variables}
    return _Frame(members.expr, fresh)


def _named(name: str, terms: list[Any]) -> Any:
    if not terms:
        return z3.Int(name)
    return z3.Function(name, *(t.sort() for t in terms), z3.IntSort())(*terms)
