"""Behaviours of a given number of steps as one formula, and the shortest ones that violate a property.

All actions are one relation: a selector says which is taken, and each field's value after the step is chosen by it. The
relation is encoded once; for every further step the solver gets a copy with its variables renamed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import z3

from virtspec.errors import InternalError
from virtspec.ir.nodes import Var
from virtspec.ir.system import Faultless, Property, System
from virtspec.ir.types import IntType, Value
from virtspec.semantics.interp import Faulted, Taken
from virtspec.symbolic import logic
from virtspec.symbolic.encode import State
from virtspec.symbolic.numbers import Number
from virtspec.symbolic.relation import Relation
from virtspec.symbolic.taking import take
from virtspec.symbolic.values import is_variable, leaves
from virtspec.trace.trace import Step as Taking
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import DEADLOCK, FAULT


@dataclass
class Unrolling:
    """The relation of a finite system over variables before and after a step, and over its choices."""

    relation: Relation
    before: State = field(init=False)
    after: State = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.relation.state()
        self.after = self.relation.state("'")
        self.encoder = self.relation.encoder(self.before)
        self.steps = tuple(self.relation.steps(self.encoder))
        last = max(len(self.steps) - 1, 0)
        self.selector = cast("Number", self.relation.make.variable(IntType(0, last), "action"))

    @property
    def system(self) -> System:
        return self.relation.system

    def takes(self, number: int) -> z3.BoolRef:
        """That action `number` is the one taken."""
        return self.relation.numbers.equal(self.selector, self.relation.numbers.constant(number))

    @cached_property
    def init(self) -> z3.BoolRef:
        return self.relation.same(self.before, self.relation.init)

    @cached_property
    def step(self) -> z3.BoolRef:
        """That the state after is reached in one step, which does not fault. Its variables have values of their types."""
        make = self.relation.make
        possible = (logic.implied(self.takes(n), step.faultless) for n, step in enumerate(self.steps))
        moves = []
        for name, old in self.before.items():
            new = old
            for n, step in enumerate(self.steps):
                if step.after[name] is not old:
                    new = make.choose(self.takes(n), step.after[name], new)
            moves.append(make.same(self.after[name], new))
        return logic.both(self._selected, *possible, *moves, self.relation.domain(self.after))

    @cached_property
    def _selected(self) -> z3.BoolRef:
        if not self.steps:
            return logic.FALSE
        return self.relation.numbers.domain(self.selector)

    # --- what is bad

    def violation(self, prop: str) -> tuple[z3.BoolRef, bool]:
        """What violates a property, or witnesses a `reachable` one, and whether it takes one more step to see that."""
        if prop == DEADLOCK:
            return self.relation.stuck(self.encoder), False
        if prop == FAULT:
            return self._faults(None), True
        declared = self.system.declared[prop]
        if isinstance(declared, Faultless):
            return self._faults(declared), True
        assert isinstance(declared, Property)
        if declared.kind == "transition":
            later = self.relation.encoder(self.after, self.before)
            return logic.both(self.step, logic.no(self.relation.good(declared, later))), True
        good = self.relation.good(declared, self.encoder)
        return (good if declared.kind == "reachable" else logic.no(good)), False

    def _faults(self, prop: Faultless | None) -> z3.BoolRef:
        """That the step taken faults so as to violate `prop`; None for what no property names."""
        return logic.both(
            self._selected,
            logic.some(
                logic.both(self.takes(n), step.guard, fault.cond)
                for n, step in enumerate(self.steps)
                for fault in step.faults
                if prop in ((self.system.naming(fault.message) if fault.stated else ()) or (None,))
            ),
        )

    # --- copies

    @cached_property
    def _variables(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Of the state before, of the state after, of the choices."""
        picked = dict.fromkeys(leaf for step in self.steps for _, tree in step.picks for leaf in leaves(tree))
        return _all(self.before), _all(self.after), [self.selector.term, *picked]

    def at(self, formula: z3.BoolRef, depth: int) -> z3.BoolRef:
        """`formula` about the step from the state after `depth` steps."""
        before, after, choices = self._variables
        renamed = [
            *((v, _named(v, depth)) for v in before),
            *((v, _named(b, depth + 1)) for v, b in zip(after, before, strict=True)),
            *((v, _named(v, depth)) for v in choices),
        ]
        return cast("z3.BoolRef", z3.substitute(formula, *renamed))

    def variables_at(self, depth: int) -> list[Any]:
        """The variables of the state after `depth` steps."""
        return [_named(v, depth) for v in self._variables[0]]

    def trace(self, model: z3.ModelRef, length: int, prop: str) -> Trace:
        """The behaviour of `length` steps that a model of the copies describes, taken by the interpreter."""
        state, steps = self.system.init, []
        for depth in range(length):
            action, offers = self._offered(model, depth)
            picks, outcome = take(self.system, action, state, offers)
            if not isinstance(outcome, Taken | Faulted):
                raise InternalError(f"the solver takes {action}, which is not possible, in step {depth + 1}")
            steps.append(Taking(action, picks, outcome.state if isinstance(outcome, Taken) else None))
            if isinstance(outcome, Faulted):
                break
            state = outcome.state
        return Trace(self.system.fingerprint, tuple(steps), None if prop in (FAULT, DEADLOCK) else prop)

    def _offered(self, model: z3.ModelRef, depth: int) -> tuple[str, tuple[tuple[Var, Value], ...]]:
        """The action taken, and its picks."""
        number = model.eval(_named(self.selector.term, depth), model_completion=True).as_long()
        step = self.steps[number]
        before, _, choices = self._variables
        fixed = z3.Solver()
        fixed.add(*(v == model.eval(_named(v, depth), model_completion=True) for v in (*before, *choices)))
        assert fixed.check() == z3.sat
        return step.action.name, step.offers(fixed.model(), {})


def _all(state: State) -> list[Any]:
    """The variables of a state."""
    return [leaf for tree in state.values() for leaf in leaves(tree) if is_variable(leaf)]


def _named(v: Any, depth: int) -> Any:
    return z3.Const(f"{v.decl().name()}@{depth}", v.sort())
