"""Arrays that grow in place: room is reserved in the address space, memory is used only for what is written."""

from __future__ import annotations

import mmap
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from virtspec.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

Words: TypeAlias = "npt.NDArray[np.uint64]"
Slots: TypeAlias = "npt.NDArray[np.uint32]"
Numbers: TypeAlias = "npt.NDArray[np.int64]"

_NORESERVE = 0x4000 if sys.platform == "linux" else 0
_LINES = 16
"""Words of 64 bits that are left free before and behind: a line, and the one that is fetched with it."""
_LEAST = 1 << 21


def reserve(size: int, kind: type[Any], *, scattered: bool = False) -> npt.NDArray[Any]:
    """An array of zeros for up to `size` bytes, or for as many as the address space is allowed to hold.

    `scattered`: it is used here and there, so that large pages are worth asking for. What is filled from one end to the
    other is better off without: they have to be cleared, and often fetched from the host, all at once.
    """
    size = max(size // _LEAST * _LEAST, _LEAST)
    while True:
        try:
            area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
        except OSError:
            if size <= _LEAST:
                raise
            size = max(size // 2 // _LEAST * _LEAST, _LEAST)
            continue
        if scattered and hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a kernel without
                area.madvise(mmap.MADV_HUGEPAGE)
        return np.frombuffer(area, dtype=kind)


def zeros(count: int, kind: type[Any] = np.int64) -> npt.NDArray[Any]:
    """An array of so many zeros, of which only what is written takes memory. Raises UsageError if there is no room."""
    found = reserve(count * np.dtype(kind).itemsize + _LEAST, kind)[:count]
    if len(found) < count:
        raise UsageError(f"there is not enough memory for {count:,} numbers; take a smaller configuration")
    return found


def apart(count: int, kind: type[Any] = np.int64) -> npt.NDArray[Any]:
    """An array of zeros that shares no cache line with anything else, so that threads do not slow each other down."""
    return np.zeros(count + 2 * _LINES, kind)[_LINES : _LINES + count]
