"""A trace as a Mermaid sequence diagram: who does what to whom, from top to bottom.

Participants are the members that take a step or have something done to them, then the environment, then the shared state
that steps change: the model's own fields under the model's name, each component under its own. What there is once per
member of a runner (`pending: dict[Cpu, bool]`) belongs to the member: who sets another's flag sends it a message.

Every step has its number in the trace. One that changes something shared, spends something or faults is an arrow; any
other is a note, and such steps of one member in a row share a note. A bar on a member's line lasts as long as its call.
The initial state is not drawn: `trace.render` shows it, and in full what is cut here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import EnumType, ScalarsetType, TableType, Type, Value, ordinal, show, values
from virtspec.semantics.interp import State
from virtspec.trace.render import Change, ShownStep, changed_parts, ending, member_name, shown_steps, tally
from virtspec.trace.trace import Trace

CHANGES = 3
"""So many changes of a step are shown; of the rest it is said how many there are."""

LABEL = 48
"""Columns of a line before it is cut."""

NAME = 40
"""Columns of a step's name before it is cut."""

NOTE = 40
"""Columns of a sentence before it goes on in the next line: a note over two participants is no wider."""

REASON = 5
"""Lines of the reason before it is cut."""

_INDENT = "    "


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """A participant. They stand in this order: members (rank 0), the environment (1), shared state (2)."""

    rank: int
    group: int
    entry: int
    name: str


ENVIRONMENT = Lane(1, 0, 0, "environment")


@dataclass(frozen=True, slots=True)
class Act:
    """One step as it is drawn."""

    actor: Lane
    target: Lane | None
    """Where it changes something shared; None if it does not."""
    lines: tuple[str, ...]
    """The step with its number, then what it changes in short."""
    costs: tuple[str, ...]
    fault: str
    before: str
    """The location of the actor in its call; "" if it was in none."""
    after: str

    @property
    def quiet(self) -> bool:
        """Whether nobody but the actor could notice it."""
        return self.target is None and not self.costs and not self.fault


def sequence(system: System, trace: Trace, *, reason: str = "") -> str:
    """The text of a Mermaid `sequenceDiagram`. Raises NotABehaviour if the trace does not replay.

    What a trace repeats for ever is drawn as a `loop`; the last note says what the trace ends in and why.
    """
    acts = _acts(system, trace)
    names = _names(system, acts)
    ends = list(names.values())
    everybody = ",".join(dict.fromkeys((ends[0], ends[-1])))
    lines = [f"participant {name} as {_mermaid_text(lane.name)}" for lane, name in names.items()]
    lines += _drawn(acts[: trace.loop], names)
    if trace.loop == len(acts):
        lines.append(_note(everybody, ["nothing more happens, for ever"]))
    elif trace.loop is not None:
        lines += ["loop for ever", *(_INDENT + line for line in _drawn(acts[trace.loop :], names)), "end"]
    where = {act.actor: act.after for act in acts}
    inside = [(name, where[lane]) for lane, name in names.items() if where.get(lane)]
    lines += [_note(name, [f"at {location}"]) for name, location in inside]
    lines.append(_note(everybody, _last_words(system, trace, reason)))
    # Mermaid draws a bar when it ends, so that whoever is still in a call would have none.
    lines += [f"deactivate {name}" for name, _ in inside]
    return "\n".join(["sequenceDiagram", *(_INDENT + line for line in lines), ""])


def _last_words(system: System, trace: Trace, reason: str) -> list[str]:
    """What the trace ends in, and the first lines of why."""
    if trace.ends_in_fault():  # the step that faults has said why
        reason = ""
    why = [part for line in reason.splitlines() for part in _wrapped(line)]
    return [ending(system, trace, reason)[1], *(why if len(why) <= REASON else [*why[:REASON], "..."])]


# --- Mermaid ---------------------------------------------------------------------------------------------------------


def _names(system: System, acts: Sequence[Act]) -> dict[Lane, str]:
    """What Mermaid knows the participants by: never a word of its own, whatever the model's names are."""
    lanes = {lane for act in acts for lane in (act.actor, act.target) if lane is not None}
    names: dict[Lane, str] = {}
    for rank, alike in groupby(sorted(lanes) or [_model(system)], lambda lane: lane.rank):
        names |= {lane: f"{'mes'[rank]}{number}" for number, lane in enumerate(alike)}
    return names


def _drawn(acts: Sequence[Act], names: Mapping[Lane, str]) -> Iterator[str]:
    """The statements for these steps, in order."""
    for run in _runs(acts):
        act, who = run[0], names[run[0].actor]
        if act.quiet:
            yield _note(who, [line for quiet in run for line in quiet.lines])
        else:
            arrow = "-x" if act.fault else "->>"
            yield f"{who}{arrow}{names[act.target or act.actor]}: {_text(act.lines)}"
        if act.fault:
            yield _note(who, _wrapped(f"fault: {act.fault}"))
        if act.costs:
            yield _note(who, [f"spends {tally(act.costs)}"])
        if bool(run[0].before) != bool(run[-1].after):
            yield f"{'activate' if run[-1].after else 'deactivate'} {who}"


def _runs(acts: Sequence[Act]) -> Iterator[list[Act]]:
    """The steps, quiet ones of one call in a row taken together."""
    run: list[Act] = []
    for act in acts:
        if run and not (act.quiet and run[-1].quiet and act.actor == run[-1].actor and run[-1].after):
            yield run
            run = []
        run.append(act)
    if run:
        yield run


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, NOTE, break_long_words=False, break_on_hyphens=False)


def _note(where: str, lines: Sequence[str]) -> str:
    return f"Note over {where}: {_text(lines)}"


def _text(lines: Sequence[str]) -> str:
    return "<br/>".join(map(_mermaid_text, lines))


_SPECIAL = str.maketrans({"#": "#35;", ";": "#59;", "<": "#lt;", "%": "#37;", "$": "#36;"})


def _mermaid_text(line: str) -> str:
    """A line without what ends a message (`;`), starts an entity, a tag, a comment or a formula."""
    return " ".join(line.split()).translate(_SPECIAL)


# --- the steps -------------------------------------------------------------------------------------------------------


def _acts(system: System, trace: Trace) -> list[Act]:
    steps, found = shown_steps(system, trace), []
    states = trace.states(system)
    for number, (step, shown) in enumerate(zip(trace.steps, steps, strict=True)):
        before, after = states[number], states[number] if step.state is None else step.state
        found.append(_act(system, system.action(step.action), step.picks, shown, before, after))
    return found


def _act(system: System, action: Action, picks: Sequence[Value], shown: ShownStep, before: State, after: State) -> Act:
    actor, then, now, own = ENVIRONMENT, "", "", list[Change]()
    if action.process is not None:
        group, runner = next((i, r) for i, r in enumerate(system.runners) if action.process in r.processes)
        entry = ordinal(runner.type, picks[0])
        actor = _member(system, group, picks[0])
        stands = [str(_entry(system, runner.pc, state, entry)) for state in (before, after)]
        then, now = ("" if at == runner.idle else at.removeprefix(f"{action.process}.") for at in stands)
        if now:  # what a call that has ended leaves of its locals is no news
            own = list(_locals(system, action.process, entry, before, after))
    found = sorted(_shared(system, before, after), key=lambda change: _telling(change[0], actor))
    target = found[0][0] if found else None
    changes = [*(short if lane == target else full for lane, short, full in found), *own]
    lines = (f"{shown.number} {_call(action, shown)}", *_few([str(change) for change in changes]))
    return Act(actor, target, tuple(map(_cut, lines)), shown.costs, shown.fault, then, now)


def _telling(lane: Lane, actor: Lane) -> tuple[bool, bool, Lane]:
    """In which order the changes of a step are told: others, components, the rest, oneself. An arrow leads to the first."""
    return lane == actor, lane.group < 0, lane


def _call(action: Action, shown: ShownStep) -> str:
    """The step without the process it is a step of and without its runner: whose line it stands on says that."""
    name = action.name if action.process is None else action.name.removeprefix(f"{action.process}.")
    if len(name) > NAME:  # its end tells more than the callers it begins with
        name = "..." + name[3 - NAME :]
    picks = shown.picks if action.process is None else shown.picks[1:]
    return name + (f"({', '.join(f'{var}={value}' for var, value in picks)})" if picks else "")


def _few(changes: Sequence[str]) -> list[str]:
    rest = len(changes) - CHANGES
    return [*changes[:CHANGES], *([f"... {rest} more"] if rest > 0 else [])]


def _cut(line: str) -> str:
    return line if len(line) <= LABEL else line[: LABEL - 3].rstrip() + "..."


# --- who and what takes part -----------------------------------------------------------------------------------------


def _member(system: System, group: int, member: Value) -> Lane:
    runner = system.runners[group]
    return Lane(0, group, ordinal(runner.type, member), member_name(runner.type, runner.pc, member))


def _model(system: System) -> Lane:
    return Lane(2, -1, 0, system.name)


def _entry(system: System, table: str, state: State, entry: int) -> Value:
    found = state[system.field_index[table]]
    assert isinstance(found, tuple)
    return found[entry]


def _locals(system: System, process: str, entry: int, before: State, after: State) -> Iterator[Change]:
    """What a step changed of what its call keeps, by the names of the process."""
    for field in system.fields:
        if field.role == "local" and field.name.startswith(f"{process}.") and isinstance(field.type, TableType):
            old, new = (_entry(system, field.name, state, entry) for state in (before, after))
            yield from changed_parts(field.name.removeprefix(f"{process}."), field.type.value, old, new)


def _shared(system: System, before: State, after: State) -> Iterator[tuple[Lane, Change, Change]]:
    """What a step changed that is shared: where, as it is called there, and as it is called elsewhere."""
    for field, old, new in zip(system.fields, before, after, strict=True):
        if field.role == "shared" and old != new:
            for lane, short, full, t, a, b in _parts(system, field, old, new):
                for change in changed_parts("", t, a, b):
                    yield lane, replace(change, what=short + change.what), replace(change, what=full + change.what)


def _parts(system: System, field: Field, old: Value, new: Value) -> Iterator[tuple[Lane, str, str, Type, Value, Value]]:
    """A field as a whole, or entry by entry where each is drawn on a lane of its own."""
    t, group = field.type, _runner_of(system, field)
    component, dot, short = field.name.partition(".")
    siblings = [f for f in system.fields if f.role == "shared" and f.name.startswith(f"{component}.")]
    first = system.field_index[siblings[0].name] if siblings else 0
    many = {_key(f) for f in siblings} == {_key(field)} != {None}
    if group is None and not many:
        lane = Lane(2, first, 0, component) if dot else _model(system)
        yield lane, short or field.name, field.name, t, old, new
        return
    assert isinstance(t, TableType)
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    for i, (key, a, b) in enumerate(zip(values(t.key), old, new, strict=True)):
        full = f"{field.name}[{show(t.key, key)}]"
        if group is not None:
            yield _member(system, group, key), field.name, full, t.value, a, b
        else:
            yield Lane(2, first, i, f"{component}[{show(t.key, key)}]"), short, full, t.value, a, b


def _key(field: Field) -> Type | None:
    return field.type.key if isinstance(field.type, TableType) else None


def _runner_of(system: System, field: Field) -> int | None:
    """The runner each of whose members has an entry in the field.

    A number is no identity: two things do not belong to each other because both are counted from 0 to 1.
    """
    for number, runner in enumerate(system.runners):
        if isinstance(runner.type, ScalarsetType | EnumType) and _key(field) == runner.type:
            return number
    return None
