"""Calls: callables with a meaning of their own in the language, and which argument fills which parameter."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from virtspec.frontend.routine import Routine
from virtspec.frontend.subset import Refused
from virtspec.lang.rules import atomic, choose, cost, fault, require
from virtspec.source import did_you_mean

BUILTINS: dict[str, Any] = {f.__name__: f for f in (all, any, sum, len, min, max, range, set, frozenset, dict, bool)}
"""Python's own that expressions may use."""

STATEMENTS = (require, choose, fault, cost, atomic)
"""The language's statements: calls with an effect."""


class Effect(Exception):
    """An expression that was to be free of effects has one: `node` is the call in it that has."""

    def __init__(self, node: ast.AST, what: str, code: str = "VS302") -> None:
        self.node = node
        self.what = what
        self.code = code
        """The refusal, should the effect not be allowed."""


@dataclass(frozen=True)
class Default:
    """The value of a parameter that a call leaves out."""

    value: Any


def is_one_of(f: Any, functions: tuple[Any, ...]) -> bool:
    """Whether `f` is one of `functions`; `f` may be anything, hence no `in`."""
    return any(f is g for g in functions)


def matched(
    call: ast.Call, routine: Routine, refuse: Callable[..., Refused]
) -> list[tuple[ast.arg, ast.expr | Default]]:
    """Each parameter of `routine` with the argument `call` has for it, in the order Python evaluates them.

    `refuse(code, node, *args)` makes the exception for a call that does not fit.
    """
    for keyword in call.keywords:
        if keyword.arg is None:
            raise refuse("VS301", keyword.value, "**", hint="pass arguments one by one")
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            raise refuse("VS301", argument, "*", hint="pass arguments one by one")
    params = {p.arg: p for p in routine.params}
    given: dict[str, ast.expr | Default] = dict(zip(params, call.args, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg is not None})
    for name, value in routine.defaults.items():
        given.setdefault(name, Default(value))
    wrong = misfit(call, list(params), set(given))
    if wrong:
        shown = [f"{name}=..." if name in routine.defaults else name for name in params]
        unknown = [str(k.arg) for k in call.keywords if k.arg not in params]
        hint = did_you_mean(unknown[0], params) if unknown else ""
        raise refuse("VS204", call, routine.name, counted(shown), wrong, hint=hint)
    return [(params[name], value) for name, value in given.items()]


def misfit(call: ast.Call, params: list[str], given: set[str]) -> str:
    """What is wrong with the arguments of a call, or nothing; `given` are the parameters that get a value."""
    for keyword in call.keywords:
        if keyword.arg not in params:
            return f"there is no {keyword.arg}"
        if keyword.arg in params[: len(call.args)]:
            return f"{keyword.arg} is given twice"
    if len(call.args) > len(params):
        return f"found {len(call.args)}"
    missing = [name for name in params if name not in given]
    return f"{' and '.join(missing)} missing" if missing else ""


def counted(params: list[str]) -> str:
    """`no argument`, `(t)`, `(t, kick=...)`."""
    return f"({', '.join(params)})" if params else "no argument"
