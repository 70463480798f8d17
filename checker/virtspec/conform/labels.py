"""Logs of programs that know the model: each line names a step of it, who takes it, and what it knows of the rest.

`{"event": "create_store.down_read_trylock", "thread": "Creator0"}`: the event is the name of an action, the thread the
value of its first parameter, and fields are parameters and choices by name. What a line leaves out may be anything; other
fields say nothing to the model. A last event `fault` says that the step called `label` has run into a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from virtspec.conform.events import Event, Lost, Record
from virtspec.conform.observer import NUMBER, Move, Observer
from virtspec.conform.rows import MOVE, UNKNOWN, Part, Row
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
ROOM = 1 << 12
"""How many different events are remembered: a log says the same again and again."""


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
    lost: int = 0
    """Markers of lost events, which say nothing here."""
    rejected: Unexplained | None = None
    fault: tuple[Event, Row] | None = None
    """The last event, if it is a fault, and the step that it says has faulted."""

    known: dict[tuple[object, ...], tuple[int, int, tuple[int, ...]]] = field(default_factory=dict)
    """What events come to: the rule, who follows it, and what it gives."""

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
                    self.event(record)
                elif type(record) is Lost:
                    self.lost += 1
        except Unexplained as why:
            self.rejected = why

    def event(self, e: Event) -> None:
        self.matched += 1
        if self.fault is not None:
            raise Unexplained(e.line, "there is something behind a fault, which ends every behaviour")
        if e.name == FAULT:
            rule, member, said = self.step(str(e.fields.get("label", "")), e)
            given = [None if v == UNKNOWN else v for v in said]
            row = Row(self.matched, "move", e.line, rule, member, given=given, learned=[e.line] * len(given))
            self.fault = e, row
            return
        key = (e.name, e.thread, *e.fields.items())
        step = self.known.get(key)
        if step is None:
            if len(self.known) == ROOM:
                self.known.clear()
            step = self.known[key] = self.step(e.name, e)
        rule, member, said = step
        self.part.add(MOVE, self.matched, e.line, rule, member, -1, self.part.say(said, e.line))

    def step(self, label: str, e: Event) -> tuple[int, int, tuple[int, ...]]:
        """The rule of a step, who takes it, and what it gives. Raises Unexplained for one that the model does not have."""
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
        given = tuple(self.said(e, v.type, fields.get(name)) for name, v in zip(move.given, shown, strict=False))
        return move.rule.number, member, given

    def said(self, e: Event, t: Type, text: int | str | None) -> int:
        if text is None or text == NOT_COME_TO:
            return UNKNOWN
        return min(max(self.position(e, t, text), NUMBER.lo), NUMBER.hi)

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
