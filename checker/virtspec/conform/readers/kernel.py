"""What the text formats of the kernel's tracers have in common: one event a line, comments, and asides."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from virtspec.conform.events import Event, Header, Lost, Record
from virtspec.conform.readers.fields import fields
from virtspec.conform.readers.memo import Memo
from virtspec.conform.readers.source import Block, Source

TIME = r"\d{1,20}(?:\.\d{1,9})?"
"""For a pattern: a counter, or seconds with a fraction."""

_ENTRIES = re.compile(r"# entries-in-buffer/entries-written: (\d{1,20})/(\d{1,20})\b", re.ASCII)
_CONFIG = "# config: "


@dataclass(frozen=True, slots=True)
class Format:
    """How one tracer writes."""

    name: str
    event: re.Pattern[str]
    """Matches the line of an event up to its fields. Groups: who and on which CPU, the time, the event's name."""
    origin: Callable[[str], tuple[str, int]]
    """The thread and the CPU in what the first group matched."""
    marker: Callable[[int, str], Record | None]
    """What a line says that is neither event nor comment, if it is one that says something."""
    silent: re.Pattern[str]
    """Matches other lines of the tracer that are no events, such as those of a stack."""


def read(source: Source, blocks: Iterable[Block], wanted: Collection[str] | None, format: Format) -> Iterator[Record]:
    """The records in `blocks`. Raises InputError for a line that has no place in the format, and for a time before
    the one above it."""
    match, origins = format.event.match, Memo(format.origin)
    every, names = wanted is None, frozenset(wanted or ())
    last: float | int = 0
    before = ""
    for first, lines in blocks:
        for number, line in enumerate(lines, first):
            found = match(line)
            if found is None:
                record = _aside(source, format, number, line, before)
                if record is not None:
                    yield record
                before = line
                continue
            origin, stamp, name = found.groups()
            thread, cpu = origins[origin]
            time = float(stamp) if "." in stamp else int(stamp)
            if time < last:
                raise source.backwards(number, last, time)
            last, before = time, line
            yield Event(number, name, thread, cpu, time, fields(line, found.end()) if every or name in names else {})


def _aside(source: Source, format: Format, number: int, line: str, before: str) -> Record | None:
    """What a line says that is no event. Raises InputError if it has no place in the format."""
    text = line.strip()
    if text.startswith("#"):
        return _comment(number, text)
    record = format.marker(number, text)
    if record is not None or not text or format.silent.search(line):
        return record
    # A probe prints a string as it is. What `echo` wrote ends with a new line, so the quote that closes it comes here.
    if text == '"' and before.count('"') % 2 == 1:
        return None
    what = f"this is no event in the format {format.name}: {excerpt(text)}"
    raise source.malformed(number, f"{what}; delete the line, or name another format")


def _comment(number: int, text: str) -> Record | None:
    """Most say nothing."""
    if text.startswith(_CONFIG):
        return Header(number, fields(text, len(_CONFIG)))
    entries = _ENTRIES.match(text)
    if entries is None or entries[1] == entries[2]:
        return None
    return Lost(number, int(entries[2]) - int(entries[1]), None)  # the buffer was full, and its oldest part went


def excerpt(text: str) -> str:
    """For a message: the start of a line, with nothing in it that could move the cursor."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")
