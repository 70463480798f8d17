"""What is known of a budget when all its stretches have been looked at, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from virtspec.explore.reasons import why_broken
from virtspec.ir.budget import Budget
from virtspec.ir.system import System
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import Holds, Verdict, Violated


@dataclass(frozen=True, slots=True)
class Extreme:
    """An amount, and a behaviour in which so much is spent."""

    amount: int | None
    """None for more than any number: then the trace is a lasso round which something is spent."""
    trace: Trace


@dataclass(frozen=True, slots=True)
class Amounts:
    """The least that a stretch spends that has ended, None if none ends; and the most that one spends, ended or not,
    None if none begins.
    """

    least: Extreme | None
    most: Extreme | None

    @property
    def extremes(self) -> dict[str, Extreme]:
        """Those that are known, by name."""
        return {name: e for name, e in (("least", self.least), ("most", self.most)) if e is not None}

    def __str__(self) -> str:
        if self.most is None:
            return "nothing"
        most = "any number" if self.most.amount is None else str(self.most.amount)
        if self.least is None:
            return f"up to {most}, none ends"
        least = str(self.least.amount)
        return least if least == most else f"{least} to {most}"


def judge(system: System, budget: Budget, found: Sequence[Amounts]) -> tuple[Verdict, Amounts]:
    """The verdict on a budget, by what was found for each of its allowances, and what was found for all of them."""
    verdict: Verdict | None = None
    for allowance, amounts in zip(budget.allowances, found, strict=True):
        for extreme, ended in ((amounts.most, False), (amounts.least, True)):
            if verdict is None and extreme is not None and allowance.broken_by(extreme.amount, ended):
                verdict = _broken(system, budget, extreme)
    together = Amounts(_least([a.least for a in found]), _most([a.most for a in found]))
    if verdict is None:
        verdict = Holds("exhaustive" if together.most is not None else "vacuously: no such stretch begins")
    return verdict, together


def _broken(system: System, budget: Budget, extreme: Extreme) -> Violated:
    reason = why_broken(system, budget, extreme.trace)
    assert reason is not None
    return Violated(extreme.trace, reason)


def _least(extremes: Sequence[Extreme | None]) -> Extreme | None:
    return min((e for e in extremes if e is not None), key=lambda e: (e.amount, len(e.trace)), default=None)


def _most(extremes: Sequence[Extreme | None]) -> Extreme | None:
    """The first of the greatest, the shortest of these first."""
    return min(
        (e for e in extremes if e is not None),
        key=lambda e: (e.amount is not None, -(e.amount or 0), len(e.trace)),
        default=None,
    )
