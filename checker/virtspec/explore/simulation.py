"""What random walks found, and how it is told as JSON (schema `virtspec/simulation/v1`, docs/reference/cli.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from virtspec.explore.report_json import says, trace_json, trace_of, word
from virtspec.ir.system import System
from virtspec.trace.verdict import DEADLOCK, FAULT, Unknown, Verdict, Violated

SCHEMA = "virtspec/simulation/v1"

DEFAULT_DEPTH = 1000
"""Steps of a walk, unless something else is asked for."""
MOST_DEPTH = 1_000_000
"""Steps of a walk whose states are all kept at once when it is walked again for its trace."""
DEFAULT_SECONDS = 2.0
"""How long walks are begun if neither their number nor a time is given."""


@dataclass(frozen=True, slots=True)
class Walking:
    """A simulation under way: walks begun, steps taken, wall time."""

    walks: int
    steps: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Mean:
    """What random walks spent, of one budget."""

    stretches: int
    """So many have ended."""
    mean: float | None
    """Of what they spent; None if none has ended."""
    error: float | None
    """Half the width of the interval around the mean that has a confidence of 95 %; None if it cannot be told."""
    least: int | None
    """The least that one has spent that has ended."""
    most: int | None
    """The most that one has spent, ended or not."""

    def __str__(self) -> str:
        if self.mean is None:
            return "no stretch has ended"
        error = "" if self.error is None else f" \u00b1 {self.error:.2g}"
        return f"mean {self.mean:.4g}{error} over {self.stretches:,}, {self.least} to {self.most}"


@dataclass(slots=True)
class Simulation:
    """The outcome of random walks through one system.

    `walks` have ended, of `depth` steps at most; `steps` were taken in all, `longest` in one. `taken` says how often each
    action was taken, `enabled` in how many ways it could have been, faults included, summed over the states passed.
    With the same `seed`, `walks` and `depth` everything but the times is the same, for any number of `workers`.
    """

    system: str
    config: tuple[tuple[str, str], ...]
    fingerprint: str
    seed: int
    depth: int
    walks: int = 0
    cut: int = 0
    """Walks that did not come to their end, because of Ctrl-C or the time: then it cannot be repeated exactly."""
    steps: int = 0
    longest: int = 0
    seconds: float = 0.0
    compile_seconds: float = 0.0
    """What `seconds` does not hold: making machine code of the system."""
    workers: int = 1
    origin: str = ""
    interrupted: bool = False
    taken: Counter[str] = field(default_factory=Counter)
    enabled: Counter[str] = field(default_factory=Counter)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    means: dict[str, Mean] = field(default_factory=dict)
    """What was spent, by budget."""

    def settle(self, system: System, judged: list[str]) -> None:
        """Give a verdict to what nothing was found about, and put the verdicts in the order of the System."""
        nothing = f"random walks did not show it (walks: {self.walks + self.cut}, steps: {self.steps})"
        order = [i for i in (*system.declared, FAULT, DEADLOCK) if i in judged]
        self.verdicts = {i: self.verdicts.get(i, Unknown(nothing)) for i in order}

    @property
    def never_taken(self) -> list[str]:
        """Actions that no walk took; other walks may."""
        return [name for name, n in self.taken.items() if n == 0]

    @property
    def violated(self) -> bool:
        return any(isinstance(v, Violated) for v in self.verdicts.values())

    @property
    def undetermined(self) -> bool:
        return any(isinstance(v, Unknown) for v in self.verdicts.values())

    @property
    def steps_per_second(self) -> float:
        return self.steps / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """130 for one that was interrupted, 1 if a violation was found, else 3 if anything is undetermined, else 0.

        Walks cannot tell that anything holds, so 0 is the code only where nothing but witnesses was asked for and all of
        them were reached.
        """
        return 130 if self.interrupted else 1 if self.violated else 3 if self.undetermined else 0


def simulation_json(
    system: System,
    found: Simulation,
    *,
    specification: str = "",
    configuration: str | None = None,
    trace_files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The simulation as an object fit for `json.dumps`; the arguments are those of `report_json`."""
    from virtspec import __version__

    return {
        "schema": SCHEMA,
        "tool": {"name": "virtspec", "version": __version__},
        "origin": found.origin or None,
        "specification": specification,
        "system": found.system,
        "configuration": {"name": configuration, "parameters": dict(found.config)},
        "fingerprint": found.fingerprint,
        "interrupted": found.interrupted,
        "exit_code": found.exit_code,
        "figures": {
            "seed": found.seed,
            "walks": found.walks,
            "cut": found.cut,
            "depth": found.depth,
            "steps": found.steps,
            "longest": found.longest,
            "workers": found.workers,
            "seconds": round(found.seconds, 3),
            "steps_per_second": round(found.steps_per_second),
            "compile_seconds": round(found.compile_seconds, 3),
        },
        "actions": {name: {"taken": n, "enabled": found.enabled[name]} for name, n in found.taken.items()},
        "properties": [
            _property_json(system, prop, verdict, (trace_files or {}).get(prop))
            | {"spent": _mean_json(found.means.get(prop))}
            for prop, verdict in found.verdicts.items()
        ],
    }


def _mean_json(mean: Mean | None) -> dict[str, Any] | None:
    return None if mean is None else asdict(mean)


def _property_json(system: System, prop: str, verdict: Verdict, trace_file: str | None) -> dict[str, Any]:
    trace = trace_of(verdict)
    return {
        "id": prop,
        "says": says(system, prop),
        "verdict": word(verdict),
        "reason": verdict.reason if isinstance(verdict, Violated | Unknown) else None,
        "length": None if trace is None else len(trace),
        "trace": None if trace is None else trace_json(system, trace),
        "trace_file": trace_file,
    }
