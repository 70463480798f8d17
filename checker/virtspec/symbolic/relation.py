"""A System as formulas: its initial states, its steps and faults, its properties.

A state is a tree of terms for each field. A step is not a formula over two sets of variables but a way to compute: the
trees after it are made from those before it and from the choices, so that what holds afterwards can be said of the state
before. Whoever wants variables for the state after a step says that they are the same as these trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import z3

from virtspec.ir import build
from virtspec.ir.nodes import Expr, MapUpdate, Var
from virtspec.ir.passes.functional import Functional, defined, functional
from virtspec.ir.system import Action, Property, Runner, System
from virtspec.ir.types import Type, Value, default, is_any
from virtspec.ir.walk import subexpressions
from virtspec.symbolic import logic
from virtspec.symbolic.counting import Counts
from virtspec.symbolic.encode import Encoder, State, free
from virtspec.symbolic.numbers import Numbers
from virtspec.symbolic.values import Names, Tree, Universe, Values, value_of
from virtspec.trace.verdict import DEADLOCK


@dataclass(frozen=True)
class Fault:
    """Where a step faults, and which properties that violates."""

    cond: z3.BoolRef
    message: str
    stated: bool


@dataclass(frozen=True)
class Step:
    """An action at a state and for some choices, all given as terms."""

    action: Action
    picks: tuple[tuple[Var, Tree], ...]
    """Parameters and choices in the order in which the interpreter asks for them, by the variables it asks for."""
    paths: tuple[z3.BoolRef, ...]
    """Where the step comes to each choice."""
    guard: z3.BoolRef
    faults: tuple[Fault, ...]
    after: State
    members: Mapping[str, Sequence[Any]]
    """Members of types of any size that the step names, by their type: what it picks, and whose entries it writes."""

    @property
    def faultless(self) -> z3.BoolRef:
        """The step can be taken, and ends in a state."""
        return logic.both(self.guard, logic.no(logic.some(f.cond for f in self.faults)))

    def offers(self, model: z3.ModelRef, universe: Universe) -> tuple[tuple[Var, Value], ...]:
        """The variables for which the interpreter may ask, in this order, with the values that a model gives them."""
        possible = (pick for pick, path in zip(self.picks, self.paths, strict=True) if not _fails(model, path))
        return tuple((v, value_of(v.type, tree, model, universe)) for v, tree in possible)


@dataclass
class Relation:
    """Encodes one System. `numbers` says how integers are represented."""

    system: System
    numbers: Numbers = field(default_factory=Numbers)

    def __post_init__(self) -> None:
        self.numbers = replace(self.numbers, endless=bool(self.system.endless))
        self.make = Values(self.numbers, Names())
        self.conditions: dict[Expr, Expr] = {}
        """Under which properties' expressions are defined."""

    @cached_property
    def forms(self) -> tuple[Functional, ...]:
        return tuple(functional(self.system, a) for a in self.system.actions)

    def state(self, suffix: str = "") -> State:
        """A state of variables; a field that never changes has its value."""
        return {
            f.name: self.init[f.name] if f.name in self.frozen else self.make.variable(f.type, f.name + suffix)
            for f in self.system.fields
        }

    @cached_property
    def frozen(self) -> frozenset[str]:
        """Fields that have their initial value for ever, which can be seen without asking the solver.

        If all of them have it, every action is impossible or leaves it to them: an inductive invariant.
        """
        fixed = frozenset(f.name for f in self.system.fields)
        while True:
            state = {
                f.name: self.init[f.name] if f.name in fixed else self.make.variable(f.type, f.name)
                for f in self.system.fields
            }
            changed = {
                name
                for step in self.steps(self.encoder(state))
                if not z3.is_false(step.guard)
                for name in fixed
                if step.after[name] is not state[name] and not self._unchanged(step.after[name], state[name])
            }
            if not changed:
                return fixed
            fixed -= changed

    def _unchanged(self, new: Tree, old: Tree) -> bool:
        return bool(z3.is_true(z3.simplify(self.make.same(new, old))))

    def constant(self, values: Sequence[Value]) -> State:
        """A given state."""
        return {f.name: self.make.constant(f.type, v) for f, v in zip(self.system.fields, values, strict=True)}

    @cached_property
    def init(self) -> State:
        return self.constant(self.system.init)

    def domain(self, state: State) -> z3.BoolRef:
        """That the variables of a state have values of their types."""
        return logic.every(self.make.domain(f.type, state[f.name]) for f in self.system.fields)

    def canonical(self, state: State) -> State:
        """The state, what does not count in it set to the defaults of its types."""
        return {f.name: self.make.canonical(f.type, state[f.name]) for f in self.system.fields}

    def same(self, a: State, b: State) -> z3.BoolRef:
        return logic.every(self.make.same(a[f.name], b[f.name]) for f in self.system.fields)

    def encoder(self, state: State, before: State | None = None, counts: Counts | None = None) -> Encoder:
        return Encoder(self.make, state, before or {}, {}, counts or Counts())

    def steps(self, encoder: Encoder, suffix: str = "") -> Iterator[Step]:
        """Every action at the encoder's state, its choices fresh variables. Variables are shared by actions."""
        for form in self.forms:
            yield self.step(form, encoder, suffix)

    def step(self, form: Functional, encoder: Encoder, suffix: str = "") -> Step:
        """One action at the encoder's state; variables of its choices are named by their place and type."""
        picks: list[tuple[Var, Tree]] = []
        for number, choice in enumerate(form.choices):
            t = choice.var.type
            picks.append((choice.var, self.make.variable(t, f"pick{number}: {t}{suffix}")))
        here = encoder.given(dict(picks))
        paths = tuple(here.truth(c.path) for c in form.choices)
        bounds = encoder.given(dict(picks), boundless=True)
        faults = (Fault(bounds.truth(f.cond), f.message, f.stated) for f in form.faults)
        after = {**encoder.state, **{name: here.tree(e) for name, e in form.updates}}
        guard = logic.both(here.truth(form.guard), *self._fixed(picks, paths))
        asked = tuple((c.source, tree) for c, (_, tree) in zip(form.choices, picks, strict=True))
        return Step(form.action, asked, paths, guard, tuple(faults), after, _named(form, here))

    def _fixed(self, picks: list[tuple[Var, Tree]], paths: Sequence[z3.BoolRef]) -> Iterator[z3.BoolRef]:
        """That picks have values of their types, and those that no step asks for the default."""
        for (v, tree), path in zip(picks, paths, strict=True):
            yield self.make.domain(v.type, tree)
            if not is_any(v.type):
                yield logic.either(path, self.make.same(tree, self.make.constant(v.type, default(v.type))))

    def good(self, prop: Property, encoder: Encoder) -> z3.BoolRef:
        """That the property's condition is defined and true; freedom from deadlock is defined everywhere."""
        if prop.id == DEADLOCK:
            return encoder.truth(prop.expr)
        if prop.expr not in self.conditions:
            self.conditions[prop.expr] = defined(prop.expr)
        return logic.both(encoder.truth(self.conditions[prop.expr]), encoder.truth(prop.expr))

    # --- rest

    def stuck(self, encoder: Encoder) -> z3.BoolRef:
        """That no step can be taken although some member is inside a process."""
        return logic.no(encoder.truth(never_stuck(self.system).expr))

    def read_state(self, state: State, model: z3.ModelRef, universe: Universe) -> tuple[Value, ...]:
        """The values that a model gives to the fields of a state."""
        return tuple(value_of(f.type, state[f.name], model, universe) for f in self.system.fields)


def never_stuck(system: System) -> Property:
    """Freedom from deadlock as an invariant: some step can be taken (if only to fault), or all members are at rest."""
    moves = []
    for action in system.actions:
        form = functional(system, action)
        possible = form.guard
        for choice in reversed(form.choices):
            possible = build.quant("any", choice.var, possible)
        moves.append(possible)
    rest = (_at_rest(r, system.field_type(r.pc)) for r in system.runners)
    return Property(DEADLOCK, DEADLOCK, "invariant", build.or_(*moves, build.and_(*rest)))


def _at_rest(runner: Runner, pc: Type) -> Expr:
    """That every member of the runner's type is outside of its processes."""
    member = build.var("member", runner.type)
    idle = build.const(runner.idle, runner.locations)
    return build.quant("all", member, build.eq(build.index(build.read(runner.pc, pc), member), idle))


def _named(form: Functional, here: Encoder) -> Mapping[str, Sequence[Any]]:
    """The members of types of any size that an action names: its choices, and the keys of what it writes."""
    found: dict[str, list[Any]] = {}
    choices = frozenset(c.var for c in form.choices)
    written = (e.key for e in subexpressions(*(e for _, e in form.updates)) if isinstance(e, MapUpdate))
    for e in (*(c.var for c in form.choices), *written):
        if is_any(e.type) and free(e) <= choices:
            term, known = here.tree(e), found.setdefault(str(e.type), [])
            if not any(term.eq(other) for other in known):  # type: ignore[union-attr]  # of an uninterpreted sort
                known.append(term)
    return found


def _fails(model: z3.ModelRef, e: z3.BoolRef) -> bool:
    return bool(z3.is_false(model.eval(e, model_completion=True)))
