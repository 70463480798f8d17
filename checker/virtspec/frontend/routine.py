"""A method or function of a specification with what is needed to read it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from virtspec import lang
from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.module import function_tree
from virtspec.frontend.names import has_yield, misused_names, parameters_of
from virtspec.frontend.shape import EVALUATION_ERRORS, Instance
from virtspec.frontend.subset import Diagnostics, Refused, reason
from virtspec.ir.types import Type

DECORATORS = (
    lang.process,
    lang.action,
    lang.acquires,
    lang.releases,
    lang.invariant,
    lang.transition,
    lang.reachable,
    lang.temporal,
    lang.budget,
    lang.faultless,
)
"""Decorators that leave a function what its text says; `override` is one, too."""


@dataclass
class Routine:
    """A function's syntax tree, its module's names, and the instance its `self` is (None for a plain function)."""

    name: str
    fn: ast.FunctionDef
    path: str
    names: dict[str, Any]
    instance: Instance | None
    registry: Registry
    defaults: dict[str, Any]
    """The values of the parameters a call may leave out."""

    @classmethod
    def of(cls, f: Callable[..., Any], instance: Instance | None, registry: Registry) -> Routine:
        tree, node = function_tree(f)
        given: tuple[Any, ...] = f.__defaults__ or ()
        params = parameters_of(node)
        defaults = {p.arg: v for p, v in zip(params[len(params) - len(given) :], given, strict=True)}
        return cls(node.name, node, tree.path, f.__globals__, instance, registry, defaults)

    @property
    def params(self) -> list[ast.arg]:
        """The parameters without `self`."""
        args = parameters_of(self.fn)
        return args[1:] if self.instance is not None else args

    def body(self) -> list[ast.stmt]:
        """The statements without the docstring."""
        first = self.fn.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            return self.fn.body[1:]
        return self.fn.body

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.fn) or ""

    @property
    def is_generator(self) -> bool:
        return has_yield(self.fn)

    @property
    def returns_value(self) -> bool:
        """Whether some `return` gives a value."""
        return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(self.fn))

    def check(self, diagnostics: Diagnostics) -> None:
        """Note what Python allows in a definition and the language does not. Raises Refused where nothing can be said
        about calls of it then.
        """
        for code, node, name in misused_names(self.fn):
            diagnostics.note(code, node, self.path, name)
        fine = self.check_decorators(diagnostics)
        arguments = self.fn.args
        for kind, extra in (("*", arguments.vararg), ("**", arguments.kwarg)):
            if extra is not None:
                diagnostics.note("VS301", extra, self.path, f"{kind}{extra.arg}", "name every parameter")
                fine = False
        for extra in arguments.kwonlyargs:
            diagnostics.note("VS301", extra, self.path, "a keyword-only parameter", "leave out the `*`")
            fine = False
        first = next(iter(parameters_of(self.fn)), None)
        if self.instance is not None and (first is None or first.arg != "self"):
            where = first or self.fn
            diagnostics.note("VS301", where, self.path, "a method without `self`", "the first parameter is called self")
            fine = False
        if not fine:
            raise Refused

    def check_decorators(self, diagnostics: Diagnostics) -> bool:
        """Note decorators that may change what the function does; whether there is none."""
        fine = True
        for node in self.fn.decorator_list:
            called = node.func if isinstance(node, ast.Call) else node
            root = called.value if isinstance(called, ast.Attribute) else called
            found = self.names.get(root.id) if isinstance(root, ast.Name) else None
            if isinstance(called, ast.Attribute):
                found = getattr(found, called.attr, None)
            if not any(found is d for d in DECORATORS) and getattr(found, "__name__", "") != "override":
                what = f"the decorator @{ast.unparse(called)}"
                diagnostics.note("VS301", node, self.path, what, "what runs must be what stands there")
                fine = False
        return fine

    def type_of(self, annotation: ast.expr, diagnostics: Diagnostics) -> Type:
        """The type an annotation in the signature or the body stands for; constants of the instance are in scope."""
        try:
            return self.registry.type_of(self._evaluate(annotation))
        except EVALUATION_ERRORS as error:
            raise diagnostics.refuse("VS106", annotation, self.path, reason(error)) from None
        except NoType as why:
            raise diagnostics.refuse(why.code, annotation, self.path, *why.args) from None

    def loose_type_of(self, annotation: ast.expr | None) -> Type | None:
        """The same for a parameter or a result; None where it says too little (`int`, `Call[...]`, a component)."""
        try:
            return None if annotation is None else self.registry.type_of(self._evaluate(annotation))
        except (NoType, *EVALUATION_ERRORS):
            return None

    def result_type(self, diagnostics: Diagnostics) -> Type | None:
        """The type of the result, where the annotation is one of the language: a plain `int` is not."""
        returns = self.fn.returns
        if returns is None or (isinstance(returns, ast.Name) and returns.id in ("int", "None")):
            return None
        if isinstance(returns, ast.Constant) and returns.value is None:
            return None
        return self.type_of(returns, diagnostics)

    def _evaluate(self, annotation: ast.expr) -> Any:
        constants = self.instance.constants if self.instance is not None else {}
        scope = {**constants, "self": SimpleNamespace(**constants), **self.typevars()}
        value = eval(compile(ast.Expression(annotation), self.path, "eval"), self.names, scope)
        return eval(value, self.names, scope) if isinstance(value, str) else value

    def typevars(self) -> dict[str, Any]:
        return {} if self.instance is None else self.instance.typevars
