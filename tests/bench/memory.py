"""How much memory does a state take?

    python tests/bench/memory.py                    tori of 10^6 to 10^8 states
    python tests/bench/memory.py 585 --workers 1    one of 585 * 585 * 585 states

The states of a torus have one word. Printed are the bytes that the engine counts, and the largest resident size of the
whole process, both over the number of states, and the slope between one size and the next: what one more state takes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SPECIFICATION = '''\
from typing import Annotated
from virtspec import Const, Model, Range, action


class Torus(Model):
    """Three counters that go round."""

    N: Const[int] = 10
    x: Annotated[int, Range(0, N - 1)]
    y: Annotated[int, Range(0, N - 1)]
    z: Annotated[int, Range(0, N - 1)]

    @action
    def move_x(self) -> None:
        self.x = (self.x + 1) % self.N

    @action
    def move_y(self) -> None:
        self.y = (self.y + 1) % self.N

    @action
    def move_z(self) -> None:
        self.z = (self.z + 1) % self.N
'''


@dataclass(frozen=True)
class Measured:
    states: int
    counted: float
    """Bytes per state of the visited set, as the report says."""
    resident: int
    """The largest resident size in bytes."""
    seconds: float


def measure(n: int, workers: int) -> Measured:
    """Search a torus of n * n * n states."""
    with tempfile.TemporaryDirectory() as folder:
        path, report = Path(folder) / "torus.py", Path(folder) / "report.json"
        path.write_text(SPECIFICATION)
        command = [sys.executable, "-m", "virtspec.cli", "check", str(path), "-p", f"N={n}", "--no-reduce"]
        command += ["--workers", str(workers), "--format", "json", "-o", str(report), "--no-traces"]
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"virtspec check ended with {process.returncode}")
        figures = json.loads(report.read_text())["figures"]
    assert figures["states"] == n**3
    return Measured(n**3, figures["bytes_per_state"], usage.ru_maxrss * 1024, figures["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", metavar="N", type=int, nargs="*", default=[100, 215, 300, 465])
    parser.add_argument("--workers", metavar="N", type=int, default=2)
    args = parser.parse_args()
    print(f"{'states':>12} {'bytes/state':>12} {'resident/state':>15} {'slope':>8} {'states/s':>12}")
    before: Measured | None = None
    for n in args.sizes:
        now = measure(n, args.workers)
        slope = "" if before is None else f"{(now.resident - before.resident) / (now.states - before.states):.1f}"
        rate = now.states / now.seconds
        print(f"{now.states:>12,} {now.counted:>12.1f} {now.resident / now.states:>15.1f} {slope:>8} {rate:>12,.0f}")
        before = now


if __name__ == "__main__":
    main()
