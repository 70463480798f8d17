"""z3, asked with a limit of time, on the record, and so that Ctrl-C ends a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TextIO, TypeAlias

import z3

ORIGIN = f"z3 {z3.get_version_string()}"

Answer: TypeAlias = Literal["sat", "unsat", "unknown"]


@dataclass(frozen=True, slots=True)
class Query:
    """One question put to the solver: what about, the answer, seconds of wall time."""

    about: str
    answer: Answer
    seconds: float


class OutOfTime(Exception):
    """The time given for a proof is over. The text says what the solver was asked."""


@dataclass
class Timed:
    """A question being asked."""

    answer: Answer = "unknown"


@dataclass
class Session:
    """Every question of one proof: how long all of them may take, what was asked and what was said.

    With `log`, every question is written there as SMT-LIB text before it is asked.
    """

    seconds: float | None = None
    log: TextIO | None = None
    told: Callable[[str], None] = lambda _: None
    queries: list[Query] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def for_a_part(self, share: float | None) -> Iterator[None]:
        """Give what is asked in the block a part of the time left (None: all of it)."""
        whole, left = self.seconds, self.left
        if share is not None and left is not None:
            self.seconds = time.monotonic() - self.started + max(left, 0) * share
        try:
            yield
        finally:
            self.seconds = whole

    @property
    def left(self) -> float | None:
        """Seconds left; None without a limit. Raises OutOfTime if there are none."""
        return None if self.seconds is None else self.seconds - (time.monotonic() - self.started)

    def ask(self, solver: z3.Solver, about: str, most: float | None = None) -> Answer:
        """Whether what the solver was told can be true; "unknown" after `most` seconds. Raises OutOfTime where the limit
        for all questions is met.
        """
        self.told(about)
        left = self.left
        if left is not None and left <= 0:
            raise OutOfTime(about)
        limits = [seconds for seconds in (left, most) if seconds is not None]
        if limits:
            solver.set("timeout", max(int(min(limits) * 1000), 1))
        if self.log is not None:
            self.write(about, f"{solver.sexpr()}(check-sat)\n(reset)")
        with self.timed(about) as timed:
            found = solver.check()
            if found == z3.unknown and "interrupted" in solver.reason_unknown():
                raise KeyboardInterrupt
            timed.answer = "sat" if found == z3.sat else "unsat" if found == z3.unsat else "unknown"
        if timed.answer == "unknown" and self.left is not None and self.left <= 0:
            raise OutOfTime(about)
        return timed.answer

    @contextmanager
    def timed(self, about: str) -> Iterator[Timed]:
        """Put a question on the record; the answer is given in the block."""
        timed = Timed()
        begun = time.monotonic()
        yield timed
        self.queries.append(Query(about, timed.answer, time.monotonic() - begun))

    def write(self, about: str, text: str) -> None:
        """Write a question into the log, if there is one."""
        if self.log is not None:
            self.log.write(f"; {len(self.queries) + 1}: {about}\n{text}\n\n")
            self.log.flush()


def solver(logic: str | None = None, seed: int = 0) -> z3.Solver:
    """A solver with a fixed seed, so that the same questions get the same answers."""
    made = z3.SolverFor(logic) if logic else z3.Solver()
    if seed:
        made.set("smt.random_seed", seed)
    return made
