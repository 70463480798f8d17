"""What names, attributes and subscripts denote: constants, components, parts of the state, values."""

from __future__ import annotations

import ast
import builtins
import enum
import types
from typing import Any

from virtspec.frontend.calls import BUILTINS
from virtspec.frontend.domains import NoType
from virtspec.frontend.scope import POISON, Binding, Place, Poison, Ref, Scope, Slot, Static, Statics, Unassigned, Unit
from virtspec.frontend.shape import Instance
from virtspec.frontend.spans import end_of
from virtspec.frontend.static import fold, in_order, is_known
from virtspec.frontend.steps import REFUSED
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.nodes import Const, Expr, Var
from virtspec.ir.types import (
    BOOL,
    EnumType,
    IntType,
    OptionType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    is_int,
)
from virtspec.lang.domains import Scalarset
from virtspec.source import Span, did_you_mean


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


class Places:
    """Resolves names in one scope."""

    def __init__(self, unit: Unit, scope: Scope, names: Names) -> None:
        self.unit = unit
        self.scope = scope
        self.names = names
        self.statics = Statics(scope)

    def refuse(self, code: str, node: ast.AST | Span, *args: object, hint: str | None = None) -> Refused:
        return self.unit.diagnostics.refuse(code, node, self.scope.path, *args, hint=hint)

    def pure(self, node: ast.expr, want: Type | None = None) -> Expr:
        """The value of `node`, as a `want` if given."""
        raise NotImplementedError

    # --- constants

    def lift(self, node: ast.expr, value: Any, want: Type | None) -> Expr:
        """A constant of the configuration as an expression."""
        if value is None:
            if isinstance(want, OptionType):
                return build.const(None, want)
            if want is None or want == BOOL:
                raise self.refuse("VS205", node)
            hint = f"declare it {want} | None, if it may be absent"
            raise self.refuse("VS201", node, f"expected {want}, found None", hint=hint)
        if isinstance(value, bool):
            return build.boolean(value)
        try:
            if isinstance(value, enum.Enum | Scalarset):
                t = self.unit.registry.type_of(type(value))
                return build.const(self.unit.registry.canonical(t, value), t)
            if isinstance(value, int):
                return build.integer(value)
            if isinstance(value, frozenset | tuple) and isinstance(want, SetType):
                return build.const(self.unit.registry.canonical(want, frozenset(value)), want)
        except NoType as why:
            raise self.refuse(why.code, node, *why.args) from None
        if isinstance(value, frozenset):
            return build.set_lit(*self.common(node, in_order(value), SetType))
        raise self.refuse("VS301", node, f"the value {value!r}", "use bool, int, a member of an enum or None")

    def common(self, node: ast.expr, items: list[Any], of: Any) -> tuple[Any, list[Expr]]:
        """Constants brought to one type `t`, with `of(t)`."""
        if not items:
            raise self.refuse("VS201", node, "the type of an empty constant is not known", hint="compare its length")
        parts = [self.lift(node, item, None) for item in items]
        t = parts[0].type
        for part in parts[1:]:
            t = build.common_type(t, part.type)
        return of(t), [build.coerce(p, t) for p in parts]

    def table_of(self, node: ast.expr, items: tuple[Any, ...]) -> Expr:
        """A tuple of the configuration as a table from its indices."""
        t, parts = self.common(node, list(items), lambda of: TableType(IntType(0, len(items) - 1), of))
        return build.const(tuple(p.value for p in parts if isinstance(p, Const)), t)

    # --- references

    def rvalue(self, node: ast.expr, ref: Ref, want: Type | None = None) -> Expr:
        """The value of what `node` denotes."""
        match ref:
            case Slot():
                return ref.value()
            case Static(value) if is_known(value):
                table = isinstance(value, tuple) and not isinstance(want, SetType)
                return self.table_of(node, value) if table else self.lift(node, value, want)
            case Static(value):
                raise self.refuse(
                    "VS301", node, f"{ast.unparse(node)!r} as a value", "classes and functions are no values"
                )
            case Place(instance):
                raise self.refuse(
                    "VS301", node, f"the component {instance.cls.__name__} as a value", "name one of its fields"
                )
            case _:
                return ref

    def ref(self, node: ast.expr) -> Ref:
        """What a name, an attribute or a subscript denotes."""
        match node:
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute(value=base, attr=attr):
                return self.attribute(node, self.ref(base), attr)
            case ast.Subscript(value=base, slice=key):
                return self.subscript(node, self.ref(base), key)
            case ast.Tuple() if is_known(known := fold(node, self.statics)):
                return Static(known)
            case _:
                return self.pure(node)

    def name(self, node: ast.expr, name: str) -> Ref:
        found: Binding | None = POISON if name == REFUSED else self.scope.locals.get(name)
        match found:
            case Poison():
                if self.unit.diagnostics.found:  # what it should stand for was refused before
                    raise Refused
                raise self.refuse("VS202", node, name)
            case Unassigned():
                raise self.refuse("VS303", node, name)
            case None:
                return Static(self.global_(node, name))
            case _:
                return found

    def global_(self, node: ast.expr, name: str) -> Any:
        """The constant, class or function a name stands for that no local has."""
        if name not in self.scope.names and name in BUILTINS:
            return BUILTINS[name]
        if name not in self.scope.names:
            own = (n for n in self.scope.names if not n.startswith("_"))
            locals_ = (n for n, b in self.scope.locals.items() if not isinstance(b, Unassigned))
            raise self.refuse("VS108", node, name, hint=_hint(name, [*locals_, *own]))
        value = self.scope.names[name]
        if is_known(value) or isinstance(value, type | types.FunctionType) or callable(value):
            return value
        raise self.refuse("VS110", node, name)

    def attribute(self, node: ast.Attribute, base: Ref, attr: str) -> Ref:
        match base:
            case Place():
                return self.member(node, base, attr)
            case Static(value) if isinstance(value, type) and issubclass(value, enum.Enum):
                if attr in value.__members__:
                    return Static(value.__members__[attr])
                hint = did_you_mean(attr, value.__members__)
                raise self.refuse("VS111", self.last(node), value.__name__, attr, hint=hint)
            case Static(value) if not is_known(value):
                what = f"{ast.unparse(node)!r}"
                raise self.refuse(
                    "VS301", node, what, "import the name itself; attributes are read of self and enums only"
                )
        value = self.rvalue(node.value, base)
        if isinstance(value.type, EnumType | ScalarsetType):
            raise self.refuse("VS301", self.last(node), f"the {attr} of a {value.type}", "members are only compared")
        return build.get(value, attr)

    def last(self, node: ast.Attribute) -> Span:
        """The place of the name behind the dot."""
        return end_of(node, len(node.attr), self.scope.path)

    def member(self, node: ast.Attribute, base: Place, attr: str) -> Ref:
        """A constant, field or part of a model or component."""
        instance, keys = base.instance, base.keys
        if attr in instance.constants:
            return Static(instance.constants[attr])
        if attr in instance.fields:
            if len(keys) != len(instance.keys):
                raise self.refuse(
                    "VS201",
                    node.value,
                    f"{ast.unparse(node.value)} needs a key: it is one component per key",
                    hint=f"{ast.unparse(node.value)}[k].{attr}",
                )
            return Slot(instance.fields[attr], keys, base.before)
        if attr in instance.parts:
            return Place(instance.parts[attr], keys, base.before)
        raise self.no_member(node, instance, attr)

    def no_member(self, node: ast.Attribute, instance: Instance, attr: str) -> Refused:
        if attr in instance.refused:
            return Refused()  # its declaration was
        hint = did_you_mean(attr, instance.names())
        if instance.method(attr) is not None:
            return self.refuse("VS301", node, f"the method {attr} as a value", f"call it: {ast.unparse(node)}()")
        if isinstance(getattr(instance.cls, attr, None), property):
            hint = f"write {attr} as a method and call it"
        return self.refuse("VS109", self.last(node), instance.cls.__name__, attr, hint=hint)

    def subscript(self, node: ast.Subscript, base: Ref, key: ast.expr) -> Ref:
        match base:
            case Place(instance, keys, before):
                if len(keys) == len(instance.keys):
                    raise self.refuse("VS201", node, f"{ast.unparse(node.value)} is one component and takes no key")
                return Place(instance, (*keys, self.pure(key, instance.keys[len(keys)])), before)
            case Slot(f, keys, before) if isinstance(base.type, TableType):
                return Slot(f, (*keys, self.pure(key, base.type.key)), before)
            case Static(value) if isinstance(value, tuple):
                return self.item(node.value, value, self.pure(key))
        value = self.rvalue(node.value, base)
        if isinstance(value.type, OptionType):
            value = build.unwrap(value)
        if isinstance(value.type, SeqType):
            return build.seq_at(value, self.pure(key))
        return build.index(value, self.pure(key))

    def item(self, node: ast.expr, items: tuple[Any, ...], position: Expr) -> Expr:
        """The item of a tuple constant at a position; a negative one counts from the end."""
        if is_int(position.type) and build.interval(position)[0] < 0:
            from_end = build.arith("+", position, build.integer(len(items)))
            position = build.ite(build.lt(position, build.integer(0)), from_end, position)
        return build.index(self.table_of(node, items), position)


def _hint(name: str, known: list[str]) -> str:
    if hasattr(builtins, name):
        return f"Python's {name} is outside the language; all, any, sum, len, min, max and range are inside"
    return did_you_mean(name, known)
