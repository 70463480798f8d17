"""Property-directed reachability: z3's Horn engine (Spacer) looks for an inductive invariant by itself.

What can be reached is an unknown relation over the variables of a state; the initial state, every action and what is bad
are Horn clauses about it. If nothing bad follows, the engine has found a relation that the clauses respect: an invariant,
which is brought back into the language (`invariants`), so that it can be read, checked and certified like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import z3

from virtspec.ir.nodes import Expr
from virtspec.ir.system import Faultless, Property, System
from virtspec.symbolic import logic
from virtspec.symbolic.invariants import Leaf, NoCounterpart, brought_back, leaf_exprs
from virtspec.symbolic.numbers import Numbers
from virtspec.symbolic.relation import Relation, Step
from virtspec.symbolic.solver import OutOfTime, Session
from virtspec.symbolic.values import is_variable, leaves
from virtspec.trace.verdict import DEADLOCK, FAULT

AS_WRITTEN = {"xform.inline_eager": False, "xform.inline_linear": False, "xform.slice": False}
"""Without these the engine answers for clauses that it has rewritten, of which the relation found need be none of ours."""


@dataclass(frozen=True)
class Answer:
    """`holds` with the invariant found, `violated`, or `unknown` with the engine's reason."""

    outcome: Literal["holds", "violated", "unknown"]
    invariant: Expr | None = None
    reason: str = ""


def prove(system: System, prop: str, session: Session) -> Answer:
    """Whether `prop`, the id of an invariant, of a property of steps or of faults, holds. Raises OutOfTime."""
    return _Clauses(system, prop).ask(session)


class _Clauses:
    def __init__(self, system: System, prop: str) -> None:
        self.system = system
        self.prop = prop
        self.relation = Relation(system, Numbers(bits=False))
        self.state = self.relation.state()
        self.encoder = self.relation.encoder(self.state)
        self.leaves = [
            Leaf(term, expr)
            for f in system.fields
            for term, expr in zip(leaves(self.state[f.name]), leaf_exprs(f.name, f.type), strict=True)
            if is_variable(term)
        ]
        self.variables = [leaf.term for leaf in self.leaves] or [z3.Bool("nothing changes")]
        self.engine = z3.Fixedpoint()
        self.engine.set(engine="spacer", **AS_WRITTEN)
        self.reached = z3.Function("reached", *(v.sort() for v in self.variables), z3.BoolSort())
        self.bad = z3.Bool("bad")
        self.engine.register_relation(self.reached, self.bad.decl())
        self._tell()

    def _tell(self) -> None:
        init = logic.every(v == e for v, e in zip(self.variables, self._terms(self.relation.init), strict=True))
        self._rule(self.reached(*self.variables), init)
        here = self.reached(*self.variables)
        for step in self.relation.steps(self.encoder):
            after = self.relation.canonical(step.after)
            self._rule(self.reached(*self._terms(after)), here, step.faultless)
            for bad in self._bad_steps(step):
                self._rule(self.bad, here, bad)
        for bad in self._bad_states():
            self._rule(self.bad, here, bad)

    def _rule(self, head: Any, *body: z3.BoolRef) -> None:
        clause = z3.Implies(logic.every(body), head)
        bound = list(dict.fromkeys(_variables(clause)))
        self.engine.add_rule(z3.ForAll(bound, clause) if bound else clause)

    def _terms(self, state: Any) -> list[Any]:
        """The terms of a state in the places of the variables."""
        found = []
        for f in self.system.fields:
            pairs = zip(leaves(self.state[f.name]), leaves(state[f.name]), strict=True)
            found += [term for variable, term in pairs if is_variable(variable)]
        return found or [logic.TRUE]

    def _bad_states(self) -> Iterator[z3.BoolRef]:
        if self.prop == DEADLOCK:
            yield self.relation.stuck(self.encoder)
        elif self.prop != FAULT and isinstance(prop := self.system.declared[self.prop], Property):
            if prop.kind == "invariant":
                yield logic.no(self.relation.good(prop, self.encoder))
            elif prop.kind == "reachable":
                yield self.relation.good(prop, self.encoder)

    def _bad_steps(self, step: Step) -> Iterator[z3.BoolRef]:
        prop = None if self.prop in (FAULT, DEADLOCK) else self.system.declared[self.prop]
        if self.prop == FAULT or isinstance(prop, Faultless):
            for fault in step.faults:
                if prop in ((self.system.naming(fault.message) if fault.stated else ()) or (None,)):
                    yield logic.both(step.guard, fault.cond)
        elif isinstance(prop, Property) and prop.kind == "transition":
            later = self.relation.encoder(step.after, self.state)
            yield logic.both(step.faultless, logic.no(self.relation.good(prop, later)))

    def ask(self, session: Session) -> Answer:
        about = f"{self.prop}: is there an inductive invariant"
        session.told(about)
        left = session.left
        if left is not None:
            if left <= 0:
                raise OutOfTime(about)
            self.engine.set("timeout", max(int(left * 1000), 1))
        session.write(about, self.engine.sexpr() + "\n(query bad)")
        with session.timed(about) as timed:
            found = self._query()
            timed.answer = "sat" if found == z3.sat else "unsat" if found == z3.unsat else "unknown"
        if found == z3.unknown and session.left is not None and session.left <= 0.05:
            raise OutOfTime(about)
        if found == z3.sat:
            return Answer("violated")
        if found == z3.unknown:
            return Answer("unknown", reason=self.engine.reason_unknown())
        cover = z3.substitute_vars(self.engine.get_cover_delta(-1, self.reached), *self.variables)
        try:
            return Answer("holds", brought_back(cover, self.leaves))
        except NoCounterpart as word:
            return Answer("unknown", reason=f"the invariant found says {word}, for which the language has no word")

    def _query(self) -> z3.CheckSatResult:
        try:
            return self.engine.query(self.bad)
        except z3.Z3Exception as stopped:
            if "canceled" not in str(stopped):
                raise
            return z3.unknown  # the time is up


def _variables(e: Any) -> Iterator[Any]:
    seen: set[int] = set()
    stack = [e]
    while stack:
        e = stack.pop()
        if e.get_id() in seen:
            continue
        seen.add(e.get_id())
        if is_variable(e):
            if e.decl().name() != "bad":
                yield e
        else:
            stack.extend(reversed(e.children()))
