"""Where a fair behaviour can stay for ever, plainly: strongly connected components, taken apart until they are fair.

What a behaviour does for ever is a set of edges that hang together. It is fair if it takes infinitely many edges of each
set in `often`, and, for each pair in `strong`, either takes infinitely many of the pair's edges or is only finitely often
in one of its states. Edges count, not states: that a component contains both ends of an edge does not mean that the edge
belongs to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx


@dataclass(frozen=True)
class Graph:
    """Numbered edges, as source and target."""

    edges: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Fairness:
    """What an infinite behaviour has to do."""

    often: Sequence[frozenset[int]]
    """Sets of edges. Weak fairness of a step is one of them: its edges, and all edges from where it is not enabled."""
    strong: Sequence[tuple[frozenset[int], frozenset[int]]]
    """States and edges. Strong fairness of a step: where it is enabled, and its edges."""


def fair_components(graph: Graph, fairness: Fairness) -> Iterator[frozenset[int]]:
    """The edges of every largest component in which a fair behaviour can take each edge infinitely often."""
    waiting = [frozenset(range(len(graph.edges)))]
    while waiting:
        for component in _components(graph, waiting.pop()):
            if not all(component & wanted for wanted in fairness.often):
                continue  # nor does any part of it
            inside = {graph.edges[e][0] for e in component}
            starving = [states for states, edges in fairness.strong if inside & states and not component & edges]
            if not starving:
                yield component
                continue
            left = inside.difference(*starving)
            waiting.append(frozenset(e for e in component if {*graph.edges[e]} <= left))


def _components(graph: Graph, edges: Iterable[int]) -> Iterator[frozenset[int]]:
    """The edges of each strongly connected component that has any."""
    found: Any = nx.MultiDiGraph()
    found.add_edges_from((*graph.edges[e], e) for e in edges)
    for states in nx.strongly_connected_components(found):
        inside = frozenset(e for _, _, e in found.subgraph(states).edges(keys=True))
        if inside:
            yield inside


def cycle(graph: Graph, component: frozenset[int], fairness: Fairness, start: int) -> list[int]:
    """A fair cycle through state `start` of a fair component, as edges; short, but perhaps not the shortest.

    It goes to the nearest edge that is still wanted until there is none, then back.
    """
    inside = {graph.edges[e][0] for e in component}
    wanted = [component & edges for edges in fairness.often]
    wanted += [component & edges for states, edges in fairness.strong if inside & states]
    leaving: dict[int, list[int]] = {}
    for e in sorted(component):
        leaving.setdefault(graph.edges[e][0], []).append(e)
    way: list[int] = []
    at = start
    while wanted:
        way += _nearest(graph, leaving, at, frozenset().union(*wanted))
        at = graph.edges[way[-1]][1]
        wanted = [edges for edges in wanted if edges.isdisjoint(way)]
    if not way:
        way = [leaving[start][0]]
        at = graph.edges[way[0]][1]
    if at != start:
        way += _nearest(graph, leaving, at, frozenset(e for e in component if graph.edges[e][1] == start))
    return way


def _nearest(graph: Graph, leaving: Mapping[int, Sequence[int]], start: int, wanted: frozenset[int]) -> list[int]:
    """A shortest way from `start` that ends with one of these edges."""
    came_by: dict[int, int] = {}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for e in leaving[state]:
            target = graph.edges[e][1]
            if e in wanted:
                way = [e]
                while state != start:
                    way.append(came_by[state])
                    state = graph.edges[way[-1]][0]
                return way[::-1]
            if target != start and target not in came_by:
                came_by[target] = e
                waiting.append(target)
    raise ValueError("no wanted edge can be reached")
