"""Verdicts: the answer to one property, never a bare bool.

Holds(how)          true, and how that is known: "exhaustive", "inductive", "up to depth k"
Violated(trace)     false, with the shortest trace the engine can give
Reached(trace)      a `reachable` property, with its witness
Unreached(how)      a `reachable` property that no reachable state satisfies
Unknown(reason)     the search ended before it could tell; never a pass
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from virtspec.ir.system import System
from virtspec.semantics.interp import Faulted
from virtspec.trace.trace import Trace

DEADLOCK = "deadlock"
"""The id under which freedom from deadlock is checked and reported."""

FAULT = "fault"
"""The id under which freedom from faults is checked and reported: from those that no declared property names."""


def violated_by(system: System, faulted: Faulted) -> tuple[str, ...]:
    """The ids of what a step violates that faults: the declared properties that name the fault, else `fault`."""
    return tuple(p.id for p in system.naming(faulted.message) if faulted.stated) or (FAULT,)


class _Verdict:
    """Base that refuses to be taken for a bool."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not a bool: ask what it is, with match or isinstance")


@dataclass(frozen=True, slots=True)
class Holds(_Verdict):
    how: str

    def __str__(self) -> str:
        return f"holds ({self.how})"


@dataclass(frozen=True, slots=True)
class Violated(_Verdict):
    trace: Trace
    reason: str
    """Which conjunct is false, what faulted, who waits: one line or more."""

    def __str__(self) -> str:
        return f"violated in {_steps(self.trace)}"


@dataclass(frozen=True, slots=True)
class Reached(_Verdict):
    trace: Trace

    def __str__(self) -> str:
        return f"reached in {_steps(self.trace)}"


@dataclass(frozen=True, slots=True)
class Unreached(_Verdict):
    how: str

    def __str__(self) -> str:
        return f"not reached ({self.how})"


@dataclass(frozen=True, slots=True)
class Unknown(_Verdict):
    reason: str

    def __str__(self) -> str:
        return f"undetermined: {self.reason}"


Verdict: TypeAlias = Holds | Violated | Reached | Unreached | Unknown


def _steps(trace: Trace) -> str:
    return f"{len(trace)} step" + ("" if len(trace) == 1 else "s")
