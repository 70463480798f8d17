"""What a log can tell, as steps of the System: a rule of the table becomes actions with conditions.

A log is followed by taking such actions; between them steps that no event shows may happen. So an engine needs nothing
but the successors of states, and the interpreter says what they mean.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from virtspec.conform.table import Rule, Table
from virtspec.errors import InputError
from virtspec.frontend.load import Specification
from virtspec.frontend.places import Names
from virtspec.frontend.scope import Binding, Place, Scope
from virtspec.frontend.subset import Refused
from virtspec.frontend.symbolic import Symbolic
from virtspec.ir import build
from virtspec.ir.nodes import Block, Choose, Expr, Let, Require, Var
from virtspec.ir.system import Action, Property, System
from virtspec.ir.types import BOOL, IntType, ScalarsetType, Type
from virtspec.ir.walk import statements
from virtspec.source import did_you_mean, shown_path

NUMBER = IntType(-(1 << 40), 1 << 40)
"""What a number in a log may be where a condition looks at it. Pointers are names of objects and never come that far."""


@dataclass(frozen=True)
class Move:
    """A rule for the System: each of `actions` is a way to follow it.

    The parameters of an action are the member who takes it (if `of_member`), then those given by the log, in the order of
    `given`: objects, values, and for each condition whether it is asked, which it is not where the log does not say all of
    its values. Others are free.
    """

    rule: Rule
    actions: tuple[Action, ...]
    of: Type | None
    """Whose member follows the rule, if there is somebody."""
    given: tuple[str, ...]
    asked: tuple[tuple[str, ...], ...]
    """By condition, the values it looks at."""
    conditions: tuple[str, ...]
    own: tuple[Action, ...]
    """Steps that the same member may take before."""


@dataclass(frozen=True, eq=False)
class Observer:
    """A System, its steps that no event shows, and the moves by the number of their rule."""

    system: System
    hidden: tuple[Action, ...]
    eager: tuple[Action, ...]
    """Hidden steps on a condition on which they are taken at once. They are among `hidden`, too, without it."""
    shown: tuple[Action, ...]
    """The steps that events show, without conditions."""
    moves: tuple[Move, ...]
    judged: tuple[Property, ...]
    """The invariants that are looked at."""


def observer(spec: Specification, table: Table, constants: Mapping[str, int] | None = None) -> Observer:
    """Raises InputError for a table that does not fit the model, SpecError for conditions outside the language."""
    return _Observing(spec, table, {**table.constants, **(constants or {})}).observer()


def plain(name: str) -> str:
    """The name of an action without the numbers that tell apart the calls of one method: `a.b[2].c` is `a.b.c`."""
    return re.sub(r"\[\d+\]", "", name)


class _Observing:
    def __init__(self, spec: Specification, table: Table, constants: Mapping[str, int]) -> None:
        self.spec = spec
        self.constants = constants
        self.system = spec.system
        self.table = table

    def fail(self, what: str) -> InputError:
        return InputError(f"{shown_path(str(self.table.path))}: {what}")

    def observer(self) -> Observer:
        told = (self.table.hidden, tuple(self.table.eager), self.table.never)
        for patterns in (*told, *(r.actions for r in self.table.rules), *(r.own for r in self.table.rules)):
            for pattern in patterns:
                self.known(pattern)
        moves = tuple(self.move(rule) for rule in self.table.rules)
        eager = tuple(a for pattern, text in self.table.eager.items() for a in self.eager(pattern, text))
        self.spec.unit.diagnostics.raise_if_any()
        hidden, own = self.named(self.table.hidden), [a for move in moves for a in move.own]
        for action in self.named(tuple(self.table.eager)):
            if action not in hidden:
                raise self.fail(f"eager: {action.name} is not hidden; what an event shows happens when it comes")
        kinds = [t.__name__ for t in self.spec.sizes]
        for unknown in sorted(self.table.kept.difference(kinds)):
            raise self.fail(f"kept: the model has no Scalarset {unknown!r}; {did_you_mean(unknown, kinds)}")
        shown = {a.name for rule in self.table.rules for a in self.named(rule.actions)}
        for action in self.system.actions:
            ways = [action in hidden, action in own, action.name in shown, action in self.named(self.table.never)]
            if sum(ways) != 1:
                said = "not told" if not any(ways) else "told in two ways"
                raise self.fail(f"the model's step {action.name} is {said}; say `step`, `hidden`, `own` or `never`")
        known = [p.id for p in self.system.properties]
        for unknown in (i for i in self.table.leave_out if i not in known):
            raise self.fail(f"leave_out: the model has no property {unknown!r}; {did_you_mean(unknown, known)}")
        invariants = (p for p in self.system.properties if p.kind == "invariant")
        judged = tuple(p for p in invariants if p.id not in self.table.leave_out)
        steps = tuple(a for a in self.system.actions if a.name in shown)
        return Observer(self.system, tuple(hidden), eager, steps, moves, judged)

    def named(self, patterns: Sequence[str]) -> list[Action]:
        return [a for a in self.system.actions if any(fnmatchcase(plain(a.name), p) for p in patterns)]

    def known(self, pattern: str) -> None:
        """Refuse a pattern that means no step, in this configuration or another one of the same text."""
        text = [plain(a.name) for a in self.system.actions]
        if not any(fnmatchcase(name, pattern) for name in text):
            hint = did_you_mean(pattern, text) or f"`virtspec show` lists the steps of {self.system.name}"
            raise self.fail(f"the model has no step {pattern!r} in this configuration; {hint}")

    def eager(self, pattern: str, text: str) -> Iterator[Action]:
        """Steps with the condition on which they are taken at once."""
        for action in self.named([pattern]):
            names = Names()
            names.used.update(p.name for p in action.params)
            condition = self.expression(text, {p.name: p for p in action.params}, names)
            if condition is not None:
                yield replace(action, body=(Require(condition), *action.body))

    # --- a rule

    def move(self, rule: Rule) -> Move:
        actions = self.named(rule.actions) if rule.actions else [self.standing_still(rule)]
        firsts = {a.params[0].type if a.process is not None else None for a in actions}
        if len(firsts) > 1:
            raise self.fail(f"the rule {rule.title}: its steps are not taken by members of one kind")
        of = next(iter(firsts))
        own = [name for name in rule.given if any(p.name == name for a in actions for p in a.params)]
        names = {*rule.given, *(v.name for v in rule.values)}
        asked = [*((name,) for name in own), *(tuple(sorted(names & words(t))) for t in (*rule.before, *rule.after))]
        made = tuple(self.variant(rule, action, own, len(asked)) for action in actions)
        given = (*rule.given, *(v.name for v in rule.values))
        before = tuple(self.named(rule.own))
        if before and any(a.process is None or a.params[0].type != of for a in before):
            raise self.fail(f"the rule {rule.title}: its own steps are not taken by the same member")
        conditions = (*(f"its {name} is the {rule.given[name]} in hand" for name in own), *rule.before, *rule.after)
        return Move(rule, made, of, given, tuple(asked), conditions, before)

    def standing_still(self, rule: Rule) -> Action:
        """An action that does nothing: what is only seen."""
        if rule.process is None:
            return Action(rule.title, (), ())
        begin = next((a for a in self.system.actions if a.process == rule.process), None)
        if begin is None:
            raise self.fail(f"the rule {rule.title}: the model has no process {rule.process!r}")
        return Action(rule.title, begin.params[:1], (), process=rule.process)

    def variant(self, rule: Rule, action: Action, own: Sequence[str], asked: int) -> Action:
        """The action with the rule's conditions at its beginning and its end; `own` parameters are objects in hand."""
        names = Names()
        bound = [s.var for s in statements(action.body) if isinstance(s, Choose | Let)]
        names.used.update(v.name for v in (*action.params, *bound))
        first = action.params[:1] if action.process is not None else ()
        free = {p.name: p for p in action.params if p not in first}
        given = {name: names.var(f"log {name}", self.object_type(rule, kind)) for name, kind in rule.given.items()}
        values = {v.name: names.var(v.name, NUMBER) for v in rule.values}
        flags = [names.var(f"asked {i}", BOOL) for i in range(asked)]
        known: dict[str, Binding] = {**{p.name: p for p in first}, **free, **given, **values}
        here = [(flag, free[name], given[name]) for flag, name in zip(flags, own, strict=False) if name in free]
        same = [Require(build.or_(build.not_(flag), build.eq(p, told))) for flag, p, told in here]
        n = len(own) + len(rule.before)
        before = self.conditions(rule.before, flags[len(own) : n], known, names)
        after = self.conditions(rule.after, flags[n:], known, names)
        params = (*first, *given.values(), *values.values(), *flags, *free.values())
        return replace(action, params=params, body=(*same, *before, *action.body, *after))

    def object_type(self, rule: Rule, kind: str) -> ScalarsetType:
        wanted = self.table.objects[kind].type
        for t in self.spec.sizes:
            if t.__name__ == wanted:
                found = self.spec.unit.registry.type_of(t)
                assert isinstance(found, ScalarsetType)
                return found
        raise self.fail(f"the rule {rule.title}: the object {kind} is no member of a Scalarset of the model")

    def conditions(self, texts: Sequence[str], flags: list[Var], known: Mapping[str, Binding], names: Names) -> Block:
        found = []
        for text, flag in zip(texts, flags, strict=True):
            expr = self.expression(text, known, names)
            if expr is not None:
                found.append(Require(build.or_(build.not_(flag), expr)))
        return tuple(found)

    def expression(self, text: str, known: Mapping[str, Binding], names: Names) -> Expr | None:
        """None for a condition that is refused, which is noted."""
        line = self.table.line_of(text)
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise InputError(
                f"{shown_path(str(self.table.path))}:{line}: {text!r} is no expression: {error.msg}"
            ) from None
        column = self.table.text.splitlines()[line - 1].find(text)
        for part in ast.walk(node):
            if isinstance(part, ast.expr):
                part.lineno = part.end_lineno = line
                part.col_offset += column
                part.end_col_offset = (part.end_col_offset or 0) + column
        root = self.spec.unit.root
        scope = Scope(str(self.table.path), self.globals(), {}, {**known, "m": Place(root)})
        try:
            return Symbolic(self.spec.unit, scope, names).condition(node)
        except Refused:
            return None  # noted; told with the others

    def globals(self) -> dict[str, object]:
        """What conditions may name: what the model's own text may."""
        import sys

        found: dict[str, object] = {}
        for base in reversed(self.spec.model.__mro__):
            if base.__module__ in sys.modules and base.__module__ != "builtins":
                found.update(vars(sys.modules[base.__module__]))
        from virtspec.lang import at

        return {**found, **self.constants, "at": at}


def words(text: str) -> set[str]:
    """The names in an expression, without those of fields; none of one that is malformed, which is told elsewhere."""
    try:
        return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
    except SyntaxError:
        return set()
