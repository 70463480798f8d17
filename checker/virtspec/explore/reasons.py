"""Why a property is violated: which part is false, what is not defined, who waits for what."""

from __future__ import annotations

from virtspec.ir.system import Property, System
from virtspec.semantics.interp import Env, State, Undefined
from virtspec.semantics.successors import blame, holds, waiting


def why_false(system: System, prop: Property, state: State, before: State = ()) -> str | None:
    """None where the property's condition is true, else the part of it that is false or not defined."""
    try:
        if holds(system, prop, state, before):
            return None
    except Undefined as why:
        return f"the property is not defined here: {why} ({prop.span})"
    return str(blame(prop.expr, Env(system.field_index, state, before)))


def deadlock_reason(system: System, state: State) -> str:
    """Who waits on which condition, where; one line per blocked member."""
    return "\n".join(
        f"{w.member} waits at {w.location} ({w.span}) for {w.blame.text}"
        + "".join(f", {n} = {v}" for n, v in w.blame.bindings)
        for w in waiting(system, state)
    )
