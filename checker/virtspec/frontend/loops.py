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


# --- break -----------------------------------------------------------------------------------------------------------


def break_doubles(loop: ast.For) -> bool:
    """Whether unrolling a loop with `break` would double the code at each turn: control goes on behind an `if` with a
    break inside, whichever branch it takes.
    """
    jumps = (ast.Return, ast.Yield, ast.YieldFrom, ast.While)
    return not any(isinstance(n, jumps) for n in ast.walk(loop)) and _doubles(loop.body)


def _doubles(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(stmt, ast.If)
        and _leaves(stmt)
        and ((_falls(stmt.body) and _falls(stmt.orelse)) or _doubles(stmt.body) or _doubles(stmt.orelse))
        for stmt in body
    )


def _falls(body: list[ast.stmt]) -> bool:
    """Whether control may reach the end of `body`."""
    for stmt in body:
        if isinstance(stmt, ast.Break):
            return False
        if isinstance(stmt, ast.If) and not _falls(stmt.body) and not _falls(stmt.orelse):
            return False
    return True


def without_break(loop: ast.For, flag: str) -> list[ast.stmt]:
    """The same loop with a local that says whether it was left; what is behind a `break` asks it."""
    body = _unless(flag, _guarded(loop.body, flag), loop)
    return [_set(flag, False, loop), placed(ast.For(loop.target, loop.iter, [body], loop.orelse), loop)]


def _guarded(body: list[ast.stmt], flag: str) -> list[ast.stmt]:
    for i, stmt in enumerate(body):
        if isinstance(stmt, ast.Break):
            return [*body[:i], _set(flag, True, stmt)]
        if isinstance(stmt, ast.If) and _leaves(stmt):
            made = ast.If(stmt.test, _guarded(stmt.body, flag), _guarded(stmt.orelse, flag))
            rest = _guarded(body[i + 1 :], flag)
            return [*body[:i], placed(made, stmt), *([_unless(flag, rest, rest[0])] if rest else [])]
    return body


def _set(flag: str, value: bool, at: ast.stmt) -> ast.stmt:
    return placed(ast.Assign([placed(ast.Name(flag, ast.Store()), at)], placed(ast.Constant(value), at)), at)


def _unless(flag: str, body: list[ast.stmt], at: ast.stmt) -> ast.stmt:
    """`if not flag: body`. No text says so: the place is empty."""
    test = placed(ast.UnaryOp(placed(ast.Not(), at), placed(ast.Name(flag, ast.Load()), at)), at)
    test.end_lineno, test.end_col_offset = at.lineno, at.col_offset
    return placed(ast.If(test, body, []), at)


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
