"""What a solver is claimed to prove of a mechanism, for any number of participants, and where it must fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Proved:
    """A configuration of which properties are inductive, together with the lemmas of the mechanism."""

    name: str
    summary: str
    params: Mapping[str, Any]
    proves: tuple[str, ...]
    """Ids of properties."""
    file: str = ""
    """The model, if it is not the mechanism's own: a file beside it."""
    quick: bool = False
    """It takes a few seconds: proved in every run of the tests."""


@dataclass(frozen=True)
class Refuted:
    """A wrong variant: what a proof of it would need, and the obligations of that proof that fail."""

    name: str
    """That of the case of the history with the same mistake, where there is one."""
    summary: str
    """Why the obligations fail."""
    params: Mapping[str, Any]
    proves: tuple[str, ...]
    """Ids of properties of which at least one cannot be proved."""
    breaks: Mapping[str, tuple[str, ...]]
    """By step, the ids of all properties and lemmas that it violates in some state in which all of them hold."""
    file: str = ""
    quick: bool = False
