"""How fast logs are followed, what memory that takes, and how much faster machine code is than the interpreter.

    python tests/bench/conform.py [LOG ...]      print
    python tests/bench/conform.py --record       append the figures to history.jsonl beside this file, too

Without logs: those of the tests, and a long one made here: a walk of the model of request batching, of which every step is
named. Of the seconds the best of three are taken. Machines differ, so the interpreter follows the first events in the same
run, and `over the interpreter` is how many times longer it takes; only that may be compared between machines. A log is
followed in a process of its own, too, and so is its beginning: what the one takes more of memory, for an event.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from virtspec import api
from virtspec.api.conforming import conform
from virtspec.conform import readers
from virtspec.conform.events import Event
from virtspec.conform.readers.source import opened
from virtspec.ir.system import Action, System
from virtspec.ir.types import show
from virtspec.semantics.interp import State, Taken, outcomes

HERE = Path(__file__).parent
HISTORY = HERE / "history.jsonl"
TRACES = HERE.parent / "conform" / "traces"
ROUNDS = 3
PLAIN = 200
"""Events of a log that the interpreter follows, too."""
LONG = 250_000
"""Events of the log that is made here."""
MODEL = {"open": "true", "plan": "0,0", "wrap": "4", "kinds": "NO_BUDGET", "Sub": "3"}
MEASURED = """
import sys
from virtspec.api.conforming import conform
done = conform(*sys.argv[1:])
print(done.events, done.peak)
"""


@dataclass(frozen=True)
class Figures:
    """Of one log."""

    log: str
    events: int
    largest: int
    """Candidates at a time."""
    read_seconds: float
    seconds: float
    """In all."""
    kept_bytes: float
    """For an event, as the report says."""
    resident_bytes: float | None
    """For an event, as the system says; None for a log that is too short to tell."""
    interpreter: float
    """How many times longer it takes."""


def walk(count: int) -> Iterator[str]:
    """A log of so many steps, taken at random; the model is in few states, and what can happen in each is remembered."""
    system = api.load("request_batching", "v6.1", MODEL)
    yield json.dumps(
        {"virtspec": 1, "source": "reference", "mechanism": "request_batching", "config": "v6.1", "params": MODEL}
    )
    known: dict[State, list[tuple[str, State]]] = {}
    dice, state = random.Random(0), system.init
    for _ in range(count):
        if state not in known:
            known[state] = [(line, after) for a in system.actions for line, after in steps(system, a, state)]
        line, state = dice.choice(known[state])
        yield line


def steps(system: System, action: Action, state: State) -> Iterator[tuple[str, State]]:
    """What a log says of each way that an action can go, and where it leads."""
    for way in outcomes(system, action, state):
        if isinstance(way, Taken):
            told = {var.name: show(var.type, value) for var, value in way.picks}
            if action.process is not None:
                told["thread"] = told.pop(action.params[0].name)
            yield json.dumps({"event": action.name, **told}), way.state


def mechanism(log: Path) -> str:
    """By the events of a log."""
    names = {r.name for r in islice(readers.read(log, ()), 1000) if isinstance(r, Event)}
    return "mdev" if "create_in" in names else "request_batching"


def head(log: Path, count: int, path: Path) -> Path:
    """The first events of a log."""
    with opened(log) as source, path.open("w") as file:
        lines = (line for _, block in source.blocks() for line in block)
        for line in lines:
            file.write(line + "\n")
            count -= not line.startswith(("#", '{"virtspec"'))
            if count == 0:
                break
    return path


def ratio(name: str, log: Path) -> float:
    """How much longer the interpreter takes."""
    native, oracle = (sum(p.seconds for p in conform(name, log, engine=e).parts) for e in ("native", "oracle"))
    return oracle / native


def resident(name: str, log: Path, beginning: Path) -> float | None:
    """The bytes of memory that each further event takes."""
    seen = []
    for path in (beginning, log):
        command = [sys.executable, "-c", MEASURED, name, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seen.append([int(number) for number in done.stdout.split()])
    (few, little), (many, much) = seen
    return (much - little) / (many - few) if many > 50_000 else None


def measure(log: Path, folder: Path) -> Figures:
    name, found = mechanism(log), []
    for _ in range(ROUNDS):
        started = time.monotonic()
        done = conform(name, log)
        assert done.rejection is None, done.rejection
        found.append((time.monotonic() - started, done.read_seconds))
    seconds, read = min(found)
    beginning = head(log, PLAIN, folder / "head.txt")
    bytes_ = resident(name, log, beginning)
    figures = (done.events, done.largest, read, seconds, done.bytes / done.events, bytes_)
    return Figures(log.name, *figures, ratio(name, beginning))


def show_all(logs: list[Path], folder: Path) -> list[Figures]:
    """Measure, and print line by line."""
    titles = ("events", "largest", "read/s", "all/s", "B kept", "B resident", "over the interpreter")
    print(f"{'log':44} {titles[0]:>8} {titles[1]:>8} {titles[2]:>9} {titles[3]:>9} {' '.join(titles[4:])}")
    found = []
    for log in logs:
        f = measure(log, folder)
        rates = f"{f.events / f.read_seconds:>9,.0f} {f.events / f.seconds:>9,.0f}"
        memory = f"{f.kept_bytes:>6.1f} {'-' if f.resident_bytes is None else f'{f.resident_bytes:.1f}':>10}"
        print(f"{f.log:44} {f.events:>8,} {f.largest:>8,} {rates} {memory} {f.interpreter:>19,.0f}x", flush=True)
        found.append(f)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", metavar="LOG", nargs="*", type=Path)
    parser.add_argument("--record", action="store_true", help=f"append the figures to {HISTORY.name}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = folder / "walk.jsonl"
        made.write_text("".join(line + "\n" for line in walk(LONG)))
        found = show_all(given.logs or [*sorted(TRACES.glob("*.gz")), made], folder)
    if given.record:
        line = {"kind": "conform", "date": datetime.now(UTC).date().isoformat(), "logs": [asdict(f) for f in found]}
        with HISTORY.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
