"""A counterexample to induction as text: a state, a step from it, what it changes, and what is false behind it."""

from __future__ import annotations

from collections.abc import Iterator

from virtspec.ir.system import System
from virtspec.ir.types import TableType, Value, default, show, values
from virtspec.semantics.interp import Faulted, Taken
from virtspec.symbolic.report import Stuck
from virtspec.trace.render import WIDTH, Line, call_text, differences, member_name, wrapped


def shown(stuck: Stuck, prop: str, width: int = WIDTH) -> Iterator[Line]:
    """The lines. The state before the step is shown without what has its type's default."""
    found, system, outcome = stuck.counterexample, stuck.system, stuck.outcome
    sizes = ", ".join(f"{name}={n}" for name, n in found.sizes.items())
    where = "the initial state" if found.before is None else "a state in which all invariants hold"
    yield Line("step", f"      {where}" + (f", with {sizes}" if sizes else ""))
    for text in _state(system, found.before or ()):
        yield from wrapped("change", text, width)
    if found.action is not None:
        yield from _step(stuck, width)
    yield Line("end", f"  =>  {prop} is not preserved" + ("; not true:" if stuck.clause else ""))
    if stuck.clause:
        yield from wrapped("reason", stuck.clause, width)
    if outcome is None and found.action is not None:
        yield from wrapped(
            "reason", "the interpreter does not take this step: the solver knows counts in part only", width
        )
    if found.before is not None:
        yield from wrapped("reason", f"the state before the step: {stuck.reachable}", width)


def _step(stuck: Stuck, width: int) -> Iterator[Line]:
    """The step and what it does."""
    found, system, outcome = stuck.counterexample, stuck.system, stuck.outcome
    assert found.action is not None
    place = str(found.action.span)
    picks = found.offers if outcome is None else outcome.picks
    yield Line("step", f"      {call_text(found.action, picks)}   {place}", place)
    if isinstance(outcome, Taken) and found.before is not None:
        for change in differences(system, found.before, outcome.state):
            yield from wrapped("change", str(change), width)
    if isinstance(outcome, Faulted):
        yield from wrapped("fault", f"fault: {outcome.message} ({outcome.span})", width)


def _state(system: System, state: tuple[Value, ...]) -> Iterator[str]:
    """Shared fields, locals and program counters that are not as they are by default."""
    for f, value in zip(system.fields, state, strict=False):  # no state, no lines
        t = f.type
        if not isinstance(t, TableType):
            if value != default(t):
                yield f"{f.name}: {show(t, value)}"
            continue
        assert isinstance(value, tuple)
        for key, entry in zip(values(t.key), value, strict=True):
            if entry != default(t.value):
                name = member_name(t.key, f.name, key) if f.role == "pc" else f"{f.name}[{show(t.key, key)}]"
                yield f"{name}: {show(t.value, entry)}"
