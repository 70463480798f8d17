"""Fair components against a search through all sets of edges that a behaviour may take for ever."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from typing import Any

import networkx as nx
import pytest

from virtspec.explore.liveness.fair import Fairness, Graph, cycle, fair_components


def can_be_taken_for_ever(graph: Graph, edges: frozenset[int]) -> bool:
    """Whether a behaviour can take exactly these edges infinitely often: they hang together."""
    found: Any = nx.MultiDiGraph()
    found.add_edges_from(graph.edges[e] for e in edges)
    return bool(edges) and nx.is_strongly_connected(found)


def is_fair(graph: Graph, fairness: Fairness, edges: frozenset[int]) -> bool:
    """The definition, of a behaviour that takes exactly these edges infinitely often."""
    inside = {graph.edges[e][0] for e in edges}
    return all(edges & wanted for wanted in fairness.often) and all(
        not inside & states or edges & wanted for states, wanted in fairness.strong
    )


def brute_force(graph: Graph, fairness: Fairness) -> set[frozenset[int]]:
    """All sets of edges that a fair behaviour may take for ever."""
    numbers = range(len(graph.edges))
    subsets = (frozenset(s) for size in range(1, len(numbers) + 1) for s in combinations(numbers, size))
    return {s for s in subsets if can_be_taken_for_ever(graph, s) and is_fair(graph, fairness, s)}


def drawn(seed: int) -> tuple[Graph, Fairness]:
    draw = random.Random(seed)
    states, count = draw.randint(1, 5), draw.randint(1, 10)
    graph = Graph([(draw.randrange(states), draw.randrange(states)) for _ in range(count)])

    def some(n: int, chance: float) -> frozenset[int]:
        return frozenset(i for i in range(n) if draw.random() < chance)

    often = [some(count, 0.5) for _ in range(draw.randint(0, 2))]
    strong = [(some(states, 0.4), some(count, 0.3)) for _ in range(draw.randint(0, 2))]
    return graph, Fairness(often, strong)


@pytest.mark.parametrize("seeds", range(20))
def test_components_are_the_largest_sets_of_edges_that_can_be_taken_fairly(seeds: int) -> None:
    for seed in range(25 * seeds, 25 * seeds + 25):
        graph, fairness = drawn(seed)
        all_sets = brute_force(graph, fairness)
        largest = {s for s in all_sets if not any(s < other for other in all_sets)}
        assert set(fair_components(graph, fairness)) == largest


def test_the_drawn_graphs_have_fair_behaviours_and_unfair_ones() -> None:
    found = [len(list(fair_components(*drawn(seed)))) for seed in range(500)]
    assert found.count(0) > 50 and sum(n > 1 for n in found) > 20
    plain = [len(list(fair_components(drawn(seed)[0], Fairness([], [])))) for seed in range(500)]
    assert sum(a == 0 < b for a, b in zip(found, plain, strict=True)) > 50


@pytest.mark.parametrize("seeds", range(10))
def test_cycles_are_fair_and_made_of_edges_that_touch(seeds: int) -> None:
    cycles = 0
    for seed in range(40 * seeds, 40 * seeds + 40):
        graph, fairness = drawn(seed)
        for component in fair_components(graph, fairness):
            for start in {graph.edges[e][0] for e in component}:
                way = cycle(graph, component, fairness, start)
                assert set(way) <= component and is_fair(graph, fairness, frozenset(way))
                assert graph.edges[way[0]][0] == start == graph.edges[way[-1]][1]
                for e, following in pairwise(way):
                    assert graph.edges[e][1] == graph.edges[following][0]
                cycles += 1
    assert cycles > 10


def test_a_step_counts_only_if_the_behaviour_takes_it() -> None:
    """Both ends of the edge lie in the component; TLC once took that for the edge."""
    graph = Graph([(0, 1), (1, 0), (0, 1)])
    assert list(fair_components(graph, Fairness([frozenset({2})], []))) == [frozenset({0, 1, 2})]
    assert cycle(graph, frozenset({0, 1, 2}), Fairness([frozenset({2})], []), 0) == [2, 1]
    assert list(fair_components(Graph([(0, 1), (1, 0), (1, 2)]), Fairness([frozenset({2})], []))) == []


def test_strong_fairness_takes_components_apart() -> None:
    """Enabled now and then: weak fairness is content, strong fairness is not."""
    graph = Graph([(0, 1), (1, 0), (1, 2), (2, 2)])
    weak = Fairness([frozenset({2, 0, 3})], [])
    strong = Fairness([], [(frozenset({1}), frozenset({2}))])
    assert set(fair_components(graph, weak)) == {frozenset({0, 1}), frozenset({3})}
    assert set(fair_components(graph, strong)) == {frozenset({3})}
