"""Why a log is rejected: what was demanded of the model, and what the model could have done instead.

The interpreter is asked, on the candidates before the event. So this may take a moment; it happens once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from virtspec.conform.follow import asked, outcomes_given, picks
from virtspec.conform.observer import Move, Observer, plain
from virtspec.conform.rows import Row
from virtspec.conform.table import Rule
from virtspec.ir.system import Action, Runner, System
from virtspec.ir.types import show, values
from virtspec.semantics.interp import Disabled, Faulted, Outcome, State, Taken
from virtspec.semantics.successors import blame, location

NEAR = (0, 1)
"""Values that are tried out in place of one that does not fit, beside those next to it."""


def reasons(observer: Observer, row: Row, states: Sequence[State], pending: Sequence[bool]) -> tuple[str, list[str]]:
    """Why no candidate allows the row, in one sentence, and details. `pending` says of which its window is still open."""
    move = observer.moves[row.rule]
    event = move.rule.end.text
    who = member_of(move, row)
    if row.kind == "close":
        states = [s for s, open_ in zip(states, pending, strict=True) if open_] or states
        what = f"by {event} {who} has taken {step_of(move)}, which it cannot have"
    elif event == step_of(move):
        what = f"{who} cannot take {event}"
    elif move.rule.actions:
        what = f"{event} is the step {step_of(move)} of {who}, which is not possible"
    else:
        what = f"{event} of {who} does not fit what the model knows"
    free = [True for _ in move.conditions]
    found = list(faults(observer, row, states))
    if not taken(observer.system, move, row, states, [False for _ in free]):
        return what, [*found, *standing(observer, move, row, states)]
    return what, [
        *found,
        *(line for i in range(len(free)) for line in condition(observer.system, move, row, states, i)),
    ]


def step_of(move: Move) -> str:
    return " or ".join(sorted({plain(a.name) for a in move.actions}))


def member_of(move: Move, row: Row) -> str:
    if move.of is None:
        return "the environment"
    return show(move.of, values(move.of)[row.member])


def taken(system: System, move: Move, row: Row, states: Iterable[State], ask: Sequence[bool]) -> list[State]:
    """The states behind a move, of which only the conditions in `ask` are demanded, as far as the log answers them."""
    given = picks(move, row)
    known = given[: len(given) - len(move.asked)]
    flags = tuple(a and b for a, b in zip(ask, asked(move, row), strict=True))
    found = []
    for action in move.actions:
        for state in states:
            found += [o.state for o in outcomes_given(system, action, state, (*known, *flags)) if isinstance(o, Taken)]
    return found


def ways(observer: Observer, row: Row, states: Iterable[State]) -> Iterator[Outcome]:
    """Every way the row can go in some of the states, with what the log says of it."""
    move = observer.moves[row.rule]
    for action in move.actions:
        for state in states:
            yield from outcomes_given(observer.system, action, state, picks(move, row))


def faults(observer: Observer, row: Row, states: Iterable[State]) -> Iterator[str]:
    """What the model runs into there."""
    seen = set()
    for o in ways(observer, row, states):
        if isinstance(o, Faulted) and o.message not in seen:
            seen.add(o.message)
            yield f"the model runs into a fault: {o.message}"


def condition(system: System, move: Move, row: Row, states: Sequence[State], number: int) -> Iterator[str]:
    """A condition that is never true, with the values that would make it so."""
    only = [i == number for i in range(len(move.conditions))]
    if taken(system, move, row, states, only):
        return
    names = move.asked[number]
    said = dict(zip(move.given, row.given, strict=True))
    numbers = [name for name in names if name not in move.rule.given]
    shown = ", ".join(f"{name} is {said[name]}" for name in numbers)
    yield f"not true: {move.conditions[number]}" + (f"   [{shown}]" if shown else "")
    for name in numbers:
        fit = list(fitting(system, move, row, states, only, name))
        if fit:
            yield f"allowed: {name} = {' or '.join(map(str, fit))}"


def fitting(
    system: System, move: Move, row: Row, states: Sequence[State], ask: Sequence[bool], name: str
) -> Iterator[int]:
    """Values near the one that the log gives which would be allowed."""
    place = move.given.index(name)
    value = row.given[place]
    if value is None:
        return
    comes = {v.name for v in move.rule.values if v.field is None}
    close = set() if name in comes else set(range(value - 8, value + 9))
    near = sorted({*NEAR, *close} - {value}, key=lambda n: (abs(n - value), n))
    tried = 0
    for n in near:
        given = [n if i == place else v for i, v in enumerate(row.given)]
        if taken(system, move, replace(row, given=given), states, ask):
            yield n
            tried += 1
            if tried == 3:
                return


def standing(observer: Observer, move: Move, row: Row, states: Sequence[State]) -> Iterator[str]:
    """Where the member stands instead, or what the step waits for."""
    runner = runner_of(observer.system, move.actions[0])
    if runner is not None:
        places = dict.fromkeys(location(observer.system, runner, row.member, s) for s in states)
        wanted = {a.location for a in move.actions if a.location is not None}
        if wanted and not wanted.intersection(places):
            yield f"in the model {member_of(move, row)} stands at {' or '.join(places)}"
            return
    seen: set[str] = set()
    given = picks(move, row)
    known = (*given[: len(given) - len(move.asked)], *(False for _ in move.asked))
    for action in move.actions:
        for state in states:
            for o in outcomes_given(observer.system, action, state, known):
                if isinstance(o, Disabled):
                    text = str(blame(o.require.cond, o.env))
                    if text not in seen and len(seen) < 3:
                        seen.add(text)
                        yield f"it waits for {text}"


def runner_of(system: System, action: Action) -> Runner | None:
    return next((r for r in system.runners if action.process in r.processes), None)


def possible(observer: Observer, states: Sequence[State], members: Sequence[tuple[str, int]]) -> list[str]:
    """The events that some candidate allows, of members that are in use, whatever else they would have to say."""
    found: dict[str, None] = {}
    for move in observer.moves:
        if not move.rule.actions:
            continue
        for kind, member in members if move.of is not None else [("", 0)]:
            if move.of is not None and str(move.of) != kind:
                continue
            row = Row(0, "move", 0, move.rule.number, member, given=[None] * len(move.given))
            who = member_of(move, row)
            if could(observer.system, move, row, states):
                event, step = event_of(move.rule), step_of(move)
                found[f"{event} of {who}" if event == step else f"{event}: {step} of {who}"] = None
    return list(found)


def could(system: System, move: Move, row: Row, states: Sequence[State]) -> bool:
    """Whether some candidate can take the step, with any values."""
    for action in move.actions:
        plain = system.action(action.name)
        first = () if move.of is None else (values(move.of)[row.member],)
        for state in states:
            if any(isinstance(o, Taken) for o in outcomes_given(system, plain, state, first)):
                return True
    return False


def event_of(rule: Rule) -> str:
    return rule.end.text if rule.begin is None or rule.is_point else f"{rule.begin.text} ... {rule.end.text}"
