"""Counterexamples to induction, run by the interpreter and looked for by the explicit engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from virtspec.api.checking import check
from virtspec.errors import UsageError
from virtspec.explore.reasons import why_false
from virtspec.explore.report import Limits
from virtspec.ir import build
from virtspec.ir.nodes import Expr
from virtspec.ir.system import Property, System
from virtspec.ir.types import Value, contains
from virtspec.semantics.interp import Faulted, Taken
from virtspec.trace.verdict import Reached, Unreached

if TYPE_CHECKING:
    from virtspec.symbolic.inductive import Counterexample
    from virtspec.symbolic.report import Stuck

FILTER = Limits(states=50_000, seconds=10.0)
"""How far the explicit engine looks for a state that refutes a candidate, or that a counterexample begins with."""


def stuck(system: System, found: Counterexample, reachable: str) -> Stuck:
    """A counterexample with what the interpreter makes of it."""
    from virtspec.symbolic.report import Stuck
    from virtspec.symbolic.taking import take

    picks: tuple[Value, ...] = ()
    outcome = None
    if found.before is not None and found.action is not None and _is_state(system, found.before):
        picks, tried = take(system, found.action.name, found.before, found.offers)
        outcome = tried if isinstance(tried, Taken | Faulted) else None
    clause = ""
    declared = system.declared.get(found.prop)
    if isinstance(declared, Property):
        if found.before is None:
            clause = why_false(system, declared, system.init) or ""
        elif isinstance(outcome, Taken):
            clause = why_false(system, declared, outcome.state, found.before) or ""
    return Stuck(found, system, picks, outcome, clause, reachable)


def _is_state(system: System, state: Sequence[Value]) -> bool:
    return all(contains(f.type, value) for f, value in zip(system.fields, state, strict=True))


def reachable_states(system: System, counterexamples: Mapping[str, Counterexample]) -> dict[str, str]:
    """What the explicit engine says of the states before the steps, by goal."""
    said: dict[str, str] = {}
    witnesses = []
    for goal, found in counterexamples.items():
        if found.before is None:
            said[goal] = "the initial state"
        elif not _is_state(system, found.before):
            said[goal] = "beyond the ranges of so small an instance"
        else:
            witnesses.append(Property(goal, goal, "reachable", _is(system, found.before)))
    if witnesses:
        ids = [w.id for w in witnesses]
        try:
            report = check(replace(system, properties=tuple(witnesses)), only=ids, limits=FILTER, reduce=())
        except UsageError:
            return said | dict.fromkeys(ids, "nobody knows: the instance is too large to be searched")
        for goal, verdict in report.verdicts.items():
            if isinstance(verdict, Reached):
                said[goal] = f"reachable in {len(verdict.trace)} steps"
            elif isinstance(verdict, Unreached):
                said[goal] = f"not reachable: none of all {report.states:,} states"
            else:
                said[goal] = f"not among the first {report.states:,} states"
    return said


def _is(system: System, state: Sequence[Value]) -> Expr:
    """That the state is this one."""
    fields = zip(system.fields, state, strict=True)
    return build.and_(*(build.eq(build.read(f.name, f.type), build.const(v, f.type)) for f, v in fields))
