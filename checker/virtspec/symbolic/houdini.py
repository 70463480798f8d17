"""The largest inductive part of a set of candidate invariants: what is not preserved is dropped, until nothing is.

Named after the annotation assistant of Flanagan and Leino (FME 2001). What remains is inductive together; each candidate
that is dropped leaves with a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import z3

from virtspec.ir.system import Faultless, Property
from virtspec.symbolic.inductive import QUICK, Attempt, Counterexample, Formulas, Induction, messages_of
from virtspec.symbolic.parallel import each
from virtspec.symbolic.solver import Session
from virtspec.trace.verdict import FAULT


@dataclass
class Inductive:
    """What was found: the candidates that are inductive together, the goals that follow from them, and the rest."""

    kept: list[Property]
    proved: list[str] = field(default_factory=list)
    """Ids of the goals that hold."""
    lost: dict[str, Counterexample | None] = field(default_factory=dict)
    """Candidates and goals that could not be shown, by id; None where the solver does not know."""


def inductive(
    formulas: Formulas,
    candidates: Sequence[Property],
    goals: Sequence[str],
    session: Session,
) -> Inductive:
    """Drop `candidates` (invariants) until the rest is inductive; then see which `goals` follow: ids of candidates, of
    properties of steps or of faults.

    Raises OutOfTime, KeyboardInterrupt.
    """
    found = Inductive(list(candidates))
    first = Induction(formulas, found.kept, session)
    for broken in first.broken_at_first(found.kept):
        found.lost[broken.prop] = broken
    found.kept = [p for p in found.kept if p.id not in found.lost]
    while (losses := dict(_losses(formulas, found.kept, session))) and found.kept:
        found.lost |= losses
        found.kept = [p for p in found.kept if p.id not in losses]
    _judge(formulas, found, goals, session)
    return found


def _losses(
    formulas: Formulas, kept: Sequence[Property], session: Session
) -> Iterator[tuple[str, Counterexample | None]]:
    """Candidates that some step does not preserve, each once."""
    induction = Induction(formulas, kept, session)
    seen: set[str] = set()

    def ask(number: int) -> list[tuple[str, Counterexample | None]]:
        return list(violated(induction, induction.after(number, [p for p in kept if p.id not in seen])))

    for number, losses in enumerate(each(ask, induction.steps(), session)):
        session.told(f"{len(kept) - len(seen)} invariants, step {number + 1} of {induction.steps()}")
        for prop, found in losses:
            if prop not in seen:
                seen.add(prop)
                yield prop, found


def violated(induction: Induction, attempt: Attempt) -> Iterator[tuple[str, Counterexample | None]]:
    """The goals of an attempt that its action may violate; None for one of which the solver does not know.

    Small counterexamples are looked for first, of all goals together: where there are some, they are found sooner than
    any others. What is left is asked goal by goal, which a solver that keeps the rest in mind answers faster than one
    question about all of them.
    """
    pending = [p for p, e in attempt.violated.items() if not z3.is_false(e)]
    yield from _small(induction, attempt, pending)
    questions = induction.questions(attempt)
    for prop in pending:
        obligation = attempt.obligation([prop])
        answer, model = questions.ask(obligation)
        if answer != "unsat":
            yield prop, None if model is None else attempt.counterexample(prop, attempt.smallest(obligation, model))


SMALL = 2
"""Members of each type of any size in a counterexample that is looked for first."""


def _small(induction: Induction, attempt: Attempt, pending: list[str]) -> Iterator[tuple[str, Counterexample]]:
    """Goals that are violated with few members of each type of any size, which are then no longer pending."""
    while pending:
        obligation = attempt.obligation(pending)
        small = attempt.small(obligation, SMALL)
        if small is None:
            return
        _, model = induction.ask(small, QUICK)
        if model is None:
            return
        model = attempt.smallest(obligation, model)
        bad = [p for p in pending if z3.is_true(model.eval(attempt.violated[p], True))]
        for prop in bad:
            pending.remove(prop)
            yield prop, attempt.counterexample(prop, model)
        if not bad:  # the model does not say which
            return


def _judge(formulas: Formulas, found: Inductive, goals: Sequence[str], session: Session) -> None:
    """Which goals follow from what was kept."""
    induction = Induction(formulas, found.kept, session)
    ids = {p.id for p in found.kept}
    for goal in goals:
        declared = None if goal == FAULT else formulas.system.declared[goal]
        if goal in ids:
            found.proved.append(goal)
        elif goal == FAULT or isinstance(declared, Faultless):
            _by_steps(found, goal, induction, None)
        elif isinstance(declared, Property) and declared.kind == "transition":
            _by_steps(found, goal, induction, declared)
        elif isinstance(declared, Property) and declared.kind == "invariant":
            found.lost[goal] = _last(formulas, found, declared, session) or found.lost.get(goal)


def _by_steps(found: Inductive, goal: str, induction: Induction, prop: Property | None) -> None:
    """A goal about steps, or (None) about faults: every action is asked."""
    for number in range(induction.steps()):
        attempt = induction.after(number, [] if prop is None else [prop])
        faults = attempt.fault(messages_of(induction.system, goal), goal) if prop is None else None
        obligation = faults or attempt.obligation([goal])
        answer, model = induction.ask(obligation)
        if answer != "unsat":
            smallest = None if model is None else attempt.smallest(obligation, model)
            found.lost[goal] = None if smallest is None else attempt.counterexample(goal, smallest)
            return
    found.proved.append(goal)


def _last(formulas: Formulas, found: Inductive, goal: Property, session: Session) -> Counterexample | None:
    """A step that violates an invariant that was lost, from a state in which it and all that was kept hold."""
    induction = Induction(formulas, [*found.kept, goal], session)
    for number in range(induction.steps()):
        attempt = induction.after(number, [goal])
        obligation = attempt.obligation([goal.id])
        answer, model = induction.ask(obligation)
        if answer == "sat" and model is not None:
            return attempt.counterexample(goal.id, attempt.smallest(obligation, model))
    return None
