"""Budgets: what stretches of a behaviour may spend of a cost, which `Cost` statements mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from virtspec.ir.nodes import Expr
from virtspec.ir.types import Value
from virtspec.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Between:
    """From a state in which `start` holds and in whose predecessor it did not, up to the first in which `stop` holds.

    The initial state has no predecessor. Where both hold, the stretch ends as soon as it begins.
    """

    start: Expr
    stop: Expr

    @property
    def claims(self) -> tuple[Expr, ...]:
        return (self.start, self.stop)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One step of an action; or one call of a process by `member`, up to the state in which `over` holds, of whose steps
    only those of that call count.
    """

    of: str
    member: Value | None
    over: Expr

    @property
    def claims(self) -> tuple[Expr, ...]:
        return (self.over,)


@dataclass(frozen=True, slots=True)
class WholeRun:
    """From the initial state up to one from which no step leads to another state or spends anything."""

    @property
    def claims(self) -> tuple[Expr, ...]:
        return ()


Stretch: TypeAlias = Between | Occurrence | WholeRun


@dataclass(frozen=True, slots=True)
class Allowance:
    """A budget for one choice of its parameters: what each such stretch spends of `cost`.

    A stretch that has ended has spent `least`, none ever spends more than `most`; None is no bound.
    """

    values: tuple[tuple[str, str], ...]
    """The parameters with their values, as text; for a call, who makes it."""
    cost: str
    stretch: Stretch
    least: int | None
    most: int | None

    def broken_by(self, amount: int | None, ended: bool) -> bool:
        """Whether a stretch that has spent so much is not within the bounds; None is more than any number."""
        if amount is None:
            return self.most is not None
        too_much = self.most is not None and amount > self.most
        return too_much or (ended and self.least is not None and amount < self.least)

    @property
    def bounds(self) -> str:
        """What is allowed, in words."""
        if self.least is not None and self.least == self.most:
            return f"exactly {self.least}"
        parts = [f"at least {self.least}"] if self.least is not None else []
        parts += [f"at most {self.most}"] if self.most is not None else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Budget:
    """A property of all behaviours, fair or not; it holds if every stretch keeps to all its allowances."""

    id: str
    name: str
    allowances: tuple[Allowance, ...]
    doc: str = ""
    source: str = ""
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def kind(self) -> Literal["budget"]:
        return "budget"
