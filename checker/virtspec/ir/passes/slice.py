"""Without the fields that nothing judged can see: the cone of influence.

Seen is what the judged properties read, the program counters, and whatever decides whether a step happens, what it
chooses, what it costs and whether it faults. That holds whether or not faults and deadlocks are judged: a fault ends the
run and a false guard forbids the step, and either way the properties see fewer states. A field that is assigned and never
seen goes, and so does what was read for these assignments only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Expr, Fault, If, Let, Read, Require, Stmt, Var
from virtspec.ir.system import Action, System
from virtspec.ir.types import Type
from virtspec.ir.walk import bound_var, expressions, statements, subexpressions, unused


@dataclass(frozen=True, slots=True)
class Sliced:
    """A System with fewer fields, and the names of those that are gone."""

    system: System
    removed: tuple[str, ...]


def sliced(system: System, properties: Sequence[str] | None = None) -> Sliced:
    """Remove every field of `system` that nothing judged can see.

    `properties` are the ids of those to be judged, None means all; the others are dropped, and ids of other things
    ("deadlock", "fault") change nothing. Verdicts and the lengths of shortest traces stay; actions, in their order, and
    what they choose stay, so that (action, picks) is a behaviour of both systems.
    """
    judged = tuple(p for p in system.properties if properties is None or p.id in properties)
    seen = {f.name for f in system.fields if f.role == "pc"} | _reads(p.expr for p in judged)
    bodies = [_Body(a) for a in system.actions]
    while True:
        actions = tuple(body.sliced(seen) for body in bodies)
        now = seen | _reads(e for a in actions for stmt in statements(a.body) for e in expressions(stmt))
        if now == seen:
            break
        seen = now
    fields = tuple(f for f in system.fields if f.name in seen)
    removed = tuple(f.name for f in system.fields if f.name not in seen)
    return Sliced(replace(system, fields=fields, actions=actions, properties=judged), removed)


def _reads(roots: Iterator[Expr]) -> set[str]:
    return {e.field for e in subexpressions(*roots) if isinstance(e, Read)}


class _Body:
    """Slices the body of one action; the variables it needs grow with the fields."""

    def __init__(self, action: Action) -> None:
        self.action = action
        self.names = set(_names(action))
        self.vars: set[Var] = set()
        self.spares: dict[Type, Var] = {}

    def sliced(self, seen: set[str]) -> Action:
        """The action without assignments to fields that are not `seen`."""
        while True:
            body = self.block(self.action.body, seen)
            parts = subexpressions(*(e for stmt in statements(body) for e in expressions(stmt)))
            now = self.vars | {e for e in parts if isinstance(e, Var)}
            if now == self.vars:
                return replace(self.action, body=body)
            self.vars = now

    def block(self, body: Block, seen: set[str]) -> Block:
        return tuple(kept for stmt in body for kept in self.kept(stmt, seen))

    def kept(self, stmt: Stmt, seen: set[str]) -> Iterator[Stmt]:
        """What is left of `stmt`. A partial expression is evaluated still, for it may fault."""
        match stmt:
            case Assign(name, _, _, span):
                if name in seen:
                    yield stmt
                    return
                for e in expressions(stmt):
                    if not build.total(e):
                        yield Let(self.spare(e.type), e, span)
            case Let(v, value):
                if v in self.vars or not build.total(value):
                    yield stmt
            case If(cond, then, orelse):
                then, orelse = self.block(then, seen), self.block(orelse, seen)
                if then or orelse or not build.total(cond):
                    yield replace(stmt, then=then, orelse=orelse)
            case Require() | Choose() | Fault() | Cost():
                yield stmt
            case _:
                assert_never(stmt)

    def spare(self, t: Type) -> Var:
        """A variable for a value that is evaluated and not used."""
        if t not in self.spares:
            self.spares[t] = build.var(unused("_", self.names), t)
            self.names.add(self.spares[t].name)
        return self.spares[t]


def _names(action: Action) -> Iterator[str]:
    """The names of everything the action binds."""
    yield from (v.name for v in action.params)
    for stmt in statements(action.body):
        if isinstance(stmt, Let | Choose):
            yield stmt.var.name
        for e in subexpressions(*expressions(stmt)):
            v = bound_var(e)
            if v is not None:
                yield v.name
