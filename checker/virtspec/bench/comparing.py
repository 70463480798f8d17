"""Rounds in which every checker takes its turn; what comes out of them.

A machine is faster at one moment than at the next. So the checkers take turns, each round all of them, and what counts
is the median of the rounds and how it compares with that of another checker in the same rounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from virtspec.bench.checkers import HOLDS, OURS, Checker, Failed, Found, OutOfTime
from virtspec.bench.instances import Instance
from virtspec.bench.processes import Ran, run

MEMORY_FROM = 100_000
"""Below so many states a process is larger than what it stores, and bytes per state mean nothing."""

LONG_ENOUGH = 1.0
"""In fewer seconds the kernel's count of busy processors is too coarse."""


@dataclass(frozen=True)
class Sample:
    """One checker, one instance, one round. `whole` is from start to verdict, building included."""

    found: Found
    build: float
    search: float
    whole: float
    cpu: float
    peak: int | None
    others: float = 0.0
    """How many processors other programs kept busy during the search."""


@dataclass(frozen=True)
class Row:
    """One checker on one instance, in all rounds. Times are medians, in seconds; sizes are in bytes."""

    checker: str
    tool: str
    workers: int
    samples: tuple[Sample, ...]

    @property
    def verdict(self) -> str:
        """What it says of the properties judged; in one round at least, if that is not that they hold."""
        return next((s.found.verdict for s in self.samples if s.found.verdict != HOLDS), HOLDS)

    @property
    def counts(self) -> tuple[int, int] | None:
        """States and transitions; those of a round that differs from the first, if there is one. None: it tells none."""
        counts = [_counts(sample.found) for sample in self.samples]
        return next((count for count in counts if count != counts[0]), counts[0])

    @property
    def build(self) -> float:
        return median(s.build for s in self.samples)

    @property
    def search(self) -> float:
        return median(s.search for s in self.samples)

    @property
    def whole(self) -> float:
        return median(s.whole for s in self.samples)

    @property
    def cpu(self) -> float:
        return median(s.cpu for s in self.samples)

    @property
    def peak(self) -> int | None:
        known = [s.peak for s in self.samples if s.peak is not None]
        return int(median(known)) if known else None

    def speed(self, states: int | None) -> float | None:
        """So many states per second of searching; None if that took no time that could be measured."""
        return states / self.search if states is not None and self.search > 0 else None

    def bytes_per_state(self, states: int | None) -> float | None:
        """The peak memory, divided; None if there are too few states to say."""
        return self.peak / states if self.peak is not None and states is not None and states >= MEMORY_FROM else None


def _counts(found: Found) -> tuple[int, int] | None:
    return None if found.states is None or found.transitions is None else (found.states, found.transitions)


@dataclass
class Comparison:
    """All checkers on one instance."""

    instance: Instance
    rows: list[Row] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    """Why a checker has no row, by its name."""
    out_of_time: set[str] = field(default_factory=set)
    claim: str | None = None
    """What of its liveness was judged; None: its safety."""

    @property
    def ours(self) -> list[Row]:
        return [row for row in self.rows if row.tool == OURS]

    @property
    def others(self) -> float:
        """How many processors other programs kept busy during the searches that took long enough to tell."""
        samples = [s for row in self.rows for s in row.samples if s.whole >= LONG_ENOUGH]
        return sum(s.others * s.whole for s in samples) / sum(s.whole for s in samples) if samples else 0.0

    @property
    def states(self) -> int | None:
        """How many states there are: the known number, or what the first checker that tells found."""
        return self.instance.expected or next((row.counts[0] for row in self.rows if row.counts is not None), None)

    @property
    def disagreements(self) -> list[str]:
        """Verdicts and counts that differ, from what is known or between two checkers: one line each."""
        lines = [
            f"{self.instance}: {r.checker} says {r.verdict}, but it holds" for r in self.rows if r.verdict != HOLDS
        ]
        told = [(row.checker, *row.counts) for row in self.rows if row.counts is not None]
        if not told:
            return lines
        first, found, taken = told[0]
        known = self.instance.expected
        said = f"{first} found" if known is None else "there are"
        for checker, states, transitions in told:
            if states != (known or found):
                lines.append(f"{self.instance}: {checker} found {states:,} states, but {said} {known or found:,}")
            elif transitions != taken:
                lines.append(f"{self.instance}: {checker} took {transitions:,} transitions, but {first} {taken:,}")
        return lines

    def speed_ratio(self, mine: Row, row: Row) -> float | None:
        """How many times faster `mine` searches; None if that cannot be said, or if something differs."""
        return None if self.disagreements else ratio(row.search, mine.search)

    def whole_ratio(self, mine: Row, row: Row) -> float | None:
        """How many times sooner `mine` has its verdict; None if something differs."""
        return None if self.disagreements else ratio(row.whole, mine.whole)


def compare(
    instance: Instance,
    checkers: Sequence[Checker],
    rounds: int,
    timeout: float,
    tell: Callable[[str], None] = lambda text: None,
    claim: str | None = None,
) -> Comparison:
    """Let every checker search `instance` once a round. One that fails is left out of the rounds after.

    `claim` says what of its liveness they judge, if they do.
    """
    comparison = Comparison(instance, claim=claim)
    samples: dict[str, list[Sample]] = {checker.name: [] for checker in checkers}
    for number in range(1, rounds + 1):
        for checker in checkers:
            if checker.name in comparison.failures:
                continue
            tell(f"{instance}, round {number} of {rounds}: {checker.name}")
            try:
                samples[checker.name].append(measure(checker, instance, timeout))
            except Failed as failed:
                comparison.failures[checker.name] = str(failed)
                if isinstance(failed, OutOfTime):
                    comparison.out_of_time.add(checker.name)
    for checker in checkers:
        if checker.name not in comparison.failures:
            mine = tuple(samples[checker.name])
            comparison.rows.append(Row(checker.name, checker.tool, checker.workers, mine))
    return comparison


def measure(checker: Checker, instance: Instance, timeout: float) -> Sample:
    """Let one checker build and search once, in a folder that is removed afterwards. Raises Failed."""
    with tempfile.TemporaryDirectory(prefix="virtspec-bench-") as name:
        folder = Path(name)
        built = [_run(command, folder, timeout) for command in checker.build(instance, folder)]
        for ran in built:
            if ran.code != 0:
                raise Failed(f"it cannot be built, exit code {ran.code}: {(ran.errors or ran.output).strip()[:200]}")
        searched = _run(checker.search(instance), folder, timeout)
        found = checker.read(searched)
    building = sum(ran.wall for ran in built)
    return Sample(
        found,
        building if found.compile_seconds is None else found.compile_seconds,
        searched.wall if found.search_seconds is None else found.search_seconds,
        building + searched.wall,
        sum(ran.cpu for ran in built) + searched.cpu,
        searched.peak,
        searched.others,
    )


def _run(command: list[str], folder: Path, timeout: float) -> Ran:
    try:
        ran = run(command, folder, timeout)
    except OSError as error:
        raise Failed(f"{command[0]} cannot be started: {error.strerror}") from error
    if ran.out_of_time:
        raise OutOfTime(f"not done in {timeout:g} s")
    return ran


def ratio(a: float | None, b: float | None) -> float | None:
    """How many times `a` is of `b`; None if either is unknown or nothing."""
    return a / b if a and b else None


# --- as JSON ---------------------------------------------------------------------------------------------------------


def as_json(comparisons: Iterable[Comparison]) -> list[dict[str, Any]]:
    """What the history keeps and programs read: `docs/how-to/benchmark.md` says what the keys mean."""
    return [
        {
            "instance": str(c.instance),
            "claim": c.claim,
            "states": c.states,
            "other_load": round(c.others, 2),
            "checkers": [_row_json(row, c) for row in c.rows],
            "failed": c.failures,
            "disagreements": c.disagreements,
        }
        for c in comparisons
    ]


def _row_json(row: Row, comparison: Comparison) -> dict[str, Any]:
    found = row.samples[0].found
    states, transitions = row.counts or (None, None)
    return {
        "checker": row.checker,
        "workers": row.workers,
        "verdict": row.verdict,
        "states": states,
        "transitions": transitions,
        "depth": found.depth,
        "product_states": found.product_states,
        "build_seconds": round(row.build, 4),
        "search_seconds": round(row.search, 4),
        "whole_seconds": round(row.whole, 4),
        "cpu_seconds": round(row.cpu, 4),
        "peak_bytes": row.peak,
        "own_bytes_per_state": found.bytes_per_state,
        "whole_seconds_of_rounds": [round(s.whole, 4) for s in row.samples],
        "search_seconds_of_rounds": [round(s.search, 4) for s in row.samples],
        "speed_ratio": {mine.checker: _rounded(comparison.speed_ratio(mine, row)) for mine in comparison.ours},
        "whole_ratio": {mine.checker: _rounded(comparison.whole_ratio(mine, row)) for mine in comparison.ours},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
