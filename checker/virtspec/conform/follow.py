"""Following a log: the states that a model may be in, row by row. This is what it means; it is slow and plain.

A candidate is a state together with the windows that are open and whose step has not happened yet. Before each row that
demands something, hidden steps and steps of open windows are taken in all ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from virtspec.conform.observer import Move, Observer
from virtspec.conform.rows import Row
from virtspec.ir.system import Action, Property, System
from virtspec.ir.types import IntType, Type, Value, values
from virtspec.semantics.interp import Faulted, MorePicks, Outcome, State, Taken, Undefined, run
from virtspec.semantics.successors import holds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A state the model may be in, and the windows whose step is still to come."""

    state: State
    pending: frozenset[int] = frozenset()


@dataclass
class Followed:
    """How far a log could be followed."""

    rejected: int | None = None
    """The row that no candidate allows."""
    before: list[Candidate] = field(default_factory=list)
    """The candidates before that row, hidden steps included; or those at the end."""
    largest: int = 1
    """The most candidates at a time."""
    seen: int = 0
    """Candidates in all, hidden steps included."""
    violated: dict[str, int] = field(default_factory=dict)
    """Invariants that no candidate satisfies, with the first row behind which that is so."""
    faults: list[str] = field(default_factory=list)
    """What the model runs into at the row rejected."""
    full: bool = False
    """There were too many candidates at the row `rejected`."""


def follow(
    observer: Observer, rows: Sequence[Row], most: int = 1_000_000, progress: Callable[[int, int], None] | None = None
) -> Followed:
    """Follow the rows, with `most` candidates at a time."""
    return _Following(observer, most).run(rows, progress)


class _Following:
    def __init__(self, observer: Observer, most: int) -> None:
        self.observer = observer
        self.system = observer.system
        self.most = most
        self.open: dict[int, Row] = {}
        self.found = Followed()

    def run(self, rows: Sequence[Row], progress: Callable[[int, int], None] | None) -> Followed:
        candidates = {self.hurried(Candidate(self.system.init))}
        for number, row in enumerate(rows):
            if progress is not None:
                progress(number, len(candidates))
            closed = candidates if row.kind == "open" else self.closure(candidates, row)
            if closed is not None:
                candidates = self.after(row, closed)
            if closed is None or not 0 < len(candidates) <= self.most:
                self.found.rejected, self.found.full = number, closed is None or len(candidates) > self.most
                self.found.before = list(closed or candidates)
                return self.found
            if row.kind != "open":
                self.judge(candidates, number)
        self.found.before = list(candidates)
        return self.found

    # --- rows

    def after(self, row: Row, candidates: set[Candidate]) -> set[Candidate]:
        """The candidates behind a row."""
        if row.kind == "open":
            self.open[row.window] = row
            return {Candidate(c.state, c.pending | {row.window}) for c in candidates}
        if row.kind == "close":
            self.open.pop(row.window, None)
            return {c for c in candidates if row.window not in c.pending}
        if row.kind == "lost":
            return candidates
        self.found.faults.clear()
        return {self.hurried(Candidate(s, c.pending)) for c in candidates for s in self.moved(row, c.state)}

    def moved(self, row: Row, state: State) -> Iterator[State]:
        move = self.observer.moves[row.rule]
        for action in move.actions:
            yield from self.taken(outcomes_given(self.system, action, state, picks(move, row)))

    def taken(self, outcomes: Iterable[Outcome]) -> Iterator[State]:
        for outcome in outcomes:
            if isinstance(outcome, Taken):
                yield outcome.state
            elif isinstance(outcome, Faulted) and outcome.message not in self.found.faults:
                self.found.faults.append(outcome.message)

    # --- what no event shows

    def closure(self, candidates: set[Candidate], row: Row) -> set[Candidate] | None:
        """All that can come of the candidates by hidden steps and those of open windows; None if that is too much."""
        layers = [0] if row.kind != "lost" else range(1 << 62) if row.count is None else range(row.count + 1)
        unseen = partial(self.unseen, row)
        fresh = list(candidates)
        found = set(fresh)
        for layer in layers:
            if layer:
                fresh = [c for c in self.by(self.possible, list(found)) if c not in found]
                found.update(fresh)
                if not fresh:
                    break
            while fresh:
                fresh = list(dict.fromkeys(c for c in self.by(unseen, fresh) if c not in found))
                found.update(fresh)
                if len(found) > self.most:
                    return None
        self.found.largest = max(self.found.largest, len(found))
        self.found.seen += len(found)
        return found

    def by(self, steps: Callable[[Candidate], Iterator[Candidate]], candidates: list[Candidate]) -> Iterator[Candidate]:
        for c in candidates:
            yield from steps(c)

    def unseen(self, row: Row, c: Candidate) -> Iterator[Candidate]:
        """What comes of a candidate by one step that no event shows, or that of an open window, before this row."""
        for action in self.observer.hidden:
            for state in self.taken(outcomes_given(self.system, action, c.state, ())):
                yield self.hurried(Candidate(state, c.pending))
        if row.kind == "move":
            move = self.observer.moves[row.rule]
            for action in move.own:
                member = values(action.params[0].type)[row.member]
                for state in self.taken(outcomes_given(self.system, action, c.state, (member,))):
                    yield self.hurried(Candidate(state, c.pending))
        for window in c.pending:
            for state in self.moved(self.open[window], c.state):
                yield self.hurried(Candidate(state, c.pending - {window}))

    def possible(self, c: Candidate) -> Iterator[Candidate]:
        """Steps that an event would have shown, if it had not been lost, and those that come with one."""
        for action in (*self.observer.shown, *(a for move in self.observer.moves for a in move.own)):
            for state in self.taken(outcomes_given(self.system, action, c.state, ())):
                yield self.hurried(Candidate(state, c.pending))

    def hurried(self, c: Candidate) -> Candidate:
        """The candidate behind all steps that are taken at once."""
        while True:
            for action in self.observer.eager:
                state = next(self.taken(outcomes_given(self.system, action, c.state, ())), None)
                if state is not None:
                    c = Candidate(state, c.pending)
                    break
            else:
                return c

    def judge(self, candidates: set[Candidate], number: int) -> None:
        for prop in self.observer.judged:
            if prop.id not in self.found.violated and not any(self.fine(prop, c.state) for c in candidates):
                self.found.violated[prop.id] = number

    def fine(self, prop: Property, state: State) -> bool:
        """Whether an invariant is true; one that is not defined is violated."""
        try:
            return holds(self.system, prop, state)
        except Undefined:
            return False


def picks(move: Move, row: Row) -> tuple[Value, ...]:
    """The parameters of a move's actions that a row gives; see `Move`."""
    first = move.actions[0].params
    member = () if move.of is None else (values(move.of)[row.member],)
    given: list[Value] = []
    for param, value in zip(first[len(member) :], row.given, strict=False):
        given.append(_value(param.type, value))
    return (*member, *given, *asked(move, row))


def asked(move: Move, row: Row) -> tuple[bool, ...]:
    """For each condition whether the row gives all that it looks at."""
    unknown = {name for name, value in zip(move.given, row.given, strict=True) if value is None}
    return tuple(not unknown.intersection(names) for names in move.asked)


def _value(t: Type, value: int | None) -> Value:
    """A number as it is, any other value by its position."""
    return value or 0 if isinstance(t, IntType) else values(t)[value or 0]


def outcomes_given(system: System, action: Action, state: State, given: tuple[Value, ...]) -> list[Outcome]:
    """Every way an action can go whose first parameters are given."""
    try:
        return [run(system, action, state, given)]
    except MorePicks as more:
        return [o for value in values(more.var.type) for o in outcomes_given(system, action, state, (*given, value))]
