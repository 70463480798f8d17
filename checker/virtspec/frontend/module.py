"""Specification files: importing them, and finding the syntax tree of their classes and functions.

A module is imported (its enums, constants and classes are ordinary Python objects) and parsed once; methods are looked
up in the tree, so that every node keeps its true line and column.
"""

from __future__ import annotations

import ast
import linecache
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from virtspec.errors import InputError, SpecError
from virtspec.frontend.subset import REFUSALS, reason
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
    classes: dict[str, list[ast.ClassDef]] = field(default_factory=dict)
    functions: dict[int, ast.FunctionDef] = field(default_factory=dict)
    """By the line a code object gives: that of the first decorator, if there is one."""


def parse(path: str) -> Tree:
    """The tree of a file already imported, through `linecache`, so that text without a file can be registered there."""
    return _parse("".join(linecache.getlines(path)), path)


@lru_cache(maxsize=64)
def _parse(text: str, path: str) -> Tree:
    tree = Tree(path)
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.ClassDef):
            tree.classes.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.FunctionDef):
            tree.functions[node.decorator_list[0].lineno if node.decorator_list else node.lineno] = node
    return tree


def class_tree(cls: type[Any]) -> tuple[Tree, ast.ClassDef]:
    """The tree of a class. Raises InputError where Python has no source for it."""
    path = getattr(sys.modules.get(cls.__module__), "__file__", None)
    tree = parse(path) if path else None
    if tree is None or cls.__name__ not in tree.classes:
        raise InputError(f"the source of {cls.__module__}.{cls.__qualname__} cannot be read")
    lines = [f.__code__.co_firstlineno for f in vars(cls).values() if isinstance(f, types.FunctionType)]
    for node in tree.classes[cls.__name__]:  # the text may have several of one name
        if any(node.lineno <= line <= (node.end_lineno or 0) for line in lines):
            return tree, node
    return tree, tree.classes[cls.__name__][-1]


def function_tree(f: Callable[..., Any]) -> tuple[Tree, ast.FunctionDef]:
    """The tree of a function or method. Raises InputError where Python has no source for it."""
    code = f.__code__
    tree = parse(code.co_filename)
    found = tree.functions.get(code.co_firstlineno)
    if found is None or found.name != code.co_name:
        raise InputError(f"the source of {f.__qualname__} ({code.co_filename}) cannot be read")
    return tree, found


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
        raise _refused("VS002", Span(path, 1, 0, 1, 0), message="the file is empty")
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    name = "virtspec_spec_" + "".join(c if c.isalnum() else f"_{ord(c):x}_" for c in path)
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # dataclasses and pickling look their module up
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # `n is 2`: the language has its own say
            code = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:  # ValueError: a null character
        raise _unreadable(error, path) from error
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:  # whatever the file raises while it is imported is its author's to see
        del sys.modules[name]
        raise _import_failed(error, path) from error
    found = module_of(module)
    if not found.models:
        raise _refused("VS002", Span(path, 1, 0, 1, 0))
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


def _refused(code: str, span: Span, *args: object, message: str = "") -> SpecError:
    refusal = REFUSALS[code]
    return SpecError([Diagnostic(code, message or refusal.message.format(*args), span, refusal.hint)])


def _unreadable(error: SyntaxError | ValueError, path: str) -> SpecError:
    """What Python's own parser says."""
    if not isinstance(error, SyntaxError):
        return _refused("VS001", Span(path, 1, 0, 1, 0), error)
    line, col = error.lineno or 1, max((error.offset or 1) - 1, 0)
    where = Span(path, line, col, error.end_lineno or line, max((error.end_offset or 0) - 1, col + 1))
    return _refused("VS001", where, error.msg)


def _import_failed(error: BaseException, path: str) -> SpecError:
    """Where in the specification's own text an import failed."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = linecache.getline(path, line)
    start = len(text) - len(text.lstrip())
    return _refused("VS003", Span(path, line, start, line, len(text.rstrip())), reason(error))
