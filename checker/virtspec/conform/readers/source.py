"""The lines of a log file, plain or gzip, in blocks: many at once, as one at a time would cost more than parsing it.

Nothing is held but one block. A log comes from another machine and may be anything: what is no text, or cut off, or one
endless line, is refused with its place.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import TypeAlias

from virtspec.errors import InputError

Block: TypeAlias = tuple[int, list[str]]
"""The number of the first line, and the lines, without their ends."""

LONGEST = 1 << 20
"""Of a line, in bytes."""
CHUNK = 1 << 18
"""How much is read at once, in bytes. Not more than LONGEST: only the first line of a block can be longer, then."""

RECORDINGS = {
    b"\x17\x08\x44tracing": "a recording of trace-cmd; write the log with `trace-cmd report`",
    b"PERFILE2": "a recording of perf; write the log with `perf script`",
}
"""How files begin that are easily mistaken for logs."""


class Source:
    """An open log. `name` is how messages call it."""

    def __init__(self, name: str, stream: BufferedIOBase) -> None:
        self.name = name
        self._stream = stream
        self._number = 1  # of the line that is read
        self._unended = 0  # number of the last line, if it has no end

    def error(self, line: int, what: str) -> InputError:
        """A problem in that line, to be raised. `what` says what is wrong and what to do."""
        return InputError(f"{self.name}:{line}: {what}")

    def malformed(self, line: int, what: str) -> InputError:
        """The line cannot be understood. If it is the last one and has no end, the reason is that it was cut off."""
        if line == self._unended:
            what = "the last line is cut off; delete it, or record the log again"
        return self.error(line, what)

    def backwards(self, line: int, before: float, now: float) -> InputError:
        """The time in that line is before that of an earlier event."""
        remedy = "record with the trace clock counter, mono or x86-tsc, not with local or global"
        return self.error(
            line, f"the time goes back from {before} to {now}, so the order of the events is lost; {remedy}"
        )

    def blocks(self) -> Iterator[Block]:
        """All lines. Raises InputError for what cannot be read or is no text, after the lines before it."""
        rest = bytearray()
        for chunk in self._chunks():
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield from self._decoded(bytes(rest + chunk[:cut]))
                rest = bytearray(chunk[cut:])
            else:
                rest += chunk
            if len(rest) > LONGEST:
                raise self._too_long()
        if rest:
            self._unended = self._number
            yield from self._decoded(bytes(rest + b"\n"))

    def _chunks(self) -> Iterator[bytes]:
        """What is there, without waiting for more, until there is nothing left."""
        try:
            while chunk := self._stream.read1(CHUNK):
                yield chunk
        except EOFError:
            raise self.error(self._number, "the gzip file is cut off; copy it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self.error(self._number, f"the gzip file is damaged ({error}); copy it again") from None
        except OSError as error:
            raise self.error(self._number, f"reading failed: {error.strerror}") from None

    def _decoded(self, data: bytes) -> Iterator[Block]:
        """The lines of whole lines. Raises InputError, after those before the first that is no text."""
        if data.find(b"\n") > LONGEST:
            raise self._too_long()
        try:
            text = data.decode()
            at, what = data.find(b"\0"), "there is a NUL byte"
        except UnicodeDecodeError as error:
            text = ""
            at, what = data.find(b"\0", 0, error.start), "there is a NUL byte"
            if at < 0:
                at, what = error.start, f"the byte 0x{data[error.start]:02x} is not UTF-8"
        if at >= 0:
            text = data[: data.rfind(b"\n", 0, at) + 1].decode()
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        lines = text.split("\n")
        lines.pop()  # what follows the last end is empty
        if lines:
            yield self._number, lines
        self._number += len(lines)
        if at >= 0:
            raise self.error(self._number, f"{what}; a log is UTF-8 text, plain or gzip")

    def _too_long(self) -> InputError:
        return self.error(self._number, f"the line is longer than {LONGEST >> 20} MiB; this is no log of events")


@contextmanager
def opened(path: Path | str) -> Iterator[Source]:
    """The log in that file, or on standard input for "-". Raises InputError for what cannot be opened."""
    name = "<stdin>" if str(path) == "-" else str(path)
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else open(path, "rb") as stream:
            assert isinstance(stream, BufferedReader)
            start = stream.peek(16)
            for magic, what in RECORDINGS.items():
                if start.startswith(magic):
                    raise InputError(f"{name}:1: this is {what}")
            # No text begins with 0x1f. A pipe may have given no second byte yet.
            yield Source(name, gzip.GzipFile(fileobj=stream) if start[:1] == b"\x1f" else stream)
    except IsADirectoryError:
        raise InputError(f"{name} is a directory; name a log, or - for standard input") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}; name a log, or - for standard input") from None
