"""A trace as text: numbered steps with their places, and after each step only what it changed.

    0  initial state
           dev: all FREE
           unregistered: False
    1  create(Task0, d=Slot0)      mdev/spec.py:41
           dev[Slot0]: FREE -> ALLOC
           Task0: idle -> create.trylock

The result is a list of lines, each with its kind, so that a terminal may colour them; `text` joins them. Every trace
shown has been run through the interpreter here: what is printed is what the interpreter did.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from virtspec.ir.budget import Budget
from virtspec.ir.nodes import Var
from virtspec.ir.system import Action, Faultless, Field, System, Temporal
from virtspec.ir.types import RecordType, ScalarsetType, TableType, Type, Value, show, values
from virtspec.semantics.interp import State, Taken
from virtspec.source import Span
from virtspec.trace.itf import subject
from virtspec.trace.trace import Trace, replay

WIDTH = 100
"""Columns that text is wrapped at unless the caller knows better."""

FEW = 8
"""Up to so many fields of the initial state stand on a line of their own."""

_NUMBER = 4
_INDENT = " " * (_NUMBER + 6)

Kind = Literal["step", "loop", "change", "cost", "fault", "end", "witness", "reason", "command", "blank"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a rendered trace. `place` is the part of `text` at its end that names a source line, if any."""

    kind: Kind
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the state that a step gave another value: both as people read them."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.what}: {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a trace, every part of it as text."""

    number: int
    action: str
    picks: tuple[tuple[str, str], ...]
    call: str
    span: Span
    changes: tuple[Change, ...]
    costs: tuple[str, ...]
    fault: str
    """The message of the fault it ends in, with its place; "" if it does not."""


def text(lines: Sequence[Line]) -> str:
    """The lines as plain text, the last one ended, too."""
    return "".join(line.text + "\n" for line in lines)


def render(system: System, trace: Trace, *, reason: str = "", command: str = "", width: int = WIDTH) -> list[Line]:
    """The whole trace: initial state, steps, what it ends in and why, and the command that replays it.

    Raises NotABehaviour if the trace does not replay.
    """
    steps = shown_steps(system, trace)
    lines = [Line("step", f"{0:{_NUMBER}}  initial state"), *_initial(system, width)]
    column = max((len(step.call) for step in steps), default=0)
    for step in steps:
        if step.number - 1 == trace.loop:
            lines.append(_for_ever(f"the following {_plural(len(steps) - trace.loop)} for ever"))
        place = str(step.span)
        lines.append(Line("step", f"{step.number:{_NUMBER}}  {step.call.ljust(column)}   {place}", place))
        for change in step.changes:
            lines += wrapped("change", str(change), width)
        if step.costs:
            lines += wrapped("cost", f"spends {tally(step.costs)}", width)
        if step.fault:
            lines += wrapped("fault", f"fault: {step.fault}", width)
    if trace.loop == len(steps):
        lines.append(_for_ever("nothing more, for ever"))
    spent = [name for step in steps for name in step.costs]
    if len(spent) > 1:
        lines.append(Line("cost", " " * (_NUMBER + 2) + f"in all: {tally(spent)}"))
    return lines + list(_ending(system, trace, reason, command, width))


def _for_ever(what: str) -> Line:
    return Line("loop", f"{'~':>{_NUMBER}}  {what}")


def _plural(steps: int) -> str:
    return "step" if steps == 1 else f"{steps} steps"


def _initial(system: System, width: int) -> list[Line]:
    """The shared fields as they start, one a line; where they are many, as many a line as fit."""
    shown = [_named(f.name, f.type, f.init) for f in system.fields if f.role == "shared"]
    if len(shown) <= FEW:
        return [line for item in shown for line in wrapped("change", item, width)]
    rows: list[str] = []
    for item in shown:
        packed = f"{rows[-1]}   {item}" if rows else item
        if rows and len(_INDENT) + len(packed) <= width:
            rows[-1] = packed
        else:
            rows.append(item)
    return [line for row in rows for line in wrapped("change", row, width)]


def _named(name: str, t: Type, value: Value) -> str:
    """`name: value`; the entry of a table that has but one is named itself."""
    while isinstance(t, TableType) and isinstance(value, tuple) and len(value) == 1:
        name, t, value = f"{name}[{show(t.key, values(t.key)[0])}]", t.value, value[0]
    return f"{name}: {brief(t, value)}"


def ending(system: System, trace: Trace, reason: str = "") -> tuple[Kind, str]:
    """What the trace ends in, in one line; with a reason, the line leads on to it."""
    prop = None if trace.property is None else system.declared[trace.property]
    if prop is None:
        return "end", {"fault": "a step ends in a fault", "deadlock": "nobody can take a step"}[subject(trace)]
    if isinstance(prop, Faultless):
        return "end", f"{prop.id} is violated"  # the step that faults has said why
    if isinstance(prop, Temporal):
        return "end", f"{prop.id} is violated" + (":" if reason else "")
    if isinstance(prop, Budget):
        return "end", f"what is spent, {prop.id}:"
    if prop.kind == "reachable":
        return "witness", f"{prop.id} is reached"
    return "end", f"{prop.id} is violated" + ("; not true:" if reason else "")


def _ending(system: System, trace: Trace, reason: str, command: str, width: int) -> Iterator[Line]:
    kind, end = ending(system, trace, reason)
    yield Line(kind, f"{'=>':>{_NUMBER}}  {end}")
    if not trace.ends_in_fault():  # the step that faults has said why
        for line in reason.splitlines():
            yield from wrapped("reason", line, width)
    if command:
        yield Line("blank", "")
        yield Line("command", " " * (_NUMBER + 2) + "replay: " + command)


def wrapped(kind: Kind, line: str, width: int) -> list[Line]:
    """A line of that kind under a step, in as many as it takes."""
    wrapped = textwrap.wrap(
        line,
        max(width, 40),
        initial_indent=_INDENT,
        subsequent_indent=_INDENT + "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [Line(kind, part) for part in wrapped]


def tally(names: Sequence[str]) -> str:
    """Names with how often each stands there: `doorbell, exit x2`."""
    return ", ".join(name if n == 1 else f"{name} x{n}" for name, n in Counter(names).items())


# --- the parts of a step ---------------------------------------------------------------------------------------------


def shown_steps(system: System, trace: Trace) -> list[ShownStep]:
    """Every step of the trace as text. Raises NotABehaviour if the trace does not replay."""
    state, found = system.init, []
    for number, outcome in enumerate(replay(system, trace), 1):
        action = system.action(trace.steps[number - 1].action)
        picks = tuple((var.name, show(var.type, value)) for var, value in outcome.picks)
        call = call_text(action, outcome.picks)
        if isinstance(outcome, Taken):
            changes = tuple(differences(system, state, outcome.state))
            found.append(ShownStep(number, action.name, picks, call, action.span, changes, outcome.costs, ""))
            state = outcome.state
        else:
            fault = f"{outcome.message} ({outcome.span})"
            found.append(ShownStep(number, action.name, picks, call, action.span, (), (), fault))
    return found


def call_text(action: Action, picks: Sequence[tuple[Var, Value]]) -> str:
    """The step as a call: who runs it by position, everything else by name."""
    parts = []
    for i, (var, value) in enumerate(picks):
        runner = i == 0 and action.process is not None
        parts.append(show(var.type, value) if runner else f"{var.name}={show(var.type, value)}")
    return f"{action.name}({', '.join(parts)})" if parts else action.name


def member_name(runner: Type, pc: str, member: Value) -> str:
    """What a member of a runner is called: `Task0`; a number says little and is called by its program counter, `serve[1]`."""
    name = show(runner, member)
    return name if isinstance(runner, ScalarsetType) else f"{pc.removesuffix('.pc')}[{name}]"


def brief(t: Type, value: Value) -> str:
    """`value` in short: a table whose entries are all alike is `all X`."""
    if isinstance(t, TableType) and isinstance(value, tuple) and len(value) > 1 and len(set(value)) == 1:
        return "all " + brief(t.value, value[0]).removeprefix("all ")
    return show(t, value)


def differences(system: System, before: State, after: State) -> Iterator[Change]:
    """What a step changed, entry by entry: shared fields, then locals, then program counters.

    A local that goes back to its default because its call has ended is no news and left out.
    """
    resting = {
        (runner.type, key)
        for runner in system.runners
        for key, where in _entries(system, runner.pc, after)
        if where == runner.idle
    }
    for role in ("shared", "local", "pc"):
        for field, old, new in zip(system.fields, before, after, strict=True):
            if field.role == role and old != new:
                yield from _field_changes(field, old, new, resting)


def _entries(system: System, name: str, state: State) -> Iterator[tuple[Value, Value]]:
    t, table = system.field_type(name), state[system.field_index[name]]
    assert isinstance(t, TableType)
    assert isinstance(table, tuple)
    yield from zip(values(t.key), table, strict=True)


def _field_changes(field: Field, old: Value, new: Value, resting: set[tuple[Type, Value]]) -> Iterator[Change]:
    t = field.type
    if field.role == "shared" or not isinstance(t, TableType):
        yield from changed_parts(field.name, t, old, new)
        return
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    for key, a, b in zip(values(t.key), old, new, strict=True):
        if field.role == "pc" and a != b:
            yield Change(member_name(t.key, field.name, key), show(t.value, a), show(t.value, b))
        elif field.role == "local" and (t.key, key) not in resting:
            yield from changed_parts(f"{field.name}[{show(t.key, key)}]", t.value, a, b)


def changed_parts(what: str, t: Type, old: Any, new: Any) -> Iterator[Change]:
    """What differs in a value of `t` called `what`, down to the entries of tables and the components of records."""
    if old == new:
        return
    match t:
        case TableType(key, of):
            for k, a, b in zip(values(key), old, new, strict=True):
                yield from changed_parts(f"{what}[{show(key, k)}]", of, a, b)
        case RecordType(_, fields):
            for (name, of), a, b in zip(fields, old, new, strict=True):
                yield from changed_parts(f"{what}.{name}", of, a, b)
        case _:
            yield Change(what, show(t, old), show(t, new))
