"""What can happen in a state, and why not more: successors, faults, and who waits on which condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.ir.nodes import And, Expr, Or, Quant, Var
from virtspec.ir.system import Action, Property, Runner, System
from virtspec.ir.text import expr_text
from virtspec.ir.types import Value, show, values
from virtspec.semantics.interp import Disabled, Env, Faulted, State, Taken, Undefined, evaluate, outcomes
from virtspec.source import Span


@dataclass(frozen=True, slots=True)
class Blame:
    """The part of a false condition that makes it false, as text, with the values of the variables it mentions."""

    text: str
    bindings: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        where = ", ".join(f"{n} = {v}" for n, v in self.bindings)
        return f"{self.text}   [{where}]" if where else self.text


@dataclass(frozen=True, slots=True)
class Waiting:
    """One blocked member: where it stands and the condition it waits for."""

    member: str
    location: str
    blame: Blame
    span: Span


def successors(system: System, state: State) -> Iterator[tuple[Action, Taken | Faulted]]:
    """Every step enabled in `state`: actions in order of declaration, parameters and picks in lexicographic order."""
    for action in system.actions:
        for outcome in outcomes(system, action, state):
            if not isinstance(outcome, Disabled):
                yield action, outcome


def holds(system: System, prop: Property, state: State, before: State = ()) -> bool:
    """Whether the property's condition is true. Raises Undefined where it is not defined."""
    return bool(evaluate(prop.expr, Env(system.field_index, state, before)))


def claims_at(system: System, claims: Sequence[Expr], state: State) -> frozenset[int]:
    """The numbers of the claims that are true; one that is not defined is not."""
    env = Env(system.field_index, state, ())
    return frozenset(i for i, claim in enumerate(claims) if _true(claim, env))


def location(system: System, runner: Runner, member: int, state: State) -> str:
    """Where `member` of the runner's type stands."""
    pcs = state[system.field_index[runner.pc]]
    assert isinstance(pcs, tuple)
    found = pcs[member]
    assert isinstance(found, str)
    return found


def busy(system: System, state: State) -> list[tuple[Runner, int, str]]:
    """Every member of a runner that is inside a process, and where."""
    found = []
    for runner in system.runners:
        for member in range(len(values(runner.type))):
            where = location(system, runner, member, state)
            if where != runner.idle:
                found.append((runner, member, where))
    return found


def waiting(system: System, state: State) -> list[Waiting]:
    """For each member inside a process whose next step is disabled: the first condition that disables it."""
    found = []
    for runner, member, where in busy(system, state):
        action = next(a for a in system.actions if a.location == where and a.process in runner.processes)
        tried = [o for o in outcomes(system, action, state) if _is_of(o, action, member, runner)]
        blocked = [o for o in tried if isinstance(o, Disabled)]
        if len(blocked) == len(tried) and blocked:
            last = blocked[-1]
            name = show(runner.type, values(runner.type)[member])
            found.append(Waiting(name, where, blame(last.require.cond, last.env), last.require.span))
    return found


def _is_of(outcome: Taken | Faulted | Disabled, action: Action, member: int, runner: Runner) -> bool:
    first = action.params[0]
    value = outcome.env.vars[first.name] if isinstance(outcome, Disabled) else outcome.picks[0][1]
    return value == values(runner.type)[member]


def blame(cond: Expr, env: Env) -> Blame:
    """The smallest part of the false condition `cond` that is false: the first false conjunct, at the first value of
    each universally quantified variable that falsifies it.
    """
    bound: list[Var] = []
    while True:
        match cond:
            case And(items):
                cond = next((item for item in items if not _true(item, env)), cond)
                if isinstance(cond, And):
                    break
            case Quant("all", v, body):
                witness = next((x for x in values(v.type) if not _true_at(body, v, x, env)), None)
                if witness is None:
                    break
                env.vars[v.name] = witness
                bound.append(v)
                cond = body
            case _:
                break
    parts = cond.items if isinstance(cond, Or) else (cond,)
    text = "\n  or ".join(expr_text(part) for part in parts)
    return Blame(text, tuple((v.name, show(v.type, env.vars[v.name])) for v in bound))


def _true(e: Expr, env: Env) -> bool:
    try:
        return bool(evaluate(e, env))
    except Undefined:
        return False


def _true_at(body: Expr, v: Var, x: Value, env: Env) -> bool:
    env.vars[v.name] = x
    try:
        return _true(body, env)
    finally:
        del env.vars[v.name]
