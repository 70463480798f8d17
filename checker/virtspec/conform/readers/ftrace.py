"""The text of tracefs (`trace`, `trace_pipe`), and that of `trace-cmd report`, which differs in spaces alone."""

from __future__ import annotations

import re

from virtspec.conform.events import Header, Lost, Record
from virtspec.conform.readers.kernel import TIME, Format

# Where a probe is, which the kernel writes before the fields; none need be looked for in it.
_PLACE = r"(?:\([\w.]++\+0x[0-9a-f]++/0x[0-9a-f]++(?: \[\w++\])?\) )?"
# `comm-pid (tgid) [cpu] flags time: name: fields`; the tgid and the flags are there only if asked for. The name of a
# task has up to 16 characters of any kind. With `trace-cmd report -l` the CPU stands before the flags without a blank.
_EVENT = re.compile(
    r" *+(.{0,16}?-\d+ +(?:\( *[\d-]+\) +)?(?:\[\d{1,6}\]|\d{1,6}(?=[^\s\d\]])))"
    rf" *(?:[^\s\d]\S* +)?({TIME}): +([^\s:]+):(?: +|$){_PLACE}",
    re.ASCII,
)
_ORIGIN = re.compile(r"(.*)-(\d+) +(?:\(.*\) +)?\[?(\d+)\]?", re.ASCII)
_LOST = re.compile(r"(?:CPU:(\d{1,6}) )?\[(?:LOST )?(?:(\d{1,20}) )?EVENTS(?: DROPPED)?\]", re.ASCII)
HEADER = re.compile(r"(cpus|version) ?= ?(\d{1,9})", re.ASCII)
# Stacks, and CPUs of which trace-cmd has no events.
_SILENT = re.compile(r"^ *=> |: <(?:user )?stack trace ?>\s*$|^CPU \d+ is empty$", re.ASCII)


def _origin(text: str) -> tuple[str, int]:
    found = _ORIGIN.fullmatch(text)
    assert found is not None
    comm, pid, cpu = found[1], found[2], int(found[3])
    return (f"{comm}-0/{cpu}" if pid == "0" else f"{comm}-{pid}"), cpu


def _marker(number: int, text: str) -> Record | None:
    if header := HEADER.fullmatch(text):
        return Header(number, {header[1]: int(header[2])})
    if lost := _LOST.fullmatch(text):
        return Lost(number, int(lost[2]) if lost[2] else None, int(lost[1]) if lost[1] else None)
    return None


FTRACE = Format("ftrace", _EVENT, _origin, _marker, _SILENT)
TRACE_CMD = Format("trace-cmd", _EVENT, _origin, _marker, _SILENT)
