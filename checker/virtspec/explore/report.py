"""What a search found: a verdict per property and the figures of the search."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from virtspec.trace.verdict import Unknown, Unreached, Verdict, Violated

DEADLOCK = "deadlock"
"""The id under which freedom from deadlock is checked and reported."""

FAULT = "fault"
"""The id under which freedom from faults is checked and reported."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a search gives up. None means no limit; `seconds` is wall time."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Progress:
    """A search under way, as shown to whoever watches: distinct states, steps taken, level, states waiting."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    queue: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Report:
    """The outcome of a search over one system.

    `states` counts distinct states, `transitions` steps taken between them (one per action, parameters and picks,
    faults included), `depth` the longest of the shortest paths, `per_action` the transitions of each action.
    `complete` says that everything reachable was seen; otherwise `stopped` says why not.
    """

    system: str
    config: tuple[tuple[str, str], ...]
    fingerprint: str
    engine: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    per_action: Counter[str] = field(default_factory=Counter)
    complete: bool = True
    stopped: str = ""

    @property
    def never_fired(self) -> list[str]:
        """Actions that no reachable state enables (known only of a complete search)."""
        return [name for name, n in self.per_action.items() if n == 0] if self.complete else []

    @property
    def violated(self) -> bool:
        return any(isinstance(v, Violated | Unreached) for v in self.verdicts.values())

    @property
    def undetermined(self) -> bool:
        return any(isinstance(v, Unknown) for v in self.verdicts.values())

    @property
    def exit_code(self) -> int:
        """1 if a property is violated or a witness missing, else 3 if anything is undetermined, else 0."""
        return 1 if self.violated else 3 if self.undetermined else 0
