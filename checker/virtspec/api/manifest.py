"""The measured part of a `manifest.toml`: one table per configuration, written by `virtspec corpus --update`.

    [configurations.v5]
    states = 489
    transitions = 1276
    depth = 19
    verdicts = { MDEV-S1 = "violated 14", MDEV-S2 = "holds", fault = "holds", deadlock = "holds" }
    spent = { MDEV-C1 = "0 to 2" }

A slow configuration has `reduced = true` as well: it is searched with every reduction, and its figures are those of what
was searched then. All others are searched without.

What stands above the first of these tables is the author's and stays as it is, byte for byte.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from virtspec.errors import InputError
from virtspec.explore.report import Report
from virtspec.explore.report_json import short

_HEADER = re.compile(r"^\[configurations\b.*$", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Figures:
    """What a manifest holds about one configuration. Verdicts are short texts by property id."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    verdicts: Mapping[str, str] = field(default_factory=dict)
    spent: Mapping[str, str] = field(default_factory=dict)
    """Of budgets, the least and the most, as in "0 to 2"."""
    reduced: bool = False
    """Whether every reduction was on, so that states, transitions and depth are those of a smaller search."""


def figures_of(report: Report) -> Figures:
    """What a manifest would hold about a run."""
    verdicts = {prop: short(verdict) for prop, verdict in report.verdicts.items()}
    spent = {prop: str(amounts) for prop, amounts in report.amounts.items()}
    return Figures(report.states, report.transitions, report.depth, verdicts, spent)


def updated(path: Path, measured: Mapping[str, Figures | None]) -> str:
    """The manifest's text with its measured part replaced; None keeps what it holds about a configuration, if anything.

    Raises InputError where that would lose something.
    """
    text = path.read_text(encoding="utf-8")
    found = _HEADER.search(text)
    head = text[: found.start()].rstrip("\n") + "\n" if found else text.rstrip("\n") + "\n"
    kept = _tables(text[found.start() :]) if found else {}
    new = head + "".join(kept.get(name, "") if f is None else _table(name, f) for name, f in measured.items())
    before, after = tomllib.loads(text), tomllib.loads(new)
    lost = [key for key in before if key != "configurations" and before[key] != after.get(key)]
    if lost:
        raise InputError(f"{path}: move {', '.join(map(repr, lost))} above the first [configurations...] table")
    return new


def _tables(text: str) -> dict[str, str]:
    """The measured part as it stands, by configuration."""
    pieces = re.split(r"^(?=\[configurations\b)", text, flags=re.MULTILINE)[1:]
    return {name: f"\n{piece.rstrip()}\n" for piece in pieces for name in tomllib.loads(piece)["configurations"]}


def _table(name: str, figures: Figures) -> str:
    spent = f"spent = {_inline(figures.spent)}\n" if figures.spent else ""
    reduced = "reduced = true\n" if figures.reduced else ""
    return (
        f"\n[configurations.{_key(name)}]\n"
        f"states = {figures.states}\ntransitions = {figures.transitions}\ndepth = {figures.depth}\n"
        f"{reduced}verdicts = {_inline(figures.verdicts)}\n{spent}"
    )


def _inline(texts: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(name)} = {json.dumps(text)}" for name, text in texts.items()) + " }"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name)
