"""The reachable states as a networkx graph."""

from pathlib import Path
from typing import Any

import networkx as nx

from virtspec import api
from virtspec.explore import oracle
from virtspec.ir.system import System


def test_nodes_and_edges_are_those_of_the_search(lock: System) -> None:
    report, graph = oracle.check(lock), api.graph(lock)
    assert (len(graph), graph.number_of_edges()) == (report.states, report.transitions)
    assert graph.graph == {"name": "Lock", "complete": True}
    assert max(nx.single_source_shortest_path_length(graph, 0).values()) == report.depth


def test_attributes(lock: System) -> None:
    graph = api.graph(lock)
    assert graph.nodes[0]["initial"]
    assert graph.nodes[0]["violates"] == []
    assert graph.nodes[0]["state"]["owner"] == "None"
    assert [n for n, held in graph.nodes(data="violates") if held] == [1, 2, 3, 4]
    assert [n for n, dead in graph.nodes(data="deadlock") if dead] == [2, 4]
    edge = graph.edges[0, 2, 0]
    assert edge == {
        "action": "run",
        "picks": {"t": "Task0", "keep": "True"},
        "label": "run(Task0, keep=True)",
    }


def test_a_limit_is_told_and_leaves_no_edge_without_an_end(lock: System) -> None:
    graph = api.graph(lock, max_states=2)
    assert sorted(graph) == [0, 1]
    assert not graph.graph["complete"]


def test_faults_lead_to_a_node_of_their_own(path: Path) -> None:
    path.write_text(path.read_text().replace("require(self.owner is None)", "pass"))
    graph = api.graph(api.load(str(path)))
    edges: list[Any] = list(graph.in_edges("fault", data="label"))
    assert {label for _, _, label in edges} == {"run.held(Task0)", "run.held(Task1)"}
    assert list(graph.out_edges("fault")) == []
