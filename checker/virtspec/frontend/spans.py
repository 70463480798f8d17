"""The places of syntax trees in their files, and copies of trees that keep them."""

from __future__ import annotations

import ast
import linecache
from typing import TypeVar

from virtspec.source import Span


def span_of(node: ast.AST, path: str) -> Span:
    """The place of a node of the tree of `path`, or of the file it was inlined from; its head, if it is compound."""
    path = getattr(node, "virtspec_path", path)
    line, col = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            end_line, end_col = line, col + len("def " if isinstance(node, ast.FunctionDef) else "class ") + len(name)
        case ast.If(test=last) | ast.While(test=last) | ast.For(iter=last):
            end_line, end_col = last.end_lineno or line, last.end_col_offset or col
        case _:
            end_line = getattr(node, "end_lineno", line) or line
            end_col = getattr(node, "end_col_offset", col) or col
    return Span(path, line, _column(path, line, col), end_line, _column(path, end_line, end_col))


Node = TypeVar("Node", bound=ast.AST)


def placed(made: Node, node: ast.AST) -> Node:
    """`made` in the place of `node`: file, line and column, and the copy it belongs to (see `inline`)."""
    for name in ("virtspec_path", "virtspec_copied"):
        if hasattr(node, name):
            setattr(made, name, getattr(node, name))
    return ast.copy_location(made, node)


def copied(node: Node) -> Node:
    """A tree like this one, with all that was noted in it: a tenth of what `copy.deepcopy` takes."""
    made = type(node).__new__(type(node))
    for name, value in vars(node).items():
        if isinstance(value, ast.AST):
            value = copied(value)
        elif isinstance(value, list):
            value = [copied(part) if isinstance(part, ast.AST) else part for part in value]
        setattr(made, name, value)
    return made


def end_of(node: ast.AST, length: int, path: str) -> Span:
    """The last `length` characters of a node: the name in `self.name`."""
    span = span_of(node, path)
    return Span(span.path, span.end_line, span.end_col - length, span.end_line, span.end_col)


def _column(path: str, line: int, col: int) -> int:
    """A column of a syntax tree, which counts bytes, in characters."""
    text = linecache.getline(path, line)
    return col if text.isascii() else len(text.encode()[:col].decode(errors="ignore"))
