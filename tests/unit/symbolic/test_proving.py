"""`api.prove` on small specifications: every method, every kind of property, limits and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from virtspec import api
from virtspec.api import Specification
from virtspec.errors import NothingChecked, UsageError
from virtspec.trace.verdict import Holds, Reached, Unknown, Unreached, Violated

TICKETS = '''\
from typing import Annotated

from virtspec import (
    Const, Faults, Formula, Model, Range, Scalarset, Steps, at, budget, Budget, cost, eventually, fault, faultless, faults,
    invariant, leads_to, process, reachable, require, spent, temporal, transition,
)


class Task(Scalarset):
    """A thread."""


class Tickets(Model):
    """A counter that must not pass 3, a turn, and a task that may starve."""

    careless: Const[bool] = False
    served: Annotated[int, Range(0, 3)]
    turn: Task | None

    @process(fair="weak")
    def serve(self, t: Task) -> Steps:
        require(self.turn is None and (self.careless or self.served < 3))
        self.turn = t
        yield "work"
        cost("service")
        if self.served == 3:
            fault("too many")
        self.served += 1
        self.turn = None


@invariant(Tickets, id="TURN")
def one_works(m: Tickets, t: Task) -> bool:
    """Who works has the turn."""
    return not at(m.serve, "work", t) or m.turn == t


@invariant(Tickets, id="FEW")
def few(m: Tickets) -> bool:
    """False: never are two served."""
    return m.served < 2


@transition(Tickets, id="UP")
def upwards(before: Tickets, after: Tickets) -> bool:
    """Nobody is taken back."""
    return before.served <= after.served


@faultless(Tickets, id="ENOUGH")
def enough(m: Tickets) -> Faults:
    """Not more than three."""
    return faults("too many")


@reachable(Tickets, id="THREE")
def three(m: Tickets) -> bool:
    """Three can be served."""
    return m.served == 3


@reachable(Tickets, id="FOUR")
def idle_at_work(m: Tickets, t: Task) -> bool:
    """Impossible: somebody works without the turn."""
    return at(m.serve, "work", t) and m.turn is None


@temporal(Tickets, id="ENDS")
def ends(m: Tickets, t: Task) -> Formula:
    """Who begins comes to an end."""
    return leads_to(at(m.serve, "work", t), m.turn is None)


@temporal(Tickets, id="STARVES")
def starves(m: Tickets) -> Formula:
    """False: at last three are served."""
    return eventually(m.served == 3)


@budget(Tickets, id="COST")
def cheap(m: Tickets) -> Budget:
    """Three services."""
    return spent("service") <= 3
'''


@pytest.fixture
def tickets(spec_of: Callable[[str], Specification]) -> Specification:
    return spec_of(TICKETS)


def said(found: Any) -> dict[str, str]:
    return {p: str(v) for p, v in found.verdicts.items()}


def test_bounded_search_finds_shortest_traces(tickets: Specification) -> None:
    found = api.prove(tickets, method="bmc", depth=8)
    explored = api.check(tickets.load(), only=list(found.verdicts))
    for prop, verdict in found.verdicts.items():
        other = explored.verdicts[prop]
        if isinstance(verdict, Violated | Reached):
            assert isinstance(other, type(verdict)) and len(other.trace) == len(verdict.trace), prop
    assert said(found) == {
        "TURN": "holds (no behaviour has more than 6 steps)",
        "FEW": "violated in 4 steps",
        "UP": "holds (no behaviour has more than 6 steps)",
        "THREE": "reached in 6 steps",
        "FOUR": "not reached (no behaviour has more than 6 steps)",
        "ENOUGH": "holds (no behaviour has more than 6 steps)",
        "fault": "holds (no behaviour has more than 6 steps)",
        "deadlock": "holds (no behaviour has more than 6 steps)",
    }
    assert found.exit_code == 1


def test_a_depth_that_was_asked_for(tickets: Specification) -> None:
    found = api.prove(tickets, method="bmc", depth=3, properties=["FEW", "THREE", "TURN"])
    assert said(found) == dict.fromkeys(("FEW", "TURN"), "holds (up to depth 3)") | {
        "THREE": "undetermined: bmc: no violation in 3 steps"
    }


@pytest.mark.parametrize("method", ["kind", "pdr", "inductive"])
def test_proofs(tickets: Specification, method: Any) -> None:
    ids = ["TURN", "UP", "fault", *(["ENOUGH"] if method != "inductive" else [])]
    found = api.prove(tickets, method=method, properties=ids)
    assert all(isinstance(v, Holds) for v in found.verdicts.values()), said(found)


@pytest.mark.parametrize("method", ["bmc", "kind", "pdr", "auto"])
def test_faults_that_a_property_names(tickets: Specification, method: Any) -> None:
    found = api.prove(tickets, None, {"careless": True}, method=method, properties=["ENOUGH", "fault"], depth=9)
    assert isinstance(verdict := found.verdicts["ENOUGH"], Violated)
    assert len(verdict.trace) == 8 and verdict.trace.ends_in_fault()
    assert isinstance(found.verdicts["fault"], Holds)


@pytest.mark.parametrize("method", ["bmc", "kind", "pdr"])
def test_what_behaviours_do(tickets: Specification, method: Any) -> None:
    depth = 10 if method == "bmc" else None
    found = api.prove(tickets, method=method, properties=["ENDS", "STARVES"], depth=depth)
    assert isinstance(found.verdicts["ENDS"], Holds)
    assert isinstance(verdict := found.verdicts["STARVES"], Violated)
    assert verdict.trace.loop is not None


def test_a_witness_that_is_impossible(tickets: Specification) -> None:
    for method in ("kind", "pdr"):
        found = api.prove(tickets, method=method, properties=["FOUR"])
        assert isinstance(found.verdicts["FOUR"], Unreached) and found.exit_code == 1


def test_an_invariant_that_was_found_can_be_read(tickets: Specification) -> None:
    found = api.prove(tickets, method="pdr", properties=["TURN"])
    assert "serve.work" in found.outcomes["TURN"].invariant


def test_auto_says_what_it_tried(tickets: Specification) -> None:
    found = api.prove(tickets, properties=["TURN", "FEW"], seconds=30)
    assert [t.method for t in found.outcomes["FEW"].tried] == ["bmc"]
    assert isinstance(found.verdicts["FEW"], Violated) and isinstance(found.verdicts["TURN"], Holds)


def test_no_time_is_undetermined(tickets: Specification) -> None:
    found = api.prove(tickets, method="bmc", properties=["TURN"], seconds=1e-6)
    assert isinstance(found.verdicts["TURN"], Unknown) and "out of time" in str(found.verdicts["TURN"])
    assert found.exit_code == 3


def test_ctrl_c_keeps_what_was_found(tickets: Specification) -> None:
    def interrupt(text: str) -> None:
        if "after 5 steps" in text:
            raise KeyboardInterrupt

    found = api.prove(tickets, method="bmc", properties=["TURN", "FEW"], progress=interrupt)
    assert isinstance(found.verdicts["FEW"], Violated)
    assert str(found.verdicts["TURN"]).startswith("undetermined: bmc: no violation in ")


def test_every_question_is_on_the_record(tickets: Specification) -> None:
    log = io.StringIO()
    found = api.prove(tickets, method="bmc", properties=["FEW"], depth=5, log=log)
    assert log.getvalue().count("(check-sat)") == len(found.queries) > 5
    assert all(q.seconds >= 0 and q.answer in ("sat", "unsat") for q in found.queries)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"properties": ["TURNS"]}, "has no property 'TURNS'; did you mean 'TURN'"),
        ({"properties": ["COST"]}, "COST is about costs, which the solver does not count"),
        ({"properties": ["ENDS"], "method": "inductive"}, "ENDS is about whole behaviours"),
        ({"using": ["UP"], "method": "inductive"}, "UP is no invariant: --using takes invariants"),
    ],
)
def test_what_is_refused(tickets: Specification, how: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        api.prove(tickets, **how)


def test_nothing_to_prove(spec_of: Callable[[str], Specification]) -> None:
    empty = spec_of("from virtspec import Model\n\n\nclass Empty(Model):\n    up: bool\n")
    with pytest.raises(NothingChecked):
        api.prove(empty)


def test_liveness_without_fairness(tickets: Specification) -> None:
    found = api.prove(tickets, None, {"fair.serve": "none"}, method="bmc", properties=["ENDS"], depth=10)
    assert isinstance(found.verdicts["ENDS"], Violated)


@pytest.mark.parametrize("method", ["bmc", "kind", "pdr", "inductive"])
def test_a_system_in_which_nothing_changes(spec_of: Callable[[str], Specification], method: Any) -> None:
    text = (
        "from virtspec import Model, action, invariant, require\n\n\nclass Still(Model):\n    up: bool\n\n    @action\n"
        "    def move(self) -> None:\n        require(self.up)\n        self.up = False\n\n\n"
        '@invariant(Still, id="DOWN")\ndef down(m: Still) -> bool:\n    """Never up."""\n    return not m.up\n'
    )
    found = api.prove(spec_of(text), method=method, properties=["DOWN", "fault", "deadlock"])
    assert all(isinstance(v, Holds) for v in found.verdicts.values()), said(found)
