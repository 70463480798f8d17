"""The text of `perf script`."""

from __future__ import annotations

import re

from virtspec.conform.events import Lost, Record
from virtspec.conform.readers.kernel import Format

# `comm pid/tid [cpu] time: period group:name: fields`; `pid/`, the CPU, the period and the group may be missing.
_EVENT = re.compile(
    r" *+(.{0,16}? +\d+(?:/\d+)?(?: +\[\d{1,6}\])?) +(\d{1,20}\.\d{1,9}): +(?:\d+ +)?(?:[^\s:]+:)?([^\s:]+):(?: +|$)",
    re.ASCII,
)
_ORIGIN = re.compile(r"(.*?) +(?:\d+/)?(\d+)(?: +\[(\d+)\])?", re.ASCII)
_LOST = re.compile(r"\bPERF_RECORD_LOST(?:_SAMPLES)? lost (\d{1,20})\b", re.ASCII)
_CPU = re.compile(r" \[(\d{1,6})\] ", re.ASCII)
# Call chains: an address, a symbol, and the file in parentheses. Records about tasks and mappings.
_SILENT = re.compile(r"^\s+[0-9a-f]+ .*\)$|: PERF_RECORD_(?!LOST)[A-Z]", re.ASCII)


def _origin(text: str) -> tuple[str, int]:
    found = _ORIGIN.fullmatch(text)
    assert found is not None
    comm, pid, cpu = found[1], found[2], found[3]
    thread = f"{comm}-{pid}"
    if cpu is None:
        return thread, -1
    return (f"{thread}/{int(cpu)}" if pid == "0" else thread), int(cpu)


def _marker(number: int, text: str) -> Record | None:
    lost = _LOST.search(text)
    if lost is None:
        return None
    cpu = _CPU.search(text)
    return Lost(number, int(lost[1]), int(cpu[1]) if cpu else None)


PERF = Format("perf", _EVENT, _origin, _marker, _SILENT)
