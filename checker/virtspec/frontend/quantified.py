"""Properties written out for every choice of their parameters: temporal properties and budgets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from virtspec.frontend.places import Names
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Place, Scope, Unit
from virtspec.frontend.symbolic import Symbolic
from virtspec.ir import build
from virtspec.ir.types import Type, is_scalar, show, values


@dataclass(frozen=True)
class Chosen:
    """One choice: parameters with their values as text, and what lowers expressions in which they have these."""

    shown: tuple[tuple[str, str], ...]
    lowering: Symbolic


def returned(unit: Unit, routine: Routine, code: str, *args: object) -> ast.expr:
    """The expression that the property consists of; if it is not a single one, refusal `code` with `args`."""
    body = [n for n in routine.fn.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    match body:
        case [ast.Return(value=value)] if value is not None:
            return value
        case _:
            raise unit.diagnostics.refuse(code, body[0] if body else routine.fn, routine.path, *args)


def choices(unit: Unit, routine: Routine, signature: str) -> Iterator[Chosen]:
    """Every choice of the parameters behind the model, in order; `signature` shows what the property looks like."""
    refuse = unit.diagnostics.refuse
    if not routine.params:
        raise refuse("VS502", routine.fn, routine.path, "a state of the model", signature)
    params: list[tuple[str, Type]] = []
    for param in routine.params[1:]:
        t = None if param.annotation is None else routine.type_of(param.annotation, unit.diagnostics)
        if t is None or not is_scalar(t):
            raise refuse("VS410", param, routine.path, param.arg)
        params.append((param.arg, t))
    for chosen in product(*(values(t) for _, t in params)):
        scope = Scope.of(routine.path, unit.straighten(routine))
        scope.locals[routine.params[0].arg] = Place(unit.root, ())
        for (name, t), value in zip(params, chosen, strict=True):
            scope.locals[name] = build.const(value, t)
        shown = tuple((name, show(t, value)) for (name, t), value in zip(params, chosen, strict=True))
        yield Chosen(shown, Symbolic(unit, scope, Names(), (routine.fn,)))
