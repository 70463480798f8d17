"""Random systems: the interpreter, CPython and the functional form agree on every step, `ir.verify` on every system.

What each random specification does is counted, and the counts are demanded: agreement on systems in which nothing
happens, or from which some part of the language is missing, would prove nothing. Counted are the specifications in which
something occurs, not how often it does: one of them alone may be in a state or fail a property a thousand times.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Any, get_args

import pytest

from virtspec.frontend.native import FAULTS, Move, Native
from virtspec.frontend.routine import Routine
from virtspec.frontend.subset import Diagnostics
from virtspec.ir import build
from virtspec.ir.nodes import Arith, Expr, Quant, SeqOp, SetOp, Stmt
from virtspec.ir.passes.functional import Functional, functional
from virtspec.ir.system import Property, System
from virtspec.ir.types import OptionType, SeqType, SetType, TableType, Type, Value, default, values
from virtspec.ir.verify import verify
from virtspec.ir.walk import bound_var, children, expressions, free_vars, rebuild, statements, subexpressions
from virtspec.lang.domains import sized
from virtspec.semantics.interp import Env, Faulted, State, Taken, Undefined, evaluate
from virtspec.semantics.successors import busy, holds, successors
from virtspec.testing import RandomSpecification
from virtspec.testing.systems import rolled

CLOSELY = 12
"""How many of a system's states are looked at by the slower checks: the functional form and the properties."""


@pytest.mark.parametrize(
    ("numbers", "most"),
    [(range(150), 500), pytest.param(range(1000, 2500), 2000, marks=pytest.mark.slow)],
    ids=["150", "1500"],
)
def test_random_systems_mean_the_same_to_every_engine(numbers: range, most: int) -> None:
    """The random systems of these numbers, each compared in up to `most` states."""
    among: Counter[str] = Counter()
    for number in numbers:
        spec = rolled(number)
        sys.modules.pop(spec.model.__module__)
        try:
            among.update(name for name, count in examined(spec, most).items() if count)
        except Exception as error:
            error.add_note(f"rolled({number}):\n{spec.text}")
            raise
    assert {name: among[name] for name in DEMANDED if among[name] * OFTEN < len(numbers)} == {}
    assert among["more than 8 states"] > 0.3 * len(numbers)
    assert among["whole graph"] > 0.8 * len(numbers)


def examined(spec: RandomSpecification, most: int) -> Counter[str]:
    """Compare everything about one system; how often what occurred."""
    seen: Counter[str] = Counter()
    native = Native(spec)
    verify(spec.system)
    states = compare_with_cpython(spec, native, most, seen)
    compare_forms(spec.system, states[:CLOSELY], seen)
    compare_properties(spec, native, states[:CLOSELY], seen)
    count_parts(spec.system, seen)
    return seen


DEMANDED = [
    *(kind.__name__ for union in (Expr, Stmt, Type) for kind in get_args(union)),
    *(f"SeqOp {op}" for op in ("append", "appendleft", "remove", "init", "tail")),
    *(f"SetOp {op}" for op in ("|", "&", "-", "<=")),
    *(f"Arith {op}" for op in ("+", "-", "*", "//", "%")),
    *(f"Quant {kind}" for kind in ("all", "any", "count")),
    *("Taken", "Faulted", "disabled", "deadlock", "terminated", "kept local", "cost", "hidden pick"),
    *(f"{kind} {verdict}" for kind in ("invariant", "transition", "reachable") for verdict in (True, False)),
    "invariant None",
    *("invariant quantified", "two runners", "component", "keyed component", "sub-process", "unrolled", "constant"),
]
"""What must have occurred."""
OFTEN = 150
"""Each of these must occur in one of so many. The rarest (set literals, invariants without a value, sequence operations,
deadlocks) occur in one of thirteen, so that a change of the generator seldom brings one down to that by chance."""


# --- CPython ---------------------------------------------------------------------------------------------------------


def compare_with_cpython(spec: RandomSpecification, native: Native, most: int, seen: Counter[str]) -> list[State]:
    """Compare every step out of the first `most` states, in order; the states."""
    system = spec.system
    found = {system.init: True}
    states = [system.init]
    for state in islice(iterating(states), most):
        outcomes = list(successors(system, state))
        assert [move_of(action.name, outcome) for action, outcome in outcomes] == list(
            map(told, native.successors(state))
        )
        for _, outcome in outcomes:
            seen[type(outcome).__name__] += 1
            if isinstance(outcome, Taken):
                seen["cost"] += len(outcome.costs)
                if found.setdefault(outcome.state, False) is False:
                    found[outcome.state] = True
                    states.append(outcome.state)
        seen["disabled"] += len({action.name for action, _ in outcomes}) < len(system.actions)
        if not outcomes:
            seen["deadlock" if busy(system, state) else "terminated"] += 1
    seen["more than 8 states"] += len(states) > 8
    seen["whole graph"] += len(states) <= most
    return states


def iterating(states: list[State]) -> Iterator[State]:
    """The states of a list that grows meanwhile."""
    at = 0
    while at < len(states):
        yield states[at]
        at += 1


def told(move: Move) -> Move:
    """Without what was spent before a fault, of which the interpreter does not tell."""
    return replace(move, costs=()) if move.state is None else move


def move_of(action: str, outcome: Taken | Faulted) -> Move:
    """An outcome as CPython's side tells it."""
    picks = tuple(value for _, value in outcome.picks)
    return (
        Move(action, picks, outcome.state, outcome.costs) if isinstance(outcome, Taken) else Move(action, picks, None)
    )


# --- the functional form ---------------------------------------------------------------------------------------------


def compare_forms(system: System, states: list[State], seen: Counter[str]) -> None:
    """Compare every step out of `states` with what the actions' functional forms say."""
    forms = [Form(system, functional(system, action)) for action in system.actions]
    for form in forms:
        seen.update(type(e).__name__ for e in subexpressions(*form.roots))
        seen["hidden pick"] += len(form.form.choices) > len(form.form.action.params)
    for state in states:
        expected = [move_of(action.name, outcome) for action, outcome in successors(system, state)]
        assert [move for form in forms for move in form.moves(state)] == expected


class Form:
    """A functional form to evaluate. What stands in several places of it is looked at once in every state: a step that
    calls a method in turn makes a form of few parts that is astronomically long if it is written out."""

    def __init__(self, system: System, form: Functional) -> None:
        self.system = system
        self.form = form
        self.roots = (form.guard, *(e for _, e in form.updates), *(f.cond for f in form.faults))
        everywhere = (*self.roots, *(c.cond for c in form.costs), *(c.path for c in form.choices))
        self.uses = Counter(part for e in subexpressions(*everywhere) for part in children(e)) + Counter(everywhere)
        self.open = {bound for e in subexpressions(*everywhere) if (bound := bound_var(e)) is not None}
        self.shared: dict[str, Expr] = {}
        self.short: dict[Expr, Expr] = {}
        """The expressions come to so far, with variables for what is shared."""

    def shortened(self, e: Expr) -> Expr:
        if e not in self.short:
            parts = children(e)
            short = rebuild(e, tuple(map(self.shortened, parts)))
            if parts and self.uses[e] > 1 and self.open.isdisjoint(free_vars(e)):
                name = f"shared {len(self.shared)}"
                self.shared[name] = short
                short = build.var(name, e.type)
            self.short[e] = short
        return self.short[e]

    def moves(self, state: State) -> Iterator[Move]:
        """What the form says can happen: for all values of the choices that are come to."""
        form = self.form
        for chosen in self.choices(state, 0, {}):
            value = Known(self, state, chosen).value
            if not value(form.guard):
                continue
            picks = tuple(chosen[c.var.name] for c in form.choices if value(c.path))
            faults = [fault for fault in form.faults if value(fault.cond)]
            assert len(faults) <= 1
            if faults:
                yield Move(form.action.name, picks, None)
                continue
            updates = {name: value(e) for name, e in form.updates}
            after = tuple(updates.get(f.name, old) for f, old in zip(self.system.fields, state, strict=True))
            yield Move(form.action.name, picks, after, tuple(c.name for c in form.costs if value(c.cond)))

    def choices(self, state: State, at: int, chosen: dict[str, Value]) -> Iterator[dict[str, Value]]:
        """Every value of every choice; the default where the step does not come to it."""
        if at == len(self.form.choices):
            yield chosen
            return
        choice = self.form.choices[at]
        reached = Known(self, state, chosen).value(choice.path)
        for value in values(choice.var.type) if reached else (default(choice.var.type),):
            yield from self.choices(state, at + 1, {**chosen, choice.var.name: value})


class Known(dict[str, Value]):
    """The values of variables in one state: of those chosen, and of what is shared once it has been asked for."""

    def __init__(self, form: Form, state: State, chosen: dict[str, Value]) -> None:
        super().__init__(chosen)
        self.form = form
        self.env = Env(form.system.field_index, state, vars=self)

    def value(self, e: Expr) -> Any:
        return evaluate(self.form.shortened(e), self.env)

    def __missing__(self, name: str) -> Value:
        found: Value = evaluate(self.form.shared[name], self.env)
        self[name] = found
        return found


# --- properties ------------------------------------------------------------------------------------------------------


def compare_properties(spec: RandomSpecification, native: Native, states: list[State], seen: Counter[str]) -> None:
    """Compare what the interpreter and the author's own functions say of the properties."""
    system = spec.system
    functions = {f.__name__: f for f in spec.properties}
    live = {state: native.load(state) for state in states}
    steps = [(s, o.state) for s in states for _, o in successors(system, s) if isinstance(o, Taken) and o.state in live]
    for prop in system.properties:
        for at in dict.fromkeys(steps) if prop.kind == "transition" else [(s,) for s in states]:
            expected = judged(system, prop, at)
            seen[f"{prop.kind} {expected}"] += 1
            assert asked(spec, functions[prop.name], [live[s] for s in at], prop.kind) is expected
        seen["invariant quantified"] += isinstance(prop.expr, Quant)


def judged(system: System, prop: Property, at: tuple[State, ...]) -> bool | None:
    """What the interpreter says: None where the property is not defined."""
    try:
        return holds(system, prop, at[-1], at[0])
    except Undefined:
        return None


def asked(spec: RandomSpecification, f: Callable[..., bool], models: list[Any], kind: str) -> bool | None:
    """What the author's function says, for the values of its parameters in turn."""
    registry = spec.unit.registry
    routine = Routine.of(f, None, registry)
    annotations = [p.annotation for p in routine.params[len(models) :]]
    types = [routine.type_of(a, Diagnostics()) for a in annotations if a is not None]
    every = all if kind != "reachable" else any
    with sized(spec.sizes):
        try:
            return every(
                f(*models, *(registry.python(t, v) for t, v in zip(types, chosen, strict=True)))
                for chosen in product(*map(values, types))
            )
        except FAULTS:
            return None
        except AttributeError as error:
            assert error.obj is None
            return None


# --- counting --------------------------------------------------------------------------------------------------------


def count_parts(system: System, seen: Counter[str]) -> None:
    """Count the kinds of everything the system is made of."""
    roots = [p.expr for p in system.properties]
    for action in system.actions:
        for stmt in statements(action.body):
            seen[type(stmt).__name__] += 1
            roots += expressions(stmt)
    for e in subexpressions(*roots):
        seen[type(e).__name__] += 1
        match e:
            case SeqOp(op) | SetOp(op) | Arith(op):
                seen[f"{type(e).__name__} {op}"] += 1
            case Quant(kind):
                seen[f"Quant {kind}"] += 1
    for field in system.fields:
        seen.update(type(t).__name__ for t in parts(field.type))
        seen["kept local"] += field.role == "local"
        seen["component"] += field.name.startswith("cell.")
        seen["keyed component"] += field.name.startswith("cell.") and isinstance(field.type, TableType)
    seen["two runners"] += len(system.runners) > 1
    seen["constant"] += any(name.isupper() for name, _ in system.config)
    locations = [where for runner in system.runners for where in runner.locations.members]
    seen["sub-process"] += any(".helper." in where or ".drain." in where for where in locations)
    seen["unrolled"] += any("[" in where for where in locations)


def parts(t: Type) -> Iterator[Type]:
    """A type and the types in it."""
    yield t
    match t:
        case TableType(key, value):
            yield key
            yield from parts(value)
        case OptionType(of) | SetType(of) | SeqType(of):
            yield from parts(of)
