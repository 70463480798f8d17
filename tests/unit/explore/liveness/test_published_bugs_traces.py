"""What was reported about the behaviours that checkers show, or overlook: see `test_published_bugs`."""

from __future__ import annotations

import pytest
from tests.unit.explore.liveness.judging import CYCLE, ENGINES, counterexample, shown, system, words

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.explore.report_json import word
from virtspec.trace.verdict import Violated

AT_MOST_ONCE = """
class Bit(Model):
    x: bool

    @action
    def put(self, to: bool) -> None:
        {require}
        self.x = to

@temporal(Bit)
def at_most_once(m: Bit) -> Formula:
    return always(not m.x or always(m.x or always(not m.x)))
"""

ANY_BIT = AT_MOST_ONCE.format(require="pass")
BIT_THAT_STAYS = AT_MOST_ONCE.format(require="require(not self.x)")


def test_the_answer_is_the_same_for_any_number_of_workers() -> None:
    """tlaplus/tlaplus#971: with several workers a violation was missed, depending on who came first."""
    for workers in (1, 2, 3, 4):
        for _ in range(3):
            for text in (ANY_BIT, BIT_THAT_STAYS, CYCLE):
                assert api.check(system(text), workers=workers).verdicts == api.check(system(text), workers=1).verdicts
            found = (api.check(system(text), workers=workers).verdicts for text in (ANY_BIT, BIT_THAT_STAYS))
            assert [word(verdicts["at_most_once"]) for verdicts in found] == ["violated", "holds"]


def test_what_a_few_steps_show_is_shown_by_these_steps() -> None:
    """tlaplus/tlaplus#710: a formula that three steps violate was answered with a longer way and a loop."""
    for violated in shown(ANY_BIT, "at_most_once"):
        assert [step.picks for step in violated.trace.steps] == [(True,), (False,), (True,)]
        assert violated.trace.loop == 3
    assert words(BIT_THAT_STAYS) == {"at_most_once": "holds"}


INVERSE = """
class By(Enum):
    NOBODY = auto()
    AHEAD = auto()
    ANYWHERE = auto()

class Ring(Model):
    x: Annotated[int, Range(0, 2)]
    last: By

    @action(fair="weak")
    def ahead(self) -> None:
        self.x = (self.x + 1) % 3
        self.last = By.AHEAD

    @action
    def anywhere(self, to: Annotated[int, Range(0, 2)]) -> None:
        self.x = to
        self.last = By.ANYWHERE

@temporal(Ring)
def goes_ahead(m: Ring) -> Formula:
    return always(eventually(m.last is By.AHEAD))

@temporal(Ring)
def gets_to_two(m: Ring) -> Formula:
    return always(eventually(m.x == 2))
"""


def test_a_fair_step_has_to_be_taken_not_only_its_two_ends() -> None:
    """tlaplus/tlaplus#201: a loop of other steps passed for fair, as it has both ends of a fair one in it."""
    assert words(INVERSE) == {"goes_ahead": "holds", "gets_to_two": "violated"}
    for violated in shown(INVERSE, "gets_to_two"):
        assert "ahead" in [step.action for step in violated.trace.steps[violated.trace.loop :]]
    assert words(INVERSE, "ahead=none") == {"goes_ahead": "violated", "gets_to_two": "violated"}


def test_a_cycle_is_made_of_edges_not_of_states() -> None:
    """tlaplus/tlaplus#201: see above, with steps there and back between the same states."""
    text = CYCLE.replace("require(self.at == 1)", "require(self.at < 2)").replace("1 - self.at", "(self.at + 1) % 2")
    trace, _ = counterexample(text, "ends")
    for before, step in zip(trace.states(system(text)), trace.steps, strict=False):
        assert step.state != before


ROUND = """
class Round(Model):
    x: Annotated[int, Range(0, 2)]

    @action(fair="weak")
    def go(self) -> None:
        self.x = (self.x + 1) % 3

@temporal(Round)
def leaves_for_good(m: Round) -> Formula:
    return eventually(always(m.x != 0))

@temporal(Round)
def leaves(m: Round) -> Formula:
    return eventually(m.x != 0)
"""


def test_the_states_of_a_component_are_no_loop() -> None:
    """fabracht/tla-rs#64: all states of a component were shown in the order of the search, with arrows between them."""
    assert words(ROUND) == {"leaves_for_good": "violated", "leaves": "holds"}
    for violated in shown(ROUND, "leaves_for_good"):
        assert [step.state for step in violated.trace.steps] == [(1,), (2,), (0,)]
        assert violated.trace.loop == 0
    for violated in shown(ROUND, "leaves_for_good", "go=none"):
        assert (violated.trace.steps, violated.trace.loop) == ((), 0)


TRAMPLED = """
class Task(Scalarset, size=2):
    pass

class Trampled(Model):
    owner: Task | None

    @process(fair="weak")
    def run(self, t: Task) -> Steps:
        yield "take"
        {require}
        self.owner = t
        yield "inside"
        self.owner = None

@temporal(Trampled)
def gets_out(m: Trampled, t: Task) -> Formula:
    return leads_to(at(m.run, "take", t), m.owner == t)

@invariant(Trampled)
def exclusion(m: Trampled) -> bool:
    return sum(at(m.run, "inside", t) for t in Task) <= 1
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_state_violates_is_reported_beside_what_behaviours_do(engine: Engine) -> None:
    """tlaplus/tlaplus#699: an invariant was broken, and only the formula that fails because of it was reported."""
    careless = system(TRAMPLED.format(require="pass"), "run=none")
    verdicts = api.check(careless, engine=engine).verdicts
    assert [prop for prop, v in verdicts.items() if isinstance(v, Violated)] == ["exclusion", "gets_out"]
    first = api.check(careless, engine=engine, fail_fast=True).verdicts
    assert (word(first["exclusion"]), word(first["gets_out"])) == ("violated", "undetermined")
    careful = api.check(system(TRAMPLED.format(require="require(self.owner is None)"), "run=strong"), engine=engine)
    assert not careful.violated


def test_a_cycle_on_which_nothing_happens_is_a_counterexample_to_eventually() -> None:
    """stateright/stateright#3: where a path closes into a cycle it was forgotten that something has yet to happen."""
    assert words(CYCLE) == {"ends": "violated", "may_end": "holds", "may_begin_again": "violated"}
    trace, _ = counterexample(CYCLE, "ends")
    assert [s.action for s in trace.steps] == ["go", "go"] and trace.loop == 0
    dead_end, reason = counterexample(CYCLE, "may_begin_again")
    assert [s.action for s in dead_end.steps] == ["go", "leave"] and dead_end.loop is None
    assert reason == "from here no way leads to a state in which at == 0"


JOIN = """
class Way(Enum):
    START = auto()
    LEFT = auto()
    RIGHT = auto()
    END = auto()

class Join(Model):
    at: Way

    @action(fair="weak")
    def part(self, way: Way) -> None:
        require(self.at is Way.START and way in (Way.LEFT, Way.RIGHT))
        self.at = way

    @action(fair="weak")
    def join(self) -> None:
        require(self.at in (Way.LEFT, Way.RIGHT))
        self.at = Way.END

@temporal(Join)
def by_the_left(m: Join) -> Formula:
    return eventually(m.at is Way.LEFT)

@temporal(Join)
def by_the_right(m: Join) -> Formula:
    return eventually(m.at is Way.RIGHT)

@temporal(Join)
def by_either(m: Join) -> Formula:
    return eventually(m.at is Way.LEFT or m.at is Way.RIGHT)
"""


def test_where_ways_join_each_is_remembered() -> None:
    """stateright/stateright#3: where two ways join only the first one counted, so what the second one lacks went unseen."""
    assert words(JOIN) == {"by_the_left": "violated", "by_the_right": "violated", "by_either": "holds"}
    for violated in shown(JOIN, "by_the_left"):
        assert [step.action for step in violated.trace.steps] == ["part", "join"] and violated.trace.loop == 2


HANDSHAKE = """
class Channel(Model):
    ready: bool
    got: bool
    data: bool

    @action(fair="weak")
    def send(self, d: bool) -> None:
        self.data = d
        self.ready = not self.got

    @action(fair="weak")
    def receive(self) -> None:
        require(self.ready != self.got)
        {receive}

@temporal(Channel)
def is_received(m: Channel) -> Formula:
    return leads_to(m.ready != m.got, m.ready == m.got)
"""


def test_what_never_ends_may_still_violate() -> None:
    """Gabriella439/HasCal#16: a program that never ends was taken to fulfil what it puts off for ever."""
    assert words(HANDSHAKE.format(receive="self.got = self.ready")) == {"is_received": "holds"}
    broken = HANDSHAKE.format(receive="pass")
    assert words(broken) == {"is_received": "violated"}
    for violated in shown(broken, "is_received"):
        assert violated.trace.loop is not None and len(violated.trace.steps) > violated.trace.loop


HALT = """
class Halt(Model):
    x: Annotated[int, Range(0, 2)]
    on: bool = True

    @action(fair="weak")
    def step(self) -> None:
        require(self.on)
        if self.x == 2:
            self.x = {last}
            self.on = False
        else:
            self.x += 1

@temporal(Halt)
def begins_again(m: Halt) -> Formula:
    return eventually(m.x == 0 and not m.on)
"""


def test_a_last_state_is_a_behaviour_that_goes_on() -> None:
    """awakesecurity/spectacle#29: what had not happened by the last state, which stays as it is, was taken to happen."""
    assert words(HALT.format(last=1)) == {"begins_again": "violated"}
    assert words(HALT.format(last=0)) == {"begins_again": "holds"}
    for violated in shown(HALT.format(last=1), "begins_again"):
        assert violated.trace.loop == len(violated.trace.steps) == 3
