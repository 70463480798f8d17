"""Mutants of a System: one condition of the text taken away, to see whether anybody notices.

A `require` is deleted, each part of a conjunction on its own; the condition of an `if` or a `while` is made always true or
always false. Methods are copied in where they are called and loops are unrolled, so that one place of the text may stand
in many actions: it is edited in all of them. What no text says stays: the guard on the program counter, the turns of a
`for`. So does what is a property in itself: an `assert`, an `if` that does nothing but fault. A condition that the
configuration decides is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from virtspec.ir.nodes import Block, Const, Fault, If, Require, Stmt
from virtspec.ir.system import Action, System
from virtspec.ir.walk import statements
from virtspec.source import Span, text_of

Edit: TypeAlias = Literal["deleted", "always true", "always false"]
KEYWORDS = ("if", "elif", "while")


@dataclass(frozen=True, slots=True, order=True)
class Mutation:
    """One edit at one place of the text; the same in every configuration that has the place."""

    span: Span
    edit: Edit

    @property
    def text(self) -> str:
        """What stands at the place."""
        return text_of(self.span)


def mutations(system: System) -> list[Mutation]:
    """Every edit of the text's conditions, in the order of the text."""
    return sorted({m for a in system.actions for stmt in statements(_written(a)) for m in _edits(stmt)})


def mutated(system: System, mutation: Mutation) -> System:
    """The system with the edit made wherever the place stands."""
    return replace(system, actions=tuple(replace(a, body=_edited(a.body, mutation)) for a in system.actions))


def _written(action: Action) -> Block:
    """The body without the guard on the program counter."""
    return action.body if action.process is None else action.body[1:]


def _edits(stmt: Stmt) -> Iterator[Mutation]:
    match stmt:
        case Require(cond, span) if not isinstance(cond, Const):
            yield Mutation(span, "deleted")
        case If(_, then, orelse, span):
            judges = any(len(branch) == 1 and isinstance(branch[0], Fault) for branch in (then, orelse))
            if not judges and then != orelse and text_of(span).startswith(KEYWORDS):
                yield Mutation(span, "always true")
                yield Mutation(span, "always false")
        case _:
            pass


def _edited(body: Block, mutation: Mutation) -> Block:
    made: list[Stmt] = []
    for stmt in body:
        match stmt:
            case If(cond, then, orelse, span):
                then, orelse = _edited(then, mutation), _edited(orelse, mutation)
                if span != mutation.span:
                    made.append(If(cond, then, orelse, span))
                else:
                    made += then if mutation.edit == "always true" else orelse
            case Require() if stmt.span == mutation.span:
                pass
            case _:
                made.append(stmt)
    return tuple(made)
