"""The least and the most, verdicts and behaviours that show them, by both engines; amounts are worked out by hand."""

from __future__ import annotations

import pytest
from tests.unit.explore.budgets.measuring import ENGINES, amounts, costs, extreme, report, system, violated

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.explore.budgets.amounts import Amounts
from virtspec.explore.reasons import amounts_in, why_broken
from virtspec.explore.report import Limits
from virtspec.explore.report_json import word
from virtspec.semantics.interp import Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import Holds, Unknown

WAYS = """
class Ways(Model):
    at: Place

    @action
    def dear(self) -> None:
        require(self.at == 0)
        self.at = 1
        cost("bell")
        cost("bell")
        cost("bell")

    @action
    def cheap(self) -> None:
        require(self.at < 2)
        self.at = self.at + 1
        cost("lock")

    @action
    def end(self) -> None:
        require(self.at == 2)
        self.at = 3
        cost("bell")

@budget(Ways)
def claim(m: Ways) -> Budget:
    return {claim}

@budget(Ways)
def locks(m: Ways) -> Budget:
    return spent("lock") >= 0

@invariant(Ways)
def never_at_four(m: Ways) -> bool:
    return m.at != 4
"""
"""From 0 to 3 it takes three steps: `dear` or `cheap`, `cheap`, `end`; that is 4 or 1 bells, 1 or 2 locks."""

ROUND = """
class Round(Model):
    at: Place

    @action
    def enter(self) -> None:
        require(self.at == 0)
        self.at = 1

    @action
    def ahead(self) -> None:
        require(self.at == 1)
        self.at = 2
        cost("bell")

    @action
    def back(self) -> None:
        require(self.at == 2)
        self.at = 1
        cost("bell")

    @action
    def leave(self) -> None:
        require(self.at == 2)
        self.at = 0

@budget(Round)
def claim(m: Round) -> Budget:
    return spent("bell", start=m.at == 1, stop={stop}) {bound}
"""

RINGING = """
class Ringing(Model):
    on: bool

    @action
    def switch(self) -> None:
        require(not self.on)
        self.on = True
        cost("bell")

    @action
    def ring(self) -> None:
        require(self.on)
        cost("bell")
        cost("bell")

@budget(Ringing)
def claim(m: Ringing) -> Budget:
    return spent("bell"{stretch}) {bound}
"""

CALLS = """
class T(Scalarset, size=2): ...

class Calls(Model):
    n: Annotated[int, Range(0, 2)]

    @process
    def work(self, t: T) -> Steps:
        cost("bell")
        yield "on"
        if self.n < 2:
            self.n += 1
            cost("bell")
            yield "more"
            cost("bell")

@budget(Calls)
def claim(m: Calls{param}) -> Budget:
    return spent("bell", call=m.work{by}) {bound}
"""

each_engine = pytest.mark.parametrize("engine", ENGINES)


# --- what is spent ---------------------------------------------------------------------------------------------------


@each_engine
def test_the_least_and_the_most_with_shortest_behaviours(engine: Engine) -> None:
    found = amounts(WAYS.format(claim='spent("bell") >= 0'), engine)
    assert (extreme(found.least), extreme(found.most), str(found)) == ((1, 3), (4, 3), "1 to 4")


@each_engine
def test_two_costs_side_by_side(engine: Engine) -> None:
    text = WAYS.format(claim='spent("bell", start=m.at == 0, stop=m.at == 2) >= 0')
    assert str(amounts(text, engine)) == "0 to 3"
    assert str(amounts(text, engine, "locks")) == "1 to 2"


@each_engine
def test_what_is_spent_in_a_stretch_that_has_not_ended_counts_for_the_most_alone(engine: Engine) -> None:
    found = amounts(WAYS.format(claim='spent("bell", start=m.at == 0, stop=m.at == 4) <= 4'), engine)
    assert (found.least, extreme(found.most), str(found)) == (None, (4, 3), "up to 4, none ends")


@each_engine
def test_a_least_that_would_be_broken_is_not_where_no_stretch_ends(engine: Engine) -> None:
    text = WAYS.format(claim='spent("bell", start=m.at == 0, stop=m.at == 4) >= 9')
    assert report(text, engine).verdicts["claim"] == Holds("exhaustive")


@each_engine
def test_no_stretch_begins(engine: Engine) -> None:
    text = WAYS.format(claim='spent("bell", start=m.at == 4, stop=m.at == 0) == 7')
    assert report(text, engine).verdicts["claim"] == Holds("vacuously: no such stretch begins")
    assert (amounts(text, engine), str(amounts(text, engine))) == (Amounts(None, None), "nothing")


@each_engine
@pytest.mark.parametrize(
    ("stretch", "least", "most"),
    [
        (", call=m.dear", (3, 1), (3, 1)),
        (", call=m.cheap", (0, 1), (0, 1)),
        (", call=m.end", (1, 3), (1, 3)),
        # It has ended when it begins, and what led there does not count.
        (", start=m.at == 1, stop=m.at == 1", (0, 1), (0, 1)),
        (", start=m.at == 0, stop=m.at == 0", (0, 0), (0, 0)),
        (", start=m.at == 0, stop=m.at > 0", (0, 1), (3, 1)),
        (", start=m.at == 1, stop=m.at == 3", (1, 3), (1, 3)),
        (", start=m.at < 3, stop=m.at == 3", (1, 3), (4, 3)),
    ],
)
def test_every_kind_of_stretch(engine: Engine, stretch: str, least: tuple[int, int], most: tuple[int, int]) -> None:
    found = amounts(WAYS.format(claim=f'spent("bell"{stretch}) >= 0'), engine)
    assert (extreme(found.least), extreme(found.most)) == (least, most)


@each_engine
def test_steps_that_spend_and_change_nothing_count(engine: Engine) -> None:
    """They come into the graph of states as edges from a state to itself."""
    found = amounts(RINGING.format(stretch=", call=m.ring", bound=">= 0"), engine)
    assert (extreme(found.least), extreme(found.most)) == ((2, 2), (2, 2))


# --- without end -----------------------------------------------------------------------------------------------------


@each_engine
@pytest.mark.parametrize(
    ("text", "around"),
    [
        (RINGING.format(stretch="", bound="<= 9"), 2),
        (RINGING.format(stretch=", start=not m.on, stop=False", bound="<= 9"), 2),
        (ROUND.format(stop="m.at == 0", bound="<= 9"), 2),
    ],
    ids=["whole run", "self-loop", "round"],
)
def test_more_than_any_number_is_a_behaviour_that_spends_each_time_round(
    engine: Engine, text: str, around: int
) -> None:
    judged, found = system(text), amounts(text, engine)
    assert found.most is not None and found.most.amount is None
    trace = found.most.trace
    assert trace.loop is not None
    state = judged.init
    for step in trace.steps:
        told = [(a.name, o.state) for a, o in successors(judged, state) if isinstance(o, Taken)]
        assert (step.action, step.state) in told
        assert step.state is not None
        state = step.state
    assert trace.states(judged)[trace.loop] == state
    assert sum(map(len, costs(judged, trace)[trace.loop :])) == around
    verdict = violated(text, engine)
    assert verdict.trace == trace
    assert verdict.reason == f"bell: {around} each time round, for ever; at most 9 is allowed"


@each_engine
def test_a_round_that_ends_the_stretch_is_not_without_end(engine: Engine) -> None:
    found = amounts(ROUND.format(stop="m.at == 2", bound="<= 1"), engine)
    assert (extreme(found.least), extreme(found.most), str(found)) == ((1, 2), (1, 2), "1")
    assert str(amounts(ROUND.format(stop="m.at == 0", bound=">= 0"), engine)) == "1 to any number"


def test_what_a_lasso_spends_in_a_stretch_that_ends_on_its_way_round_is_a_number() -> None:
    judged = system(ROUND.format(stop="m.at == 2", bound="<= 0"))
    states = (1, 2, 1)
    steps = [Step(name, (), (at,)) for name, at in zip(("enter", "ahead", "back"), states, strict=True)]
    lasso = Trace(judged.fingerprint, tuple(steps), "claim", 1)
    [budget] = judged.budgets
    assert amounts_in(judged, budget, lasso) == {0, 1}  # that which begins with the last state has spent nothing yet
    assert why_broken(judged, budget, lasso) == "bell: 1 from step 2 to step 2 (at step 2); at most 0 is allowed"


@each_engine
def test_only_a_bound_from_above_is_broken_by_any_number(engine: Engine) -> None:
    text = ROUND.format(stop="m.at == 0", bound=">= 1")
    assert report(text, engine).verdicts["claim"] == Holds("exhaustive")
    verdict = violated(ROUND.format(stop="m.at == 0", bound=">= 2"), engine)
    assert (verdict.trace.loop, len(verdict.trace)) == (None, 3)
    assert verdict.reason == "bell: 1 from step 2 to step 3 (at step 2); at least 2 is allowed"


# --- bounds ----------------------------------------------------------------------------------------------------------


@each_engine
@pytest.mark.parametrize(
    ("claim", "allowed"),
    [
        ("spent('bell') <= 4", None),
        ("spent('bell') <= 3", "at most 3"),
        ("spent('bell') < 5", None),
        ("spent('bell') < 4", "at most 3"),
        ("spent('bell') >= 1", None),
        ("spent('bell') >= 2", "at least 2"),
        ("spent('bell') > 0", None),
        ("spent('bell') > 1", "at least 2"),
        ("spent('bell') == 4", "exactly 4"),
        ("4 >= spent('bell')", None),
        ("4 > spent('bell')", "at most 3"),
        ("1 < spent('bell')", "at least 2"),
        ("1 <= spent('bell') <= 4", None),
        ("0 < spent('bell') < 5", None),
        ("2 <= spent('bell') <= 4", "at least 2 and at most 4"),
        ("4 >= spent('bell') > 1", "at least 2 and at most 4"),
        ("0 <= spent('bell') <= 3", "at least 0 and at most 3"),
        ("2 < spent('bell') == 4", "exactly 4"),
    ],
)
def test_bounds(engine: Engine, claim: str, allowed: str | None) -> None:
    text = WAYS.format(claim=claim)
    assert str(amounts(text, engine)) == "1 to 4"
    if allowed is None:
        assert report(text, engine).verdicts["claim"] == Holds("exhaustive")
        return
    verdict = violated(text, engine)
    assert verdict.reason.endswith(f"; {allowed} is allowed")
    assert len(verdict.trace) == 3


@each_engine
def test_a_budget_that_nothing_can_keep_is_shown_by_the_most(engine: Engine) -> None:
    verdict = violated(WAYS.format(claim="3 <= spent('bell') <= 2"), engine)
    expected = "bell: 4 from step 1 to step 3 (at steps 1, 1, 1 and 3); at least 3 and at most 2 is allowed"
    assert verdict.reason == expected


# --- calls -----------------------------------------------------------------------------------------------------------


@each_engine
def test_what_a_call_spends_by_a_parameter_and_by_anybody(engine: Engine) -> None:
    by_parameter = CALLS.format(param=", t: T", by=", by=t", bound="<= 2")
    by_anybody = CALLS.format(param="", by="", bound="<= 2")
    for text, name in ((by_parameter, "t"), (by_anybody, "by")):
        found = amounts(text, engine)
        # The least needs somebody else to have counted up.
        assert (str(found), extreme(found.most)) == ("1 to 3", (3, 3))
        assert extreme(found.least) == (1, 7)
        assert violated(text, engine).reason.endswith(f"; at most 2 is allowed, for {name} = T0")


@each_engine
def test_bounds_may_depend_on_parameters(engine: Engine) -> None:
    """The greatest amount is allowed where it is spent; a smaller one is not."""
    text = WAYS.replace("def claim(m: Ways)", "def claim(m: Ways, i: Annotated[int, Range(1, 3)])").format(
        claim="spent('bell', start=m.at == 0, stop=m.at == i) <= 1 + i"
    )
    assert str(amounts(text, engine)) == "0 to 4"
    expected = "bell: 3 from step 1 to step 1 (at steps 1, 1 and 1); at most 2 is allowed, for i = 1"
    assert violated(text, engine).reason == expected


@each_engine
def test_a_cost_that_this_configuration_never_marks_is_not_spent(engine: Engine) -> None:
    text = WAYS.format(claim="spent('drum') <= 0").replace("at: Place\n", "at: Place\n    loud: Const[bool] = False\n")
    text = text.replace("self.at = 3\n", "self.at = 3\n        if self.loud:\n            cost('drum')\n")
    assert str(amounts(text, engine)) == "0"
    assert report(text, engine).verdicts["claim"] == Holds("exhaustive")


# --- how it is asked for ---------------------------------------------------------------------------------------------


@each_engine
def test_a_budget_alone(engine: Engine) -> None:
    judged = system(WAYS.format(claim="spent('bell') <= 3"))
    found = api.check(judged, engine=engine, only=["claim"])
    assert {prop: word(v) for prop, v in found.verdicts.items()} == {"claim": "violated"}
    assert (list(found.amounts), str(found.amounts["claim"]), found.exit_code) == (["claim"], "1 to 4", 1)
    without = api.check(judged, engine=engine, only=["never_at_four"])
    assert (list(without.verdicts), without.amounts) == (["never_at_four"], {})


@each_engine
@pytest.mark.parametrize("only", [None, ["claim"]])
def test_a_search_cut_short_leaves_budgets_undetermined(engine: Engine, only: list[str] | None) -> None:
    judged = system(WAYS.format(claim="spent('bell') <= 0"))
    found = api.check(judged, engine=engine, only=only, limits=Limits(states=2))
    assert isinstance(found.verdicts["claim"], Unknown)
    assert (found.amounts, found.exit_code) == ({}, 3)


@each_engine
def test_the_first_violation_may_end_the_search_before_budgets_are_judged(engine: Engine) -> None:
    judged = system(WAYS.format(claim="spent('bell') <= 0").replace("m.at != 4", "m.at != 1"))
    found = api.check(judged, engine=engine, fail_fast=True)
    assert (word(found.verdicts["never_at_four"]), word(found.verdicts["claim"])) == ("violated", "undetermined")


@each_engine
def test_a_run_into_a_fault_has_no_further_state(engine: Engine) -> None:
    """What is spent up to the fault counts; a state from which there are only faults is one in which nothing changes."""
    text = WAYS.format(claim="spent('bell') >= 0").replace(
        "self.at = 3\n        cost", "cost('bell')\n        fault('broken')\n        cost"
    )
    found = report(text, engine)
    assert word(found.verdicts["fault"]) == "violated"
    assert (str(found.amounts["claim"]), extreme(found.amounts["claim"].most)) == ("0 to 3", (3, 1))


def test_members_are_not_renamed_where_a_budget_is_judged() -> None:
    text = CALLS.format(param=", t: T", by=", by=t", bound="<= 2")
    reduced, whole = (api.check(system(text), reduce=reduce, workers=1) for reduce in (None, ()))
    assert [r.name for r in reduced.reductions] == ["symmetry"]
    assert reduced.states < whole.states
    assert reduced.amounts == whole.amounts
    assert reduced.verdicts == whole.verdicts


def test_the_number_of_workers_changes_nothing() -> None:
    for text in (WAYS.format(claim="spent('bell') <= 3"), ROUND.format(stop="m.at == 0", bound="<= 9")):
        one, three = (api.check(system(text), workers=n) for n in (1, 3))
        assert (one.amounts, one.verdicts) == (three.amounts, three.verdicts)
