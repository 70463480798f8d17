"""`enabled(m.create, t)`: whether a step can be taken, as an expression over the state."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from virtspec.frontend.scope import Place
from virtspec.frontend.static import fold
from virtspec.ir import build
from virtspec.ir.nodes import Expr, Var
from virtspec.ir.passes.functional import functional
from virtspec.ir.system import Action, System
from virtspec.ir.walk import substitute

if TYPE_CHECKING:
    from virtspec.frontend.expr import Expressions


def enabled(lw: Expressions, node: ast.Call) -> Expr:
    """Whether some step of an action or process can be taken, for the first parameters given and for some of the others.

    A step that runs into a fault can be taken, too.
    """
    system = lw.unit.rules
    match node:
        case ast.Call(args=[ast.Attribute(value=base, attr=name), *args], keywords=[]) if system is not None:
            place = fold(base, lw.statics)
            actions = [a for a in system.actions if name in (a.process, a.name if a.process is None else None)]
            if place is lw.unit.root and actions and all(len(args) <= len(a.params) for a in actions):
                of = lw.ref(base)
                assert isinstance(of, Place)
                if of.before:
                    raise lw.refuse(
                        "VS201", node, "enabled() is about the state after the step", hint="enabled(after.up)"
                    )
                return build.or_(*(_possible(lw, system, action, args) for action in actions))
    raise lw.refuse("VS201", node, "enabled() wants an action or a process of the model", hint="enabled(m.create, t)")


def _possible(lw: Expressions, system: System, action: Action, args: list[ast.expr]) -> Expr:
    found = functional(system, action)
    given: dict[Var, Expr] = {c.var: lw.pure(arg, c.var.type) for c, arg in zip(found.choices, args, strict=False)}
    others = {c.var: lw.names.var(c.var.name, c.var.type) for c in found.choices[len(args) :]}
    guard = substitute(found.guard, {**given, **others})
    for variable in reversed(others.values()):
        guard = build.quant("any", variable, guard)
    return guard
