"""A trace: an initial state, the steps taken from it, and what it ends in.

Traces are data about a `System`, not about the engine that found them; `replay` runs one through the interpreter and
is the only judge of whether it is one.
"""

from __future__ import annotations

from dataclasses import dataclass

from virtspec.errors import InputError
from virtspec.ir.system import System
from virtspec.ir.types import Value
from virtspec.semantics.interp import Disabled, Faulted, MorePicks, NoSuchPick, State, Taken, run


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the action, the values of its parameters and choices in the order met, and the state it leads to.

    `state` is None for a step that ends in a fault.
    """

    action: str
    picks: tuple[Value, ...]
    state: State | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A finite behaviour of the system with this fingerprint, from its initial state."""

    fingerprint: str
    steps: tuple[Step, ...]
    property: str | None = None
    """The id of the property it violates or witnesses; None for a deadlock, or a fault that no property names."""
    loop: int | None = None
    """After the last step the behaviour goes on for ever with what follows so many steps; if that is nothing, it stays as
    it is. None: it ends there, or nobody asks how it goes on."""

    def ends_in_fault(self) -> bool:
        return bool(self.steps) and self.steps[-1].state is None

    def __len__(self) -> int:
        return len(self.steps)

    def states(self, system: System) -> list[State]:
        """The states passed, the initial one first; a fault adds none."""
        return [system.init, *(s.state for s in self.steps if s.state is not None)]


class NotABehaviour(InputError):
    """A trace does something its system cannot do."""


def replay(system: System, trace: Trace) -> list[Taken | Faulted]:
    """Run the trace through the interpreter; what each step did.

    Raises NotABehaviour where a step is disabled, picks values that do not exist, or leads somewhere else than the
    trace says. The caller compares fingerprints.
    """
    state, done = system.init, []
    for number, step in enumerate(trace.steps, 1):
        outcome = _taken(system, step, state, f"step {number}: ")
        if not isinstance(outcome, Taken | Faulted):
            raise NotABehaviour(f"step {number}: {step.action} is not enabled there")
        if (outcome.state if isinstance(outcome, Taken) else None) != step.state:
            raise NotABehaviour(f"step {number}: {step.action} leads to another state than the trace says")
        done.append(outcome)
        if isinstance(outcome, Faulted):
            if number != len(trace.steps):
                raise NotABehaviour(f"step {number}: {step.action} ends in a fault, but the trace goes on")
            break
        state = outcome.state
    if trace.loop is not None and state != trace.states(system)[trace.loop]:
        raise NotABehaviour(f"the loop does not close: the last state is not the one after step {trace.loop}")
    return done


def _taken(system: System, step: Step, state: State, where: str) -> Taken | Faulted | Disabled:
    """What the step does in `state`, its picks checked one by one."""
    action = next((a for a in system.actions if a.name == step.action), None)
    if action is None:
        raise NotABehaviour(f"{where}there is no action {step.action!r}")
    try:
        outcome = run(system, action, state, step.picks)
    except MorePicks as more:
        raise NotABehaviour(f"{where}{step.action} needs a value for {more.var.name}") from None
    except NoSuchPick as wrong:
        variable = wrong.var
        raise NotABehaviour(f"{where}{wrong.value!r} is no value of {variable.name}, a {variable.type}") from None
    if not isinstance(outcome, Disabled) and len(outcome.picks) < len(step.picks):
        raise NotABehaviour(f"{where}{step.action} takes {len(outcome.picks)} values, not {len(step.picks)}")
    return outcome
