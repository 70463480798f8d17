"""The reachable states as a networkx graph, for programs and notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from virtspec.api.checking import refuse_endless
from virtspec.explore.oracle import Search
from virtspec.explore.reasons import why_false
from virtspec.explore.report import Limits
from virtspec.ir.system import System
from virtspec.ir.types import show
from virtspec.semantics.interp import Faulted, State
from virtspec.semantics.successors import busy, successors
from virtspec.trace.render import call_text

if TYPE_CHECKING:
    import networkx as nx


def graph(system: System, max_states: int = 100_000) -> nx.MultiDiGraph[Any]:
    """Every reachable state (at most `max_states`) and every step between them.

    Nodes are numbered in the order found, 0 being the initial state. Their attributes: `state` (field name to the value
    as shown), `initial`, `violates` (ids of invariants that are false there), `deadlock`. Steps that fault lead to a
    node "fault". Attributes of edges: `action`, `picks` (name to the value as shown), `label` (the step as a call).
    The graph's attribute `complete` says whether everything reachable is in it.

    >>> g = graph(load("request_batching"))                                                     # doctest: +SKIP
    >>> nx.shortest_path_length(g, 0, 17)                                                       # doctest: +SKIP
    """
    import networkx as nx

    refuse_endless(system)
    search = Search(system, only=(), limits=Limits(states=max_states))
    search.run()
    found: nx.MultiDiGraph[Any] = nx.MultiDiGraph(name=system.name, complete=search.report.complete)
    for number, state in enumerate(search.states[:max_states]):
        found.add_node(number, initial=number == 0, **_described(system, state))
    for number, state in enumerate(search.states[:max_states]):
        moved = False
        for action, outcome in successors(system, state):
            moved = True
            target: int | str | None = "fault" if isinstance(outcome, Faulted) else search.seen.get(outcome.state)
            if target in found or target == "fault":
                picks = {var.name: show(var.type, value) for var, value in outcome.picks}
                found.add_edge(number, target, action=action.name, picks=picks, label=call_text(action, outcome.picks))
        found.nodes[number]["deadlock"] = not moved and bool(busy(system, state))
    return found


def _described(system: System, state: State) -> dict[str, Any]:
    invariants = [p for p in system.properties if p.kind == "invariant"]
    return {
        "state": {f.name: show(f.type, value) for f, value in zip(system.fields, state, strict=True)},
        "violates": [p.id for p in invariants if why_false(system, p, state) is not None],
    }
