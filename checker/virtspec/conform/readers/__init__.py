"""Logs of real runs, read: what format a file has is found out from its first lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from virtspec.conform.events import Event, Record
from virtspec.conform.readers import ftrace, jsonl, kernel, perf
from virtspec.conform.readers.source import Block, Source, opened
from virtspec.errors import InputError, UsageError

Reader: TypeAlias = Callable[[Source, Iterable[Block], Collection[str] | None], Iterator[Record]]

FORMATS: dict[str, Reader] = {
    "jsonl": jsonl.read,
    "ftrace": partial(kernel.read, format=ftrace.FTRACE),
    "trace-cmd": partial(kernel.read, format=ftrace.TRACE_CMD),
    "perf": partial(kernel.read, format=perf.PERF),
}

LOOKED_AT = 1000
"""How many lines, comments among them, may precede the one that tells the format."""


def read(path: Path | str, wanted: Collection[str] | None = None, format: str | None = None) -> Iterator[Record]:
    """What the log says, line by line, from a file or, for "-", from standard input.

    `wanted` names the events whose fields are needed, None for all of them: the fields of others are left empty, which
    is faster. `format` is one of FORMATS; by default it is found out. Raises UsageError for an unknown format, and
    InputError with file and line, after the records before it, for anything that is not as the format has it.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"there is no format {format!r}; the formats of logs are {', '.join(FORMATS)}")
    with opened(path) as source:
        blocks = source.blocks()
        if format is None:
            format, seen = _found_out(source, blocks)
            blocks = chain(seen, blocks)
        records = FORMATS[format](source, blocks, wanted)
        for record in records:
            yield record
            if isinstance(record, Event):
                break
        else:
            raise _empty(source)
        yield from records


def lines(path: Path | str, numbers: Collection[int]) -> dict[int, str]:
    """The text of those lines, for a report; none of standard input, which is gone. Raises InputError."""
    left = set(numbers)
    found: dict[int, str] = {}
    if not left or str(path) == "-":
        return found
    with opened(path) as source:
        for first, block in source.blocks():
            here = {number for number in left if number < first + len(block)}
            found |= {number: block[number - first] for number in sorted(here) if number >= first}
            left -= here
            if not left:
                break
    return found


def _found_out(source: Source, blocks: Iterable[Block]) -> tuple[str, list[Block]]:
    """The format, and the blocks that had to be read to know it. Raises InputError if it is none of those known."""
    seen: list[Block] = []
    odd: tuple[int, str] | None = None
    for first, block in blocks:
        seen.append((first, block))
        for number, line in enumerate(block, first):
            if (format := _told_by(line)) is not None:
                return format, seen
            if odd is None and line.strip() and not line.lstrip().startswith("#"):
                odd = number, line.strip()
            if number >= LOOKED_AT:
                break
        if number >= LOOKED_AT:
            break
    if odd is None:
        raise _empty(source)
    known = ", ".join(FORMATS)
    raise source.error(odd[0], f"this is no log in a known format ({known}): {kernel.excerpt(odd[1])}; name its format")


def _told_by(line: str) -> str | None:
    """The format, if this line tells it. A line of ftrace and one of trace-cmd look the same, and are read the same."""
    if line.lstrip().startswith("{"):
        return "jsonl"
    if ftrace.HEADER.fullmatch(line):
        return "trace-cmd"
    if line.startswith("# tracer: ") or ftrace.FTRACE.event.match(line):
        return "ftrace"
    return "perf" if perf.PERF.event.match(line) else None


def _empty(source: Source) -> InputError:
    return InputError(f"{source.name}: there is no event in it; record the log again")
