"""What a search found: a verdict per property and the figures of the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from virtspec.explore.budgets.amounts import Amounts
from virtspec.ir.system import System
from virtspec.trace.verdict import DEADLOCK, FAULT, Holds, Unknown, Unreached, Verdict, Violated

INTERRUPTED = "interrupted"
"""Why a search stopped that Ctrl-C ended."""


REDUCTIONS = ("slice", "dead", "symmetry")
"""What the native engine does to search less; see `native.reduce`."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """One reduction that had something to reduce: what it did, and by which factor fewer states it left, if known."""

    name: str
    detail: str
    factor: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a search gives up. None means no limit; `seconds` is wall time, `memory` the bytes of the visited states."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None
    memory: int | None = None


@dataclass(slots=True)
class Progress:
    """A search under way, as shown to whoever watches.

    Distinct states, steps taken, level, states of the level still to be expanded, bytes of the visited states, and how
    many levels may be left, None as long as the levels grow.
    """

    states: int = 0
    transitions: int = 0
    depth: int = 0
    queue: int = 0
    seconds: float = 0.0
    memory: int = 0
    levels_left: int | None = None


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
    amounts: dict[str, Amounts] = field(default_factory=dict)
    """What is spent, by budget; of a complete search only."""
    values: dict[str, int] = field(default_factory=dict)
    """How many distinct values each field took; empty unless asked for."""
    complete: bool = True
    stopped: str = ""
    origin: str = ""
    """What the engine is made of: libraries and their versions."""
    reductions: tuple[Reduction, ...] = ()
    workers: int = 1
    compile_seconds: float = 0.0
    """What `seconds` does not hold: making machine code of the system."""
    memory: int = 0
    """Bytes of the visited states and what finds them; 0 for an engine that does not know."""
    words: int = 0
    """Words of 64 bits per state; 0 for an engine that does not pack."""

    def settle(self, system: System, pending: Iterable[str]) -> None:
        """Give a verdict to what the search left open, and put the verdicts in the order of the System."""
        witnesses = {p.id for p in system.properties if p.kind == "reachable"}
        for prop in pending:
            if not self.complete:
                self.verdicts[prop] = Unknown(self.stopped)
            else:
                self.verdicts[prop] = Unreached("exhaustive") if prop in witnesses else Holds("exhaustive")
        order = [*system.declared, FAULT, DEADLOCK]
        self.verdicts = {i: self.verdicts[i] for i in order if i in self.verdicts}

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
