"""The memory of the machine, and of this process."""

from __future__ import annotations

import os
import re
from pathlib import Path


def physical() -> int:
    """The bytes of memory that this process may hope for: of the machine, or of its control group."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            found = min(found, int(text))
    return found


def default_memory() -> int:
    """Most of the machine's memory: what is left suffices for everything else."""
    return physical() * 4 // 5


def peak() -> int:
    """The most bytes of memory that this process has had; 0 if the system does not say.

    What getrusage says is no use: there a process begins with what the one had that started it.
    """
    try:
        text = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", text, re.MULTILINE)
    return 0 if found is None else int(found[1]) * 1024
