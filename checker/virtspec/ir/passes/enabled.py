"""Where an action can take a step that counts: one that changes the state, or runs into a fault.

This is what fairness asks of a state (`semantics.fairness`), as a formula. It is made from the functional form, with the
choices quantified. Conditions that the guard decides fold away: a step that leaves a location for another one changes the
state, whatever else it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from virtspec.ir import build
from virtspec.ir.nodes import And, Const, Eq, Expr, Ite, MapUpdate
from virtspec.ir.passes.defined import either
from virtspec.ir.passes.functional import functional
from virtspec.ir.system import Action, System
from virtspec.ir.walk import free_vars


@dataclass(frozen=True, slots=True)
class Enabled:
    """When a step of an action counts."""

    cond: Expr
    """Whether the state has such a step; defined in every state. Its only free variable is the first parameter of a step
    of a process: who takes it."""
    always: bool
    """Whether every step counts."""


def enabled(system: System, action: Action) -> Enabled:
    """Where `action` can take a step that counts."""
    form = functional(system, action)
    known = _known(form.guard)
    changes = (_differs(build.read(name, system.field_type(name)), new, known) for name, new in form.updates)
    changed = build.or_(*changes)
    always = changed is build.TRUE
    counts = build.TRUE if always else build.or_(*(case.cond for case in form.faults), changed)
    cond = build.and_(form.guard, counts)
    bound = form.choices if action.process is None else form.choices[1:]
    for choice in reversed(bound):
        if choice.var in free_vars(cond):
            cond = build.quant("any", choice.var, cond)
    return Enabled(cond, always)


def _known(guard: Expr) -> dict[Expr, Const]:
    """What the guard says to be equal to a constant."""
    found: dict[Expr, Const] = {}
    for e in guard.items if isinstance(guard, And) else (guard,):
        match e:
            case Eq(x, Const() as value) | Eq(Const() as value, x):
                found[x] = value
            case _:
                pass
    return found


def _differs(old: Expr, new: Expr, known: Mapping[Expr, Const]) -> Expr:
    """Whether a new value is another one than the old, where the guard holds and nothing faults."""
    match new:
        case Ite(cond, then, orelse):
            return either(cond, _differs(old, then, known), _differs(old, orelse, known))
        case MapUpdate(table, key, value) if table is old:
            return _differs(build.index(old, key), value, known)
        case Const(value) if old in known:
            return build.boolean(value != known[old].value)
        case _:
            return build.not_(build.eq(old, new))
