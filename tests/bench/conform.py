"""How fast logs are followed: reading, following, and how much faster machine code is than the interpreter.

    python tests/bench/conform.py [LOG ...]

Without logs: those of the tests. Every figure is the best of three; the ratio is of one run, on the first rows that the
interpreter follows in a few seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from virtspec.api.conforming import conform
from virtspec.conform import readers
from virtspec.conform.events import Event

TRACES = Path(__file__).parent.parent / "conform" / "traces"
ROUNDS = 3
PLAIN = 200
"""Events of a log that the interpreter follows, too."""


def mechanism(log: Path) -> str:
    """By the events of a log."""
    names = {r.name for r, _ in zip(readers.read(log, ()), range(1000), strict=False) if isinstance(r, Event)}
    return "mdev" if "create_in" in names else "request_batching"


def best(name: str, log: Path) -> tuple[float, float, int, int]:
    """Seconds read and in all, events, and the largest set of candidates."""
    found = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        done = conform(name, log)
        assert done.rejection is None, done.rejection
        found.append((time.monotonic() - started, done.read_seconds, done.events, done.largest))
    whole, read, events, largest = min(found)
    return read, whole, events, largest


def ratio(name: str, log: Path) -> float:
    """How much longer the interpreter takes."""
    seconds = {}
    for engine in ("native", "oracle"):
        done = conform(name, log, engine="oracle" if engine == "oracle" else "native")
        seconds[engine] = sum(p.seconds for p in done.parts)
    return seconds["oracle"] / seconds["native"]


def head(log: Path, folder: Path) -> Path:
    """The beginning of a log."""
    import gzip

    kept, seen = [], 0
    with gzip.open(log, "rt") as file:
        for line in file:
            kept.append(line)
            seen += not line.startswith("#")
            if seen == PLAIN:
                break
    path = folder / "head.txt"
    path.write_text("".join(kept))
    return path


def main(logs: list[Path]) -> None:
    import tempfile

    print(f"{'log':44} {'events':>8} {'largest':>8} {'read/s':>9} {'all/s':>9} {'over the interpreter':>21}")
    with tempfile.TemporaryDirectory() as folder:
        for log in logs:
            name = mechanism(log)
            read, whole, events, largest = best(name, log)
            times = ratio(name, head(log, Path(folder)))
            rates = f"{events / read:>9,.0f} {events / whole:>9,.0f}"
            print(f"{log.name:44} {events:>8,} {largest:>8,} {rates} {times:>20,.0f}x")


if __name__ == "__main__":
    main([Path(p) for p in sys.argv[1:]] or sorted(TRACES.glob("*.gz")))
