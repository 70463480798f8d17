"""From a formula to a generalised Buchi automaton that accepts the behaviours which satisfy it.

The states of the automaton are sets of formulas that must hold from now on. A transition says what must be true now, and
what is left to hold from the next time on: each formula is unfolded by its fixpoint equation,

    a U b  =  b  or  (a and then a U b)
    a R b  =  b and (a or then a R b)

and a transition that takes the second way for an `until` postpones it. A behaviour is accepted if it has a run in which
no `until` is postponed for ever: acceptance is a matter of transitions, one set of them for each `until`. This is the
construction of Couvreur (FM 1999) without binary decision diagrams.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from virtspec.ir.temporal import Both, Either, Formula, Literal, Release, Truth, Until


@dataclass(frozen=True, slots=True)
class Transition:
    """Possible where all atoms of `true` are true and all of `false` false; does what is asked for by all but the
    `postponed` acceptance sets."""

    true: frozenset[int]
    false: frozenset[int]
    target: int
    postponed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Automaton:
    """State 0 is the initial one; `transitions` are by state. A run is accepting if it takes infinitely many transitions
    from each of `sets` acceptance sets, that is, infinitely many that do not postpone it."""

    transitions: tuple[tuple[Transition, ...], ...]
    sets: int

    def cores(self) -> tuple[frozenset[int], ...]:
        """The largest sets of states in which a run can stay for ever, going from each to each, and be accepting."""
        reached = self._reached()
        sets = range(self.sets)
        parts = dict.fromkeys(frozenset(b for b in there if a in reached[b]) for a, there in enumerate(reached))
        return tuple(part for part in parts if part and all(self._meets(part, k) for k in sets))

    def _reached(self) -> list[set[int]]:
        """Where each state leads to, in one step or more."""
        reached = [{t.target for t in row} for row in self.transitions]
        for via, further in enumerate(reached):
            for there in reached:
                if via in there:
                    there |= further
        return reached

    def _meets(self, part: frozenset[int], number: int) -> bool:
        """Whether a transition from the acceptance set of that number stays in a part."""
        return any(t.target in part and number not in t.postponed for a in part for t in self.transitions[a])


Obligations = frozenset[Formula]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to meet some obligations now."""

    true: frozenset[int] = frozenset()
    false: frozenset[int] = frozenset()
    then: Obligations = frozenset()
    postponed: frozenset[Until] = frozenset()

    def dominates(self, other: _Way) -> bool:
        """Whether whatever can be accepted by way of the other can be by way of this one."""
        return (
            self.true <= other.true
            and self.false <= other.false
            and self.then <= other.then
            and self.postponed <= other.postponed
        )


def automaton(formula: Formula) -> Automaton:
    """An automaton that accepts what satisfies the formula."""
    numbers: dict[Obligations, int] = {frozenset({formula}): 0}
    ways: list[list[_Way]] = []
    waiting = list(numbers)
    for obligations in waiting:
        found = _best(list(_ways(tuple(obligations), frozenset(), _Way())))
        ways.append(found)
        for way in found:
            if way.then not in numbers:
                numbers[way.then] = len(numbers)
                waiting.append(way.then)
    untils = sorted({u for found in ways for way in found for u in way.postponed}, key=str)
    sets = {u: i for i, u in enumerate(untils)}
    rows = [
        [Transition(w.true, w.false, numbers[w.then], frozenset(sets[u] for u in w.postponed)) for w in found]
        for found in ways
    ]
    return Automaton(_merged(rows), len(untils))


def _ways(todo: tuple[Formula, ...], done: Obligations, way: _Way) -> Iterator[_Way]:
    """All ways to meet `todo` and what `way` has decided already; `done` is what it has dealt with."""
    if not todo:
        yield way
        return
    formula, *others = todo
    rest = tuple(others)
    if formula in done:
        yield from _ways(rest, done, way)
        return
    done |= {formula}
    match formula:
        case Truth(value):
            if value:
                yield from _ways(rest, done, way)
        case Literal(atom, positive):
            true = way.true | {atom} if positive else way.true
            false = way.false if positive else way.false | {atom}
            if not true & false:
                yield from _ways(rest, done, _Way(true, false, way.then, way.postponed))
        case Both(left, right):
            yield from _ways((left, right, *rest), done, way)
        case Either(left, right):
            yield from _ways((left, *rest), done, way)
            yield from _ways((right, *rest), done, way)
        case Until(left, right):
            yield from _ways((right, *rest), done, way)
            later = _Way(way.true, way.false, way.then | {formula}, way.postponed | {formula})
            yield from _ways((left, *rest), done, later)
        case Release(left, right):
            yield from _ways((right, left, *rest), done, way)
            yield from _ways((right, *rest), done, _Way(way.true, way.false, way.then | {formula}, way.postponed))


def _best(ways: list[_Way]) -> list[_Way]:
    """Without those that another one dominates, the first of equals."""
    kept: list[_Way] = []
    for way in ways:
        if not any(other.dominates(way) for other in kept):
            kept = [other for other in kept if not way.dominates(other)]
            kept.append(way)
    return kept


def _merged(rows: list[list[Transition]]) -> tuple[tuple[Transition, ...], ...]:
    """States from which the same transitions lead to the same states are one: the coarsest such partition."""
    group = [0] * len(rows)
    while True:
        signs = [frozenset((t.true, t.false, group[t.target], t.postponed) for t in row) for row in rows]
        keys: dict[object, int] = {}
        finer = [keys.setdefault((group[i], sign), len(keys)) for i, sign in enumerate(signs)]
        if len(keys) == max(group) + 1:
            break
        group = finer
    first = {g: i for i, g in reversed(list(enumerate(group)))}
    return tuple(
        tuple(dict.fromkeys(Transition(t.true, t.false, group[t.target], t.postponed) for t in rows[first[g]]))
        for g in range(len(first))
    )
