"""Automata against the meaning of formulas, on all short behaviours."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from typing import Any

import networkx as nx
import pytest

from virtspec.ir.passes.buchi import Automaton, automaton
from virtspec.ir.temporal import (
    FALSE,
    TRUE,
    Both,
    Either,
    Formula,
    Literal,
    Release,
    Until,
    always,
    both,
    either,
    eventually,
    leads_to,
    negated,
    release,
    until,
    weak_until,
)
from virtspec.semantics.temporal import holds

P, Q = Literal(0), Literal(1)
LETTERS = [frozenset(), frozenset({0}), frozenset({1}), frozenset({0, 1})]
Letter = frozenset[int]

SHORT = [(word, loop) for length in (1, 2, 3, 4) for word in product(LETTERS, repeat=length) for loop in range(length)]
"""Every behaviour of up to four states with two atoms, as its states and where it goes on after the last."""


def accepts(made: Automaton, word: Sequence[Letter], loop: int) -> bool:
    """Whether the automaton has an accepting run, by looking at every component of its product with the behaviour."""
    graph: Any = nx.MultiDiGraph()
    waiting = [(0, 0)]
    graph.add_node((0, 0))
    while waiting:
        time, state = waiting.pop()
        later = time + 1 if time + 1 < len(word) else loop
        for t in made.transitions[state]:
            if t.true <= word[time] and not t.false & word[time]:
                if (later, t.target) not in graph:
                    waiting.append((later, t.target))
                graph.add_edge((time, state), (later, t.target), postponed=t.postponed)
    for component in nx.strongly_connected_components(graph):
        edges = list(graph.subgraph(component).edges(data="postponed"))
        if edges and all(any(s not in postponed for _, _, postponed in edges) for s in range(made.sets)):
            return True
    return False


def formula(draw: random.Random, depth: int) -> Formula:
    if depth == 0 or draw.random() < 0.15:
        return draw.choice([P, Q, negated(P), negated(Q), TRUE, FALSE])
    left, right = formula(draw, depth - 1), formula(draw, depth - 1)
    kind: Any = draw.choice(
        [both, either, until, release, leads_to, weak_until, always, eventually, Both, Until, Release]
    )
    made: Formula = kind(right) if kind in (always, eventually) else kind(left, right)
    return made


KNOWN = [
    always(P),
    eventually(P),
    always(eventually(P)),
    eventually(always(P)),
    leads_to(P, Q),
    until(P, Q),
    release(P, Q),
    weak_until(P, Q),
    both(always(eventually(P)), always(eventually(Q))),
    either(eventually(always(P)), always(eventually(Q))),
    until(until(P, Q), negated(P)),
]


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_known_formulas_are_accepted_where_they_hold(known: Formula) -> None:
    for f in (known, negated(known)):
        made = automaton(f)
        for word, loop in SHORT:
            assert accepts(made, word, loop) == holds(f, word, loop)


@pytest.mark.parametrize("seed", range(60))
def test_random_formulas_are_accepted_where_they_hold(seed: int) -> None:
    draw = random.Random(seed)
    f = formula(draw, 3)
    made, other = automaton(f), automaton(negated(f))
    for word, loop in draw.sample(SHORT, 150):
        meant = holds(f, word, loop)
        assert accepts(made, word, loop) == meant
        assert accepts(other, word, loop) == (not meant)


def test_what_temporal_formulas_mean_in_words() -> None:
    none, p, q, pq = LETTERS
    assert holds(until(P, Q), [p, p, q, none], 3) and not holds(until(P, Q), [p, p], 0)
    assert holds(weak_until(P, Q), [p, p], 0) and not holds(weak_until(P, Q), [p, none, q], 2)
    assert holds(release(P, Q), [q, pq, none], 2) and not holds(release(P, Q), [q, p], 1)
    assert holds(leads_to(P, Q), [p, none, q], 2) and not holds(leads_to(P, Q), [q, p, none], 2)
    assert holds(always(eventually(P)), [none, none, p], 1) and not holds(eventually(always(P)), [none, none, p], 1)
    assert holds(eventually(always(P)), [none, p], 1)


@pytest.mark.parametrize("seed", range(40))
def test_a_formula_or_its_negation_holds_and_stuttering_changes_nothing(seed: int) -> None:
    draw = random.Random(seed)
    f = formula(draw, 3)
    for word, loop in draw.sample(SHORT, 60):
        meant = holds(f, word, loop)
        assert holds(negated(f), word, loop) != meant
        again = draw.randrange(len(word))
        longer = [*word[: again + 1], word[again], *word[again + 1 :]]
        assert holds(f, longer, loop + 1 if again < loop else loop) == meant
        unrolled = [*word, *word[loop:]]
        assert holds(f, unrolled, loop) == holds(f, unrolled, len(word)) == meant


@pytest.mark.parametrize(
    ("f", "states", "sets"),
    [
        (always(P), 1, 0),
        (eventually(P), 2, 1),
        (always(eventually(P)), 1, 1),
        (eventually(always(P)), 2, 1),
        (leads_to(P, Q), 2, 1),
        (negated(leads_to(P, Q)), 2, 1),
        (both(always(eventually(P)), always(eventually(Q))), 1, 2),
        (FALSE, 1, 0),
    ],
    ids=str,
)
def test_automata_of_common_formulas_are_small(f: Formula, states: int, sets: int) -> None:
    made = automaton(f)
    assert (len(made.transitions), made.sets) == (states, sets)


@pytest.mark.parametrize(
    ("f", "cores"),
    [
        (always(P), [{0}]),
        (eventually(P), [{1}]),
        (negated(leads_to(P, Q)), [{1}]),
        (either(always(P), always(Q)), [{1}, {2}]),
        (always(eventually(both(P, eventually(Q)))), [{0, 1}]),
        (both(eventually(P), always(negated(P))), []),
        (FALSE, []),
    ],
    ids=str,
)
def test_cores_are_where_an_accepting_run_can_stay(f: Formula, cores: list[set[int]]) -> None:
    assert list(automaton(f).cores()) == cores


@pytest.mark.parametrize("seed", range(60))
def test_a_run_that_is_accepting_stays_in_a_core(seed: int) -> None:
    made = automaton(formula(random.Random(seed), 3))
    graph: Any = nx.MultiDiGraph()
    for source, row in enumerate(made.transitions):
        graph.add_node(source)
        graph.add_edges_from((source, t.target, {"postponed": t.postponed}) for t in row)
    expected = set()
    for part in nx.strongly_connected_components(graph):
        edges = [postponed for _, _, postponed in graph.subgraph(part).edges(data="postponed")]
        if edges and all(any(k not in postponed for postponed in edges) for k in range(made.sets)):
            expected.add(frozenset(part))
    assert set(made.cores()) == expected


def test_trivial_operands_are_folded() -> None:
    assert both(TRUE, P) == either(FALSE, P) == until(FALSE, P) == release(TRUE, P) == P
    assert until(P, FALSE) == FALSE and release(P, TRUE) == TRUE == either(P, TRUE)
    assert Either(P, Q) == either(P, Q) and both(P, FALSE) == FALSE
