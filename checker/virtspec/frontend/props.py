"""Properties: from functions over models to closed expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from virtspec.errors import Endless
from virtspec.frontend.budgets import lower_budget
from virtspec.frontend.calls import Effect
from virtspec.frontend.faults import lower_faultless
from virtspec.frontend.places import Names
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Place, Scope, Unit
from virtspec.frontend.spans import span_of
from virtspec.frontend.subset import Refused
from virtspec.frontend.symbolic import Symbolic
from virtspec.frontend.temporal import lower_temporal
from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import Var
from virtspec.ir.system import Declared, Property
from virtspec.ir.types import ANY, is_scalar
from virtspec.lang.props import PROPERTY, PropertyNote

STATES = {
    "invariant": (1, "a state of the model", "def f(m: Model, ...) -> bool"),
    "reachable": (1, "a state of the model", "def f(m: Model, ...) -> bool"),
    "transition": (2, "two states of the model", "def f(before: Model, after: Model, ...) -> bool"),
}
"""How many states a property of each kind looks at, in words, and what it looks like."""

LOWER: dict[str, Callable[[Unit, Routine, PropertyNote], Declared]] = {
    "temporal": lower_temporal,
    "budget": lower_budget,
    "faultless": lower_faultless,
}
"""Properties that are no condition on a state or a step, by kind."""


NO_BEHAVIOURS = "what is said of behaviours is not proved for any size; give every Scalarset one"


def lower_properties(unit: Unit, functions: Sequence[Callable[..., Any]]) -> list[Declared]:
    """The properties among `functions` that are about this model, in the order given."""
    found: dict[str, Declared] = {}
    endless = ANY in unit.registry.sizes.values()
    for f in functions:
        note: PropertyNote = getattr(f, PROPERTY)
        if not issubclass(unit.root.cls, note.model):
            continue
        if endless and note.kind in ("temporal", "budget"):
            unit.left_out[note.id or f.__name__] = NO_BEHAVIOURS
            continue
        try:
            lower = LOWER.get(note.kind)
            prop = lower_property(unit, f, note) if lower is None else lower(unit, property_routine(unit, f), note)
        except Refused:
            continue
        except Endless as why:
            unit.left_out[note.id or f.__name__] = str(why)
            continue
        if prop.id in found:
            routine = Routine.of(f, None, unit.registry)
            unit.diagnostics.note("VS504", routine.fn, routine.path, prop.id)
        found[prop.id] = prop
    return list(found.values())


def lower_property(unit: Unit, f: Callable[..., Any], note: PropertyNote) -> Property:
    """One property about states or steps, its parameters after these quantified: over all values, or (reachable) over
    some.
    """
    assert note.kind == "invariant" or note.kind == "transition" or note.kind == "reachable"
    routine = property_routine(unit, f)
    refuse = unit.diagnostics.refuse
    count, states, signature = STATES[note.kind]
    if len(routine.params) < count:
        raise refuse("VS502", routine.fn, routine.path, states, signature)
    names = Names()
    code = unit.straighten(routine)
    scope = Scope.of(routine.path, code)
    for i, param in enumerate(routine.params[:count]):
        scope.locals[param.arg] = Place(unit.root, (), before=count == 2 and i == 0)
    variables: list[Var] = []
    for param in routine.params[count:]:
        t = None if param.annotation is None else routine.type_of(param.annotation, unit.diagnostics)
        if t is None or not is_scalar(t):
            raise refuse("VS410", param, routine.path, param.arg)
        variables.append(names.var(param.arg, t))
        scope.locals[param.arg] = variables[-1]
    lowering = Symbolic(unit, scope, names, (routine.fn,))
    try:
        expr = lowering.result(routine)
    except Effect as effect:
        raise refuse("VS501", effect.node, routine.path, effect.what) from None
    if expr is None:
        raise refuse("VS201", routine.fn, routine.path, "a property returns a bool", hint="return one on every path")
    try:
        expr = build.and_(expr)
        for variable in reversed(variables):
            expr = build.quant("any" if note.kind == "reachable" else "all", variable, expr)
    except IllTyped as why:
        raise refuse("VS201", routine.fn, routine.path, why, hint=why.hint) from None
    span = span_of(routine.fn, routine.path)
    return Property(note.id or routine.name, routine.name, note.kind, expr, routine.doc, note.source, span)


def property_routine(unit: Unit, f: Callable[..., Any]) -> Routine:
    """The text of a property."""
    routine = Routine.of(f, None, unit.registry)
    if routine.is_generator:
        raise unit.diagnostics.refuse("VS406", routine.fn, routine.path, "a property")
    return routine
