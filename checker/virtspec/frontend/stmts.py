"""Statements: from Python's syntax to the sequential body of an action, methods inlined as they are called.

Locals that do not outlive the step become single-assignment variables (`Let`), joined after an `if`; those that do are
fields, given by the caller as `Slot`s.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from virtspec.frontend.expr import Effect, Expressions, Names
from virtspec.frontend.inline import domain_values
from virtspec.frontend.module import span_of
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import UNASSIGNED, Binding, Event, Place, Scope, Slot, Static, Unassigned, Unit
from virtspec.frontend.shape import Instance
from virtspec.frontend.static import fold, is_known
from virtspec.frontend.steps import RESULT
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import Assign, Choose, Const, Cost, Expr, Fault, If, Let, Require, Stmt, Var
from virtspec.ir.types import BOOL, SeqType, SetType, TableType, Type, is_int, values
from virtspec.lang.rules import atomic, choose, cost, fault, require
from virtspec.source import Span

CONTAINERS = (TableType, SetType, SeqType)


class Statements(Expressions):
    """Lowers statements in one scope, appending to `out`."""

    def __init__(
        self,
        unit: Unit,
        scope: Scope,
        names: Names,
        out: list[Stmt],
        events: list[Event],
        stack: tuple[Any, ...] = (),
        lock: str | None = None,
    ) -> None:
        super().__init__(unit, scope, names)
        self.out = out
        self.events = events
        self.stack = stack
        """The routines being inlined, outermost first."""
        self.lock = lock
        """The lock whose method is being inlined."""
        self.atomic: str | None = None
        """The reason the author gave, if any."""
        self.at_end: Callable[[str, Span], None] = lambda location, span: None
        """What to emit where the code ends at a location."""
        self.persist: Callable[[str, Type | None, ast.AST], Slot | None] = lambda name, t, node: None
        """The slot of a local that outlives the step, or None; it may be found only when the type is known."""

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self.scope.path)

    def emit(self, stmt: Stmt) -> None:
        self.out.append(stmt)
        self.events.append(Event("stmt", stmt, self.lock))

    # --- blocks

    def block(self, body: list[ast.stmt]) -> None:
        """Lower each statement; one that is refused does not keep the others from being looked at."""
        for stmt in body:
            try:
                self.stmt(stmt)
            except Refused:
                self.poison(stmt)

    def poison(self, stmt: ast.stmt) -> None:
        """Forget the locals a refused statement would have assigned, so that their uses are not reported, too."""
        for node in ast.walk(stmt):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.scope.locals[node.id] = Static(_Poison)

    def stmt(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(node, target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                load = _as_load(target)
                self.assign(node, target, ast.copy_location(ast.BinOp(load, op, value), node))
            case ast.If():
                self.if_(node)
            case ast.For():
                self.for_(node)
            case ast.Expr(value=ast.Call() as call):
                self.call_statement(node, call)
            case ast.Assert(test=test, msg=message):
                text = self.literal(message, "assert") if message is not None else "assertion failed"
                self.emit(If(build.not_(self.root(test, BOOL)), (Fault(text, self.span(node)),), (), self.span(node)))
            case ast.Return(value=ast.Constant(value=str(location))):
                self.at_end(location, self.span(node))
            case ast.Pass():
                pass
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                raise self.refuse("VS406", node, "a method that is no @process")
            case ast.Expr():
                raise self.refuse("VS312", node, ast.unparse(node))
            case _:
                raise self.refuse("VS301", node, *_statement(node))

    def literal(self, node: ast.expr, what: str) -> str:
        known = fold(node, self.statics)
        if not isinstance(known, str):
            raise self.refuse("VS308", node, what)
        return known

    # --- assignment

    def assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        if _is_call_of(value, choose, self):
            self.choose(node, target, value)
        elif isinstance(target, ast.Name):
            self.bind(node, target.id, self.root(value, self.wanted(target.id)), value)
        else:
            slot = self.slot(target)
            self.store(slot, self.root(value, slot.type), target)

    def wanted(self, name: str) -> Type | None:
        """The type a local was declared with, or is known to have."""
        if name in self.scope.types:
            return self.scope.types[name]
        found = self.scope.locals.get(name)
        return found.type if isinstance(found, Slot) and not is_int(found.type) else None

    def slot(self, target: ast.expr) -> Slot:
        """The part of the state an assignment's left side denotes."""
        if not isinstance(target, ast.Attribute | ast.Subscript):
            raise self.refuse("VS311", target)
        try:
            ref = self.ref(target)
        except Effect as effect:
            raise self.refuse("VS302", effect.node, effect.what) from None
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
        if isinstance(value.type, CONTAINERS) and self.is_place(source):
            kind = {TableType: "dict", SetType: "set", SeqType: "Seq"}[type(value.type)]
            raise self.refuse("VS307", node, kind)
        slot = self.persist(name, value.type, node)
        if slot is None:
            self.let(name, value, self.span(node))
            return
        if is_int(slot.type) and name not in self.scope.types and not build.fits(value, slot.type):
            raise self.refuse("VS203", node, name)
        self.store(slot, value, node)
        self.scope.locals[name] = slot

    def is_place(self, source: ast.expr) -> bool:
        """Whether an expression names a field or an entry of one, so that Python would bind the object itself."""
        return isinstance(source, ast.Attribute | ast.Subscript | ast.Name)

    def let(self, name: str, value: Expr, span: Span) -> None:
        """Bind a step-local variable to `value`; constants and variables need no new one."""
        if isinstance(value, Const | Var):
            self.scope.locals[name] = value
            return
        variable = self.names.var(name, value.type)
        self.emit(Let(variable, value, span))
        self.scope.locals[name] = variable

    def choose(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        assert isinstance(value, ast.Call)
        name = target.id if isinstance(target, ast.Name) else "pick"
        variable = self.names.var(name, self.choice_type(value))
        self.emit(Choose(variable, self.span(node)))
        if not isinstance(target, ast.Name):
            self.store(self.slot(target), variable, node)
            return
        slot = self.persist(name, variable.type, node)
        if slot is None:
            self.scope.locals[name] = variable
        else:
            self.store(slot, variable, node)
            self.scope.locals[name] = slot

    def choice_type(self, call: ast.Call) -> Type:
        """The finite type choose(T) picks from: a class, bool, range(...) or the Annotated type itself."""
        if len(call.args) != 1:
            raise self.refuse("VS204", call, "choose", 1, len(call.args))
        (arg,) = call.args
        listed = domain_values(arg, self.statics, None)
        if isinstance(arg, ast.Call) and listed and all(isinstance(v, int) for v in listed):
            return build.int_range(listed[0], listed[-1])
        if isinstance(arg, ast.Name) and arg.id == "bool":
            return BOOL
        routine = Routine("choose", ast.FunctionDef(), self.scope.path, dict(self.scope.names), None, self.unit.registry)
        return routine.type_of(arg, self.unit.diagnostics)

    # --- control

    def if_(self, node: ast.If) -> None:
        known = fold(node.test, self.statics)
        if isinstance(known, bool):
            self.block(node.body if known else node.orelse)
            return
        cond = self.root(node.test, BOOL)
        if isinstance(cond, Const):
            self.block(node.body if cond.value else node.orelse)
            return
        self.branch(cond, lambda: self.block(node.body), lambda: self.block(node.orelse), self.span(node))

    def branch(self, cond: Expr, then: Callable[[], None], orelse: Callable[[], None], span: Span) -> None:
        """Emit `if cond` with what the two functions emit, and join the locals they bind."""
        before = dict(self.scope.locals)
        with self.collected() as first:
            then()
        after_then = self.scope.locals
        self.scope.locals = dict(before)
        with self.collected() as second:
            orelse()
        after_else = self.scope.locals
        self.scope.locals = {}
        for name in [*after_then, *(n for n in after_else if n not in after_then)]:
            a, b = after_then.get(name, UNASSIGNED), after_else.get(name, UNASSIGNED)
            self.scope.locals[name] = self.join(name, a, b, first, second, span)
        self.emit(If(cond, tuple(first), tuple(second), span))

    def join(
        self, name: str, a: Binding, b: Binding, first: list[Stmt], second: list[Stmt], span: Span
    ) -> Binding:
        """One binding for a local after an `if`: a variable both branches end by assigning, if they differ."""
        if a is b or a == b:
            return a
        exprs = [self.as_expr(x) for x in (a, b)]
        if exprs[0] is None or exprs[1] is None:
            return UNASSIGNED if isinstance(a, Unassigned) or isinstance(b, Unassigned) else a
        try:
            t = self.scope.types.get(name) or build.common_type(exprs[0].type, exprs[1].type)
            variable = self.names.var(name, t)
            first.append(Let(variable, build.coerce(exprs[0], t), span))
            second.append(Let(variable, build.coerce(exprs[1], t), span))
        except IllTyped:
            return UNASSIGNED
        return variable

    def as_expr(self, binding: Binding) -> Expr | None:
        match binding:
            case Slot():
                return binding.value()
            case Static(value) if is_known(value) and not isinstance(value, tuple | str):
                return None if value is None else self.lift(ast.Constant(value), value, None)
            case Static() | Place() | Unassigned():
                return None
            case _:
                return binding

    @contextmanager
    def collected(self) -> Iterator[list[Stmt]]:
        """Collect what is emitted in a list of its own."""
        saved, self.out = self.out, []
        try:
            yield self.out
        finally:
            self.out = saved

    def for_(self, node: ast.For) -> None:
        """A loop without yields: unrolled over its domain."""
        if not isinstance(node.target, ast.Name) or node.orelse:
            raise self.refuse("VS301", node, "this for loop", "for x in T, without else")
        name = node.target.id
        listed = domain_values(node.iter, self.statics, None)
        if listed is not None:
            for value in listed:
                self.scope.locals[name] = Static(value)
                self.block(node.body)
        else:
            self.for_members(node, name)
        self.scope.locals.pop(name, None)

    def for_members(self, node: ast.For, name: str) -> None:
        """A loop through the members of a set or the items of a sequence, as they are when it begins."""
        collection = self.expr(node.iter)
        span = self.span(node)
        self.let(f"{name}_in", collection, span)
        members = self.scope.locals.pop(f"{name}_in")
        assert isinstance(members, Var | Const)
        for cond, element in self.turns(node, members):

            def turn(element: Expr = element) -> None:
                self.let(name, element, span)
                self.block(node.body)

            self.branch(cond, turn, lambda: None, span)

    def turns(self, node: ast.For, members: Expr) -> list[tuple[Expr, Expr]]:
        """For each turn a loop through `members` may take: when it does, and the element of that turn."""
        match members.type:
            case SetType(of):
                return [(build.contains_item(build.const(v, of), members), build.const(v, of)) for v in values(of)]
            case SeqType(_, cap):
                at = [build.integer(i) for i in range(cap)]
                return [(build.lt(i, build.length(members)), build.seq_at(members, i)) for i in at]
            case _:
                raise self.refuse("VS309", node.iter)

    # --- calls

    def root(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The value of an expression that is evaluated whatever happens: a call at its root may have effects."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return build.not_(self.root(node.operand, BOOL))
        if not isinstance(node, ast.Call):
            return self.expr(node, want)
        try:
            e = self.pure(node, want)
        except Effect as effect:
            if effect.node is not node and not self.is_method_call(node):
                raise self.refuse("VS302", effect.node, effect.what) from None
            e = self.effectful(node, want)
        return e

    def is_method_call(self, node: ast.Call) -> bool:
        """Whether `node` itself calls code of the specification, in which the effect may lie."""
        if isinstance(node.func, ast.Attribute):
            return isinstance(self.ref(node.func.value), Place)
        return True

    def effectful(self, node: ast.Call, want: Type | None) -> Expr:
        """A call with effects, its result as a value."""
        result: Expr | None
        if isinstance(node.func, ast.Attribute):
            base = self.ref(node.func.value)
            if isinstance(base, Place):
                result = self.run_method(node, base, node.func.attr)
            else:
                assert isinstance(base, Slot)
                result = self.mutate(node, base, node.func.attr)
        else:
            target = self.ref(node.func)
            assert isinstance(target, Static)
            if target.value in (require, choose, fault, cost, atomic):
                raise self.refuse("VS304", node, ast.unparse(node.func))
            result = self.run(node, Routine.of(target.value, None, self.unit.registry), None)
        if result is None:
            raise self.refuse("VS201", node, f"{ast.unparse(node.func)}() has no value")
        return result if want is None else build.coerce(result, want)

    def call_statement(self, node: ast.Expr, call: ast.Call) -> None:
        """A call for its effect alone."""
        if isinstance(call.func, ast.Name):
            known = fold(call.func, self.statics)
            if known is require:
                self.require(call)
                return
            if known in (fault, cost, atomic):
                self.mark(call, known)
                return
            if known is choose:
                raise self.refuse("VS304", call, "choose", hint="x = choose(T)")
            target = self.ref(call.func)
            if isinstance(target, Static) and callable(target.value) and hasattr(target.value, "__code__"):
                self.run(call, Routine.of(target.value, None, self.unit.registry), None)
                return
            raise self.refuse("VS312", node, ast.unparse(call))
        if not isinstance(call.func, ast.Attribute):
            raise self.refuse("VS312", node, ast.unparse(call))
        base = self.ref(call.func.value)
        if isinstance(base, Place):
            self.run_method(call, base, call.func.attr)
        elif isinstance(base, Slot) and isinstance(base.type, SetType | SeqType):
            self.mutate(call, base, call.func.attr)
        else:
            raise self.unknown_method(call)

    def require(self, call: ast.Call) -> None:
        if len(call.args) != 1:
            raise self.refuse("VS204", call, "require", 1, len(call.args))
        cond = self.root(call.args[0], BOOL)
        if cond is not build.TRUE:
            self.emit(Require(cond, self.span(call)))

    def mark(self, call: ast.Call, f: Any) -> None:
        if len(call.args) != 1:
            raise self.refuse("VS204", call, f.__name__, 1, len(call.args))
        text = self.literal(call.args[0], f.__name__)
        if f is fault:
            self.emit(Fault(text, self.span(call)))
        elif f is cost:
            self.emit(Cost(text, self.span(call)))
        else:
            self.atomic = text

    def mutate(self, node: ast.Call, slot: Slot, name: str) -> Expr | None:
        """A method of a set or a sequence that changes it."""
        t, old = slot.type, slot.value()
        args = [self.expr(a, t.of) for a in node.args] if isinstance(t, SetType | SeqType) else []
        match t, name, args:
            case SetType(), "add", [item]:
                self.store(slot, build.set_op("|", old, build.set_lit(t, [item])), node)
            case SetType(), "discard", [item]:
                self.store(slot, build.set_op("-", old, build.set_lit(t, [item])), node)
            case SetType(), "remove", [item]:
                absent = build.not_(build.contains_item(item, old))
                gone = Fault(f"{ast.unparse(node.args[0])} is not in the set", self.span(node))
                self.emit(If(absent, (gone,), (), self.span(node)))
                self.store(slot, build.set_op("-", old, build.set_lit(t, [item])), node)
            case SetType() | SeqType(), "clear", []:
                empty = frozenset() if isinstance(t, SetType) else ()
                self.store(slot, build.const(empty, t), node)
            case SeqType(), ("append" | "appendleft" | "remove") as op, [item]:
                self.store(slot, build.seq_op(op, old, item), node)
            case SeqType(), "popleft" | "pop", []:
                first = name == "popleft"
                taken = self.names.var("taken", t.of)
                self.emit(Let(taken, build.seq_at(old, build.integer(0 if first else -1)), self.span(node)))
                self.store(slot, build.seq_op("tail" if first else "init", old), node)
                return taken
            case _:
                known = ("add", "discard", "remove", "clear") if isinstance(t, SetType) else (
                    "append", "appendleft", "popleft", "pop", "remove", "clear")  # fmt: skip
                raise self.refuse("VS301", node, f"{t}.{name}({len(node.args)})", f"known: {', '.join(known)}")
        return None

    # --- inlining

    def method(self, node: ast.Call, base: Place, name: str) -> Expr:
        return self.evaluate_call(node, self.routine(node, base, name), base)

    def function(self, node: ast.Call, f: Callable[..., Any]) -> Expr:
        return self.evaluate_call(node, Routine.of(f, None, self.unit.registry), None)

    def routine(self, node: ast.Call, base: Place, name: str) -> Routine:
        method = base.instance.method(name)
        if method is None:
            from virtspec.source import did_you_mean

            hint = did_you_mean(name, base.instance.names())
            raise self.refuse("VS109", node.func, base.instance.cls.__name__, name, hint=hint)
        if len(base.keys) != len(base.instance.keys):
            raise self.refuse("VS201", node.func, f"{name}() needs a key: there is one component per key")
        routine = Routine.of(method, base.instance, self.unit.registry)
        if routine.is_generator:
            raise self.refuse("VS407", node, ast.unparse(node.func))
        return routine

    def arguments(self, node: ast.Call, routine: Routine) -> dict[str, Binding]:
        """The parameters' values, each evaluated once."""
        params = [p.arg for p in routine.params]
        given = dict(zip(params, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        defaults = routine.fn.args.defaults
        for name, value in zip(params[len(params) - len(defaults) :], defaults, strict=True):
            given.setdefault(name, value)
        if len(node.args) > len(params) or set(given) != set(params):
            raise self.refuse("VS204", node, routine.name, len(params), len(node.args) + len(node.keywords))
        return {name: self.argument(given[name]) for name in params}

    def argument(self, node: ast.expr) -> Binding:
        known = fold(node, self.statics)
        if isinstance(known, Instance):  # a model or component may be passed on, whole
            place = self.ref(node)
            assert isinstance(place, Place)
            return place
        return Static(known) if is_known(known) else self.pure(node)

    def callee(self, node: ast.Call, routine: Routine, base: Place | None, args: dict[str, Binding]) -> Statements:
        """A lowering of the routine's body, its parameters bound."""
        if routine.fn in self.stack:
            raise self.refuse("VS402", node, routine.name)
        code = self.unit.straighten(routine)
        scope = Scope(routine.path, code.names, code.types, dict(args))
        if base is not None:
            scope.locals["self"] = base
        return type(self)(
            self.unit, scope, self.names, self.out, self.events, (*self.stack, routine.fn), self.lock
        )

    def evaluate_call(self, node: ast.Call, routine: Routine, base: Place | None) -> Expr:
        """The value of a call without effects, by symbolic execution. Raises Effect if it has some."""
        inner = self.callee(node, routine, base, self.arguments(node, routine))
        inner.scope.types = {**inner.scope.types, **self.result_type(routine)}
        code = self.unit.straighten(routine)
        inner.symbolic_block(code.body)
        result = inner.as_expr(inner.scope.locals.get(RESULT, UNASSIGNED))
        if result is None:
            raise self.refuse("VS201", node, f"{routine.name}() has no value on some path")
        return result

    def symbolic_block(self, body: list[ast.stmt]) -> None:
        """Execute statements without effects, locals standing for expressions."""
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _is_call_of(value, choose, self):
                    known = fold(value, self.statics)
                    want = self.scope.types.get(name)
                    static = is_known(known) and want is None
                    self.scope.locals[name] = Static(known) if static else self.pure(value, want)
                case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                    sum_ = ast.copy_location(ast.BinOp(_as_load(target), op, value), node)
                    self.scope.locals[name] = self.pure(sum_, self.scope.types.get(name))
                case ast.If():
                    self.symbolic_if(node)
                case ast.For(target=ast.Name(id=name), iter=domain, orelse=[]):
                    listed = domain_values(domain, self.statics, None)
                    if listed is None:
                        self.symbolic_members(node, name)
                    for value in listed or ():
                        self.scope.locals[name] = Static(value)
                        self.symbolic_block(node.body)
                case ast.Pass() | ast.Return(value=ast.Constant(value=str())) | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    raise Effect(node, self.stack[-1].name + "()")

    def symbolic_members(self, node: ast.For, name: str) -> None:
        """A loop through the members of a set or the items of a sequence, without effects."""
        for cond, element in self.turns(node, self.pure(node.iter)):

            def turn(element: Expr = element) -> None:
                self.scope.locals[name] = element
                self.symbolic_block(node.body)

            self.symbolic_branch(node, cond, turn, lambda: None)
        self.scope.locals.pop(name, None)

    def symbolic_if(self, node: ast.If) -> None:
        cond = self.pure(node.test, BOOL)
        if isinstance(cond, Const):
            self.symbolic_block(node.body if cond.value else node.orelse)
            return
        self.symbolic_branch(
            node, cond, lambda: self.symbolic_block(node.body), lambda: self.symbolic_block(node.orelse)
        )

    def symbolic_branch(
        self, node: ast.AST, cond: Expr, then: Callable[[], None], orelse: Callable[[], None]
    ) -> None:
        """Bind the locals as one of the two functions does, depending on `cond`."""
        before = dict(self.scope.locals)
        then()
        after_then, self.scope.locals = self.scope.locals, before
        orelse()
        after_else = self.scope.locals
        merged: dict[str, Binding] = {}
        for name in [*after_then, *(n for n in after_else if n not in after_then)]:
            a, b = after_then.get(name, UNASSIGNED), after_else.get(name, UNASSIGNED)
            merged[name] = a if a is b or a == b else self.either(node, cond, a, b)
        self.scope.locals = merged

    def either(self, node: ast.AST, cond: Expr, a: Binding, b: Binding) -> Binding:
        """One value out of two branches."""
        if isinstance(a, Unassigned) or isinstance(b, Unassigned):
            return UNASSIGNED
        left, right = self.as_expr(a), self.as_expr(b)
        try:
            if left is None and right is not None:
                left = build.const(None, build.optional(right.type))
            elif right is None and left is not None:
                right = build.const(None, build.optional(left.type))
            if left is None or right is None:
                return UNASSIGNED
            return build.ite(cond, left, right)
        except IllTyped as why:
            raise self.refuse("VS201", node, why, hint=why.hint) from None

    def run_method(self, node: ast.Call, base: Place, name: str) -> Expr | None:
        """Inline a method with its effects; its result, if it has one."""
        routine = self.routine(node, base, name)
        keys = tuple(self.settled(f"{name}_key", k, node) for k in base.keys)
        lock = base.instance.method(name).__dict__.get("__virtspec_lock__")  # type: ignore[union-attr]
        if lock is None:
            return self.run(node, routine, Place(base.instance, keys))
        which = base.instance.prefix.rstrip(".") or base.instance.cls.__name__
        saved, self.lock = self.lock, which
        result = self.run(node, routine, Place(base.instance, keys))
        self.lock = saved
        self.events.append(Event(lock, inside=which))
        return result

    def settled(self, name: str, value: Expr, node: ast.AST) -> Expr:
        """`value` evaluated now, so that what follows cannot change it."""
        if isinstance(value, Const | Var):
            return value
        variable = self.names.var(name, value.type)
        self.emit(Let(variable, value, self.span(node)))
        return variable

    def run(self, node: ast.Call, routine: Routine, base: Place | None) -> Expr | None:
        """Inline a routine's statements; its result, if it has one."""
        args: dict[str, Binding] = {}
        for name, arg in self.arguments(node, routine).items():
            if isinstance(arg, Static | Place | Slot | Unassigned):
                args[name] = arg
            else:
                args[name] = self.settled(name, arg, node)
        inner = self.callee(node, routine, base, args)
        inner.scope.types = {**inner.scope.types, **self.result_type(routine)}
        inner.block(self.unit.straighten(routine).body)
        self.atomic = self.atomic or inner.atomic
        found = inner.scope.locals.get(RESULT)
        return None if found is None else self.as_expr(found)

    def result_type(self, routine: Routine) -> dict[str, Type]:
        """The type the result is kept as, where the annotation tells."""
        t = routine.result_type(self.unit.diagnostics)
        return {} if t is None else {RESULT: t}


class _Poison:
    """Stands for the value of a refused statement."""


def _as_load(target: ast.expr) -> ast.expr:
    """The target of an augmented assignment, as what it reads."""
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=key):
            return ast.copy_location(ast.Subscript(value, key, ast.Load()), target)
        case _:
            return target


def _is_call_of(node: ast.expr, f: Any, lowering: Expressions) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and fold(node.func, lowering.statics) is f


def _statement(node: ast.stmt) -> tuple[str, str]:
    match node:
        case ast.While():
            return "a while loop outside a process", "loop with for over a finite type"
        case ast.Assign():
            return "assigning several targets at once", "one assignment a statement"
        case ast.Return():
            return "return here", "a step ends at a yield"
        case ast.Try() | ast.Raise():
            return "an exception", 'use fault("message") or require(condition)'
        case ast.With():
            return "with", "call acquire and release methods"
        case ast.Match():
            return "match", "use if and elif"
        case ast.FunctionDef() | ast.ClassDef():
            return "a definition inside a method", "define it at the top of the file"
        case ast.Import() | ast.ImportFrom():
            return "an import inside a method", "import at the top of the file"
        case ast.Global() | ast.Nonlocal():
            return "a global variable", "make it a field of the model"
        case ast.Delete():
            return "del", "assign the value that means absent"
        case _:
            return type(node).__name__, "see docs/reference/language.md"


