"""A named configuration of a mechanism: a version, or a mistake of its history, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Evidence = Literal["verified", "recalled", "derived"]
"""Read in a source (tree, commit, mail); remembered and not confirmed; worked out here, no report found."""


@dataclass(frozen=True)
class Case:
    """One configuration.

    `expect` maps property ids to claimed verdicts ("violated 14", or "violated" where the length of the shortest trace
    is not claimed); what it leaves out is claimed to hold or to be reached.
    """

    name: str
    summary: str
    params: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    """Commit, kernel version or document."""
    evidence: Evidence = "verified"
    slow: bool = False
    """It takes minutes: checked only where asked for."""
    leave_out: tuple[str, ...] = ()
    """Properties that are not judged: temporal ones need every state, where orbits are enough for the others."""


@dataclass(frozen=True)
class Finding:
    """A bug of the history, as a property that a configuration violates; a witness that it reaches, or does not."""

    name: str
    summary: str
    """The symptom."""
    config: str
    """The smallest configuration that shows it."""
    property: str
    verdict: str
    """As in `Case.expect`."""
    origin: str = ""
    """What it was fixed by, or where it was found."""
    evidence: Evidence = "verified"


@dataclass(frozen=True)
class Omitted:
    """A bug of the history that the model does not show, and why."""

    name: str
    summary: str
    reason: str
