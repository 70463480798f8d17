"""A method or function of a specification with what is needed to read it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.module import function_tree
from virtspec.frontend.shape import EVALUATION_ERRORS, Instance
from virtspec.frontend.subset import Diagnostics
from virtspec.ir.types import Type


@dataclass
class Routine:
    """A function's syntax tree, its module's names, and the instance its `self` is (None for a plain function)."""

    name: str
    fn: ast.FunctionDef
    path: str
    names: dict[str, Any]
    instance: Instance | None
    registry: Registry

    @classmethod
    def of(cls, f: Callable[..., Any], instance: Instance | None, registry: Registry) -> Routine:
        tree, node = function_tree(f)
        return cls(node.name, node, tree.path, f.__globals__, instance, registry)

    @property
    def params(self) -> list[ast.arg]:
        """The parameters without `self`."""
        args = self.fn.args.posonlyargs + self.fn.args.args
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
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(self.fn))

    def type_of(self, annotation: ast.expr, diagnostics: Diagnostics) -> Type:
        """The type an annotation in the signature or the body stands for; constants of the instance are in scope."""
        constants = self.instance.constants if self.instance is not None else {}
        scope = {**constants, "self": SimpleNamespace(**constants), **self.typevars()}
        try:
            value = eval(compile(ast.Expression(annotation), self.path, "eval"), self.names, scope)
            if isinstance(value, str):
                value = eval(value, self.names, scope)
            return self.registry.type_of(value)
        except EVALUATION_ERRORS as error:
            raise diagnostics.refuse("VS106", annotation, self.path, error) from None
        except NoType as why:
            raise diagnostics.refuse(why.code, annotation, self.path, *why.args) from None

    def result_type(self, diagnostics: Diagnostics) -> Type | None:
        """The type of the result, where the annotation is one of the language: a plain `int` is not."""
        returns = self.fn.returns
        if returns is None or (isinstance(returns, ast.Name) and returns.id in ("int", "None")):
            return None
        if isinstance(returns, ast.Constant) and returns.value is None:
            return None
        return self.type_of(returns, diagnostics)

    def typevars(self) -> dict[str, Any]:
        return {} if self.instance is None else self.instance.typevars


def locals_of(fn: ast.FunctionDef) -> set[str]:
    """The names a function binds: parameters, and targets of assignments and for loops."""
    bound = {a.arg for a in fn.args.posonlyargs + fn.args.args}
    for node in ast.walk(fn):
        match node:
            case ast.Assign(targets=targets):
                bound |= {n.id for t in targets for n in ast.walk(t) if _stored(n)}
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
                bound.add(name)
            case ast.For(target=ast.Name(id=name)):
                bound.add(name)
    return bound


def _stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def comprehended(fn: ast.FunctionDef) -> set[str]:
    """The names that comprehensions in a function bind."""
    targets = (n.target for n in ast.walk(fn) if isinstance(n, ast.comprehension))
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
