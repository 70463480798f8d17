"""The native engine follows rows as the interpreter does, on random systems: what it explains, what it rejects, and where.

Of each system some steps are hidden, some are own or eager, the others are shown. A walk of the interpreter becomes rows,
so that these are explained by at least one behaviour; then they are spoilt in many ways. What the engines say must not
differ in anything: the row that is rejected, the candidates before it as a set, how many there were, what is violated.

What occurs is counted, and the counts are demanded, see `test_random_systems`.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import pytest

from virtspec.api.engines import Coded
from virtspec.conform.follow import Followed, follow, outcomes_given
from virtspec.conform.observer import NUMBER, Move, Observer
from virtspec.conform.packed import Rows
from virtspec.conform.rows import Row
from virtspec.conform.table import Rule, Selector, Value
from virtspec.ir import build
from virtspec.ir.nodes import Expr, Require, Var
from virtspec.ir.system import Action, System
from virtspec.ir.types import BOOL, BoolType, IntType, ModType, ScalarsetType, TableType, bounds, cardinality, ordinal
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import location, successors
from virtspec.testing.systems import rolled

STATES = 400
"""Systems with more states are left out: it must be known that eager steps come to an end."""
STEPS = 14
"""Of a walk."""
SPOILT = 12
"""Variants of each walk."""
SEES = 3
"""Rules without a step."""
MOST = 5000
"""Candidates at a time; no system here has so many states, windows included."""

NAMED = (ScalarsetType, IntType, ModType)
"""What a log can say of a parameter."""

DEMANDED = {
    "games": 50,
    "walks of more than 3 rows": 25,
    "explained": 400,
    "rejected": 100,
    "rejected at a move": 60,
    "rejected at a close": 25,
    "rejected behind the 3rd row": 20,
    "several candidates": 200,
    "several pending sets": 90,
    "more than 20 candidates": 30,
    "violated": 300,
    "violated later than at once": 60,
    "something seen": 30,
    "own steps": 10,
    "eager steps": 7,
    "eager from the start": 1,
    "values asked": 20,
    "lost, explained": 60,
}
"""How often each must have occurred among a hundred systems."""


@dataclass(frozen=True)
class Told:
    """A value that a log tells of the states around a step: a number of the state, as an expression and in Python."""

    expr: Callable[[Var], Expr]
    """That a variable has this value, for a member."""
    of: Callable[[State, int], int]
    after: bool


@dataclass
class Game:
    """A random system, an observer of it and a walk that the observer has seen."""

    observer: Observer
    told: list[list[Told]]
    """By move."""
    rows: list[Row]
    taken: list[str] = field(default_factory=list)


# --- observers --------------------------------------------------------------------------------------------------------


def reachable(system: System) -> set[State] | None:
    """All states, None if there are many."""
    found = {system.init}
    fresh = [system.init]
    while fresh:
        state = fresh.pop()
        for _, outcome in successors(system, state):
            if isinstance(outcome, Taken) and outcome.state not in found:
                found.add(outcome.state)
                fresh.append(outcome.state)
        if len(found) > STATES:
            return None
    return found


def hurried(system: System, eager: Sequence[Action], state: State) -> State | None:
    """The state behind all eager steps; None if they never end."""
    for _ in range(50):
        for action in eager:
            after = next((o.state for o in outcomes_given(system, action, state, ()) if isinstance(o, Taken)), None)
            if after is not None:
                state = after
                break
        else:
            return state
    return None


def numbers(system: System, action: Action) -> Iterator[Told]:
    """What could be told of a state beside a step of this action."""
    who = action.params[0] if action.process is not None else None
    for i, f in enumerate(system.fields):
        match f.type:
            case IntType() | ModType():
                yield Told(
                    lambda v, f=f: build.eq(build.read(f.name, f.type), v),  # type: ignore[misc]
                    lambda s, _, i=i: int(s[i]),  # type: ignore[misc]
                    False,
                )
            case TableType(key, IntType() | ModType()) if who is not None and key == who.type:
                yield Told(
                    lambda v, f=f, who=who: build.eq(build.index(build.read(f.name, f.type), who), v),  # type: ignore[misc]
                    lambda s, m, i=i: int(s[i][m]),  # type: ignore[misc]
                    False,
                )
    for runner in system.runners:
        if action.process in runner.processes and who is not None:
            for place in runner.locations.members:
                pc = build.index(build.read(runner.pc, TableType(runner.type, runner.locations)), who)
                there = build.eq(pc, build.const(place, runner.locations))
                yield Told(
                    lambda v, there=there: build.eq(build.eq(v, build.integer(1)), there),  # type: ignore[misc]
                    lambda s, m, r=runner, p=place: int(location(system, r, m, s) == p),  # type: ignore[misc]
                    True,
                )


def move_of(
    system: System, number: int, action: Action, own: tuple[Action, ...], dice: random.Random
) -> tuple[Move, list[Told]]:
    """A rule for one action, some of whose parameters the log names, and which tells some numbers."""
    first = action.params[:1] if action.process is not None else ()
    rest = action.params[len(first) :]
    given = tuple(p for p in rest if isinstance(p.type, NAMED) and dice.random() < 0.8)
    free = tuple(p for p in rest if p not in given)
    possible = list(numbers(system, action))
    told = [
        replace(t, after=dice.random() < 0.5) for t in dice.sample(possible, min(len(possible), dice.randint(0, 2)))
    ]
    told.sort(key=lambda t: t.after)
    values = [build.var(f"told {i}", NUMBER) for i in range(len(told))]
    flags = [build.var(f"asked {i}", BOOL) for i in range(len(told))]
    demands = [
        Require(build.or_(build.not_(flag), t.expr(value))) for t, value, flag in zip(told, values, flags, strict=True)
    ]
    split = sum(not t.after for t in told)
    made = replace(
        action, params=(*first, *given, *values, *flags, *free), body=(*demands[:split], *action.body, *demands[split:])
    )
    names = tuple(v.name for v in values)
    end = Selector(action.name, action.name)
    rule = Rule(
        number, action.name, (action.name,), None, end, end, {}, tuple(Value(n, "e", "f") for n in names), (), (), ()
    )
    of = first[0].type if first else None
    return Move(rule, (made,), of, (*(p.name for p in given), *names), tuple((n,) for n in names), names, own), told


def seeing(system: System, number: int, dice: random.Random) -> tuple[Move, list[Told]]:
    """A rule for something that is only seen, of a member if there is one."""
    runner = dice.choice((None, *system.runners))
    process = None if runner is None else runner.processes[0]
    first = () if runner is None else (build.var("who", runner.type),)
    move, told = move_of(system, number, Action(f"see {number}", first, (), process=process), (), dice)
    return replace(move, rule=replace(move.rule, actions=())), told


def observed(system: System, states: set[State], dice: random.Random) -> tuple[Observer, list[list[Told]]]:
    """Some steps hidden, of which some are own or eager; the others are shown."""
    share = dice.choice((0, 0.2, 0.4, 0.6))
    hidden = [a for a in system.actions if dice.random() < share]
    shown = [a for a in system.actions if a not in hidden]
    owned: list[Action] = []
    moves, told = [], []
    for number, action in enumerate(shown):
        mine = [
            a
            for a in hidden
            if dice.random() < 0.3
            and None not in (a.process, action.process)
            and a.params[0].type == action.params[0].type
        ]
        owned += mine
        move, numbers = move_of(system, number, action, tuple(mine), dice)
        moves.append(move)
        told.append(numbers)
    for number in range(len(shown), len(shown) + SEES):
        move, numbers = seeing(system, number, dice)
        moves.append(move)
        told.append(numbers)
    hidden = [a for a in hidden if a not in owned]
    eager = []
    for action in hidden:
        if dice.random() < 0.5:
            condition = dice.choice((build.TRUE, *(eq for eq in plain_conditions(system, dice))))
            eager.append(replace(action, body=(Require(condition), *action.body)))
    if any(hurried(system, eager, state) is None for state in states):
        eager = []
    judged = tuple(p for p in system.properties if p.kind == "invariant" and dice.random() < 0.9)
    return Observer(system, tuple(hidden), tuple(eager), tuple(shown), tuple(moves), judged), told


def plain_conditions(system: System, dice: random.Random) -> Iterator[Expr]:
    """Conditions about one field."""
    for f in system.fields:
        if isinstance(f.type, IntType | ModType):
            low, high = bounds(f.type)
            yield build.eq(build.read(f.name, f.type), build.integer(dice.randint(low, high)))
        elif isinstance(f.type, BoolType):
            yield build.read(f.name, f.type)


# --- walks ------------------------------------------------------------------------------------------------------------


class Walk:
    """A walk that takes eager steps at once and own steps only right before the event of the same member."""

    def __init__(self, observer: Observer, told: list[list[Told]], dice: random.Random) -> None:
        self.observer = observer
        self.system = observer.system
        self.told = told
        self.dice = dice
        self.timed: list[tuple[float, Row]] = []
        self.windows = 0
        self.taken: list[str] = []

    def rows(self) -> list[Row]:
        state = self.settled(self.system.init)
        due: tuple[int, list[str]] | None = None
        """The member who has taken own steps, and which."""
        for at in range(self.dice.randint(2, STEPS)):
            ways = [
                (a, o) for a, o in successors(self.system, state) if isinstance(o, Taken) and self.allowed(a, o, due)
            ]
            if not ways:
                break
            if due is None and self.dice.random() < 0.4:
                self.see(at - 0.5, state)
            action, taken = self.dice.choice(ways)
            member = self.member(action, taken)
            if action in self.observer.shown:
                self.show(at, action, taken, state, member, due is not None)
                due = None
            elif action not in self.observer.hidden:
                due = (member, [*(due[1] if due else ()), action.name])
            self.taken.append(action.name)
            state = self.settled(taken.state)
        self.timed.sort(key=lambda timed: timed[0])
        return [row for _, row in self.timed]

    def settled(self, state: State) -> State:
        found = hurried(self.system, self.observer.eager, state)
        assert found is not None
        return found

    def member(self, action: Action, taken: Taken) -> int:
        return ordinal(action.params[0].type, taken.picks[0][1]) if action.process is not None else 0

    def allowed(self, action: Action, taken: Taken, due: tuple[int, list[str]] | None) -> bool:
        if action in self.observer.hidden:
            return True
        before = due[1] if due else []
        if due is not None and (action.process is None or self.member(action, taken) != due[0]):
            return False
        move = next((m for m in self.observer.moves if m.rule.title == action.name), None)
        if move is not None:
            return {a.name for a in move.own}.issuperset(before)
        return any({a.name for a in m.own}.issuperset((*before, action.name)) for m in self.observer.moves)

    def see(self, at: float, state: State) -> None:
        """The log says something of a state."""
        number = self.dice.randrange(len(self.told) - SEES, len(self.told))
        of = self.observer.moves[number].of
        member = 0 if of is None else self.dice.randrange(cardinality(of))
        given = [told.of(state, member) for told in self.told[number]]
        self.timed.append((at, Row(0, "move", 0, number, member, given=list(given))))

    def show(self, at: int, action: Action, taken: Taken, state: State, member: int, at_once: bool) -> None:
        """What the log says of a step: a row at its time, or two around it."""
        move = next(m for m in self.observer.moves if m.rule.title == action.name)
        picks = {v.name: value for v, value in taken.picks}
        params = {p.name: p for p in action.params}
        given: list[int | None] = [ordinal_of(params[n], picks[n]) for n in move.given if n in params]
        for told in self.told[move.rule.number]:
            value = told.of(taken.state if told.after else state, member)
            given.append(None if self.dice.random() < 0.2 else value)
        if at_once or self.dice.random() < 0.5:
            self.timed.append((at, Row(0, "move", 0, move.rule.number, member, given=given)))
            return
        window, self.windows = self.windows, self.windows + 1
        reach = self.dice.choice((0.4, 1.5, 3.5))
        for kind, time in ("open", at - self.dice.uniform(0.01, reach)), ("close", at + self.dice.uniform(0.01, reach)):
            row = Row(0, "open", 0, move.rule.number, member, window, given)
            row.kind = "open" if kind == "open" else "close"
            if kind == "open" or self.dice.random() < 0.9:
                self.timed.append((time, row))


def ordinal_of(param: Var, value: object) -> int:
    assert isinstance(value, int)
    return value


def game(number: int) -> Game | None:
    """The random game of that number; None if its system has too many states, or nothing happens in it."""
    spec = rolled(number)
    sys.modules.pop(spec.model.__module__)
    states = reachable(spec.system)
    if states is None:
        return None
    dice = random.Random(number)
    observer, told = observed(spec.system, states, dice)
    walk = Walk(observer, told, dice)
    rows = walk.rows()
    return Game(observer, told, rows, walk.taken) if rows else None


# --- what is wrong with a log -----------------------------------------------------------------------------------------


def spoilt(found: Game, dice: random.Random) -> list[Row]:
    """The rows with one or two things wrong, never with a window that is closed before it is opened."""
    rows = [replace(row, given=row.given) for row in found.rows]
    for _ in range(dice.choice((1, 1, 2))):
        if rows:
            rows = dice.choice((dropped, swapped, changed, doubled, somebody_else, forgotten))(found, rows, dice)
    return rows


def dropped(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """Without an event: what is only opened may have happened."""
    row = dice.choice(rows)
    return [r for r in rows if r is not row and not (row.kind == "open" and r.window == row.window)]


def swapped(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """Two rows in the other order; if they, or one of them and another one, are of one window, it still opens first."""
    i, j = dice.randrange(len(rows)), dice.randrange(len(rows))
    rows[i], rows[j] = rows[j], rows[i]
    opened: set[int] = set()
    both = Counter(r.window for r in rows if r.window >= 0)
    for row in rows:
        if row.window >= 0 and both[row.window] == 2:
            row.kind = "close" if row.window in opened else "open"
            opened.add(row.window)
    return rows


def changed(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """Something else said of a parameter or of a value."""
    some = [row for row in rows if row.given and row.kind != "lost"]
    if not some:
        return dropped(found, rows, dice)
    row = dice.choice(some)
    move = found.observer.moves[row.rule]
    i = dice.randrange(len(row.given))
    t = move.actions[0].params[i + (move.of is not None)].type
    if t == NUMBER:
        other: int | None = (row.given[i] or 0) + dice.choice((-1, 1, 5))
    else:
        assert isinstance(t, NAMED)
        low = 0 if isinstance(t, ScalarsetType) else bounds(t)[0]
        other = low + dice.randrange(cardinality(t))
    return with_given(rows, row, [other if k == i else v for k, v in enumerate(row.given)])


def doubled(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """One more event, somewhere."""
    row = replace(dice.choice(rows))
    if row.kind not in ("open", "close"):
        rows.insert(dice.randint(0, len(rows)), row)
        return rows
    row.kind, row.window = "move", -1
    rows.insert(dice.randint(0, len(rows)), row)
    return rows


def forgotten(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """A value that the log does not tell."""
    row = dice.choice(rows)
    known = [i for i, v in enumerate(row.given) if v is not None and i >= len(row.given) - len(found.told[row.rule])]
    if row.kind == "lost" or not known:
        return rows
    i = dice.choice(known)
    return with_given(rows, row, [None if k == i else v for k, v in enumerate(row.given)])


def with_given(rows: list[Row], row: Row, given: list[int | None]) -> list[Row]:
    """The same of both rows of a window."""
    for other in rows:
        if other is row or (row.window >= 0 and other.window == row.window):
            other.given = given
    return rows


def somebody_else(found: Game, rows: list[Row], dice: random.Random) -> list[Row]:
    """Another member."""
    row = dice.choice(rows)
    of = found.observer.moves[row.rule].of
    if of is not None and row.kind != "lost":
        member = dice.randrange(cardinality(of))
        for other in rows:
            if other is row or (row.window >= 0 and other.window == row.window):
                other.member = member
    return rows


def lost(found: Game, dice: random.Random) -> list[Row]:
    """Some events in a row are missing, as many as it says, or nobody knows how many."""
    rows = [replace(row, given=row.given) for row in found.rows]
    i = dice.randrange(len(rows))
    j = min(len(rows), i + dice.randint(1, 3))
    gone = rows[i:j]
    behind = {r.window for r in rows[j:] if r.kind == "close"}
    unknown = [r for r in gone if r.kind == "open" and r.window in behind]  # the step may happen behind the gap
    return [*rows[:i], *unknown, Row(0, "lost", 0, count=dice.choice((None, len(rows), 0))), *rows[j:]]


# --- both engines -----------------------------------------------------------------------------------------------------


def compared(found: Game, variants: Sequence[list[Row]], among: Counter[str]) -> list[int | None]:
    """Follow each of several logs with both engines; the rows at which they are rejected."""
    coded = Coded(found.observer, Rows.of(chain.from_iterable(variants)))  # one piece of machine code for all
    rejected: list[int | None] = []
    for rows in variants:
        expected = agreed(found, coded, rows, MOST)
        rejected.append(expected.rejected)
        if expected.largest > 1:
            little = expected.largest - 1 - len(rejected) % 3
            full = agreed(found, coded, rows, max(little, 1))
            assert full.full and (expected.rejected is None or none_less(full.rejected) <= expected.rejected)
        among.update(occurred(expected, rows))
    return rejected


def none_less(row: int | None) -> int:
    return -1 if row is None else row


def agreed(found: Game, coded: Coded, rows: list[Row], most: int) -> Followed:
    """What both engines say, with so many candidates at a time."""
    expected = follow(found.observer, rows, most)
    native, before = coded.follow(Rows.of(rows), most, 2 * most)
    here = (found.observer.system.name, found.taken, rows)
    assert (native.rejected, native.full) == (expected.rejected, expected.full), here
    assert native.violated == expected.violated, here
    if not expected.full:
        wanted = [(c.state, c.pending) for c in expected.before]
        assert {(c.state, c.pending) for c in before} == set(wanted), here
        assert native.count == len(before) == len(wanted), here
        assert native.largest == expected.largest, here
    return expected


def occurred(expected: Followed, rows: list[Row]) -> list[str]:
    """What is worth counting."""
    row = expected.rejected
    happened = {
        "explained": row is None,
        "rejected": row is not None,
        f"rejected at a {'' if row is None else rows[row].kind}": row is not None,
        "rejected behind the 3rd row": row is not None and row > 3,
        "several candidates": len(expected.before) > 1,
        "several pending sets": len({c.pending for c in expected.before}) > 1,
        "more than 20 candidates": expected.largest > 20,
        "violated": bool(expected.violated),
        "violated later than at once": any(at > 1 for at in expected.violated.values()),
    }
    return [name for name, did in happened.items() if did]


def compare(first: int, count: int) -> Counter[str]:
    among: Counter[str] = Counter()
    for number in range(first, first + count):
        found = game(number)
        if found is None:
            continue
        dice = random.Random(-1 - number)
        missing = [lost(found, dice) for _ in range(2)]
        variants = [found.rows, *missing, *(spoilt(found, dice) for _ in range(SPOILT))]
        rejected = compared(found, variants, among)
        assert rejected[0] is None, (number, found.taken, found.rows)
        eager = found.observer.eager
        among["games"] += 1
        among["something seen"] += any(not found.observer.moves[r.rule].rule.actions for r in found.rows)
        among["walks of more than 3 rows"] += len(found.rows) > 3
        among["own steps"] += any(a.name in found.taken for m in found.observer.moves for a in m.own)
        among["eager steps"] += bool(eager)
        among["eager from the start"] += hurried(found.observer.system, eager, found.observer.system.init) != (
            found.observer.system.init
        )
        among["values asked"] += any(found.told[r.rule] and r.given[-1] is not None for r in found.rows)
        for rows, row in zip(missing, rejected[1:3], strict=True):
            count_lost = next(r.count for r in rows if r.kind == "lost")
            assert count_lost == 0 or row is None, (number, found.taken, rows)
            among["lost, explained" if row is None else "lost, rejected"] += 1
    return among


@pytest.mark.parametrize(
    ("first", "count"), [(0, 60), pytest.param(10_000, 1500, marks=pytest.mark.slow)], ids=["60", "1500"]
)
def test_both_engines_say_the_same_of_random_walks_whole_and_spoilt(first: int, count: int) -> None:
    among = compare(first, count)
    assert {name: (among[name], least) for name, least in DEMANDED.items() if among[name] * 100 < least * count} == {}
