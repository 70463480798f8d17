"""Lines for people: plain text everywhere, coloured where standard output is a terminal that wants colours.

Colours say again what the words say, never more. `NO_COLOR` (any value) and `TERM=dumb` turn them off. rich is imported
only when something is coloured.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from virtspec.errors import UsageError

Style: TypeAlias = Literal["good", "bad", "warn", "info", "dim", "head"]
Part: TypeAlias = "str | tuple[str, Style]"

_RICH: dict[Style, str] = {
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "info": "cyan",
    "dim": "bright_black",
    "head": "bold",
}


def width() -> int:
    """Columns to wrap text at: the terminal's, or 100; never more than 120, which nobody reads with ease."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def wants_colour(stream: Any) -> bool:
    """Whether `stream` is a terminal that shows colours, and nobody asked for none."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Output:
    """Where a verb's result goes: standard output, or a file that is written whole when the verb is done."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.lines: list[str] = []
        self.console: Any = None
        if path is not None:
            _writable(Path(path))
        if path is None and wants_colour(sys.stdout):
            from rich.console import Console

            self.console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.path is not None and kind is None:
            try:
                Path(self.path).write_text("".join(self.lines), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"-o {self.path} cannot be written: {error.strerror}") from error

    def line(self, *parts: Part) -> None:
        """One line, made of plain and styled parts."""
        if self.console is not None:
            from rich.text import Text

            styled = [part if isinstance(part, str) else (part[0], _RICH[part[1]]) for part in parts]
            self._guarded(self.console.print, Text.assemble(*styled))
        else:
            self.text("".join(part if isinstance(part, str) else part[0] for part in parts).rstrip() + "\n")

    def lines_of(self, rows: Iterable[Sequence[Part]]) -> None:
        for row in rows:
            self.line(*row)

    def text(self, text: str) -> None:
        """Text as it is."""
        if self.path is not None:
            self.lines.append(text)
        else:
            self._guarded(sys.stdout.write, text)

    def json(self, value: Any) -> None:
        """One JSON document."""
        self.text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def _guarded(self, write: Any, what: Any) -> None:
        """Write, unless the reader has gone (`| head`): then the rest is lost, but the exit code stays true."""
        try:
            write(what)
            sys.stdout.flush()
        except BrokenPipeError:
            hush()


def _writable(path: Path) -> None:
    """Refuse a file that cannot be written before the work is done that it is to hold."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"-o {path} is a directory")
    if not folder.is_dir():
        raise UsageError(f"-o {path}: there is no directory {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"-o {path} cannot be written: permission denied")


def hush() -> None:
    """Let standard output lead nowhere, so that nothing more can fail on it, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain(parts: Sequence[Part]) -> str:
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


Cell: TypeAlias = "str | tuple[str, Style] | int | float"


def table(rows: Sequence[Sequence[Cell]], *, indent: int = 2, columns: int | None = None) -> list[list[Part]]:
    """Rows as lines: columns aligned (numbers to the right), two spaces apart, the last one wrapped at `columns`."""
    texts = [[_cell(cell) for cell in row] for row in rows]
    right = [any(isinstance(row[i], int | float) for row in rows) for i in range(len(rows[0]))] if rows else []
    widths = [max(len(row[i]) for row in texts) for i in range(len(right))]
    room = max((columns or width()) - indent - sum(w + 2 for w in widths[:-1]), 24)
    lines: list[list[Part]] = []
    for row, shown in zip(rows, texts, strict=True):
        line: list[Part] = [" " * indent]
        for i, cell in enumerate(row[:-1]):
            padded = shown[i].rjust(widths[i]) if right[i] else shown[i].ljust(widths[i])
            line += [(padded, cell[1]) if isinstance(cell, tuple) else padded, "  "]
        last = [shown[-1].rjust(widths[-1])] if right[-1] else textwrap.wrap(shown[-1], room, break_on_hyphens=False)
        for number, part in enumerate(last or [""]):
            cell = row[-1]
            styled: Part = (part, cell[1]) if isinstance(cell, tuple) else part
            lines.append([*line, styled] if number == 0 else [" " * len(plain(line)), styled])
    return lines


def _cell(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return cell[0]
    if isinstance(cell, float):
        return f"{cell:.1f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def paragraph(text: str, style: Style | None = None, *, indent: int = 2) -> list[list[Part]]:
    """Text wrapped at the terminal's width, the second line and those after it further in."""
    pad = " " * indent
    wrapped = textwrap.wrap(text, width(), initial_indent=pad, subsequent_indent=pad + "  ", break_on_hyphens=False)
    return [[line if style is None else (line, style)] for line in wrapped]


def plural(n: int, word: str, many: str | None = None) -> str:
    """`1 state`, `2 states`."""
    return f"{n:,} {word if n == 1 else many or word + 's'}"
