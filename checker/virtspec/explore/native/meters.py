"""What native engines know of a budget's stretches: tables by label."""

from __future__ import annotations

from collections.abc import Sequence

from virtspec.ir.budget import Allowance, Occurrence
from virtspec.ir.passes.labels import Label
from virtspec.semantics.budgets import is_of


def tables(kinds: Sequence[Label], allowance: Allowance) -> tuple[list[int], list[int]]:
    """By label, what a step spends of the allowance, and whether a stretch begins with it if none is under way."""
    call = allowance.stretch if isinstance(allowance.stretch, Occurrence) else None
    mine = [call is None or is_of(call, kind.action, kind.member) for kind in kinds]
    amounts = [kind.spent.get(allowance.cost, 0) if own else 0 for kind, own in zip(kinds, mine, strict=True)]
    return amounts, [int(call is not None and own) for own in mine]
