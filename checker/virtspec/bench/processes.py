"""One child process: how long it took, how much it used, what it said. Linux only: it waits by pidfd."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What became of a process. Times are in seconds; those of the processor include its own children."""

    code: int
    """As `subprocess` has it: negative for a signal."""
    output: str
    errors: str
    wall: float
    cpu: float
    peak: int | None
    """Most memory in use at once, in bytes: that of the largest process, if it has children. None: less than ours."""
    others: float
    """How many processors all other processes of the machine kept busy meanwhile, on average."""
    out_of_time: bool


def run(command: Sequence[str], folder: Path, timeout: float) -> Ran:
    """Run a command in `folder` to its end, or for `timeout` seconds. Raises OSError if it cannot be started."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        start, busy = time.monotonic(), _busy()
        # A group of its own, so that nothing is left over if it has to be killed.
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            env=_environment(),
        )
        ended = False
        try:
            ended = _ends(process.pid, timeout)
        finally:
            if not ended:
                os.killpg(process.pid, signal.SIGKILL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
        wall, busy = time.monotonic() - start, _busy() - busy
    cpu = used.ru_utime + used.ru_stime
    return Ran(
        process.returncode,
        out.read_text(encoding="utf-8", errors="replace"),
        err.read_text(encoding="utf-8", errors="replace"),
        wall,
        cpu,
        _peak(used),
        max(0.0, busy - cpu) / wall,
        not ended,
    )


def _environment() -> dict[str, str]:
    """Ours, but Python may keep what it has compiled of its own modules, as it does in an installation."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _ends(pid: int, timeout: float) -> bool:
    """Wait for the end of a child without reaping it; whether it came in time."""
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], timeout)[0])
    finally:
        os.close(handle)


def _peak(used: resource.struct_rusage) -> int | None:
    # A child is a copy of this process until its program is loaded, and the kernel counts that. So nothing can be said
    # of a child that has used less than this process.
    if used.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        return None
    return used.ru_maxrss * 1024


def _busy() -> float:
    """Seconds that all processors together have worked since the machine was started."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _waiting, *more = map(int, file.readline().split()[1:9])
    return (user + nice + system + sum(more)) / os.sysconf("SC_CLK_TCK")
