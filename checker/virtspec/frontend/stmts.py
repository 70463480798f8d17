"""Statements: from Python's syntax to the sequential body of an action, methods inlined as they are called.

Locals that do not outlive the step become single-assignment variables (`Let`), joined after an `if`; those that do are
fields, given by the caller as `Slot`s.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from virtspec.frontend import effects
from virtspec.frontend.calls import STATEMENTS, Default, Effect, is_one_of, matched
from virtspec.frontend.collect import stored
from virtspec.frontend.constructs import unknown_statement
from virtspec.frontend.names import assigned
from virtspec.frontend.places import Names
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import (
    POISON,
    UNASSIGNED,
    Binding,
    Event,
    Place,
    Poison,
    Scope,
    Slot,
    Static,
    Unassigned,
    Unit,
)
from virtspec.frontend.spans import span_of
from virtspec.frontend.static import fold
from virtspec.frontend.steps import RESULT
from virtspec.frontend.subset import Diagnostics, Refused
from virtspec.frontend.symbolic import Symbolic, as_load
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import Assign, Const, Cost, Expr, Fault, If, Let, Require, Stmt, Var
from virtspec.ir.types import OptionType, Type, is_int
from virtspec.lang.rules import atomic, choose, cost, fault, require
from virtspec.source import Span


@dataclass(frozen=True)
class Collected:
    """Statements emitted, and what `lint` is told of them."""

    out: list[Stmt]
    events: list[Event]

    def emit(self, stmt: Stmt) -> None:
        self.out.append(stmt)
        self.events.append(Event("stmt", stmt))


class Statements(Symbolic):
    """Lowers statements in one scope, appending to `out`."""

    def __init__(
        self,
        unit: Unit,
        scope: Scope,
        names: Names,
        stack: tuple[ast.FunctionDef, ...] = (),
        out: list[Stmt] | None = None,
        events: list[Event] | None = None,
    ) -> None:
        super().__init__(unit, scope, names, stack)
        self.out: list[Stmt] = [] if out is None else out
        self.events: list[Event] = [] if events is None else events
        self.atomic: str | None = None
        """The reason the author gave, if any."""
        self.at_end: Callable[[str, Span], None] = lambda location, span: None
        """What to emit where the code ends at a location."""
        self.kept: frozenset[str] = frozenset()
        """The locals that outlive the step, or did outlive the one before."""
        self.slot_of: Callable[[str, Type | None], Slot | None] = lambda name, t: None
        """The slot of a kept local; None as long as no type is known for it."""

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self.scope.path)

    def emit(self, stmt: Stmt) -> None:
        self.out.append(stmt)
        self.events.append(Event("stmt", stmt))

    # --- blocks

    def block(self, body: list[ast.stmt]) -> None:
        """Lower each statement; one that is refused does not keep the others from being looked at."""
        for stmt in body:
            try:
                self.stmt(stmt)
            except Effect as effect:
                self.misplaced(effect)
                self.poison(stmt)
            except IllTyped as why:
                self.refuse("VS201", stmt, why, hint=why.hint)
                self.poison(stmt)
            except Refused:
                self.poison(stmt)

    def poison(self, stmt: ast.stmt) -> None:
        """Forget the locals a refused statement would have assigned, so that their uses are not reported, too."""
        for name in assigned([stmt]):
            self.scope.locals[name] = POISON

    def stmt(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(node, target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                self.assign(node, target, ast.copy_location(ast.BinOp(as_load(target), op, value), node))
            case ast.If():
                self.if_(node)
            case ast.For():
                effects.for_loop(self, node)
            case ast.Expr(value=ast.Call() as call):
                self.call_statement(node, call)
            case ast.Assert(test=test, msg=message):
                text = self.literal(message, "assert") if message is not None else "assertion failed"
                cond = self.root_condition(test)
                if cond is not build.TRUE:
                    self.emit(If(build.not_(cond), (Fault(text, self.span(node)),), (), self.span(node)))
            case ast.Return(value=ast.Constant(value=str(location))):
                self.at_end(location, self.span(node))
            case ast.Pass():
                pass
            case ast.Expr(value=ast.Constant(value=str() | types.EllipsisType())):
                pass
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                raise self.refuse("VS406", node, "a method that is no @process")
            case ast.Expr():
                raise self.refuse("VS312", node, ast.unparse(node))
            case _:
                raise self.refuse("VS301", node, *unknown_statement(node))

    def annotated(self, node: ast.expr) -> Type:
        """The type an expression stands for, as it would in an annotation."""
        place = self.scope.locals.get("self")
        instance = place.instance if isinstance(place, Place) else None
        routine = Routine("", self.stack[-1], self.scope.path, dict(self.scope.names), instance, self.unit.registry, {})
        return routine.type_of(node, self.unit.diagnostics)

    def literal(self, node: ast.expr, what: str) -> str:
        known = fold(node, self.statics)
        if not isinstance(known, str):
            raise self.refuse("VS308", node, what)
        return known

    # --- assignment

    def assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        if isinstance(value, ast.Call) and self.is_choose(value):
            effects.pick(self, node, target, value)
        elif isinstance(target, ast.Name):
            self.assign_local(node, target.id, value)
        else:
            slot = self.slot(target)
            self.store(slot, stored(self, value, self.root(value, slot.type)), node)

    def assign_local(self, node: ast.stmt, name: str, value: ast.expr) -> None:
        want = self.wanted(name)
        if fold(value, self.statics) is None and want is None:
            if name not in self.kept:
                self.scope.locals[name] = Static(None)  # its type shows when it is joined with another
                return
            slot = self.slot_of(name, None)
            if slot is None:
                hint = f"annotate it where it is first assigned: {name}: T | None = None"
                raise self.refuse("VS202", node, name, hint=hint)
            want = slot.type
        self.bind(node, name, self.root(value, want), value)

    def wanted(self, name: str) -> Type | None:
        """The type a local was declared with, or is known to have."""
        if name in self.scope.types:
            return self.scope.types[name]
        found = self.scope.locals.get(name)
        if isinstance(found, Slot):
            return None if is_int(found.type) or not isinstance(found.type, OptionType) else found.type
        return found.type if isinstance(found, Var) and isinstance(found.type, OptionType) else None

    def slot(self, target: ast.expr) -> Slot:
        """The part of the state an assignment's left side denotes."""
        if not isinstance(target, ast.Attribute | ast.Subscript):
            raise self.refuse("VS311", target)
        try:
            ref = self.ref(target)
        except IllTyped as why:
            raise self.refuse("VS201", target, why, hint=why.hint) from None
        if isinstance(ref, Static) and isinstance(target, ast.Attribute):
            raise self.refuse("VS305", target, target.attr)
        if not isinstance(ref, Slot) or ref.before:
            raise self.refuse("VS311", target)
        return ref

    def store(self, slot: Slot, value: Expr, node: ast.AST) -> None:
        """Emit `slot := value`."""
        try:
            self.emit(Assign(slot.field.name, slot.keys, build.coerce(value, slot.type), self.span(node)))
        except IllTyped as why:
            raise self.refuse("VS201", node, why, hint=why.hint) from None

    def bind(self, node: ast.stmt, name: str, value: Expr, source: ast.expr) -> None:
        """Give a local a value."""
        stored(self, source, value)
        slot = self.slot_of(name, value.type) if name in self.kept else None
        if slot is None:
            self.scope.locals[name] = self.settled(name, value, node)
            return
        if name not in self.scope.types and not _has_room(slot.type, value):
            wider = "Annotated[int, Range(lo, hi)]" if is_int(slot.type) else f"{slot.type} | None"
            raise self.refuse("VS203", node, name, slot.type, wider)
        self.store(slot, value, node)
        self.scope.locals[name] = slot

    def settled(self, name: str, value: Expr, node: ast.AST) -> Expr:
        """`value` evaluated now, so that what follows cannot change it; constants and variables need no new one."""
        if isinstance(value, Const | Var):
            return value
        variable = self.names.var(name, value.type)
        self.emit(Let(variable, value, self.span(node)))
        return variable

    def all_settled(self, name: str, keys: tuple[Expr, ...], node: ast.AST) -> tuple[Expr, ...]:
        """The keys of a component, evaluated now."""
        return tuple(self.settled(f"{name}_key", key, node) for key in keys)

    # --- control

    def if_(self, node: ast.If) -> None:
        known = fold(node.test, self.statics)
        if isinstance(known, bool):
            self.block(node.body if known else node.orelse)
            return
        cond = self.root_condition(node.test)
        if isinstance(cond, Const):
            self.never(node.orelse if cond.value else node.body)
            self.block(node.body if cond.value else node.orelse)
            return
        self.branch(cond, partial(self.block, node.body), partial(self.block, node.orelse), self.span(node))

    def never(self, body: list[ast.stmt]) -> None:
        """Look at what no step comes to, for the types of the locals it assigns: steps behind it may keep them."""
        before = dict(self.scope.locals)
        diagnostics, self.unit.diagnostics = self.unit.diagnostics, Diagnostics()
        with self.collected():
            self.block(body)
        self.unit.diagnostics = diagnostics
        self.restore(before)

    def branch(self, cond: Expr, then: Callable[[], None], orelse: Callable[[], None], span: Span) -> None:
        """Emit `if cond` with what the two functions emit, and join the locals they bind."""
        before = dict(self.scope.locals)
        with self.collected() as first:
            then()
        after_then = dict(self.scope.locals)
        self.restore(before)
        with self.collected() as second:
            orelse()
        after_else = dict(self.scope.locals)
        joined: dict[str, Binding] = {}
        for name in [*after_then, *(n for n in after_else if n not in after_then)]:
            a, b = after_then.get(name, UNASSIGNED), after_else.get(name, UNASSIGNED)
            joined[name] = self.join(name, a, b, (first, second), span)
        self.restore(joined)
        made = If(cond, tuple(first.out), tuple(second.out), span)
        self.out.append(made)
        self.events.append(Event("if", made, parts=(tuple(first.events), tuple(second.events))))

    def join(self, name: str, a: Binding, b: Binding, branches: tuple[Collected, Collected], span: Span) -> Binding:
        """One binding for a local after an `if`: a variable both branches end by assigning, if they differ."""
        if a is b or a == b:
            return a
        if isinstance(a, Poison) or isinstance(b, Poison):
            return POISON
        found = self.joined(a, b, self.scope.types.get(name))
        if found is None:
            return UNASSIGNED
        variable = self.names.var(name, found[0])
        for branch, value in zip(branches, found[1:], strict=True):
            branch.emit(Let(variable, value, span))
        return variable

    @contextmanager
    def collected(self) -> Iterator[Collected]:
        """Collect what is emitted, and what `lint` is told, in lists of their own."""
        saved = self.out, self.events
        self.out, self.events = [], []
        try:
            yield Collected(self.out, self.events)
        finally:
            self.out, self.events = saved

    # --- calls

    def root_condition(self, node: ast.expr) -> Expr:
        return self.checked_condition(node, self.root(node))

    def root(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The value of an expression that is evaluated whatever happens: a call at its root may have effects."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return build.not_(self.root_condition(node.operand))
        if not isinstance(node, ast.Call):
            return self.expr(node, want)
        asserts, self.unit.asserts_are_effects = self.unit.asserts_are_effects, True
        try:
            return self.pure(node, want)
        except Effect as effect:
            deeper = effect.node is not node or effect.code != "VS302"
        finally:
            self.unit.asserts_are_effects = asserts
        if deeper:
            return self.expr(node, want)  # only an assert, or refused
        result = self.run(node)
        if result is None:
            hint = "return a value on every path"
            raise self.refuse("VS201", node, f"{ast.unparse(node.func)}() has no value", hint=hint)
        return result if want is None else build.coerce(result, want)

    def run(self, node: ast.Call) -> Expr | None:
        """A call with effects; its result, if it has one."""
        if isinstance(node.func, ast.Attribute):
            base = self.ref(node.func.value)
            if isinstance(base, Slot):
                return effects.mutate(self, node, node.func, base)
            if not isinstance(base, Place):
                raise self.unknown_method(node)
            routine = self.method(node, node.func, base)
            lock = base.instance.method(node.func.attr).__dict__.get("__virtspec_lock__")
            keys = self.all_settled(node.func.attr, base.keys, node)
            return self.inline(node, routine, Place(base.instance, keys), lock)
        f = fold(node.func, self.statics)
        assert isinstance(f, types.FunctionType)
        return self.inline(node, self.function(node, f), None, None)

    def call_statement(self, node: ast.Expr, call: ast.Call) -> None:
        """A call for its effect alone."""
        if isinstance(call.func, ast.Attribute):
            self.run(call)
            return
        target = self.ref(call.func) if isinstance(call.func, ast.Name) else None
        f = target.value if isinstance(target, Static) else None
        if f is choose:
            raise self.refuse("VS312", node, "choose() without a name for the pick", hint="x = choose(T)")
        if is_one_of(f, STATEMENTS):
            self.language_statement(call, f)
        elif isinstance(f, types.FunctionType):
            self.inline(call, self.function(call, f), None, None)
        else:
            raise self.refuse("VS312", node, ast.unparse(call))

    def language_statement(self, call: ast.Call, f: Any) -> None:
        """require, fault, cost or atomic."""
        if len(call.args) != 1 or call.keywords:
            what = "(condition)" if f is require else "(text)"
            raise self.refuse("VS204", call, f.__name__, what, f"found {len(call.args) + len(call.keywords)}")
        if f is require:
            self.requirement(call, call.args[0])
            return
        text = self.literal(call.args[0], f"{f.__name__}()")
        if f is fault:
            self.emit(Fault(text, self.span(call)))
        elif f is cost:
            self.emit(Cost(text, self.span(call)))
        else:
            assert f is atomic
            self.atomic = text

    def requirement(self, call: ast.Call, node: ast.expr) -> None:
        """Each part of a conjunction is required on its own, in its own place; for `lint` it is one statement."""
        parts: list[tuple[ast.expr, Expr]]
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            parts = list(zip(node.values, self.operands(True, node.values), strict=False))
        else:
            parts = [(call, self.root_condition(node))]
        cond = build.and_(*(part for _, part in parts))
        if isinstance(cond, Const):
            parts = [(call, cond)]
        self.out += [Require(part, self.span(at)) for at, part in parts if part is not build.TRUE]
        if cond is not build.TRUE:
            self.events.append(Event("stmt", Require(cond, self.span(call))))

    def inline(self, node: ast.Call, routine: Routine, base: Place | None, lock: str | None) -> Expr | None:
        """Inline a routine's statements; its result, if it has one."""
        args: dict[str, Binding] = {}
        for param, source in matched(node, routine, self.refuse):
            value = args[param.arg] = self.argument(source)
            if isinstance(value, Place):
                args[param.arg] = replace(value, keys=self.all_settled(param.arg, value.keys, node))
            elif not isinstance(source, Default) and not isinstance(value, Static | Place | Slot | Unassigned | Poison):
                args[param.arg] = self.settled(param.arg, stored(self, source, value), node)
        out: list[Stmt] = []
        events: list[Event] = []
        inner = Statements(self.unit, *self.entered(node, routine, base, args), out, events)
        wanted = routine.result_type(self.unit.diagnostics)
        if wanted is not None:
            inner.scope.types = {**inner.scope.types, RESULT: wanted}
        inner.block(self.unit.straighten(routine).body)
        self.out += out
        found = inner.scope.locals.get(RESULT)
        if isinstance(found, Poison):
            raise Refused
        result = None if found is None else self.as_expr(found, wanted)
        event = Event("atomic", name=routine.name, parts=(tuple(events),), result=result, span=self.span(node))
        if lock is not None and base is not None:
            name = base.instance.prefix.rstrip(".") or base.instance.cls.__name__
            self.events.append(replace(event, kind="acquires" if lock == "acquires" else "releases", name=name))
        elif inner.atomic is not None:
            self.events.append(event)
        else:
            self.events += events
        return result


def _has_room(slot: Type, value: Expr) -> bool:
    """Whether storing `value` in a local of type `slot`, which nobody declared, never faults."""
    if is_int(slot) and is_int(value.type):
        return build.fits(value, slot)
    return isinstance(slot, OptionType) or not isinstance(value.type, OptionType)
