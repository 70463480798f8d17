"""Inductive invariants: what holds at first, and after every step from a state in which all of it holds.

One question per action: is there a state in which all invariants hold, and a way to take the action, after which one of
them does not hold? An answer is a *counterexample to induction*: two states, the first of which may be out of reach.
With scalarsets of any size the answer `no` is a proof for every number of members.

The state after a step is no second set of variables: what must hold there is said in terms of the state before, so that
the only quantifiers are those of the invariants and of the guards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from virtspec.ir.nodes import Read, Var
from virtspec.ir.system import Action, Faultless, Property, System
from virtspec.ir.types import Value
from virtspec.ir.walk import subexpressions
from virtspec.symbolic import counting, logic
from virtspec.symbolic.counting import Counts
from virtspec.symbolic.encode import Encoder
from virtspec.symbolic.numbers import Numbers
from virtspec.symbolic.relation import Relation, Step
from virtspec.symbolic.solver import Answer, Session, solver
from virtspec.symbolic.values import universe_of
from virtspec.trace.verdict import FAULT


@dataclass(frozen=True)
class Counterexample:
    """A state in which all invariants hold, and a step from it that violates `prop`, or leads to a state that does.

    `before` and `action` are None where it is the initial state that violates it.
    """

    prop: str
    action: Action | None
    offers: tuple[tuple[Var, Value], ...]
    """What the step picks, by the variables for which the interpreter may ask, in this order."""
    before: tuple[Value, ...] | None
    sizes: Mapping[str, int]
    """How many members the types of any size have in it."""

    @property
    def step(self) -> str:
        """What is done, for people."""
        return "the initial state" if self.action is None else self.action.name


QUICK, PATIENT = 0.5, 60.0
"""Seconds for one question that others can replace, and for one that nothing replaces."""

FIRST = 1.0
"""Seconds for the first try of a question."""

FEW = 3
"""Counterexamples are looked for with up to so many members of each type of any size, before any will do."""


@dataclass(frozen=True)
class Obligation:
    """Something to be refuted: assertions that cannot all be true if what it is about holds."""

    name: str
    assertions: tuple[z3.BoolRef, ...]


INTEGERS = Numbers(bits=False)
"""Bit-vectors and quantifiers go together badly: integers are faster by an order of magnitude."""


class Formulas:
    """A system as formulas that speak of any state: made once, whichever invariants are assumed of it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.relation = Relation(system, INTEGERS)
        self.state = self.relation.state()
        self.numbering: dict[Any, int] = {}
        self.before = self.relation.encoder(self.state, counts=Counts("", self.numbering))
        self.domain = self.relation.domain(self.state)
        self.steps: dict[int, tuple[Step, Encoder]] = {}

    def step(self, number: int) -> tuple[Step, Encoder]:
        """Action `number`, and what encodes properties of the state behind it."""
        if number not in self.steps:
            step = self.relation.step(self.relation.forms[number], self.before)
            later = self.relation.encoder(step.after, self.state, Counts("'", self.numbering))
            self.steps[number] = step, later
        return self.steps[number]


@dataclass
class Induction:
    """Whether invariants are inductive, together, in one system."""

    formulas: Formulas
    invariants: Sequence[Property]
    session: Session

    def __post_init__(self) -> None:
        self.system = self.formulas.system
        self.relation = self.formulas.relation
        self.state = self.formulas.state

    # --- what is asked

    def initiation(self, prop: Property) -> Obligation:
        """That the initial state violates `prop`."""
        encoder = self.relation.encoder(self.relation.init)
        violated = logic.no(self.relation.good(prop, encoder))
        told = (*counting.facts(encoder), *self.relation.make.names.facts())
        return Obligation(f"initially: {prop.id}", (*told, violated))

    def after(self, number: int, goals: Sequence[Property]) -> Attempt:
        """Action `number` taken so that one of `goals`, invariants or properties of steps, is violated."""
        return Attempt(self, number, goals)

    def steps(self) -> int:
        return len(self.system.actions)

    def proof_of(self, goals: Sequence[str]) -> Iterator[Obligation]:
        """All obligations that together prove `goals`: invariants that are among those of the induction, properties of
        steps, and those of faults. Raises ValueError for any other."""
        known = {p.id for p in self.invariants} | {FAULT, *(p.id for p in self.system.faultless)}
        known |= {p.id for p in self.system.properties if p.kind == "transition"}
        if unknown := [g for g in goals if g not in known]:
            raise ValueError(f"{', '.join(unknown)}: not among the invariants, and not about steps or faults")
        for invariant in self.invariants:
            yield self.initiation(invariant)
        steps: list[Property] = [*self.invariants]
        steps += [p for p in self.system.properties if p.id in goals and p.kind == "transition"]
        faults = [g for g in goals if g == FAULT or isinstance(self.system.declared.get(g), Faultless)]
        for number in range(self.steps()):
            attempt = self.after(number, steps)
            if not z3.is_false(attempt.step.guard):
                yield attempt.unchanged()
                for prop in steps:
                    yield attempt.obligation([prop.id])
                for goal in faults:
                    yield attempt.fault(messages_of(self.system, goal), goal)

    # --- asking

    def broken_at_first(self, goals: Sequence[Property]) -> Iterator[Counterexample]:
        """The goals that do not hold initially, or of which the solver does not know that."""
        for goal in goals:
            if goal.kind == "invariant" and self.ask(self.initiation(goal))[0] != "unsat":
                yield Counterexample(goal.id, None, (), None, {})

    def questions(self, attempt: Attempt) -> Questions:
        """Asks for one obligation of an attempt after the other."""
        return Questions(self, attempt.told)

    def ask(self, obligation: Obligation, most: float = PATIENT) -> tuple[Answer, z3.ModelRef | None]:
        """Whether the assertions can be true, and how; `unknown` after about `most` seconds.

        How long an answer takes is a matter of luck: the same question takes a tenth of a second or a minute. It is asked
        again and again, each time with another seed and twice the time.
        """
        if any(z3.is_false(e) for e in obligation.assertions):
            return "unsat", None
        seed, limit = 0, FIRST
        while True:
            asked = solver(seed=seed)
            asked.add(*obligation.assertions)
            answer = self.session.ask(asked, obligation.name, most=limit)
            if answer != "unknown":
                return answer, asked.model() if answer == "sat" else None
            most -= limit
            if most <= 0:
                return answer, None
            seed, limit = seed + 1, min(2 * limit, most)


class Questions:
    """Obligations that begin alike, put to one solver: what they have in common is told once."""

    def __init__(self, induction: Induction, common: Sequence[z3.BoolRef]) -> None:
        self.induction = induction
        self.common = list(common)
        self.solver = solver()
        self.solver.add(*common)

    def ask(self, obligation: Obligation) -> tuple[Answer, z3.ModelRef | None]:
        """As `Induction.ask`; where the solver does not know soon, others are asked."""
        own = obligation.assertions[len(self.common) :]
        if any(z3.is_false(e) for e in own):
            return "unsat", None
        self.solver.push()
        self.solver.add(*own)
        answer = self.induction.session.ask(self.solver, obligation.name, most=FIRST)
        model = self.solver.model() if answer == "sat" else None
        self.solver.pop()
        return (answer, model) if answer != "unknown" else self.induction.ask(obligation)


class Attempt:
    """One action from a state in which all invariants hold."""

    def __init__(self, induction: Induction, number: int, goals: Sequence[Property]) -> None:
        self.induction = induction
        self.relation = induction.relation
        self.action = induction.system.actions[number]
        self.goals = goals
        formulas, relation = induction.formulas, self.relation
        self.before = formulas.before
        self.step, self.later = formulas.step(number)
        self.known = [formulas.domain, *(relation.good(p, self.before) for p in induction.invariants)]
        self.violated = {p.id: self._violation(p) for p in goals}

    def _violation(self, goal: Property) -> z3.BoolRef:
        """That the step violates a goal. An invariant that reads nothing of what the step writes is preserved."""
        before = self.induction.state
        written = {name for name, tree in self.step.after.items() if tree is not before[name]}
        reads = {e.field for e in subexpressions(goal.expr) if isinstance(e, Read)}
        if goal.kind == "invariant" and goal in self.induction.invariants and not reads & written:
            return logic.FALSE
        return logic.no(self.relation.good(goal, self.later))

    @cached_property
    def told(self) -> tuple[z3.BoolRef, ...]:
        """What is known of numbers of members and of names, after everything else was encoded."""
        changes = counting.changes(self.before, self.later, self.step.members)
        facts = (*counting.facts(self.before), *counting.facts(self.later))
        return (*self.known, *changes, *facts, *self.relation.make.names.facts())

    def obligation(self, goals: Sequence[str] | None = None) -> Obligation:
        """That the step, taken without a fault, violates one of the goals (all if None)."""
        wanted = list(self.violated) if goals is None else goals
        bad = logic.some(self.violated[g] for g in wanted)
        about = f"{self.action.name}: {', '.join(wanted)}"
        return Obligation(about, (*self.told, self.step.faultless, bad))

    def unchanged(self) -> Obligation:
        """That the step changes a field that is taken for one that never changes."""
        relation, state = self.relation, self.induction.state
        changed = [logic.no(relation.make.same(self.step.after[f], state[f])) for f in sorted(relation.frozen)]
        return Obligation(
            f"{self.action.name}: what never changes", (*self.told, self.step.faultless, logic.some(changed))
        )

    def fault(self, messages: Sequence[str] | None, goal: str = FAULT) -> Obligation:
        """That the step faults: with one of the messages, or in a way that no property names (None)."""
        named = {m for p in self.induction.system.faultless for m in p.messages}
        cases = [
            f.cond
            for f in self.step.faults
            if (f.stated and f.message in messages if messages is not None else not (f.stated and f.message in named))
        ]
        return Obligation(f"{self.action.name}: {goal}", (*self.told, self.step.guard, logic.some(cases)))

    def small(self, obligation: Obligation, most: int) -> Obligation | None:
        """The obligation with at most so many members of each type of any size; None if there is no such type."""
        make = self.relation.make
        bounds = [make.at_most(sort, most) for sort in make.names.sorts.values()]
        if not bounds:
            return None
        return Obligation(f"{obligation.name}, at most {most} of each", (*obligation.assertions, *bounds))

    def smallest(self, obligation: Obligation, model: z3.ModelRef) -> z3.ModelRef:
        """A model of the obligation with as few members of the types of any size as there can be, or the one given."""
        for most in range(1, FEW + 1):
            small = self.small(obligation, most)
            answer, found = ("unsat", None) if small is None else self.induction.ask(small, QUICK)
            if found is not None and answer == "sat":
                return found
        return model

    def counterexample(self, prop: str, model: z3.ModelRef) -> Counterexample:
        """What a model of an obligation shows."""
        universe = universe_of(self.relation.make.names, model)
        return Counterexample(
            prop,
            self.action,
            self.step.offers(model, universe),
            self.relation.read_state(self.induction.state, model, universe),
            {name: len(members) for name, members in universe.items()},
        )


def messages_of(system: System, prop: str) -> tuple[str, ...] | None:
    """The messages of faults that a property is about; None for those that none names."""
    if prop == FAULT:
        return None
    declared = system.declared[prop]
    assert isinstance(declared, Faultless)
    return declared.messages
