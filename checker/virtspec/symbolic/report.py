"""What an attempt to prove found: a verdict per property, what was tried for it, and every question asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from virtspec.ir.system import System
from virtspec.ir.types import Value
from virtspec.semantics.interp import Faulted, Taken
from virtspec.symbolic.inductive import Counterexample
from virtspec.symbolic.solver import Query
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import Unknown, Unreached, Verdict, Violated


@dataclass(frozen=True, slots=True)
class Tried:
    """One method, what came of it, and how long it took (seconds of wall time)."""

    method: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stuck:
    """A counterexample to induction that is no behaviour, as far as anybody knows."""

    counterexample: Counterexample
    system: System
    """With as many members of each type as the counterexample has."""
    picks: tuple[Value, ...]
    """Of the step."""
    outcome: Taken | Faulted | None
    """What the interpreter makes of the step; None if it cannot be taken: the solver knows counts in part only."""
    clause: str
    """What is false after the step."""
    reachable: str
    """What the explicit engine says of the state before the step."""


@dataclass
class Outcome:
    """What is known of one property."""

    verdict: Verdict
    tried: list[Tried] = field(default_factory=list)
    stuck: Stuck | None = None
    invariant: str = ""
    """An invariant that was found, in the language."""
    so_far: dict[str, str] = field(default_factory=dict)
    """By method, how far it came."""


@dataclass
class Proof:
    """The outcome of `prove` over one system."""

    system: str
    config: tuple[tuple[str, str], ...]
    fingerprint: str
    traced: System
    """What the traces are about: a small instance, where a type is of any size."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    invariants: tuple[str, ...] = ()
    """What was shown to be inductive together, if that was tried."""
    dropped: dict[str, str] = field(default_factory=dict)
    """Invariants that were no help, and why: false, or not inductive."""
    queries: Sequence[Query] = ()
    seconds: float = 0.0
    certificate: str = ""
    """The text of the certificate, if one was asked for and something was proved inductive."""
    origin: str = ""
    """The solver and its version."""

    @property
    def verdicts(self) -> dict[str, Verdict]:
        return {prop: outcome.verdict for prop, outcome in self.outcomes.items()}

    @property
    def traces(self) -> dict[str, Trace]:
        return {p: o.verdict.trace for p, o in self.outcomes.items() if isinstance(o.verdict, Violated)}

    @property
    def exit_code(self) -> int:
        """1 if a property is violated or a witness impossible, else 3 if anything is undetermined, else 0."""
        found = self.verdicts.values()
        if any(isinstance(v, Violated | Unreached) for v in found):
            return 1
        return 3 if any(isinstance(v, Unknown) for v in found) else 0
