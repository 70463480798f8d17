"""Logs of programs that know the model: each line names a step of it, who takes it, and what it knows of the rest.

`{"event": "create_store.down_read_trylock", "thread": "Creator0"}`: the event is the name of an action, the thread the
value of its first parameter, and fields are parameters and choices by name. What a line leaves out may be anything; other
fields say nothing to the model. A last event `fault` says that the step called `label` has run into a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from virtspec.conform.events import Event, Record
from virtspec.conform.observer import Move, Observer
from virtspec.conform.rows import Part, Row
from virtspec.conform.table import Rule, Selector
from virtspec.conform.threads import Unexplained
from virtspec.ir import build
from virtspec.ir.nodes import Block, Choose, If, Require, Stmt, Var
from virtspec.ir.system import Action, System
from virtspec.ir.types import BOOL, IntType, Type, show, values
from virtspec.ir.walk import statements

FAULT = "fault"
"""The event that says that a step has faulted."""
NOT_COME_TO = "None"
"""What is said of a choice that a step did not come to."""


def observer(system: System) -> Observer:
    """All steps are shown, each by its name."""
    moves = tuple(_move(number, action) for number, action in enumerate(system.actions))
    judged = tuple(p for p in system.properties if p.kind == "invariant")
    return Observer(system, (), (), tuple(system.actions), moves, judged)


def _move(number: int, action: Action) -> Move:
    at = Selector(action.name, action.name)
    rule = Rule(number, action.name, (action.name,), None, at, at, {}, (), (), (), ())
    of = action.params[0].type if action.process is not None else None
    first = action.params[:1] if of is not None else ()
    told = [v for v in action.params if v not in first]
    told += [stmt.var for stmt in statements(action.body) if isinstance(stmt, Choose)]
    given = {v: build.var(f"log {v.name}", v.type) for v in told}
    flags = {v: build.var(f"asked {v.name}", BOOL) for v in told}
    free = [p for p in action.params if p not in first]
    demanded = tuple(_demand(p, given, flags) for p in free)
    body = (*demanded, *_told(action.body, given, flags))
    variant = replace(action, params=(*first, *given.values(), *flags.values(), *free), body=body)
    names = tuple(v.name for v in told)
    return Move(rule, (variant,), of, names, tuple((n,) for n in names), names, ())


def _demand(v: Var, given: Mapping[Var, Var], flags: Mapping[Var, Var]) -> Require:
    return Require(build.or_(build.not_(flags[v]), build.eq(v, given[v])))


def _told(body: Block, given: Mapping[Var, Var], flags: Mapping[Var, Var]) -> Block:
    """The same statements, where a choice is what the log says."""
    found: list[Stmt] = []
    for stmt in body:
        if isinstance(stmt, If):
            stmt = replace(stmt, then=_told(stmt.then, given, flags), orelse=_told(stmt.orelse, given, flags))
        found.append(stmt)
        if isinstance(stmt, Choose):
            found.append(_demand(stmt.var, given, flags))
    return tuple(found)


@dataclass
class Labels:
    """Reads records and makes rows of them."""

    observer: Observer
    part: Part = field(default_factory=lambda: Part("log"))
    matched: int = 0
    rejected: Unexplained | None = None
    fault: tuple[Event, Row] | None = None
    """The last event, if it is a fault, and the step that it says has faulted."""

    def __post_init__(self) -> None:
        self.moves = {move.rule.title: move for move in self.observer.moves}
        self.members = {t: {show(t, v): i for i, v in enumerate(values(t))} for t in self.types()}

    def types(self) -> Iterator[Type]:
        """The types of all parameters and choices whose values have names."""
        for move in self.observer.moves:
            for v in move.actions[0].params:
                if not isinstance(v.type, IntType):
                    yield v.type

    def read(self, records: Iterable[Record]) -> None:
        """All of a log, or up to the first event that no step of the model is."""
        try:
            for record in records:
                if type(record) is Event:
                    if self.fault is not None:
                        raise Unexplained(record.line, "there is something behind a fault, which ends every behaviour")
                    self.event(record)
        except Unexplained as why:
            self.rejected = why

    def event(self, e: Event) -> None:
        self.matched += 1
        label = str(e.fields.get("label", "")) if e.name == FAULT else e.name
        move = self.moves.get(label)
        if move is None:
            raise Unexplained(e.line, f"the model has no step {label!r} in this configuration")
        action = move.actions[0]
        member, fields = 0, dict(e.fields)
        if move.of is not None:
            member = self.position(e, move.of, e.thread)
        elif move.given:
            fields.setdefault(move.given[0], e.thread)
        shown = action.params[0 if move.of is None else 1 :]
        given = [self.said(e, v.type, fields.get(name)) for name, v in zip(move.given, shown, strict=False)]
        row = Row(self.matched, 0, "move", e.line, move.rule.number, member, given=given, learned=[e.line] * len(given))
        if e.name == FAULT:
            self.fault = e, row
        else:
            self.part.rows.append(row)

    def said(self, e: Event, t: Type, text: int | str | None) -> int | None:
        if text is None or text == NOT_COME_TO:
            return None
        return self.position(e, t, text)

    def position(self, e: Event, t: Type, text: int | str) -> int:
        """A number as it is, any other value by its position."""
        if isinstance(t, IntType):
            try:
                return int(text)
            except ValueError:
                raise Unexplained(e.line, f"{e.name}: {text!r} is no number") from None
        shown = show(t, bool(text)) if t == BOOL and isinstance(text, int) else str(text)
        if shown not in self.members[t]:
            known = ", ".join(list(self.members[t])[:5])
            raise Unexplained(e.line, f"{e.name}: {text!r} is not one of {known}")
        return self.members[t][shown]
