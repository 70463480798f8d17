"""One child process that is watched while it runs, and does not outlive whoever watches it."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from virtspec.errors import UsageError

Say: TypeAlias = Callable[[str], None]
"""Told what is being done now, again and again while it lasts."""

TICK = 0.25
_CONTROL = re.compile(r"\x1b(?:c|\[[0-9;?]*[A-Za-z])|[\x00-\x08\x0b-\x1f]")


@dataclass(frozen=True)
class Ran:
    """What became of a process: its exit code (negative: a signal), all it said, the seconds it took."""

    code: int
    output: str
    seconds: float
    out_of_time: bool = False

    def last_lines(self, count: int = 8) -> str:
        """The end of the output, indented, without what moves a terminal's cursor."""
        plain = _CONTROL.sub("", self.output).strip()
        return "\n".join("    " + line for line in plain.splitlines()[-count:]) or "    nothing"


def run(
    command: Sequence[str | Path],
    *,
    tick: Callable[[], None],
    heard: Callable[[str], None] = lambda line: None,
    limit: float = float("inf"),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run a command to its end or for `limit` seconds; `heard` gets each line of what it says on either stream.

    It stays in our process group, so that Ctrl-C reaches it, too; whatever ends the watching kills it.
    Raises UsageError if the program cannot be started."""
    start = time.monotonic()
    env = {**os.environ, "LC_ALL": "C", **(environment or {})}
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}") from error
    said, out_of_time = bytearray(), False
    try:
        assert process.stdout is not None
        stream, line_start = process.stdout.fileno(), 0
        while True:
            tick()
            if time.monotonic() - start > limit:
                out_of_time = True
                break
            if not select.select([stream], [], [], TICK)[0]:
                continue
            piece = os.read(stream, 1 << 16)
            said += piece
            while (end := said.find(b"\n", line_start)) >= 0:
                heard(said[line_start:end].decode(errors="replace").rstrip("\r"))
                line_start = end + 1
            if not piece:
                break
    finally:
        _end(process, at_once=out_of_time)
    return Ran(process.returncode, said.decode(errors="replace"), time.monotonic() - start, out_of_time)


def _end(process: subprocess.Popen[bytes], at_once: bool) -> None:
    """See to it that a process is over. One that has closed its output, or got Ctrl-C as we did, may end by itself."""
    try:
        if not at_once:
            process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()  # does nothing if it has ended
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
