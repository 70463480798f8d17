"""Who stands still in a behaviour that goes on for ever, and what would have to be otherwise for that to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.ir.nodes import Const
from virtspec.ir.system import Action, System
from virtspec.ir.types import Value, show, values
from virtspec.semantics.interp import Disabled, State, Taken, outcomes
from virtspec.semantics.successors import blame, busy, successors, waiting
from virtspec.trace.trace import Trace


def standing_still(system: System, trace: Trace) -> list[str]:
    """One line each: for members inside a process what they wait for, or why they need not go on; the same for fair
    actions and for processes that fair members might begin; then for what could happen, but nothing says that it does.
    """
    loop = trace.states(system)[trace.loop :]
    taken = {(step.action, step.picks[:1]) for step in trace.steps[trace.loop :]}
    lines = [*_inside(system, loop, taken), *_outside(system, loop, taken)]
    if len(loop) == 1 and next(successors(system, loop[0]), None) is None:
        lines.append("nobody can take a step any more")
    return lines


def _inside(system: System, loop: Sequence[State], taken: set[tuple[str, tuple[Value, ...]]]) -> Iterator[str]:
    """Members inside a process that take no step."""
    for runner, member, where in busy(system, loop[0]):
        action = next(a for a in system.actions if a.location == where and a.process in runner.processes)
        value = values(runner.type)[member]
        if (action.name, (value,)) in taken or any((runner, member, where) not in busy(system, s) for s in loop):
            continue
        name = show(runner.type, value)
        waits = [next((w for w in waiting(system, s) if w.member == name), None) for s in loop]
        blocked = [w for w in waits if w is not None]
        if not blocked:
            yield f"{name} can go on at {where}, but no fairness says that it does"
        elif len(blocked) == len(waits):
            yield f"{name} waits at {where} ({blocked[0].span}) for {blocked[0].blame}"
        else:
            yield f"{name} could go on at {where} now and then, but not always; only strong fairness would help"


@dataclass(frozen=True)
class _Duty:
    """An action of the environment, or beginning a process as one member does."""

    action: Action
    who: Value | None

    @property
    def name(self) -> str:
        return self.action.name if self.who is None else f"{self.action.name}({self.shown})"

    @property
    def shown(self) -> str:
        return show(self.action.params[0].type, self.who)

    def tried(self, system: System, state: State) -> list[Taken | Disabled]:
        """What becomes of it in a state; faults are left out."""
        return [o for o in outcomes(system, self.action, state) if isinstance(o, Taken | Disabled) and self.is_by(o)]

    def is_by(self, outcome: Taken | Disabled) -> bool:
        if self.who is None:
            return True
        first = self.action.params[0]
        return (outcome.env.vars[first.name] if isinstance(outcome, Disabled) else outcome.picks[0][1]) == self.who


def _outside(system: System, loop: Sequence[State], taken: set[tuple[str, tuple[Value, ...]]]) -> Iterator[str]:
    """Actions, and processes that could be begun, that are not taken."""
    for duty in _duties(system, loop):
        picks = () if duty.who is None else (duty.who,)
        if any(name == duty.action.name and first[: len(picks)] == picks for name, first in taken):
            continue
        possible = [any(isinstance(o, Taken) and o.state != s for o in duty.tried(system, s)) for s in loop]
        fair = duty.action.fair_to(duty.who)
        if all(possible):
            yield f"{duty.name} is possible, but no fairness says that it happens"
        elif any(possible):
            yield f"{duty.name} is possible now and then, but not always; only strong fairness would help"
        elif fair != "none" and (missing := _missing(system, loop[0], duty)):
            yield f"{duty.name} is not possible: {missing}"


def _duties(system: System, loop: Sequence[State]) -> Iterator[_Duty]:
    """The actions, and for all members that are idle all the time the processes that they could begin."""
    for action in system.actions:
        if action.process is None:
            yield _Duty(action, None)
        elif action.name == action.process:
            runner = next(r for r in system.runners if action.process in r.processes)
            for number, member in enumerate(values(runner.type)):
                if not any((r, m) == (runner, number) for s in loop for r, m, _ in busy(system, s)):
                    yield _Duty(action, member)


def _missing(system: System, state: State, duty: _Duty) -> str:
    """What it lacks, as far as the first of its parameters are concerned; nothing to tell if this configuration has none."""
    blocked = next((o for o in duty.tried(system, state) if isinstance(o, Disabled)), None)
    if blocked is None:
        return "it would change nothing"
    if isinstance(blocked.require.cond, Const):
        return ""
    return f"it waits for {blame(blocked.require.cond, blocked.env)} ({blocked.require.span})"
