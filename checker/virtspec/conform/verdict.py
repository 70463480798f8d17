"""What following a log came to."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from virtspec.ir.system import System
from virtspec.semantics.interp import State

Limit: TypeAlias = Literal["max-candidates", "memory"]
"""States at a time; or the bytes for these and for what the log says."""


@dataclass(frozen=True)
class Rejection:
    """The first event that no behaviour explains."""

    line: int
    why: str
    instance: Hashable | None = None
    details: tuple[str, ...] = ()
    """What is demanded of the model and not so, and what the log could have said instead."""
    candidates: int = 0
    """In how many states the model may have been before it."""
    states: tuple[State, ...] = ()
    """Some of them."""
    possible: tuple[str, ...] = ()
    """The events that could have come, with the step that each is."""
    explained: tuple[int, ...] = ()
    """The lines of the last events before it that were explained: of the same instance, or of the thread."""
    system: System | None = None
    """What the states are states of."""


@dataclass(frozen=True)
class Violation:
    """An invariant that no state satisfies in which the model may be."""

    property: str
    line: int
    instance: Hashable
    expected: bool
    """Whether the configuration is known to violate it."""


@dataclass
class Followed:
    """One instance: how far it could be followed, by which engine soever."""

    instance: Hashable
    rows: int
    params: Mapping[str, object]
    largest: int
    seen: int
    """Candidates in all."""
    seconds: float
    compile_seconds: float
    bits: int
    bytes: int = 0
    """What the rows take."""
    conditions: int = 0
    """Conditions of the table that the rows come to."""
    unasked: int = 0
    """Those not asked, as the log does not say what they look at."""


@dataclass
class Conformance:
    """The verdict on one log."""

    mechanism: str
    config: str
    engine: str
    verdict: Literal["explained", "rejected", "violated", "undetermined"] = "explained"
    events: int = 0
    matched: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    """Events that the table ignores, by name."""
    unknown: dict[str, int] = field(default_factory=dict)
    """Events of which the table knows nothing."""
    foreign: int = 0
    """Events of the table's that belong to something else."""
    lost: int = 0
    """Markers of lost events."""
    parts: list[Followed] = field(default_factory=list)
    rejection: Rejection | None = None
    violations: list[Violation] = field(default_factory=list)
    reason: str = ""
    """Why it is undetermined."""
    limit: Limit | None = None
    """What has to be more for that."""
    read_seconds: float = 0.0
    peak: int = 0
    """The most bytes of memory that the process has had by then, whatever for; 0 if the system does not say."""
    mistake: Conformance | None = None
    """Of a log that is rejected and whose header names the mistake that was made: the same log beside the model of that."""

    @property
    def largest(self) -> int:
        return max((p.largest for p in self.parts), default=0)

    @property
    def bytes(self) -> int:
        """What is kept of the log while it is followed."""
        return sum(p.bytes for p in self.parts)
