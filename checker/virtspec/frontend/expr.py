"""Expressions: from Python's syntax to typed IR. Always free of effects; `stmts` handles calls that have some."""

from __future__ import annotations

import ast
import dataclasses
import enum
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from virtspec.frontend.calls import BUILTINS, STATEMENTS
from virtspec.frontend.domains import NoType
from virtspec.frontend.inline import domain_values
from virtspec.frontend.scope import Binding, Place, Ref, Scope, Slot, Static, Statics, Unassigned, Unit
from virtspec.frontend.static import fold, is_known
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import ArithOp, Expr, Var
from virtspec.ir.types import (
    BOOL,
    IntType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TableType,
    Type,
    cardinality,
    values,
)
from virtspec.lang.domains import Scalarset, Seq
from virtspec.lang.props import at as lang_at
from virtspec.source import did_you_mean

ARITHMETIC: dict[type[ast.operator], ArithOp] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
SET_OPERATORS: dict[type[ast.operator], Literal["|", "&", "-"]] = {ast.BitOr: "|", ast.BitAnd: "&", ast.Sub: "-"}


class Effect(Exception):
    """An expression that was to be free of effects has one."""

    def __init__(self, node: ast.AST, what: str) -> None:
        self.node = node
        self.what = what


class Names:
    """Hands out variable names that are unique within one action or property."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def var(self, base: str, t: Type) -> Var:
        name, n = base, 1
        while name in self.used:
            n += 1
            name = f"{base}_{n}"
        self.used.add(name)
        return build.var(name, t)


class Expressions:
    """Lowers expressions in one scope."""

    def __init__(self, unit: Unit, scope: Scope, names: Names) -> None:
        self.unit = unit
        self.scope = scope
        self.names = names
        self.statics = Statics(scope)

    def refuse(self, code: str, node: ast.AST, *args: object, hint: str | None = None) -> Refused:
        return self.unit.diagnostics.refuse(code, node, self.scope.path, *args, hint=hint)

    # --- entry points

    def expr(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The value of `node`, as a `want` if given. An effect in it is refused."""
        try:
            return self.pure(node, want)
        except Effect as effect:
            raise self.refuse("VS302", effect.node, effect.what) from None

    def pure(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The same, but an effect raises `Effect`."""
        try:
            e = self.convert(node, want)
            return e if want is None else build.coerce(e, want)
        except IllTyped as why:
            raise self.refuse("VS201", node, why, hint=why.hint) from None

    def convert(self, node: ast.expr, want: Type | None) -> Expr:
        known = fold(node, self.statics)
        if is_known(known) and not isinstance(known, tuple):
            return self.lift(node, known, want)
        match node:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self.rvalue(node, self.ref(node), want)
            case ast.UnaryOp(op=ast.Not(), operand=e):
                return build.not_(self.pure(e))
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
            case ast.SetComp(elt=elt, generators=[_]):
                return self.set_comprehension(node, elt)
            case ast.DictComp(key=key, value=value, generators=[_]):
                return self.dict_comprehension(node, key, value, want)
            case ast.Set(elts=elts):
                return self.set_literal(elts, want)
            case ast.Yield() | ast.YieldFrom():
                raise self.refuse("VS406", node, "an expression")
            case _:
                raise self.refuse("VS301", node, _construct(node), _remedy(node))

    def operands(self, conjunction: bool, parts: list[ast.expr]) -> Iterator[Expr]:
        """The operands of `and` or `or`, up to the one that decides it at compile time."""
        for part in parts:
            known = fold(part, self.statics)
            yield self.pure(part)
            if isinstance(known, bool) and known is not conjunction:
                return

    # --- values and places

    def lift(self, node: ast.expr, value: Any, want: Type | None) -> Expr:
        """A constant of the configuration as an expression."""
        if value is None:
            if isinstance(want, OptionType):
                return build.const(None, want)
            raise self.refuse("VS205", node)
        if isinstance(value, bool):
            return build.boolean(value)
        if isinstance(value, int):
            return build.integer(value)
        try:
            if isinstance(value, enum.Enum | Scalarset):
                t = self.unit.registry.type_of(type(value))
                return build.const(self.unit.registry.canonical(t, value), t)
            if isinstance(value, frozenset | tuple) and isinstance(want, SetType):
                return build.const(self.unit.registry.canonical(want, frozenset(value)), want)
        except NoType as why:
            raise self.refuse(why.code, node, *why.args) from None
        raise self.refuse("VS301", node, f"the value {value!r}", "use bool, int, an Enum or None")

    def rvalue(self, node: ast.expr, ref: Ref, want: Type | None = None) -> Expr:
        match ref:
            case Slot():
                return ref.value()
            case Static(value) if is_known(value):
                return self.table_of(node, value) if isinstance(value, tuple) else self.lift(node, value, want)
            case Static(value):
                raise self.refuse("VS301", node, f"{ast.unparse(node)!r} as a value", "classes and functions are no values")
            case Place(instance):
                raise self.refuse("VS301", node, f"the component {instance.cls.__name__} as a value", "name one of its fields")
            case _:
                return ref

    def table_of(self, node: ast.expr, items: tuple[Any, ...]) -> Expr:
        """A tuple of the configuration as a table from its indices."""
        if not items:
            raise self.refuse("VS201", node, "an empty tuple has no values")
        parts = [self.lift(node, item, None) for item in items]
        t = parts[0].type
        for part in parts[1:]:
            t = build.common_type(t, part.type)
        consts = [build.coerce(p, t) for p in parts]
        return build.const(tuple(c.value for c in consts), TableType(IntType(0, len(items) - 1), t))  # type: ignore[union-attr]

    def ref(self, node: ast.expr) -> Ref:
        """What a name, an attribute or a subscript denotes."""
        match node:
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute(value=base, attr=attr):
                return self.attribute(node, self.ref(base), attr)
            case ast.Subscript(value=base, slice=key):
                return self.subscript(node, self.ref(base), key)
            case _:
                return self.pure(node)

    def name(self, node: ast.expr, name: str) -> Ref:
        found: Binding | None = self.scope.locals.get(name)
        if isinstance(found, Unassigned):
            raise self.refuse("VS303", node, name)
        if found is not None:
            return found
        if name in self.scope.names:
            return Static(self.scope.names[name])
        if name in BUILTINS:
            return Static(BUILTINS[name])
        known = [*self.scope.locals, *(n for n in self.scope.names if not n.startswith("_"))]
        raise self.refuse("VS108", node, name, hint=did_you_mean(name, known))

    def attribute(self, node: ast.Attribute, base: Ref, attr: str) -> Ref:
        match base:
            case Place(instance, keys, before):
                return self.member(node, instance, keys, before, attr)
            case Static(value) if isinstance(value, type) and issubclass(value, enum.Enum):
                if attr in value.__members__:
                    return Static(value.__members__[attr])
                raise self.refuse("VS111", node, value.__name__, attr, hint=did_you_mean(attr, value.__members__))
            case Static(value):
                raise self.refuse("VS301", node, f"{ast.unparse(node)!r}", "only members of enums are read from globals")
            case _:
                return build.get(self.rvalue(node.value, base), attr)

    def member(
        self, node: ast.Attribute, instance: Any, keys: tuple[Expr, ...], before: bool, attr: str
    ) -> Ref:
        if attr in instance.constants:
            return Static(instance.constants[attr])
        if attr in instance.fields:
            if len(keys) != len(instance.keys):
                raise self.refuse("VS201", node, f"{ast.unparse(node.value)} needs a key: it is one component per key")
            return Slot(instance.fields[attr], keys, before)
        if attr in instance.parts:
            return Place(instance.parts[attr], keys, before)
        hint = did_you_mean(attr, instance.names())
        raise self.refuse("VS109", node, instance.cls.__name__, attr, hint=hint)

    def subscript(self, node: ast.Subscript, base: Ref, key: ast.expr) -> Ref:
        match base:
            case Place(instance, keys, before) if len(keys) < len(instance.keys):
                return Place(instance, (*keys, self.pure(key, instance.keys[len(keys)])), before)
            case Slot(f, keys, before) if isinstance(base.type, TableType):
                return Slot(f, (*keys, self.pure(key, base.type.key)), before)
            case Static(value) if isinstance(value, tuple):
                return build.index(self.table_of(node, value), self.pure(key))
        value = self.rvalue(node.value, base)
        if isinstance(value.type, OptionType):
            value = build.unwrap(value)
        if isinstance(value.type, SeqType):
            return build.seq_at(value, self.pure(key))
        return build.index(value, self.pure(key))

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
                return self.equality(a, b)
            case ast.NotEq() | ast.IsNot():
                return build.not_(self.equality(a, b))
        left, right = self.pure(a), self.pure(b)
        if isinstance(left.type, SetType) and isinstance(op, ast.LtE):
            return build.set_op("<=", left, right)
        if isinstance(left.type, SetType) and isinstance(op, ast.GtE):
            return build.set_op("<=", right, left)
        match op:
            case ast.Lt():
                return build.lt(left, right)
            case ast.LtE():
                return build.le(left, right)
            case ast.Gt():
                return build.lt(right, left)
            case ast.GtE():
                return build.le(right, left)
            case _:
                raise self.refuse("VS301", node, f"the operator {type(op).__name__}", "use ==, !=, <, <=, >, >=, in")

    def equality(self, a: ast.expr, b: ast.expr) -> Expr:
        if _is_none(a):
            a, b = b, a
        left = self.pure(a)
        if _is_none(b):
            if not isinstance(left.type, OptionType):
                raise self.refuse("VS201", a, f"a {left.type} is never None")
            return build.eq(left, build.const(None, left.type))
        want = left.type if isinstance(b, ast.Set | ast.SetComp | ast.Call) and not _is_int(left) else None
        return build.eq(left, self.pure(b, want))

    def membership(self, item: ast.expr, collection: ast.expr) -> Expr:
        known = fold(collection, self.statics)
        if isinstance(known, tuple | frozenset):
            left = self.pure(item)
            return build.or_(*(build.eq(left, self.lift(collection, k, left.type)) for k in _ordered(known)))
        if isinstance(collection, ast.Tuple | ast.List | ast.Set):
            left = self.pure(item)
            return build.or_(*(build.eq(left, self.pure(e)) for e in collection.elts))
        return build.contains_item(self.pure(item), self.pure(collection))

    def binary(self, node: ast.BinOp, a: ast.expr, op: ast.operator, b: ast.expr) -> Expr:
        left = self.pure(a)
        if isinstance(left.type, SetType) and type(op) in SET_OPERATORS:
            return build.set_op(SET_OPERATORS[type(op)], left, self.pure(b, left.type))
        if type(op) not in ARITHMETIC:
            raise self.refuse("VS301", node, f"the operator {type(op).__name__}", "use +, -, *, //, %")
        return build.arith(ARITHMETIC[type(op)], left, self.pure(b))

    def conditional(self, test: ast.expr, a: ast.expr, b: ast.expr, want: Type | None) -> Expr:
        known = fold(test, self.statics)
        if isinstance(known, bool):
            return self.convert(a if known else b, want)
        if want is None and _is_none(a) != _is_none(b):
            want = build.optional(self.pure(b if _is_none(a) else a).type)
        return build.ite(self.pure(test), self.pure(a, want), self.pure(b, want))

    # --- calls

    def call(self, node: ast.Call, want: Type | None) -> Expr:
        if isinstance(node.func, ast.Attribute):
            base = self.ref(node.func.value)
            if isinstance(base, Place):
                return self.method(node, base, node.func.attr)
            raise Effect(node, f"{node.func.attr}()") if isinstance(base, Slot) else self.unknown_method(node)
        if not isinstance(node.func, ast.Name):
            raise self.refuse("VS301", node, "this call", "call a method, a function or a builtin by its name")
        target = self.name(node.func, node.func.id)
        f = target.value if isinstance(target, Static) else None
        if f is None:
            raise self.refuse("VS301", node, f"calling {node.func.id!r}", "locals are no functions")
        if f in STATEMENTS:
            raise Effect(node, f"{node.func.id}()")
        if f is lang_at:
            return self.located(node)
        if f is dataclasses.replace:
            return self.replaced(node)
        if isinstance(f, type) and dataclasses.is_dataclass(f):
            return self.record(node, f)
        if f is Seq or f in (set, frozenset):
            return self.collection(node, want)
        for builtin in BUILTINS.values():
            if f is builtin:
                return self.builtin(node, node.func.id, want)
        if isinstance(f, types.FunctionType):
            return self.function(node, f)
        raise self.refuse("VS110", node, node.func.id)

    def unknown_method(self, node: ast.Call) -> Refused:
        return self.refuse("VS301", node, f"{ast.unparse(node.func)!r}", "only methods of the model, a set or a Seq exist")

    def method(self, node: ast.Call, base: Place, name: str) -> Expr:
        raise NotImplementedError

    def function(self, node: ast.Call, f: Callable[..., Any]) -> Expr:
        raise NotImplementedError

    def located(self, node: ast.Call) -> Expr:
        """at(process, label, runner)."""
        args = node.args
        target = args[0] if args else None
        if not isinstance(target, ast.Attribute) or target.attr not in self.unit.processes or not 1 <= len(args) <= 3:
            raise self.refuse("VS201", node, "at() wants a process of the model", hint="at(m.create, 'trylock', t)")
        process = self.unit.processes[target.attr]
        place = self.ref(target.value)
        runner = process.runner
        locations = self.locations(node, target.attr, args[1] if len(args) > 1 else None)
        pc = build.read(runner.pc, TableType(runner.type, runner.locations), isinstance(place, Place) and place.before)

        def there(who: Expr) -> Expr:
            found = build.index(pc, who)
            return build.or_(*(build.eq(found, build.const(loc, runner.locations)) for loc in locations))

        if len(args) == 3:
            return there(self.pure(args[2], runner.type))
        anybody = self.names.var("anybody", runner.type)
        return build.quant("any", anybody, there(anybody))

    def locations(self, node: ast.Call, process: str, label: ast.expr | None) -> list[str]:
        """What at() means by a label; none where this configuration has no such step, but the text has."""
        steps = self.unit.processes[process].steps
        if label is None or (isinstance(label, ast.Constant) and label.value is None):
            return steps.standing(None)
        if not (isinstance(label, ast.Constant) and isinstance(label.value, str)):
            raise self.refuse("VS308", node, "at")
        found = steps.standing(label.value)
        known = self.unit.labels()
        if not found and label.value.rpartition(".")[2] not in known:
            raise self.refuse("VS503", label, process, label.value, hint=did_you_mean(label.value, known))
        return found

    # --- records and collections

    def record(self, node: ast.Call, cls: type[Any]) -> Expr:
        try:
            t = self.unit.registry.type_of(cls)
        except NoType as why:
            raise self.refuse(why.code, node, *why.args) from None
        assert isinstance(t, RecordType)
        names = [n for n, _ in t.fields]
        given = dict(zip(names, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        missing = [n for n in names if n not in given]
        if missing or len(given) != len(names) or len(node.args) > len(names):
            raise self.refuse("VS204", node, cls.__name__, len(names), len(node.args) + len(node.keywords))
        return build.make_record(t, [self.pure(given[n], ft) for n, ft in t.fields])

    def replaced(self, node: ast.Call) -> Expr:
        old = self.pure(node.args[0])
        if not isinstance(old.type, RecordType):
            raise self.refuse("VS201", node, f"replace() wants a record, found {old.type}")
        given = {k.arg: k.value for k in node.keywords}
        unknown = [n for n in given if n not in dict(old.type.fields)]
        if unknown:
            hint = did_you_mean(str(unknown[0]), dict(old.type.fields))
            raise self.refuse("VS109", node, old.type, unknown[0], hint=hint)
        return build.make_record(
            old.type, [self.pure(given[n], ft) if n in given else build.get(old, n) for n, ft in old.type.fields]
        )

    def collection(self, node: ast.Call, want: Type | None) -> Expr:
        if want is None or not isinstance(want, SetType | SeqType):
            raise self.refuse("VS202", node, ast.unparse(node), hint="assign it to a field of that type")
        if not node.args:
            return build.const(frozenset() if isinstance(want, SetType) else (), want)
        if isinstance(want, SeqType) and isinstance(node.args[0], ast.List | ast.Tuple):
            e: Expr = build.const((), want)
            for item in node.args[0].elts:
                e = build.seq_op("append", e, self.pure(item, want.of))
            return e
        return self.pure(node.args[0], want)

    def set_literal(self, elts: list[ast.expr], want: Type | None) -> Expr:
        items = [self.pure(e) for e in elts]
        t = want if isinstance(want, SetType) else SetType(items[0].type)
        return build.set_lit(t, items)

    # --- quantifiers

    def builtin(self, node: ast.Call, name: str, want: Type | None) -> Expr:
        args = node.args
        if name in ("all", "any", "sum") and len(args) == 1 and isinstance(args[0], ast.GeneratorExp):
            return self.quantified(name, args[0])
        if name == "len" and len(args) == 1:
            return build.length(self.pure(args[0]))
        if name in ("min", "max") and len(args) >= 2:
            best = self.pure(args[0])
            for arg in args[1:]:
                other = self.pure(arg)
                better = build.lt(other, best) if name == "min" else build.lt(best, other)
                best = build.ite(better, other, best)
            return best
        raise self.refuse("VS301", node, f"this use of {name}()", "all/any/sum(... for x in T), len(x), min/max(a, b)")

    def quantified(self, name: str, comp: ast.GeneratorExp | ast.SetComp) -> Expr:
        """all/any/sum over one or more generators."""
        return self.over_generators(name, comp.elt, comp.generators)

    def over_generators(self, name: str, elt: ast.expr, generators: list[ast.comprehension]) -> Expr:
        first, rest = generators[0], generators[1:]

        def inner() -> Expr:
            return self.over_generators(name, elt, rest) if rest else self.pure(elt, None if name == "sum" else BOOL)

        with self.ranging(first) as (variable, condition, elements):
            if elements is None:
                assert variable is not None
                return self.symbolic(name, variable, condition, inner)
            parts = []
            for bind in elements:
                bind()
                parts.append((self.filters(first), inner()))
            return _combined(name, parts)

    def symbolic(self, name: str, variable: Var, condition: Callable[[], Expr], inner: Callable[[], Expr]) -> Expr:
        """all/any/count over a variable of a finite type."""
        cond = condition()
        body = inner()
        if name == "all":
            return build.quant("all", variable, build.implies(cond, body))
        if name == "any":
            return build.quant("any", variable, build.and_(cond, body))
        if body.type == BOOL or body is build.integer(1):
            truth = body if body.type == BOOL else build.TRUE
            return build.quant("count", variable, build.and_(cond, truth))
        from virtspec.ir.walk import substitute

        parts = []
        for value in values(variable.type):
            at = {variable: build.const(value, variable.type)}
            parts.append((substitute(cond, at), substitute(body, at)))
        return _combined("sum", parts)

    def filters(self, comp: ast.comprehension) -> Expr:
        return build.and_(*(self.pure(test, BOOL) for test in comp.ifs))

    @contextmanager
    def ranging(
        self, comp: ast.comprehension
    ) -> Iterator[tuple[Var | None, Callable[[], Expr], list[Callable[[], None]] | None]]:
        """Bind a comprehension's variable.

        Gives a variable with the condition under which it lies in the domain; or, for a domain listed by a tuple or
        range, functions that bind each element in turn.
        """
        if not isinstance(comp.target, ast.Name) or comp.is_async:
            raise self.refuse("VS301", comp.target, "this loop variable", "a single name")
        name = comp.target.id
        if name in self.scope.locals:
            raise self.refuse("VS310", comp.target, name)
        try:
            listed = domain_values(comp.iter, self.statics, None)
            domain = fold(comp.iter, self.statics)
            if listed is not None and not isinstance(domain, type):
                yield None, lambda: build.TRUE, [self.binder(name, v) for v in listed]
                return
            variable, member, element = self.domain(comp, name)
            self.scope.locals[name] = element
            yield variable, lambda: build.and_(member, self.filters(comp)), None
        finally:
            self.scope.locals.pop(name, None)

    def binder(self, name: str, value: Any) -> Callable[[], None]:
        def bind() -> None:
            self.scope.locals[name] = Static(value)

        return bind

    def domain(self, comp: ast.comprehension, name: str) -> tuple[Var, Expr, Expr]:
        """For a type, a set or a sequence: the variable, when it is in the domain, and the element it stands for."""
        domain = fold(comp.iter, self.statics)
        if isinstance(domain, type) and issubclass(domain, enum.Enum | Scalarset):
            v = self.names.var(name, self.unit.registry.type_of(domain))
            return v, build.TRUE, v
        if isinstance(comp.iter, ast.Call) and isinstance(comp.iter.func, ast.Name) and comp.iter.func.id == "range":
            return self.range_domain(comp, comp.iter, name)
        collection = self.pure(comp.iter)
        match collection.type:
            case SetType(of):
                v = self.names.var(name, of)
                return v, build.contains_item(v, collection), v
            case SeqType(_, cap):
                v = self.names.var(f"{name}_at", IntType(0, max(cap - 1, 0)))
                return v, build.lt(v, build.length(collection)), build.seq_at(collection, v)
            case _:
                raise self.refuse("VS309", comp.iter)

    def range_domain(self, comp: ast.comprehension, call: ast.Call, name: str) -> tuple[Var, Expr, Expr]:
        """range(lo, hi) with ends that depend on the state."""
        ends = [self.pure(a) for a in call.args]
        if len(ends) not in (1, 2):
            raise self.refuse("VS309", comp.iter)
        lo, hi = (build.integer(0), ends[0]) if len(ends) == 1 else ends
        from virtspec.ir.types import bounds

        v = self.names.var(name, IntType(bounds(lo.type)[0], max(bounds(hi.type)[1] - 1, bounds(lo.type)[0])))
        return v, build.and_(build.le(lo, v), build.lt(v, hi)), v

    def set_comprehension(self, node: ast.SetComp, elt: ast.expr) -> Expr:
        with self.ranging(node.generators[0]) as (variable, condition, _):
            if variable is None or not (isinstance(elt, ast.Name) and self.scope.locals.get(elt.id) is variable):
                raise self.refuse("VS301", node, "this set comprehension", "{x for x in T if condition}")
            return build.set_of(variable, condition())

    def dict_comprehension(self, node: ast.DictComp, key: ast.expr, value: ast.expr, want: Type | None) -> Expr:
        of = want.value if isinstance(want, TableType) else None
        with self.ranging(node.generators[0]) as (variable, _, elements):
            if node.generators[0].ifs or not isinstance(key, ast.Name) or (variable is None and want is None):
                raise self.refuse("VS301", node, "this dict comprehension", "{k: value for k in T}, total over T")
            if variable is not None:
                return build.map_of(variable, self.pure(value, of))
            assert isinstance(want, TableType) and elements is not None
            if len(elements) != cardinality(want.key):
                raise self.refuse("VS201", node, f"a dict over {want.key} needs every key")
            v = self.names.var(key.id, want.key)
            self.scope.locals[key.id] = v
            return build.map_of(v, self.pure(value, of))


def _combined(name: str, parts: list[tuple[Expr, Expr]]) -> Expr:
    """all/any/sum of conditioned bodies."""
    if name == "all":
        return build.and_(*(build.implies(cond, body) for cond, body in parts))
    if name == "any":
        return build.or_(*(build.and_(cond, body) for cond, body in parts))
    total: Expr = build.integer(0)
    for cond, body in parts:
        amount = build.ite(body, build.integer(1), build.integer(0)) if body.type == BOOL else body
        total = build.arith("+", total, build.ite(cond, amount, build.integer(0)))
    return total


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_int(e: Expr) -> bool:
    return isinstance(e.type, IntType)


def _ordered(items: tuple[Any, ...] | frozenset[Any]) -> list[Any]:
    """A fixed order, whatever a frozenset's hash seed says."""
    return list(items) if isinstance(items, tuple) else sorted(items, key=repr)


_CONSTRUCTS: dict[type[ast.expr], tuple[str, str]] = {
    ast.Lambda: ("a lambda", "write a method"),
    ast.JoinedStr: ("an f-string", "messages are literal strings"),
    ast.ListComp: ("a list comprehension", "use all/any/sum, a set or a Seq"),
    ast.List: ("a list", "use a Seq field"),
    ast.Dict: ("a dict literal", "{k: value for k in T}"),
    ast.Await: ("await", "a step is atomic"),
    ast.NamedExpr: (":=", "assign in a statement of its own"),
    ast.Tuple: ("a tuple", "use a frozen dataclass"),
    ast.Starred: ("*", "pass arguments one by one"),
    ast.GeneratorExp: ("a generator", "use it inside all, any or sum"),
}


def _construct(node: ast.expr) -> str:
    return _CONSTRUCTS.get(type(node), (type(node).__name__, ""))[0]


def _remedy(node: ast.expr) -> str:
    return _CONSTRUCTS.get(type(node), ("", "see docs/reference/language.md"))[1]


