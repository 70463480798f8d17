"""What a model declares: its constants, its state fields, its components, and where the methods are.

The result is a tree of `Instance`s. A component declared as `vq: dict[Vq, Virtqueue]` is one Instance under the name
`vq` whose fields get one more key each.
"""

from __future__ import annotations

import ast
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.module import class_tree, is_component
from virtspec.frontend.spans import span_of
from virtspec.frontend.subset import Diagnostics, Refused, reason
from virtspec.ir.system import Field
from virtspec.ir.types import TableType, Type, Value, default, entries
from virtspec.lang.domains import CONST_MARK, Each
from virtspec.lang.model import Component, Model
from virtspec.source import Span, did_you_mean

EVALUATION_ERRORS = (
    NameError,
    TypeError,
    AttributeError,
    ValueError,
    LookupError,
    ArithmeticError,
    AssertionError,
    SyntaxError,
)
"""What an annotation or an initial value may raise when Python evaluates it."""


@dataclass
class Instance:
    """A model, or a component where it is declared."""

    cls: type[Any]
    prefix: str
    """What its field names start with: "" for the model, "vq." for a component."""
    keys: tuple[Type, ...] = ()
    """The key types between the model and this instance, outermost first."""
    constants: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    """By the author's name; `Field.name` is the full one, `Field.type` includes the keys."""
    parts: dict[str, Instance] = field(default_factory=dict)
    typevars: dict[str, Any] = field(default_factory=dict)
    """What a generic component's type variables stand for."""
    refused: set[str] = field(default_factory=set)
    """Names whose declaration was refused."""

    def method(self, name: str) -> Callable[..., Any] | None:
        """The function that `self.name` calls, or None."""
        found = getattr(self.cls, name, None)
        return found if isinstance(found, types.FunctionType) else None

    def names(self) -> list[str]:
        """Everything that may follow `self.`"""
        methods = [n for n in dir(self.cls) if not n.startswith("_") and self.method(n)]
        return [*self.constants, *self.fields, *self.parts, *methods]

    def forget(self, name: str) -> None:
        """Make room for a declaration that overrides one of a base class."""
        for kind in (self.constants, self.fields, self.parts):
            kind.pop(name, None)

    def everything(self) -> Iterator[Instance]:
        """This instance and all below it."""
        yield self
        for part in self.parts.values():
            yield from part.everything()

    def all_fields(self) -> list[Field]:
        """Every state field in order of declaration, those of components after the instance's own."""
        return [*self.fields.values(), *(f for part in self.parts.values() for f in part.all_fields())]


@dataclass(frozen=True)
class Declaration:
    """An annotated name of a class body, with the file it stands in and the globals there."""

    name: str
    node: ast.AnnAssign
    path: str
    names: dict[str, Any]


def declarations(cls: type[Any]) -> Iterator[Declaration]:
    """Every annotated name of a class and its bases, bases first."""
    for base, body, path in bodies(cls):
        for stmt in body:
            if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name):
                yield Declaration(stmt.target.id, stmt, path, vars(sys.modules[base.__module__]))


@dataclass(frozen=True)
class Demand:
    """An assert of a class body, with the file it stands in and the globals there."""

    node: ast.Assert
    path: str
    names: dict[str, Any]


def demands(cls: type[Any]) -> Iterator[Demand]:
    """Every assert in the bodies of a class and its bases, bases first."""
    for base, body, path in bodies(cls):
        for stmt in body:
            if isinstance(stmt, ast.Assert):
                yield Demand(stmt, path, vars(sys.modules[base.__module__]))


def bodies(cls: type[Any]) -> Iterator[tuple[type[Any], list[ast.stmt], str]]:
    """A class and its bases, bases first, each with the statements of its body and the file they stand in."""
    for base in reversed(cls.__mro__):
        if base not in (Model, Component, object, typing.Generic):
            tree, node = class_tree(base)
            yield base, node.body, tree.path


@dataclass(frozen=True)
class Unmet:
    """A demand that the configuration does not satisfy."""

    message: str
    values: dict[str, Any]
    """Constants and sizes that the condition reads: what is to be changed."""
    span: Span


class Shaper:
    """Builds the Instance tree of one model in one configuration."""

    def __init__(self, registry: Registry, diagnostics: Diagnostics) -> None:
        self.registry = registry
        self.diagnostics = diagnostics
        self.unmet: list[Unmet] = []

    def shape(
        self,
        cls: type[Any],
        given: Mapping[str, Any],
        prefix: str = "",
        keys: tuple[Type, ...] = (),
        typevars: Mapping[str, Any] | None = None,
    ) -> Instance:
        """The instance of `cls` whose constants have the values `given`, or their defaults."""
        instance = Instance(cls, prefix, keys, typevars=dict(typevars or {}))
        self.check_bodies(cls)
        found = list(declarations(cls))
        last = {d.name: d for d in found}
        for declaration in found:
            instance.forget(declaration.name)
            try:
                self.declare(instance, declaration, last[declaration.name], given)
            except Refused:
                instance.refused.add(declaration.name)
        for demand in demands(cls):
            with suppress(Refused):
                self.demand(instance, demand)
        return instance

    def check_bodies(self, cls: type[Any]) -> None:
        """Refuse what stands in a class body and declares nothing: it would silently be no state at all."""
        for _, body, path in bodies(cls):
            methods = {stmt.name for stmt in body if isinstance(stmt, ast.FunctionDef)}
            for stmt in body:
                match stmt:
                    case ast.FunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Assert():
                        pass
                    case ast.AnnAssign(target=ast.Name(id=name) as target):
                        if name in methods:
                            self.diagnostics.note("VS107", target, path, f"{name}, a method as well,")
                    case ast.Assign(targets=[ast.Name(id=name), *_]):
                        self.diagnostics.note("VS107", stmt, path, f"{name} without a type")
                    case _:
                        text = ast.unparse(stmt).splitlines()[0]
                        self.diagnostics.note("VS107", stmt, path, repr(text))

    def demand(self, instance: Instance, d: Demand) -> None:
        """Note a demand that this configuration does not satisfy.

        CPython executes the assert as well, when it imports the file, but with the defaults and never with those of a
        derived class.
        """
        read = [node.id for node in ast.walk(d.node.test) if isinstance(node, ast.Name)]
        if instance.refused.intersection(read):
            return
        message = None if d.node.msg is None else self.evaluate(d.node.msg, d, instance)
        if not isinstance(message, str):
            hint = 'assert slots > 0, "a ring has a slot"'
            raise self.diagnostics.refuse("VS308", d.node, d.path, "an assert in a class body", hint=hint)
        if not self.evaluate(d.node.test, d, instance):
            sizes = {
                cls.__name__: size for cls, size in self.registry.sizes.items() if d.names.get(cls.__name__) is cls
            }
            known = {**sizes, **instance.constants}
            values = {
                (instance.prefix if name in instance.constants else "") + name: known[name]
                for name in read
                if name in known
            }
            self.unmet.append(Unmet(message, values, span_of(d.node.test, d.path)))

    def declare(self, instance: Instance, d: Declaration, last: Declaration, given: Mapping[str, Any]) -> None:
        """Add what `d` declares; `last` is the declaration of that name in the most derived class."""
        annotation = self.evaluate(d.node.annotation, d, instance)
        if isinstance(annotation, str):  # a quoted annotation
            annotation = self.quoted(annotation, d, instance)
        if CONST_MARK in getattr(annotation, "__metadata__", ()):
            self.constant(instance, d, annotation, last, given)
            return
        initial = None if d.node.value is None else self.evaluate(d.node.value, d, instance)
        part = self.component(instance, d, annotation, initial)
        if part is not None:
            instance.parts[d.name] = part
            return
        try:
            t = self.registry.type_of(annotation)
        except NoType as why:
            raise self.refuse(why, d.node.annotation, d) from None
        try:
            init = default(t) if d.node.value is None else self.registry.canonical(t, initial)
        except NoType as why:
            raise self.refuse(why, d.node.value or d.node, d) from None
        made = Field(instance.prefix + d.name, t, init, span=span_of(d.node, d.path))
        instance.fields[d.name] = keyed(made, instance.keys)

    def constant(
        self, instance: Instance, d: Declaration, annotation: Any, last: Declaration, given: Mapping[str, Any]
    ) -> None:
        """A constant: what the configuration says, or its default; that of a derived class counts in its bases, too."""
        if d.name in given:
            value = given[d.name]
        elif last.node.value is not None:
            value = self.evaluate(last.node.value, last, instance)
        else:
            raise self.diagnostics.refuse("VS105", d.node, d.path, f"the constant {d.name} has no value")
        base, *notes = typing.get_args(annotation)
        try:
            self.registry.check_constant(base, [n for n in notes if n != CONST_MARK], value)
        except NoType as why:
            raise self.refuse(why, d.node.annotation if why.code == "VS101" else last.node.value or d.node, d) from None
        instance.constants[d.name] = value

    def refuse(self, why: NoType, node: ast.AST, d: Declaration) -> Refused:
        return self.diagnostics.refuse(why.code, node, d.path, *why.args, hint=why.hint)

    def quoted(self, text: str, d: Declaration, instance: Instance) -> Any:
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise self.diagnostics.refuse("VS106", d.node.annotation, d.path, reason(error)) from None
        return self.evaluate(ast.copy_location(node, d.node.annotation), d, instance)

    def component(self, instance: Instance, d: Declaration, annotation: Any, initial: Any) -> Instance | None:
        """The component a field declares, or None if it declares state."""
        keys = instance.keys
        while typing.get_origin(annotation) is dict and holds_component(annotation):
            key, annotation = typing.get_args(annotation)
            try:
                keys = (*keys, self.registry.key_type(key))
            except NoType as why:
                raise self.refuse(why, d.node.annotation, d) from None
            initial = initial.value if isinstance(initial, Each) else initial
        cls = typing.get_origin(annotation) or annotation
        if not is_component(cls):
            return None
        where = d.node.value or d.node
        if initial is not None and type(initial) is not cls:
            shown = f"each({cls.__name__}(...))" if keys != instance.keys else f"{cls.__name__}(...)"
            raise self.diagnostics.refuse("VS105", where, d.path, f"a component is declared with {shown}")
        constants = initial.constants if isinstance(initial, Component) else {}
        parameters = getattr(cls, "__parameters__", ())
        typevars = {p.__name__: a for p, a in zip(parameters, typing.get_args(annotation), strict=False)}
        part = self.shape(cls, constants, f"{instance.prefix}{d.name}.", keys, typevars)
        for given in constants:
            if given not in part.constants and given not in part.refused:
                hint = did_you_mean(given, part.constants) or "it has no constants"
                self.diagnostics.note("VS109", where, d.path, cls.__name__, given, hint=hint)
        return part

    def evaluate(self, node: ast.expr, d: Declaration | Demand, instance: Instance) -> Any:
        """What Python makes of an annotation, an initial value or a demand, the configuration's constants in scope."""
        code = compile(ast.Expression(node), d.path, "eval")
        try:
            return eval(code, d.names, {**instance.typevars, **instance.constants})
        except EVALUATION_ERRORS as error:
            raise self.diagnostics.refuse("VS106", node, d.path, reason(error)) from None


def holds_component(annotation: Any) -> bool:
    """Whether a dict annotation, nested or not, has components as its values."""
    while typing.get_origin(annotation) is dict:
        annotation = typing.get_args(annotation)[1]
    return is_component(typing.get_origin(annotation) or annotation)


def keyed(f: Field, keys: tuple[Type, ...]) -> Field:
    """`f` once per combination of keys."""
    t: Type = f.type
    init: Value = f.init
    for key in reversed(keys):
        t, init = TableType(key, t), (init,) * entries(key)
    return Field(f.name, t, init, f.role, f.span)
