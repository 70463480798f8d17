"""Specification files: importing them, and finding the syntax tree of their classes and functions.

A module is imported (its enums, constants and classes are ordinary Python objects) and parsed once; methods are looked
up in the tree, so that every node keeps its true line and column.
"""

from __future__ import annotations

import ast
import linecache
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from virtspec.errors import InputError, SpecError
from virtspec.lang.model import Component, Model
from virtspec.lang.props import PROPERTY
from virtspec.source import Diagnostic, Span


@dataclass(frozen=True)
class Module:
    """A loaded specification file: the models it defines and the properties it defines or imports, in order."""

    path: str
    models: list[type[Model]]
    properties: list[Callable[..., Any]]


@dataclass(frozen=True)
class Tree:
    """The parsed text of one file."""

    path: str
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[int, ast.FunctionDef] = field(default_factory=dict)
    """By the line a code object gives: that of the first decorator, if there is one."""

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self.path)


def span_of(node: ast.AST, path: str) -> Span:
    """The place of a node of the tree of `path`, or of the file it was inlined from."""
    path = getattr(node, "virtspec_path", path)
    line, col = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Span(path, line, col, getattr(node, "end_lineno", line) or line, getattr(node, "end_col_offset", col) or col)


def parse(path: str) -> Tree:
    """The tree of a file already imported, through `linecache`, so that text without a file can be registered there."""
    return _parse("".join(linecache.getlines(path)), path)


@lru_cache(maxsize=64)
def _parse(text: str, path: str) -> Tree:
    tree = Tree(path)
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.ClassDef):
            tree.classes.setdefault(node.name, node)
        elif isinstance(node, ast.FunctionDef):
            tree.functions[node.decorator_list[0].lineno if node.decorator_list else node.lineno] = node
    return tree


def class_tree(cls: type[Any]) -> tuple[Tree, ast.ClassDef]:
    """The tree of a class. Raises InputError where Python has no source for it."""
    path = getattr(sys.modules.get(cls.__module__), "__file__", None)
    tree = parse(path) if path else None
    if tree is None or cls.__name__ not in tree.classes:
        raise InputError(f"the source of {cls.__module__}.{cls.__qualname__} cannot be read")
    return tree, tree.classes[cls.__name__]


def function_tree(f: Callable[..., Any]) -> tuple[Tree, ast.FunctionDef]:
    """The tree of a function or method. Raises InputError where Python has no source for it."""
    code = f.__code__
    tree = parse(code.co_filename)
    if code.co_firstlineno not in tree.functions:
        raise InputError(f"the source of {f.__qualname__} ({code.co_filename}) cannot be read")
    return tree, tree.functions[code.co_firstlineno]


def load_path(path: str | Path) -> Module:
    """Import a specification file.

    Raises InputError for what is no readable file, SpecError for what Python itself refuses or what holds no model.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a directory; name a Python file, or a shipped mechanism (`virtspec list`)")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from error
    return load_text(text, str(path.resolve()))


def load_text(text: str, path: str) -> Module:
    """Import a specification from its text; `path` is what diagnostics and tracebacks call it."""
    if not text.strip():
        raise _nothing(path, "the file is empty", "a specification defines a class that derives from virtspec.Model")
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    name = "virtspec_spec_" + "".join(c if c.isalnum() else "_" for c in path)
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # dataclasses and pickling look their module up
    try:
        exec(compile(text, path, "exec"), module.__dict__)
    except SyntaxError as error:
        line, col = error.lineno or 1, (error.offset or 1) - 1
        where = Span(path, line, col, error.end_lineno or line, (error.end_offset or col + 2) - 1)
        raise SpecError([Diagnostic("VS001", f"Python cannot read this: {error.msg}", where)]) from error
    except Exception as error:  # whatever the file raises while it is imported is its author's to see
        raise SpecError([_import_failed(error, path)]) from error
    found = module_of(module)
    if not found.models:
        raise _nothing(path, "there is no model in this file", "a model is a class that derives from virtspec.Model")
    return found


def module_of(module: types.ModuleType) -> Module:
    """The models an imported module defines, and every property in its namespace, in order of appearance."""
    names = vars(module)
    models = [v for v in names.values() if _is_model(v) and v.__module__ == module.__name__]
    properties = [v for v in names.values() if hasattr(v, PROPERTY)]
    return Module(str(module.__file__), list(dict.fromkeys(models)), properties)


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Model) and value is not Model


def is_component(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Component) and value is not Component


def _nothing(path: str, message: str, hint: str) -> SpecError:
    return SpecError([Diagnostic("VS002", message, Span(path, 1, 0, 1, 0), hint)])


def _import_failed(error: Exception, path: str) -> Diagnostic:
    """Where in the specification's own text an import failed."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = linecache.getline(path, line)
    start = len(text) - len(text.lstrip())
    where = Span(path, line, start, line, len(text.rstrip()))
    return Diagnostic("VS003", f"importing the file raised {type(error).__name__}: {error}", where)


