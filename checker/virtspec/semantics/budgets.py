"""What the stretches of a finite behaviour spend: the meaning of budgets, which engines are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from virtspec.ir.budget import Allowance, Between, Occurrence, WholeRun
from virtspec.ir.nodes import Expr
from virtspec.ir.system import Action, System
from virtspec.ir.types import Value
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import claims_at, successors


@dataclass
class Spending:
    """One stretch of a behaviour. Steps are numbered from 1, as in a trace."""

    begin: int
    """Steps before it."""
    end: int | None = None
    """Steps after which it has ended; None if it has not."""
    marks: list[int] = field(default_factory=list)
    """The steps that spend, once for each mark they set."""

    @property
    def amount(self) -> int:
        return len(self.marks)


def spendings(
    system: System, allowance: Allowance, states: Sequence[State], steps: Sequence[tuple[Action, Taken]]
) -> list[Spending]:
    """The stretches of the behaviour through `states`, in the order in which they begin; `steps` are those between."""
    marks = [sum(1 for name in taken.costs if name == allowance.cost) for _, taken in steps]
    match allowance.stretch:
        case Between(start, stop):
            return list(_between(system, start, stop, states, marks))
        case Occurrence() as call:
            return list(_occurrences(system, call, steps, marks))
        case WholeRun():
            run = Spending(0, marks=[i + 1 for i, n in enumerate(marks) for _ in range(n)])
            run.end = next((i for i, state in enumerate(states) if is_quiescent(system, state)), None)
            return [run]


def is_quiescent(system: System, state: State) -> bool:
    """Whether no step leads to another state or spends anything."""
    return all(not isinstance(o, Taken) or (o.state == state and not o.costs) for _, o in successors(system, state))


def is_of(stretch: Occurrence, action: Action, who: Value | None) -> bool:
    """Whether a step of `action` is one of such an occurrence; `who` takes it, if it is one of a process."""
    if stretch.member is None:
        return action.process is None and action.name == stretch.of
    return action.process == stretch.of and who == stretch.member


def _between(
    system: System, start: Expr, stop: Expr, states: Sequence[State], marks: Sequence[int]
) -> Iterator[Spending]:
    current: Spending | None = None
    started = False
    for number, state in enumerate(states):
        claims = claims_at(system, (start, stop), state)
        if current is not None:
            current.marks += [number] * marks[number - 1]
            if 1 in claims:
                current.end = number
                current = None
        if current is None and 0 in claims and not started:
            current = Spending(number)
            yield current
            if 1 in claims:
                current.end = number
                current = None
        started = 0 in claims


def _occurrences(
    system: System, call: Occurrence, steps: Sequence[tuple[Action, Taken]], marks: Sequence[int]
) -> Iterator[Spending]:
    current: Spending | None = None
    for number, (action, taken) in enumerate(steps, 1):
        who = taken.picks[0][1] if action.process is not None else None
        if not is_of(call, action, who):
            continue
        if current is None:
            current = Spending(number - 1)
            yield current
        current.marks += [number] * marks[number - 1]
        if claims_at(system, call.claims, taken.state):
            current.end = number
            current = None
