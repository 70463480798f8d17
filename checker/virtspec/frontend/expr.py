"""Expressions: from Python's syntax to typed IR. Always free of effects; `stmts` handles calls that have some."""

from __future__ import annotations

import ast
import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any, Literal

from virtspec.errors import InputError
from virtspec.frontend import collect, comprehend
from virtspec.frontend.calls import BUILTINS, STATEMENTS, Effect, is_one_of
from virtspec.frontend.constructs import SYMBOLS, unknown_expression
from virtspec.frontend.enabled import enabled
from virtspec.frontend.places import Places
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Place, Slot, Static
from virtspec.frontend.static import fold, in_order, is_known
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import ArithOp, Expr
from virtspec.ir.types import BoolType, EnumType, OptionType, SeqType, SetType, TableType, Type
from virtspec.lang.domains import Seq
from virtspec.lang.props import at as lang_at
from virtspec.lang.props import enabled as lang_enabled
from virtspec.lang.props import local as lang_local
from virtspec.source import did_you_mean

ARITHMETIC: dict[type[ast.operator], ArithOp] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
SET_OPERATORS: dict[type[ast.operator], Literal["|", "&", "-"]] = {ast.BitOr: "|", ast.BitAnd: "&", ast.Sub: "-"}


class Expressions(Places):
    """Lowers expressions in one scope."""

    # --- entry points

    def expr(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The value of `node`, as a `want` if given. An effect in it is refused."""
        try:
            return self.pure(node, want)
        except Effect as effect:
            raise self.misplaced(effect) from None

    def misplaced(self, effect: Effect) -> Refused:
        """Refuse an effect where an expression stands."""
        if effect.code == "VS302":
            return self.refuse("VS302", effect.node, effect.what)
        remedy = "x = choose(T)" if effect.what == "choose" else f"it has no value: {effect.what}(...)"
        return self.refuse(effect.code, effect.node, effect.what, remedy)

    def pure(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The same, but an effect raises `Effect`."""
        try:
            e = self.convert(node, want)
            return e if want is None else build.coerce(e, want)
        except IllTyped as why:
            raise self.refuse("VS201", node, why, hint=why.hint) from None

    def condition(self, node: ast.expr) -> Expr:
        """The value of `node`, which must be a bool as it is: an optional is no truth value here."""
        return self.checked_condition(node, self.pure(node))

    def checked_condition(self, node: ast.expr, e: Expr) -> Expr:
        try:
            return build.and_(e)
        except IllTyped as why:
            raise self.refuse("VS201", node, why, hint=why.hint) from None

    def convert(self, node: ast.expr, want: Type | None) -> Expr:
        known = fold(node, self.statics)
        if is_known(known) and not isinstance(known, tuple | frozenset):
            return self.lift(node, known, want)
        match node:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self.rvalue(node, self.ref(node), want)
            case ast.UnaryOp(op=ast.Not(), operand=e):
                return build.not_(self.condition(e))
            case ast.UnaryOp(op=ast.USub(), operand=e):
                return build.arith("-", build.integer(0), self.pure(e))
            case ast.BoolOp(op=op, values=parts):
                junction = build.and_ if isinstance(op, ast.And) else build.or_
                return junction(*self.operands(isinstance(op, ast.And), parts))
            case ast.Compare():
                return self.comparison(node)
            case ast.BinOp(left=a, op=op, right=b):
                return self.binary(node, a, op, b)
            case ast.IfExp(test=test, body=a, orelse=b):
                return self.conditional(test, a, b, want)
            case ast.Call():
                return self.call(node, want)
            case ast.SetComp():
                return comprehend.set_comprehension(self, node)
            case ast.DictComp():
                return comprehend.dict_comprehension(self, node, want)
            case ast.Set(elts=elts):
                return collect.set_literal(self, elts, want)
            case ast.Yield() | ast.YieldFrom():
                raise self.refuse("VS406", node, "an expression", hint='write `yield "label"` on a line of its own')
            case _:
                raise self.refuse("VS301", node, *unknown_expression(node))

    def operands(self, conjunction: bool, parts: list[ast.expr]) -> Iterator[Expr]:
        """The operands of `and` or `or`, up to the one that decides it at compile time."""
        for part in parts:
            known = fold(part, self.statics)
            yield self.condition(part)
            if isinstance(known, bool) and known is not conjunction:
                return

    # --- operators

    def comparison(self, node: ast.Compare) -> Expr:
        sides = [node.left, *node.comparators]
        parts = [self.compare(node, a, op, b) for a, op, b in zip(sides, node.ops, sides[1:], strict=False)]
        return build.and_(*parts)

    def compare(self, node: ast.Compare, a: ast.expr, op: ast.cmpop, b: ast.expr) -> Expr:
        match op:
            case ast.In():
                return self.membership(a, b)
            case ast.NotIn():
                return build.not_(self.membership(a, b))
            case ast.Eq() | ast.Is():
                return self.equality(node, a, b, isinstance(op, ast.Is))
            case ast.NotEq() | ast.IsNot():
                return build.not_(self.equality(node, a, b, isinstance(op, ast.IsNot)))
        left, right = self.pure(a), self.pure(b)
        sets = isinstance(left.type, SetType) and isinstance(right.type, SetType)
        match op:
            case ast.LtE() if sets:
                return build.set_op("<=", left, right)
            case ast.GtE() if sets:
                return build.set_op("<=", right, left)
            case ast.Lt():
                return build.lt(left, right)
            case ast.LtE():
                return build.le(left, right)
            case ast.Gt():
                return build.lt(right, left)
            case _:
                return build.le(right, left)

    def equality(self, node: ast.Compare, a: ast.expr, b: ast.expr, identity: bool) -> Expr:
        """`a == b`, or `a is b`, which is the same for what Python has one object for."""
        if _is_none(a) or _bare(a):
            a, b = b, a  # the other side tells the type
        left = self.pure(a)
        if _is_none(b):
            if not isinstance(left.type, OptionType):
                hint = f"declare it {left.type} | None, if it may be absent"
                raise self.refuse("VS201", a, f"a {left.type} is never None", hint=hint)
            return build.eq(left, build.const(None, left.type))
        right = self.pure(b, left.type if _bare(b) and isinstance(left.type, SetType | SeqType | TableType) else None)
        if identity:
            self.check_identity(node, left.type)
            self.check_identity(node, right.type)
        return build.eq(left, right)

    def check_identity(self, node: ast.Compare, t: Type) -> None:
        inner = t.of if isinstance(t, OptionType) else t
        if not isinstance(inner, EnumType | BoolType):
            raise self.refuse("VS206", node, inner)

    def membership(self, item: ast.expr, collection: ast.expr) -> Expr:
        known = fold(collection, self.statics)
        if isinstance(known, tuple | frozenset):
            left = self.pure(item)
            return build.or_(*(build.eq(left, self.lift(collection, k, left.type)) for k in in_order(known)))
        if isinstance(collection, ast.Tuple | ast.List | ast.Set):
            left = self.pure(item)
            return build.or_(*(build.eq(left, self.beside(left, e)) for e in collection.elts))
        return build.contains_item(self.pure(item), self.pure(collection))

    def beside(self, left: Expr, node: ast.expr) -> Expr:
        """What `left` is compared with; None takes its type."""
        return self.lift(node, None, left.type) if _is_none(node) else self.pure(node)

    def binary(self, node: ast.BinOp, a: ast.expr, op: ast.operator, b: ast.expr) -> Expr:
        if type(op) in SET_OPERATORS and _bare(a):
            right = self.pure(b)
            left = self.pure(a, right.type if isinstance(right.type, SetType) else None)
        else:
            left = self.pure(a)
            right = self.pure(b, left.type if isinstance(left.type, SetType) else None)
        if isinstance(left.type, SetType) and type(op) in SET_OPERATORS:
            return build.set_op(SET_OPERATORS[type(op)], left, right)
        if type(op) not in ARITHMETIC:
            remedy = "for a set: |, &, -" if isinstance(left.type, SetType) else "for integers: +, -, *, //, %"
            raise self.refuse("VS301", node, f"the operator {SYMBOLS[type(op)]}", remedy)
        return build.arith(ARITHMETIC[type(op)], left, right)

    def conditional(self, test: ast.expr, a: ast.expr, b: ast.expr, want: Type | None) -> Expr:
        known = fold(test, self.statics)
        if isinstance(known, bool):
            return self.convert(a if known else b, want)
        cond = self.condition(test)
        if want is None and _is_none(a) != _is_none(b):
            want = build.optional(self.pure(b if _is_none(a) else a).type)
        return build.ite(cond, self.pure(a, want), self.pure(b, want))

    # --- calls

    def call(self, node: ast.Call, want: Type | None) -> Expr:
        if isinstance(node.func, ast.Attribute):
            return self.method_call(node, node.func)
        if not isinstance(node.func, ast.Name):
            raise self.refuse("VS301", node, "this call", "call a method, a function or a builtin by its name")
        target = self.name(node.func, node.func.id)
        if not isinstance(target, Static):
            raise self.refuse("VS301", node, f"calling {node.func.id!r}", "a local is no function")
        f = target.value
        if is_one_of(f, STATEMENTS):
            raise Effect(node, node.func.id, "VS304")
        if f is lang_at:
            return self.located(node)
        if f is lang_local:
            return self.remembered(node)
        if f is lang_enabled:
            return enabled(self, node)
        if f is dataclasses.replace:
            return collect.replaced(self, node)
        if isinstance(f, type) and dataclasses.is_dataclass(f):
            return collect.record(self, node, f, want)
        if f is Seq or is_one_of(f, (set, frozenset, dict)):
            return collect.collection(self, node, want)
        if is_one_of(f, tuple(BUILTINS.values())):
            return comprehend.builtin(self, node, node.func.id)
        if isinstance(f, types.FunctionType):
            return self.user_call(node, self.function(node, f), None)
        raise self.refuse("VS110", node.func, node.func.id)

    def method_call(self, node: ast.Call, func: ast.Attribute) -> Expr:
        base = self.ref(func.value)
        match base:
            case Place():
                return self.user_call(node, self.method(node, func, base), base)
            case Slot():
                raise Effect(node, f"{func.attr}()")
            case Static(value) if isinstance(getattr(value, func.attr, None), types.FunctionType | type):
                raise self.refuse(
                    "VS301", func, f"{ast.unparse(func)!r}", "import the function itself: from ... import ..."
                )
        raise self.unknown_method(node)

    def unknown_method(self, node: ast.Call) -> Refused:
        what = f"the method {ast.unparse(node.func)}()"
        return self.refuse("VS301", node.func, what, "only methods of the model, a component, a set or a Seq exist")

    def function(self, node: ast.Call, f: Callable[..., Any]) -> Routine:
        """The text of a plain function. One with yields is refused."""
        try:
            routine = Routine.of(f, None, self.unit.registry)
        except InputError:
            raise self.refuse("VS313", node.func, ast.unparse(node.func)) from None
        if routine.is_generator:
            raise self.refuse(
                "VS407", node, ast.unparse(node.func), ast.unparse(node), hint="make it a method of the model"
            )
        routine.check(self.unit.diagnostics)
        return routine

    def method(self, node: ast.Call, func: ast.Attribute, base: Place) -> Routine:
        """The text of a method. One with yields is refused."""
        f = base.instance.method(func.attr)
        if f is None:
            raise self.no_member(func, base.instance, func.attr)
        if len(base.keys) != len(base.instance.keys):
            hint = f"{ast.unparse(func.value)}[k].{func.attr}(...)"
            raise self.refuse("VS201", func, f"{func.attr}() needs a key: there is one component per key", hint=hint)
        try:
            routine = Routine.of(f, base.instance, self.unit.registry)
        except InputError:
            raise self.refuse("VS313", func, ast.unparse(func)) from None
        if routine.is_generator:
            raise self.refuse("VS407", node, ast.unparse(func), ast.unparse(node))
        routine.check(self.unit.diagnostics)
        return routine

    def user_call(self, node: ast.Call, routine: Routine, base: Place | None) -> Expr:
        """The value of a call of the specification's own code. Raises Effect if it has an effect."""
        raise NotImplementedError

    def makes_new(self, call: ast.Call, t: Type) -> bool:
        """Whether a call of the specification's own code returns a container that has no other name."""
        raise NotImplementedError

    def located(self, node: ast.Call) -> Expr:
        """at(process, label, runner)."""
        names = ("process", "label", "runner")
        args = dict(zip(names, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        target = args.get("process")
        place = self.ref(target.value) if isinstance(target, ast.Attribute) else None
        if isinstance(target, ast.Attribute) and target.attr in self.unit.refused:
            raise Refused
        known = isinstance(target, ast.Attribute) and target.attr in self.unit.processes
        if (
            not known
            or not isinstance(place, Place)
            or place.instance is not self.unit.root
            or not set(args) <= set(names)
        ):
            raise self.refuse("VS201", node, "at() wants a process of the model", hint='at(m.create, "trylock", t)')
        assert isinstance(target, ast.Attribute)
        process = self.unit.processes[target.attr]
        runner = process.runner
        locations = self.locations(target.attr, args.get("label"))
        pc = build.read(runner.pc, TableType(runner.type, runner.locations), place.before)

        def there(who: Expr) -> Expr:
            found = build.index(pc, who)
            return build.or_(*(build.eq(found, build.const(loc, runner.locations)) for loc in locations))

        if "runner" in args and not _is_none(args["runner"]):
            return there(self.pure(args["runner"], runner.type))
        anybody = self.names.var("anybody", runner.type)
        return build.quant("any", anybody, there(anybody))

    def remembered(self, node: ast.Call) -> Expr:
        """local(process, name, runner)."""
        hint = 'local(m.create, "seen", t)'
        match node:
            case ast.Call(args=[ast.Attribute(value=base, attr=process), text, who], keywords=[]):
                name, place = fold(text, self.statics), self.ref(base)
                if process in self.unit.refused:
                    raise Refused
                found = self.unit.processes.get(process)
                if found is not None and isinstance(place, Place) and place.instance is self.unit.root:
                    field = self.unit.local_fields.get(f"{process}.{name}")
                    if field is not None:
                        kept = build.read(field.name, field.type, place.before)
                        return build.index(kept, self.pure(who, found.runner.type))
                    if name in {found.steps.shown.get(flat, flat) for flat in found.steps.locals}:
                        return build.boolean(False)  # nothing of this configuration keeps it
                    hint = did_you_mean(str(name), found.steps.locals) or hint
        raise self.refuse("VS201", node, "local() wants a local of a process", hint=hint)

    def locations(self, process: str, label: ast.expr | None) -> list[str]:
        """What at() means by a label; none where this configuration has no such step, but the text has."""
        steps = self.unit.processes[process].steps
        text = None if label is None else fold(label, self.statics)
        if not (text is None or isinstance(text, str)):
            assert label is not None
            raise self.refuse("VS308", label, "the label of at()")
        found = steps.standing(text)
        known = self.unit.labels(process)
        if not found and text is not None and text.rpartition(".")[2].partition("[")[0] not in known:
            assert label is not None
            raise self.refuse("VS503", label, process, text, hint=did_you_mean(text, known))
        return found


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _bare(node: ast.expr) -> bool:
    """Whether a collection is written down, so that its type is best told by what it stands beside."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset", "dict", "Seq")
    return isinstance(node, ast.Set | ast.SetComp | ast.DictComp)
