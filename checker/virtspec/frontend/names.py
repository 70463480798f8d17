"""Which names a piece of code reads and binds, as Python scopes them, and which uses of names are refused.

Three kinds of variable are kept apart. A local belongs to its function and may have to be remembered across a yield.
The variable of a comprehension belongs to the comprehension alone, and that of a for loop, by decree, to the loop
alone: `misused_names` finds every other use, so that neither is ever a part of the state.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

Comprehension: TypeAlias = ast.GeneratorExp | ast.SetComp | ast.ListComp | ast.DictComp
FunctionLike: TypeAlias = ast.FunctionDef

REMEMBERED = 1024
"""Functions whose text was looked through not long ago: it does not change, and configurations have it in common."""


def parameters_of(fn: FunctionLike) -> list[ast.arg]:
    """Every parameter a call can fill by position."""
    return fn.args.posonlyargs + fn.args.args


@lru_cache(maxsize=REMEMBERED)
def locals_of(fn: FunctionLike) -> frozenset[str]:
    """The names a function binds by its parameters and its assignments."""
    return frozenset(a.arg for a in parameters_of(fn)) | assigned(fn.body)


def assigned(body: Iterable[ast.stmt]) -> set[str]:
    """The names that assignments in `body` bind; not the variables of loops and comprehensions."""
    found: set[str] = set()
    for stmt in body:
        for node in ast.walk(stmt):
            match node:
                case ast.Assign(targets=targets):
                    found |= {name for t in targets for name in _bound(t)}
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
                    found.add(name)
    return found


def _bound(target: ast.expr) -> set[str]:
    """The names an assignment to `target` binds: none in an entry of something, whatever its key computes."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return {name for part in parts for name in _bound(part)}
        case _:
            return set()


@lru_cache(maxsize=REMEMBERED)
def loop_variables(fn: FunctionLike) -> frozenset[str]:
    """The variables of a function's for loops."""
    return frozenset(n.target.id for n in ast.walk(fn) if isinstance(n, ast.For) and isinstance(n.target, ast.Name))


@lru_cache(maxsize=REMEMBERED)
def has_yield(fn: FunctionLike) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(fn))


@lru_cache(maxsize=REMEMBERED)
def labels_and_calls(fn: FunctionLike) -> tuple[frozenset[str], frozenset[str]]:
    """The labels of a process, and the names of the methods that run inside of it."""
    labels, called = set(), set()
    for node in ast.walk(fn):
        match node:
            case ast.Yield(value=ast.Constant(value=str(label))):
                labels.add(label)
            case ast.YieldFrom(value=ast.Call(func=ast.Attribute(attr=callee))):
                called.add(callee)
    return frozenset(labels), frozenset(called)


def comprehension_variables(node: ast.AST) -> set[str]:
    """The variables of the comprehensions in `node`."""
    generators = [n for n in ast.walk(node) if isinstance(n, ast.comprehension)]
    return {t.id for g in generators for t in ast.walk(g.target) if isinstance(t, ast.Name)}


def reads(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names `node` reads from outside of it; the target of `x += 1` counts as read, too."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            if name not in hidden:
                yield name
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield name
            yield from reads(value, hidden)
        case ast.GeneratorExp() | ast.SetComp() | ast.ListComp() | ast.DictComp():
            yield from _reads_of_comprehension(node, hidden)
        case _:
            for part in ast.iter_child_nodes(node):
                yield from reads(part, hidden)


def _reads_of_comprehension(node: Comprehension, hidden: frozenset[str]) -> Iterator[str]:
    for generator in node.generators:  # each domain sees the variables to its left
        yield from reads(generator.iter, hidden)
        hidden |= {t.id for t in ast.walk(generator.target) if isinstance(t, ast.Name)}
        for test in generator.ifs:
            yield from reads(test, hidden)
    for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
        yield from reads(part, hidden)


def _stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


# --- refused uses ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=REMEMBERED)
def misused_names(fn: FunctionLike) -> tuple[tuple[str, ast.AST, str], ...]:
    """(code of the refusal, where, name) of every use of a name that Python allows and the language does not."""
    return tuple(_Misuses(fn).found())


class _Misuses:
    """Finds loop variables used outside of their loop and comprehension variables that hide a local."""

    def __init__(self, fn: FunctionLike) -> None:
        self.fn = fn
        self.loops = loop_variables(fn)
        self.locals = locals_of(fn)

    def found(self) -> Iterator[tuple[str, ast.AST, str]]:
        for stmt in self.fn.body:
            yield from self.visit(stmt, frozenset())

    def visit(self, node: ast.AST, inside: frozenset[str]) -> Iterator[tuple[str, ast.AST, str]]:
        match node:
            case ast.For(target=ast.Name(id=name) as target):
                if name in inside or name in {a.arg for a in parameters_of(self.fn)}:
                    yield "VS314", target, name
                yield from self.visit(node.iter, inside)
                for stmt in (*node.body, *node.orelse):
                    yield from self.visit(stmt, inside | {name})
            case ast.Name(id=name) as used if name in self.loops and (name not in inside or _stored(used)):
                yield "VS314", used, name
            case ast.GeneratorExp() | ast.SetComp() | ast.ListComp() | ast.DictComp():
                yield from self.comprehension(node, inside)
            case ast.AnnAssign(target=target, value=value):
                yield from self.visit(target, inside)
                if value is not None:
                    yield from self.visit(value, inside)
            case _:
                for part in ast.iter_child_nodes(node):
                    yield from self.visit(part, inside)

    def comprehension(self, node: Comprehension, inside: frozenset[str]) -> Iterator[tuple[str, ast.AST, str]]:
        for generator in node.generators:
            yield from self.visit(generator.iter, inside)
            for target in ast.walk(generator.target):
                if isinstance(target, ast.Name):
                    if target.id in inside or target.id in self.locals - self.loops:
                        yield "VS310", target, target.id
                    inside |= {target.id}  # from here on it is the comprehension's own
            for test in generator.ifs:
                yield from self.visit(test, inside)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            yield from self.visit(part, inside)
