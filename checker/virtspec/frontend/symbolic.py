"""Calls without effects: the value of a method or function as one expression, its locals standing for expressions.

Python evaluates every argument and every assignment, used or not. Where such an expression may fault, the result
demands it: `ite(e == e, result, result)`, unless the result evaluates it anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

from virtspec.frontend.calls import Default, Effect, is_one_of, matched
from virtspec.frontend.collect import fresh
from virtspec.frontend.expr import Expressions
from virtspec.frontend.inline import domain_values, is_endless
from virtspec.frontend.places import Names
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import POISON, UNASSIGNED, Binding, Place, Poison, Scope, Slot, Static, Unassigned, Unit
from virtspec.frontend.static import fold, is_known
from virtspec.frontend.steps import RESULT
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import And, Const, Eq, Expr, Ite, Narrow, Or
from virtspec.ir.types import IntType, OptionType, SeqType, SetType, Type, values
from virtspec.ir.walk import children
from virtspec.lang.rules import choose


class Symbolic(Expressions):
    """Lowers expressions, and calls in them of the specification's own code as long as that has no effects."""

    def __init__(self, unit: Unit, scope: Scope, names: Names, stack: tuple[ast.FunctionDef, ...] = ()) -> None:
        super().__init__(unit, scope, names)
        self.stack = stack
        """The routines being inlined, outermost first."""
        self.defined: Expr = build.TRUE
        """What must be evaluated, if only because it may fault: true where it does not."""

    # --- calls

    def user_call(self, node: ast.Call, routine: Routine, base: Place | None) -> Expr:
        inner = Symbolic(self.unit, *self.entered(node, routine, base, self.arguments(node, routine)))
        for argument in [base, *inner.scope.locals.values()]:
            if isinstance(argument, Place):
                for key in argument.keys:
                    inner.demand(key)
            elif argument is not None and not isinstance(argument, Static | Slot | Unassigned | Poison):
                inner.demand(argument)
        try:
            value = inner.result(routine)
        except Effect:
            raise Effect(node, f"{routine.name}()") from None
        if value is None:
            raise self.no_value(node, routine)
        return value

    def no_value(self, node: ast.AST, routine: Routine) -> Refused:
        missing = " on some path" if routine.returns_value else ""
        what = f"{routine.name}() returns no value{missing}"
        return self.refuse("VS201", node, what, hint="return one on every path")

    def result(self, routine: Routine) -> Expr | None:
        """What the routine returns, or None where a path returns nothing. Raises Effect if its body has some."""
        want = routine.result_type(self.unit.diagnostics)
        if want is not None:
            self.scope.types = {**self.scope.types, RESULT: want}
        self.execute(self.unit.straighten(routine).body)
        found = self.scope.locals.get(RESULT, UNASSIGNED)
        if isinstance(found, Poison):
            raise Refused
        value = self.as_expr(found, want)
        if value is None:
            return None
        try:
            value = value if want is None else build.coerce(value, want)
        except IllTyped as why:
            raise self.refuse("VS201", routine.fn, why, hint=why.hint) from None
        return value if satisfied(self.defined, value) else build.ite(self.defined, value, value)

    def arguments(self, node: ast.Call, routine: Routine) -> dict[str, Binding]:
        """The parameters' values."""
        return {p.arg: self.argument(value) for p, value in matched(node, routine, self.refuse)}

    def argument(self, node: ast.expr | Default) -> Binding:
        if isinstance(node, Default):
            return Static(node.value)
        known = fold(node, self.statics)
        if is_known(known):
            return Static(known)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            ref = self.ref(node)
            return ref if isinstance(ref, Place) else self.rvalue(node, ref)
        return self.pure(node)

    def entered(
        self, node: ast.Call, routine: Routine, base: Place | None, args: dict[str, Binding]
    ) -> tuple[Scope, Names, tuple[ast.FunctionDef, ...]]:
        """What the lowering of a routine's body begins with: its parameters bound, everything else unassigned."""
        if routine.fn in self.stack:
            raise self.refuse("VS402", node, routine.name)
        scope = Scope.of(routine.path, self.unit.straighten(routine))
        scope.locals.update(args)
        if base is not None:
            scope.locals["self"] = base
        return scope, self.names, (*self.stack, routine.fn)

    def makes_new(self, call: ast.Call, t: Type) -> bool:
        """Whether a call of the specification's own code returns a container that has no other name."""
        routine = self.called(call)
        if routine is None:
            return True
        returned = [n.value for n in ast.walk(routine.fn) if isinstance(n, ast.Return) and n.value is not None]
        return all(fresh(value, t, lambda call, t: False) for value in returned)

    def called(self, call: ast.Call) -> Routine | None:
        """The routine a call runs, if it is the specification's own."""
        if isinstance(call.func, ast.Attribute):
            base = self.ref(call.func.value)
            return self.method(call, call.func, base) if isinstance(base, Place) else None
        f = fold(call.func, self.statics)
        return self.function(call, f) if hasattr(f, "__code__") and not is_one_of(f, (choose,)) else None

    # --- statements

    def execute(self, body: list[ast.stmt]) -> None:
        """Execute statements without effects."""
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not self.is_choose(value):
                    self.keep(name, value)
                case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                    self.keep(name, ast.copy_location(ast.BinOp(as_load(target), op, value), node))
                case ast.If(test=test):
                    cond = self.condition(test)
                    self.fork(cond, partial(self.execute, node.body), partial(self.execute, node.orelse))
                case ast.For(target=ast.Name(id=name), orelse=[]):
                    self.loop(node, name)
                case ast.Assert(test=test, msg=message) if not self.unit.asserts_are_effects:
                    self.demand_true(self.condition(test), message)
                case ast.Pass() | ast.Return(value=ast.Constant(value=str())) | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    raise Effect(node, ast.unparse(node).splitlines()[0])

    def is_choose(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and fold(node.func, self.statics) is choose

    def keep(self, name: str, value: ast.expr) -> None:
        """Let a local stand for an expression."""
        want = self.scope.types.get(name)
        known = fold(value, self.statics)
        if is_known(known) and want is None:
            self.scope.locals[name] = Static(known)
            return
        e = self.pure(value, want)
        self.demand(e)
        self.scope.locals[name] = e

    def demand(self, e: Expr) -> None:
        """See that `e` is evaluated."""
        if not build.total(e):
            self.defined = build.and_(self.defined, build.eq(e, e))

    def demand_true(self, cond: Expr, message: ast.expr | None) -> None:
        """Fault where `cond` is false."""
        if cond is not build.TRUE:
            self.demand(_checked(cond))
            text = None if message is None else fold(message, self.statics)
            if isinstance(text, str) and self.unit.rules is None:  # not in a property
                self.unit.asserted_within[text] = self.stack[-1].name

    def fork(self, cond: Expr, then: Callable[[], None], orelse: Callable[[], None]) -> None:
        """Execute one of two branches and join what they leave."""
        if isinstance(cond, Const):
            (then if cond.value else orelse)()
            return
        self.demand(cond)
        before, defined = dict(self.scope.locals), self.defined
        self.defined = build.TRUE
        then()
        after_then, then_defined = dict(self.scope.locals), self.defined
        self.restore(before)
        self.defined = build.TRUE
        orelse()
        after_else, else_defined = dict(self.scope.locals), self.defined
        joined = {}
        for name in [*after_then, *(n for n in after_else if n not in after_then)]:
            joined[name] = self.either(cond, after_then.get(name, UNASSIGNED), after_else.get(name, UNASSIGNED))
        self.restore(joined)
        self.defined = build.and_(defined, build.ite(cond, then_defined, else_defined))

    def restore(self, bindings: dict[str, Binding]) -> None:
        self.scope.locals.clear()
        self.scope.locals.update(bindings)

    def either(self, cond: Expr, a: Binding, b: Binding) -> Binding:
        """One value out of two branches."""
        if a is b or a == b:
            return a
        if isinstance(a, Poison) or isinstance(b, Poison):
            return a if isinstance(a, Poison) else b
        found = self.joined(a, b)
        return UNASSIGNED if found is None else build.ite(cond, *found[1:])

    def joined(self, a: Binding, b: Binding, want: Type | None = None) -> tuple[Type, Expr, Expr] | None:
        """Both bindings as expressions of one type, and this type; None if they have no common one."""
        left, right = self.as_expr(a, want), self.as_expr(b, want)
        if left is None and right is not None:
            left = self.as_expr(a, build.optional(right.type))
        elif right is None and left is not None:
            right = self.as_expr(b, build.optional(left.type))
        if left is None or right is None:
            return None
        try:
            t = want or build.common_type(left.type, right.type)
            return t, build.coerce(left, t), build.coerce(right, t)
        except IllTyped:
            return None

    def as_expr(self, binding: Binding, want: Type | None = None) -> Expr | None:
        """A binding's value, or None if it has no single one (`want` gives a type to None and to tuples)."""
        match binding:
            case Slot():
                return binding.value()
            case Static(None):
                return build.const(None, want) if isinstance(want, OptionType) else None
            case Static(value) if is_known(value) and not isinstance(value, str):
                if isinstance(value, tuple) and not isinstance(want, SetType):
                    return None
                return self.lift(ast.Constant(value), value, want)
            case Static() | Place() | Unassigned() | Poison():
                return None
            case _:
                return binding

    def loop(self, node: ast.For, name: str) -> None:
        """Execute a for loop by unrolling it."""
        if is_endless(node.iter, self.statics):
            raise Effect(node, ast.unparse(node).splitlines()[0])
        listed = domain_values(node.iter, self.statics, None)
        if listed is not None:
            for value in listed:
                self.scope.locals[name] = Static(value)
                self.execute(node.body)
        else:
            for cond, element in self.turns(node, self.pure(node.iter)):

                def turn(element: Expr = element) -> None:
                    self.scope.locals[name] = element
                    self.execute(node.body)

                self.fork(cond, turn, lambda: None)
        self.scope.locals[name] = POISON  # a use behind the loop was refused before

    def turns(self, node: ast.For, collection: Expr) -> Iterator[tuple[Expr, Expr]]:
        """For each turn a loop through a set or sequence may make: whether it does, and with which element."""
        if is_known(fold(node.iter, self.statics)):
            hint = "a set of constants has no order in Python: make it a tuple"
            raise self.refuse("VS309", node.iter, hint=hint)
        match collection.type:
            case SetType(of):
                for value in values(of):
                    element = build.const(value, of)
                    yield build.contains_item(element, collection), element
            case SeqType(_, cap):
                for i in map(build.integer, range(cap)):
                    yield build.lt(i, build.length(collection)), build.seq_at(collection, i)
            case _:
                raise self.refuse("VS309", node.iter)


def as_load(target: ast.expr) -> ast.expr:
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


# --- what a result evaluates anyway ----------------------------------------------------------------------------------


def satisfied(check: Expr, result: Expr) -> bool:
    """Whether evaluating `result` evaluates whatever `check` does."""
    match check, result:
        case Const(), _:
            return True
        case And(items), _:
            return all(satisfied(item, result) for item in items)
        case Ite(cond, then, orelse), Ite(same, value, other) if cond is same:
            return satisfied(then, value) and satisfied(orelse, other)
        case Eq(a, b), _ if a is b:
            return _evaluates(result, a, set())
        case _:
            return False


def _evaluates(result: Expr, part: Expr, seen: set[Expr]) -> bool:
    """Whether evaluating `result` evaluates `part` for all values. A quantifier's body is: no type is empty."""
    if result is part:
        return True
    if result in seen:
        return False
    seen.add(result)
    match result:
        case And(items) | Or(items):
            return _evaluates(items[0], part, seen)
        case Ite(cond):
            return _evaluates(cond, part, seen)
        case _:
            return any(_evaluates(below, part, seen) for below in children(result))


def _checked(cond: Expr) -> Expr:
    """An expression that faults where `cond` is false."""
    return build.intern(Narrow(build.ite(cond, build.integer(1), build.integer(0)), IntType(1, 1)))
