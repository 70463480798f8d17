"""What behaviours do, asked of a solver: is a state reached twice, fairly, with a bad loop in between?

Imports z3: only for those who prove.
"""

from __future__ import annotations

from dataclasses import replace

from virtspec.ir import build
from virtspec.ir.nodes import Expr
from virtspec.ir.passes.liveness_to_safety import liveness_to_safety
from virtspec.ir.system import Property, System, Temporal
from virtspec.symbolic import bmc, horn, kinduction
from virtspec.symbolic.houdini import inductive
from virtspec.symbolic.inductive import Formulas
from virtspec.symbolic.relation import never_stuck
from virtspec.symbolic.solver import Session
from virtspec.trace.lasso import lasso
from virtspec.trace.verdict import DEADLOCK, Holds, Unknown, Verdict, Violated


def judge(system: System, prop: Temporal, method: str, depth: int | None, session: Session) -> Verdict:
    """What one method says of a temporal property: it holds if all its instances do. The reason of a violation is left
    to whoever shows it. Raises OutOfTime.
    """
    how = set()
    for instance in prop.instances:
        made = liveness_to_safety(system, prop, instance)
        verdict = _judged(method, made.system, made.property, depth, session)
        if isinstance(verdict, Violated):
            return Violated(lasso(made, verdict.trace), "")
        if not isinstance(verdict, Holds):
            return verdict
        how.add(verdict.how)
    return Holds(", ".join(sorted(how)))


def _judged(method: str, system: System, prop: str, depth: int | None, session: Session) -> Verdict:
    """What one method says of one invariant of a system that was made for it."""
    if method == "bmc":
        searched = bmc.search(system, [prop], session, depth=depth)
        if not searched.pending:
            return Violated(searched.found[prop], "")
        most = f"no behaviour has more than {searched.depth - 1} steps"
        return Holds(most if searched.complete else f"up to depth {depth}")
    if method == "kind":
        now = kinduction.prove(system, [prop], session, most=depth)
        if prop in now.found:
            return Violated(now.found[prop], "")
        return Holds(f"{now.proved[prop]}-inductive") if prop in now.proved else Unknown(f"not {now.k}-inductive")
    answer = horn.prove(system, prop, session)
    if answer.outcome == "violated":
        return Violated(bmc.search(system, [prop], session).found[prop], "")
    if answer.invariant is None:
        return Unknown(answer.reason)
    found = follows(system, prop, answer.invariant, session)
    return Holds("inductive, invariant found") if found else Unknown("the invariant found is none")


def follows(system: System, prop: str, invariant: Expr, session: Session) -> bool:
    """Whether an invariant that was found is one, and `prop` follows from it: not taken on trust."""
    found = Property("found", "found", "invariant", invariant)
    declared = system.declared.get(prop)
    goal = never_stuck(system) if prop == DEADLOCK else None
    if isinstance(declared, Property) and declared.kind in ("invariant", "reachable"):
        goal = replace(declared, kind="invariant")
        if declared.kind == "reachable":
            goal = replace(goal, expr=build.not_(declared.expr))
    kept = [p for p in system.properties if p.id != prop or goal is None]
    system = replace(system, properties=(*kept, found, *([] if goal is None else [goal])))
    candidates = [found, *([] if goal is None else [goal])]
    return {"found", prop} <= set(inductive(Formulas(system), candidates, ["found", prop], session).proved)
