"""Loops rewritten before they are unrolled."""

from __future__ import annotations

import ast

from virtspec.frontend.spans import placed


def has_continue(loop: ast.For) -> bool:
    """Whether `continue` goes on with `loop` itself."""
    return any(_continues(stmt) for stmt in loop.body)


def _continues(stmt: ast.stmt) -> bool:
    """Whether `stmt` holds a `continue` of the loop it stands in."""
    match stmt:
        case ast.Continue():
            return True
        case ast.If(body=then, orelse=orelse):
            return any(map(_continues, (*then, *orelse)))
        case _:
            return False  # a loop inside has its own; other compound statements are refused


def without_continue(loop: ast.For) -> ast.For:
    """The same loop, `if c: continue` followed by the rest written as `if c: pass`, else the rest.

    Unrolled as it stands, every `if` with a `continue` would double the code of all the turns behind it.
    """
    return placed(ast.For(loop.target, loop.iter, _body(loop.body), loop.orelse), loop)


def _body(body: list[ast.stmt]) -> list[ast.stmt]:
    for i, stmt in enumerate(body):
        if isinstance(stmt, ast.Continue):
            return [*body[:i], placed(ast.Pass(), stmt)]
        if isinstance(stmt, ast.If) and _continues(stmt):
            rest = body[i + 1 :]
            made = ast.If(stmt.test, _body([*stmt.body, *rest]), _body([*stmt.orelse, *rest]) or [ast.Pass()])
            return [*body[:i], placed(made, stmt)]
    return body


# --- jumps -----------------------------------------------------------------------------------------------------------


def has_jump(stmt: ast.stmt) -> bool:
    """Whether a yield, or a jump of any kind, stands in `stmt`."""
    jumps = (ast.Yield, ast.YieldFrom, ast.Return, ast.Break, ast.Continue, ast.While)
    return any(isinstance(node, jumps) for node in ast.walk(stmt))


def stays_inside(stmt: ast.stmt) -> bool:
    """Whether every path through `stmt` ends right behind it: its jumps, if any, belong to loops within it."""
    if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Return | ast.While) for node in ast.walk(stmt)):
        return False
    return not _leaves(stmt)


def _leaves(stmt: ast.stmt) -> bool:
    match stmt:
        case ast.Break() | ast.Continue():
            return True
        case ast.If(body=then, orelse=orelse):
            return any(map(_leaves, (*then, *orelse)))
        case _:
            return False
