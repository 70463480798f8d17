"""Places in source text and the diagnostics that point at them.

A `Span` names a range of one file; a `Diagnostic` is one coded problem with its place and a remedy, printed with the
source line and a caret. Imports nothing of virtspec.
"""

from __future__ import annotations

import linecache
import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of text: lines count from 1, columns from 0, `end_col` is exclusive."""

    path: str
    line: int
    col: int
    end_line: int
    end_col: int

    def __str__(self) -> str:
        return f"{self.shown_path}:{self.line}"

    @property
    def shown_path(self) -> str:
        """The path as people should read it: relative to the working directory if it lies below it."""
        return shown_path(self.path)


def shown_path(path: str) -> str:
    """`path` relative to the working directory if it lies below it, else from its package's root, else as it is."""
    absolute = Path(path)
    try:
        return str(absolute.relative_to(Path.cwd()))
    except ValueError:
        pass
    for parent in absolute.parents:  # outside the working directory: from the outermost package
        if not (parent / "__init__.py").exists():
            return str(absolute.relative_to(parent)) if parent != absolute.parent else path
    return path


NOWHERE = Span("<none>", 0, 0, 0, 0)
"""The place of what no text says, such as a node made by a test."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: a stable code, what is wrong, where, and what to do about it."""

    code: str
    message: str
    span: Span
    hint: str = ""

    @property
    def sort_key(self) -> tuple[Span, str]:
        return (self.span, self.code)

    def __str__(self) -> str:
        lines = [f"{self.span.shown_path}:{self.span.line}:{self.span.col + 1}: error {self.code}: {self.message}"]
        lines += excerpt(self.span)
        if self.hint:
            lines.append(f"   = hint: {self.hint}")
        return "\n".join(lines)


def excerpt(span: Span) -> list[str]:
    """The first source line of `span` with a caret line below it; empty when the text cannot be read."""
    text = linecache.getline(span.path, span.line).rstrip("\n")
    if not text:
        return []
    end = span.end_col if span.end_line == span.line else len(text)
    gutter = f"{span.line:5} | "
    pad = "".join("\t" if c == "\t" else " " for c in text[: span.col])
    return [gutter + text, " " * 5 + " | " + pad + "^" * max(1, end - span.col)]


def text_of(span: Span) -> str:
    """The text of `span` on one line, blanks run together; nothing when it cannot be read."""
    lines = [linecache.getline(span.path, number) for number in range(span.line, span.end_line + 1)]
    if not all(lines):
        return ""
    lines[-1] = lines[-1][: span.end_col]
    lines[0] = lines[0][span.col :]
    return " ".join(" ".join(lines).split())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the closest of `known` to `word`, or the whole list if it is short, or nothing."""
    known = sorted(set(known))
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if 0 < len(known) <= 12:
        return "known: " + ", ".join(known)
    return ""


def same_file(a: str, b: str) -> bool:
    """Whether two paths name one file."""
    return os.path.realpath(a) == os.path.realpath(b)
