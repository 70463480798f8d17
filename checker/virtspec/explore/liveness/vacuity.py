"""Temporal properties that hold because what they speak of never happens."""

from __future__ import annotations

from collections.abc import Sequence

from virtspec.ir.system import Temporal
from virtspec.ir.text import expr_text
from virtspec.trace.verdict import Holds


def held(prop: Temporal, claims: Sequence[frozenset[int]]) -> Holds:
    """The verdict on a property that holds, if in some states `claims` are true, by instance."""
    idle = {
        expr_text(instance.claims[trigger])
        for instance, true in zip(prop.instances, claims, strict=True)
        for trigger in instance.triggers
        if trigger not in true
    }
    alive = any(t in true for i, true in zip(prop.instances, claims, strict=True) for t in i.triggers)
    return Holds("exhaustive") if alive or not idle else Holds(f"vacuously: never {' nor '.join(sorted(idle))}")
