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
from dataclasses import dataclass, field
from typing import Any

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.module import class_tree, is_component, span_of
from virtspec.frontend.subset import Diagnostics, Refused
from virtspec.ir.nodes import Field
from virtspec.ir.types import TableType, Type, Value, cardinality, default
from virtspec.lang.domains import CONST_MARK, Each
from virtspec.lang.model import Component, Model

EVALUATION_ERRORS = (NameError, TypeError, AttributeError, ValueError, LookupError, ArithmeticError)
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

    def method(self, name: str) -> Callable[..., Any] | None:
        """The function that `self.name` calls, or None."""
        found = getattr(self.cls, name, None)
        return found if isinstance(found, types.FunctionType) else None

    def names(self) -> list[str]:
        """Everything that may follow `self.`"""
        methods = [n for n in dir(self.cls) if not n.startswith("_") and self.method(n)]
        return [*self.constants, *self.fields, *self.parts, *methods]

    def all_fields(self) -> list[Field]:
        """Every state field in order of declaration, those of components after the instance's own."""
        return [*self.fields.values(), *(f for part in self.parts.values() for f in part.all_fields())]


def declarations(cls: type[Any]) -> Iterator[tuple[str, dict[str, Any], ast.AnnAssign]]:
    """(path, module globals, node) of every annotated name of a class and its bases, bases first."""
    for base in reversed(cls.__mro__):
        if base in (Model, Component, object, typing.Generic):
            continue
        tree, node = class_tree(base)
        for stmt in node.body:
            if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name):
                yield tree.path, vars(sys.modules[base.__module__]), stmt


class Shaper:
    """Builds the Instance tree of one model in one configuration."""

    def __init__(self, registry: Registry, diagnostics: Diagnostics) -> None:
        self.registry = registry
        self.diagnostics = diagnostics

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
        self.check_bare_fields(cls)
        for path, names, node in declarations(cls):
            scope = {**instance.typevars, **instance.constants}
            try:
                self.declare(instance, path, names, node, scope, given)
            except Refused:
                continue
        return instance

    def check_bare_fields(self, cls: type[Any]) -> None:
        """Refuse `name = value` without a type in a class body: it would silently be no state at all."""
        for base in cls.__mro__:
            if base in (Model, Component, object, typing.Generic):
                continue
            tree, node = class_tree(base)
            for stmt in node.body:
                if isinstance(stmt, ast.Assign):
                    self.diagnostics.note("VS107", stmt, tree.path)

    def declare(
        self,
        instance: Instance,
        path: str,
        names: dict[str, Any],
        node: ast.AnnAssign,
        scope: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> None:
        assert isinstance(node.target, ast.Name)
        name = node.target.id
        annotation = self.evaluate(node.annotation, path, names, scope)
        if isinstance(annotation, str):  # a quoted annotation
            quoted = ast.parse(annotation, mode="eval").body
            annotation = self.evaluate(ast.copy_location(quoted, node.annotation), path, names, scope)
        if CONST_MARK in getattr(annotation, "__metadata__", ()):
            if name in given:
                instance.constants[name] = given[name]
            elif node.value is not None:
                instance.constants[name] = self.evaluate(node.value, path, names, scope)
            else:
                raise self.diagnostics.refuse("VS105", node, path, f"the constant {name} has no value")
            return
        initial = None if node.value is None else self.evaluate(node.value, path, names, scope)
        part = self.component(instance, name, annotation, initial, node, path)
        if part is not None:
            instance.parts[name] = part
            return
        try:
            t = self.registry.type_of(annotation)
            init = default(t) if node.value is None else self.registry.canonical(t, initial)
        except NoType as why:
            raise self.diagnostics.refuse(why.code, node, path, *why.args) from None
        instance.fields[name] = keyed(Field(instance.prefix + name, t, init, span=span_of(node, path)), instance.keys)

    def component(
        self, instance: Instance, name: str, annotation: Any, initial: Any, node: ast.AnnAssign, path: str
    ) -> Instance | None:
        """The component a field declares, or None if it declares state."""
        keys = instance.keys
        while typing.get_origin(annotation) is dict and holds_component(annotation):
            key, annotation = typing.get_args(annotation)
            try:
                keys = (*keys, self.registry.type_of(key))
            except NoType as why:
                raise self.diagnostics.refuse(why.code, node, path, *why.args) from None
            initial = initial.value if isinstance(initial, Each) else initial
        cls = typing.get_origin(annotation) or annotation
        if not is_component(cls):
            return None
        parameters = getattr(cls, "__parameters__", ())
        typevars = {p.__name__: a for p, a in zip(parameters, typing.get_args(annotation), strict=False)}
        constants = initial.constants if isinstance(initial, Component) else {}
        return self.shape(cls, constants, f"{instance.prefix}{name}.", keys, typevars)

    def evaluate(self, node: ast.expr, path: str, names: dict[str, Any], scope: Mapping[str, Any]) -> Any:
        """What Python makes of an annotation or an initial value, the configuration's constants in scope."""
        code = compile(ast.Expression(node), path, "eval")
        try:
            return eval(code, names, dict(scope))
        except EVALUATION_ERRORS as error:
            raise self.diagnostics.refuse("VS106", node, path, error) from None


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
        t, init = TableType(key, t), (init,) * cardinality(key)
    return Field(f.name, t, init, f.role, f.span)
