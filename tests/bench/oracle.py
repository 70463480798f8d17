"""How fast is the oracle?

    python tests/bench/oracle.py                measure and print
    python tests/bench/oracle.py --record       append the figures to history.jsonl beside this file, too

Machines differ, and so does one machine from one hour to the next. Therefore a search written by hand is timed in the
same run: `slowdown` is how many times longer the oracle takes for one transition than that search does. Only it may be
compared between machines. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from virtspec.explore.oracle import check
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.system import System

HERE = Path(__file__).parent
CLASSICS = HERE.parent / "corpus" / "classics"
HISTORY = HERE / "history.jsonl"
WORKLOADS: dict[str, dict[str, int | bool]] = {
    "peterson": {"N": 3, "L": 2},
    "ticket_lock": {"Cpu": 5},
    "mcs": {"Proc": 3},
    "dining": {"N": 5},
    "ring": {"P": 2, "C": 1, "K": 2},
    "german": {"Client": 2, "D": 2},
}
ROUNDS = 3


@dataclass(frozen=True)
class Timing:
    """One search; `seconds` are those of the processor, the least of all rounds."""

    states: int
    transitions: int
    seconds: float

    @property
    def per_transition(self) -> float:
        return self.seconds / self.transitions


def by_hand() -> tuple[int, int]:
    """Search a torus of 50 * 50 * 50 states, three steps from each; the numbers of states and transitions."""
    start = (0, 0, 0)
    seen, level, transitions = {start}, [start], 0
    while level:
        found = []
        for a, b, c in level:
            for state in (((a + 1) % 50, b, c), (a, (b + 1) % 50, c), (a, b, (c + 1) % 50)):
                transitions += 1
                if state not in seen:
                    seen.add(state)
                    found.append(state)
        level = found
    return len(seen), transitions


def by_oracle(system: System) -> tuple[int, int]:
    report = check(system)
    return report.states, report.transitions


def timed(search: Callable[[], tuple[int, int]]) -> Timing:
    start = time.process_time()
    states, transitions = search()
    return Timing(states, transitions, time.process_time() - start)


def measure() -> dict[str, Timing]:
    """The best of some rounds for each workload. The rounds interleave, so that a busy minute hits all alike."""
    searches: dict[str, Callable[[], tuple[int, int]]] = {"by hand": by_hand}
    for name, params in WORKLOADS.items():
        module = load_path(CLASSICS / f"{name}.py")
        system = load(module.models[0], module.properties, params)
        searches[name] = lambda system=system: by_oracle(system)  # type: ignore[misc]  # binds this turn's system
    best: dict[str, Timing] = {}
    for _ in range(ROUNDS):
        for name, search in searches.items():
            timing = timed(search)
            best[name] = min(best.get(name, timing), timing, key=lambda t: t.seconds)
    return best


def slowdowns(timings: dict[str, Timing]) -> dict[str, float]:
    """How many times longer one transition takes than by hand."""
    base = timings["by hand"].per_transition
    return {name: timing.per_transition / base for name, timing in timings.items()}


def show(timings: dict[str, Timing]) -> None:
    ratios = slowdowns(timings)
    rows = [("search", "states", "transitions", "states/s", "transitions/s", "slowdown")]
    for name, t in timings.items():
        speeds = (f"{t.states / t.seconds:,.0f}", f"{t.transitions / t.seconds:,.0f}", f"{ratios[name]:.1f}")
        rows.append((name, f"{t.states:,}", f"{t.transitions:,}", *speeds))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        print(name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True)), sep="  ")


def record(timings: dict[str, Timing]) -> None:
    """Append one line to the history, which `virtspec bench` shares."""
    ratios = slowdowns(timings)
    line = {
        "kind": "oracle",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "python": platform.python_version(),
        "by_hand_transitions_per_second": round(1 / timings["by hand"].per_transition),
        "oracle": {
            name: {"states": t.states, "transitions": t.transitions, "slowdown": round(ratios[name], 1)}
            for name, t in timings.items()
            if name != "by hand"
        },
    }
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def commit() -> str:
    """What is measured, as git describes it; empty outside a checkout."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the oracle.")
    parser.add_argument("--record", action="store_true", help=f"append the figures to {HISTORY.name}")
    arguments = parser.parse_args()
    timings = measure()
    show(timings)
    if arguments.record:
        record(timings)


if __name__ == "__main__":
    main()
