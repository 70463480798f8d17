"""Measuring along random walks what stretches spend: the arrays that the walk's kernel takes, and what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from virtspec.errors import UsageError
from virtspec.explore.native.jit import Code
from virtspec.explore.native.memory import Numbers
from virtspec.explore.native.meters import tables
from virtspec.explore.native.module import MOST_PROPERTIES, module
from virtspec.explore.native.walk_kernels import (
    BETWEEN,
    BUDGET,
    COUNTS,
    COUNTS_SQUARED,
    EXTREMES,
    GAUGE,
    LEAST,
    METER,
    MOST,
    OCCURRENCE,
    PRODUCTS,
    SUM,
    SUMS,
    SUMS_SQUARED,
    WALKED,
    WHOLE_RUN,
)
from virtspec.explore.simulation import Mean
from virtspec.ir.budget import Allowance, Between, Budget, Occurrence
from virtspec.ir.nodes import Expr
from virtspec.ir.passes.labels import Labelled
from virtspec.ir.system import Property

CONFIDENCE = 1.959964
"""Standard errors on either side of a mean: 95 of 100 such intervals contain it."""


@dataclass(frozen=True)
class Extreme:
    """An amount, and after how many steps of which walk it was spent."""

    amount: int
    step: int
    walk: int


class Meters:
    """What is measured, the same for every walker."""

    def __init__(self, marked: Labelled, budgets: Sequence[Budget], checked: bool) -> None:
        self.budgets = budgets
        self.allowances = [allowance for budget in budgets for allowance in budget.allowances]
        kinds = marked.labels
        claims: dict[Expr, int] = {}
        rows, amounts, begins = [], [], []
        for number, budget in enumerate(budgets):
            for allowance in budget.allowances:
                spends, starting = tables(kinds, allowance)
                rows += [*_row(allowance, claims), number]
                amounts += spends
                begins += starting
        if len(claims) > MOST_PROPERTIES:
            raise UsageError(f"budgets make more than {MOST_PROPERTIES} claims; choose some with --property")
        judged = [Property(f"p{i}", f"p{i}", "reachable", e) for i, e in enumerate(claims)]
        still = replace(marked.system, properties=tuple(judged), actions=(), runners=())  # no steps to be compiled
        self.code = Code.of(module(still, judged, checked).text)
        self.meters: Numbers = np.array(rows, np.int64)
        self.amounts: Numbers = np.array(amounts, np.int64)
        self.begins: Numbers = np.array(begins, np.int64)
        self.spends: Numbers = np.array([int(bool(kind.spent)) for kind in kinds], np.int64)

    def of(self, budget: int) -> list[int]:
        """The meters of one budget, one for each of its allowances."""
        return [k for k, of in enumerate(self.meters[BUDGET::METER]) if of == budget]


def _row(allowance: Allowance, claims: dict[Expr, int]) -> list[int]:
    """One meter without its budget; its claims are given numbers."""
    numbers = [claims.setdefault(claim, len(claims)) for claim in allowance.stretch.claims]
    match allowance.stretch:
        case Between():
            return [BETWEEN, *numbers]
        case Occurrence():
            return [OCCURRENCE, 0, *numbers]
        case _:
            return [WHOLE_RUN, 0, 0]


class Gauges:
    """What one walker has measured."""

    def __init__(self, meters: Meters) -> None:
        self.meters = meters
        count, budgets = len(meters.meters) // METER, len(meters.budgets)
        self.gauge: Numbers = np.zeros(GAUGE * count, np.int64)
        self.walked: Numbers = np.zeros(WALKED * budgets, np.int64)
        self.sums: Numbers = np.zeros(SUMS * budgets, np.int64)
        self.extremes: Numbers = np.full(EXTREMES * count, -1, np.int64)

    @property
    def arrays(self) -> tuple[int | Numbers, ...]:
        """In the order in which the kernel takes them."""
        m = self.meters
        buffers = (self.gauge, self.walked, self.sums, self.extremes)
        return (m.code.address("judge"), m.meters, m.spends, m.amounts, m.begins, *buffers)

    def extreme(self, meter: int, which: int) -> Extreme | None:
        amount, step, walk = (int(n) for n in self.extremes[EXTREMES * meter + which :][:3])
        return None if amount < 0 else Extreme(amount, step, walk)


def breaking(gauges: Sequence[Gauges], budget: int) -> Extreme | None:
    """What does not keep to one budget, in the fewest steps, in the earliest walk; None if everything seen does."""
    found: list[Extreme] = []
    for meter in gauges[0].meters.of(budget):
        allowance = gauges[0].meters.allowances[meter]
        for which in (MOST, LEAST):
            extreme = extreme_of(gauges, [meter], which)
            if extreme is not None and allowance.broken_by(extreme.amount, ended=which == LEAST):
                found.append(extreme)
    return min(found, key=lambda e: (e.step, e.walk), default=None)


def mean_of(gauges: Sequence[Gauges], budget: int, walks: int) -> Mean:
    """What all walkers have measured of one budget in so many walks."""
    rows = np.sum([g.sums for g in gauges], axis=0)[SUMS * budget :][:SUMS]
    n, amount, nn, products, squares = (int(rows[i]) for i in (COUNTS, SUM, COUNTS_SQUARED, PRODUCTS, SUMS_SQUARED))
    own = gauges[0].meters.of(budget)
    least, most = (extreme_of(gauges, own, which) for which in (LEAST, MOST))
    low, high = (None if e is None else e.amount for e in (least, most))
    if not n:
        return Mean(0, None, None, low, high)
    mean = amount / n
    if walks < 2:
        return Mean(n, mean, None, low, high)
    # Walks are independent of each other, the stretches of one walk are not: the error of a ratio of two sums over walks.
    spread = max(squares - 2 * mean * products + mean * mean * nn, 0.0)
    error = math.sqrt(spread * walks / (walks - 1)) / n
    return Mean(n, mean, CONFIDENCE * error, low, high)


def extreme_of(gauges: Sequence[Gauges], meters: Sequence[int], which: int) -> Extreme | None:
    """The best that any walker has seen: the least or the most, in the fewest steps, in the earliest walk."""
    found = [e for g in gauges for meter in meters if (e := g.extreme(meter, which)) is not None]
    sign = 1 if which == LEAST else -1
    return min(found, key=lambda e: (sign * e.amount, e.step, e.walk), default=None)
