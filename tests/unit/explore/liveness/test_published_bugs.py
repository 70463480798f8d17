"""What model checkers were reported to get wrong about behaviours that go on for ever, with the answer that is right.

One test for each report. Its docstring names the thread and says in a line what went wrong there; the specification has
the shape of what was reported, not its text. `words` has asked both engines and looked at every behaviour that is shown,
edge by edge. Nearly every test has a case that comes out the other way, so that none passes by answering always the same.
"""

from __future__ import annotations

import re

import pytest
from tests.unit.explore.liveness.judging import (
    CYCLE,
    ENGINES,
    STEPS,
    counterexample,
    is_behaviour,
    shown,
    system,
    words,
)

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.errors import SpecError
from virtspec.explore.report import Limits, Report
from virtspec.explore.report_json import word
from virtspec.trace.verdict import Holds, Violated

# --- symmetry --------------------------------------------------------------------------------------------------------


def reduced(text: str, *fair: str) -> Report:
    """What the native engine reports with every reduction; the verdicts are those without any, and those of the oracle."""
    found = api.check(system(text, *fair))
    plain = api.check(system(text, *fair), reduce=())
    assert (plain.reductions, plain.states) == ((), api.check(system(text, *fair), engine="oracle").states)
    verdicts = words(text, *fair)
    for prop, verdict in verdicts.items():
        assert word(found.verdicts[prop]) == word(plain.verdicts[prop]) == verdict
    return found


def renames(report: Report) -> bool:
    return "symmetry" in [reduction.name for reduction in report.reductions]


TOKEN = """
class Task(Scalarset, size=2):
    pass

class Token(Model):
    owner: Task | None

    @action(fair="weak")
    def pass_to(self, t: Task) -> None:
        require(self.owner != t)
        self.owner = t

@invariant(Token)
def at_most_one(m: Token) -> bool:
    return sum(m.owner == t for t in Task) <= 1

@temporal(Token)
def somebody_keeps_it(m: Token) -> Formula:
    return any(eventually(always(m.owner == t)) for t in Task)

@temporal(Token)
def gets_it(m: Token, t: Task) -> Formula:
    return always(eventually(m.owner == t))
"""


def test_symmetry_hides_no_violation() -> None:
    """tlaplus/tlaplus#59: violations were missed where members are renamed: all owners look like the first one."""
    report = reduced(TOKEN)
    assert renames(report) and report.states == 2
    assert words(TOKEN) == {"at_most_one": "holds", "somebody_keeps_it": "violated", "gets_it": "holds"}
    for violated in shown(TOKEN, "somebody_keeps_it"):
        owners = {step.picks for step in violated.trace.steps[violated.trace.loop :]}
        assert owners == {(0,), (1,)}
    # Nobody has to pass it on: who has it keeps it, if anybody takes it at all.
    assert words(TOKEN, "pass_to=none")["gets_it"] == "violated"


BROADCAST = """
class Proc(Scalarset, size=3):
    pass

class Value(Scalarset, size=2):
    pass

class Broadcast(Model):
    sent: Value | None
    delivered: dict[Proc, Value | None]

    @action
    def broadcast(self, v: Value) -> None:
        require(self.sent is None)
        self.sent = v

    @process(fair="weak", begins="weak")
    def deliver(self, p: Proc) -> Steps:
        require(self.sent is not None and self.delivered[p] is None)
        yield "take"
        self.delivered[p] = self.sent

@temporal(Broadcast)
def totality(m: Broadcast, p: Proc) -> Formula:
    return leads_to(any(m.delivered[q] is not None for q in Proc), m.delivered[p] is not None)
"""


def test_symmetry_invents_no_violation() -> None:
    """tlaplus/tlaplus#644: with renamed members a broadcast violated what it fulfils without, in nine runs of ten."""
    assert renames(reduced(BROADCAST))
    assert [words(BROADCAST) for _ in range(5)] == [{"totality": "holds"}] * 5
    assert words(BROADCAST, "deliver.begin=none") == words(BROADCAST, "deliver=none") == {"totality": "violated"}


PAIR = """
class Node(Scalarset, size=2):
    pass

class Pair(Model):
    level: dict[Node, Annotated[int, Range(0, 2)]]
    asked: set[Node]

    @action(fair="weak")
    def start(self, n: Node) -> None:
        require(self.level[n] == 0 and len(self.asked) == 0)
        self.level[n] = 1
        self.asked = {p for p in Node if p != n}

    @action(fair="weak")
    def answer(self, n: Node) -> None:
        require(n in self.asked)
        self.asked.discard(n)
        self.level[n] = 2

@transition(Pair)
def one_at_a_time(before: Pair, after: Pair) -> bool:
    return sum(before.level[n] != after.level[n] for n in Node) <= 1

@transition(Pair)
def rises(before: Pair, after: Pair, n: Node) -> bool:
    return before.level[n] <= after.level[n]

@invariant(Pair)
def never_both(m: Pair) -> bool:
    return any(m.level[n] == 0 for n in Node)

@temporal(Pair)
def the_other_follows(m: Pair, n: Node) -> Formula:
    return leads_to(n in m.asked, m.level[n] == 2)

@temporal(Pair)
def nobody_begins(m: Pair) -> Formula:
    return always(all(m.level[n] == 0 for n in Node))
"""


def test_no_step_exchanges_who_is_who() -> None:
    """tlaplus/tlaplus#816: with renamed nodes there were steps that cannot be taken: here one that exchanges two nodes."""
    report = reduced(PAIR)
    assert renames(report) and report.states < api.check(system(PAIR), reduce=()).states
    held = dict.fromkeys(("one_at_a_time", "rises", "the_other_follows"), "holds")
    assert words(PAIR) == held | dict.fromkeys(("never_both", "nobody_begins"), "violated")
    assert words(PAIR, "answer=none")["the_other_follows"] == "violated"


FIRST_COME = """
class Task(Scalarset, size=2):
    pass

class Server(Model):
    waits: set[Task]
    served: Task | None

    @action
    def ask(self, t: Task) -> None:
        require(t not in self.waits and self.served != t)
        self.waits.add(t)

    @action(fair="weak")
    def serve(self{chosen}) -> None:
        require(self.served is None)
        for t in Task:
            if self.served is None and t in self.waits{who}:
                self.waits.discard(t)
                self.served = t

    @action(fair="weak")
    def end(self) -> None:
        self.served = None

@temporal(Server)
def first_is_served(m: Server) -> Formula:
    return all(leads_to(t in m.waits and all(u not in m.waits for u in Task if u != t), m.served == t) for t in Task)

@temporal(Server)
def is_served(m: Server, t: Task) -> Formula:
    return leads_to(t in m.waits, m.served == t)
"""


def test_members_that_are_not_alike_are_not_taken_for_alike() -> None:
    """hwayne/learntla-v2#75: sets were declared symmetric that are not. Here nobody declares it, the text decides."""
    lowest_first = FIRST_COME.format(chosen="", who="")
    assert not renames(reduced(lowest_first))
    anybody = FIRST_COME.format(chosen=", u: Task", who=" and t == u")
    assert renames(reduced(anybody))
    for violated in shown(lowest_first, "is_served"):
        assert "for t = Task1" in violated.reason  # Task0 is always served first
    with pytest.raises(SpecError, match="only integers have an order"):
        system(TOKEN.replace("self.owner != t", "self.owner < t"))


# --- what was not seen -----------------------------------------------------------------------------------------------

COUNT = """
class Count(Model):
    x: Annotated[int, Range(0, 5)]

    @action(fair="weak")
    def up(self) -> None:
        require(self.x < {bound})
        self.x += 1

@invariant(Count)
def low(m: Count) -> bool:
    return m.x < 4

@reachable(Count)
def high(m: Count) -> bool:
    return m.x == 4

@temporal(Count)
def arrives(m: Count) -> Formula:
    return eventually(m.x == 5)

@temporal(Count)
def returns(m: Count) -> Formula:
    return always(eventually(m.x == 0))
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limits", [Limits(depth=3), Limits(states=3)], ids=str)
def test_a_search_that_was_cut_short_proves_nothing(engine: Engine, limits: Limits) -> None:
    """tlaplus/tlaplus#839: under a constraint on states fairness was false and every formula true, without a word."""
    cut = api.check(system(COUNT.format(bound=5)), engine=engine, only=["arrives", "returns"], limits=limits)
    assert [word(v) for v in cut.verdicts.values()] == ["undetermined"] * 2
    assert (cut.complete, cut.exit_code) == (False, 3)
    full = api.check(system(COUNT.format(bound=5)), engine=engine, only=["arrives", "returns"])
    assert [word(v) for v in full.verdicts.values()] == ["holds", "violated"]
    # A bound that is part of the model is one: what stands before it stays there.
    assert words(COUNT.format(bound=3))["arrives"] == "violated"


def test_a_search_that_only_fits_with_fewer_states_proves_nothing() -> None:
    """tlaplus/tlaplus#839: as above, with a limit that the reduced search keeps and the one for behaviours does not."""
    judged, limits = system(BROADCAST), Limits(states=20)
    report = api.check(judged, limits=limits)
    assert report.states < 20 < api.check(judged, reduce=()).states
    assert (word(report.verdicts["deadlock"]), word(report.verdicts["totality"])) == ("holds", "undetermined")
    assert report.exit_code == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_truncated_search_does_not_judge_behaviours(engine: Engine) -> None:
    """tlaplus/tlaplus#839: a formula that a longer look proves false, and one about ways, are both left open."""
    found = api.check(system(CYCLE), engine=engine, limits=Limits(depth=1)).verdicts
    assert word(found["ends"]) == word(found["may_end"]) == "undetermined"


@pytest.mark.parametrize("engine", ENGINES)
def test_up_to_some_depth_is_not_verified(engine: Engine) -> None:
    """ymm-oss/fsl#18: `verified`, and `unreachable`, were said of searches that ended before the place in question."""
    cut = api.check(system(COUNT.format(bound=5)), engine=engine, limits=Limits(depth=3))
    assert {word(v) for v in cut.verdicts.values()} == {"undetermined"} and cut.exit_code == 3
    full = api.check(system(COUNT.format(bound=5)), engine=engine)
    assert (word(full.verdicts["low"]), word(full.verdicts["high"]), full.exit_code) == ("violated", "reached", 1)
    bounded = api.check(system(COUNT.format(bound=3)), engine=engine)
    assert (word(bounded.verdicts["low"]), word(bounded.verdicts["high"])) == ("holds", "unreached")


# --- traces ----------------------------------------------------------------------------------------------------------

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
            for text in (ANY_BIT, BIT_THAT_STAYS, PAIR):
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


# --- fairness --------------------------------------------------------------------------------------------------------

QUEUE = """
class Task(Scalarset, size=3):
    pass

class Ticket(Model):
    next: Annotated[int, Mod(3)]
    owner: Annotated[int, Mod(3)]

    @process(fair="weak")
    def lock(self, t: Task) -> Steps:
        mine = self.next
        self.next += 1
        yield "wait"
        require(self.owner == mine)
        yield "critical"
        self.owner += 1

@temporal(Ticket)
def gets_it(m: Ticket, t: Task) -> Formula:
    return leads_to(at(m.lock, "wait", t), at(m.lock, "critical", t))
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_three_tasks_are_judged_for_good(engine: Engine) -> None:
    """ymm-oss/fsl#10: a response among three tasks took minutes for a dozen steps, and then held for these steps only."""
    assert api.check(system(QUEUE), engine=engine).verdicts["gets_it"] == Holds("exhaustive")
    assert word(api.check(system(QUEUE, "lock=none"), engine=engine).verdicts["gets_it"]) == "violated"


CHURN = """
class At(Enum):
    WORK = auto()
    DOWN = auto()
    DONE = auto()

class Churn(Model):
    at: At

    @action
    def crash(self) -> None:
        require(self.at is At.WORK)
        self.at = At.DOWN

    @action(fair="weak")
    def recover(self) -> None:
        require(self.at is At.DOWN)
        self.at = At.WORK

    @action(fair="weak")
    def finish(self) -> None:
        require(self.at is At.WORK)
        self.at = At.DONE

@temporal(Churn)
def finishes(m: Churn) -> Formula:
    return leads_to(m.at is At.WORK, m.at is At.DONE)
"""


def test_strong_fairness_can_be_said() -> None:
    """ymm-oss/fsl#639: who crashes and recovers could not be proved to finish, since only weak fairness can be declared."""
    assert words(CHURN) == {"finishes": "violated"}
    for violated in shown(CHURN, "finishes"):
        assert [step.action for step in violated.trace.steps] == ["crash", "recover"] and violated.trace.loop == 0
    assert words(CHURN, "finish=strong") == {"finishes": "holds"}
    assert words(CHURN, "finish=strong", "recover=none") == {"finishes": "violated"}


SEATS = """
class Seat(Scalarset, size=2):
    pass

class Seats(Model):
    held: dict[Seat, bool]
    clock: bool

    @action
    def hold(self, s: Seat) -> None:
        require(not self.held[s])
        self.held[s] = True

    @action
    def tick(self) -> None:
        self.clock = not self.clock

    {free}

@temporal(Seats)
def is_freed(m: Seats, s: Seat) -> Formula:
    return leads_to(m.held[s], not m.held[s])

@temporal(Seats)
def some_is_freed(m: Seats) -> Formula:
    return leads_to(all(m.held[s] for s in Seat), any(not m.held[s] for s in Seat))
"""

FREED_BY_EACH = SEATS.format(
    free="""@process(fair="weak", begins="weak")
    def free(self, s: Seat) -> Steps:
        require(self.held[s])
        yield "let_go"
        self.held[s] = False"""
)

FREED_BY_ONE = SEATS.format(
    free="""@action(fair="weak")
    def free(self, s: Seat) -> None:
        require(self.held[s])
        self.held[s] = False"""
)


def test_a_loop_that_is_not_fair_is_no_behaviour() -> None:
    """fabracht/tla-rs#59: loops were reported in which a fair step is always possible and never taken."""
    assert words(FREED_BY_EACH) == {"is_freed": "holds", "some_is_freed": "holds"}
    assert words(FREED_BY_EACH, "free=none") == {"is_freed": "violated", "some_is_freed": "violated"}
    # One who frees seats is fair, but not to each seat.
    assert words(FREED_BY_ONE) == {"is_freed": "violated", "some_is_freed": "holds"}


def test_contradictory_claims_do_not_both_hold() -> None:
    """fabracht/tla-rs#62: `eventually always` was dropped with a warning, and so held."""
    assert words(STEPS.format(fair='(fair="weak")')) == {
        "stays_on": "violated",
        "stays_off": "violated",
        "is_on": "holds",
    }


def test_a_behaviour_may_stop_unless_fairness_says_otherwise() -> None:
    """fabracht/tla-rs#62: that nothing may happen at all was forgotten, so that every possible step was taken at last."""
    assert words(STEPS.format(fair="")) == {"stays_on": "violated", "stays_off": "violated", "is_on": "violated"}
    trace, _ = counterexample(STEPS.format(fair=""), "is_on")
    assert (trace.steps, trace.loop) == ((), 0)


GROW = """
class Grow(Model):
    x: Annotated[int, Range(0, 3)]

    @action(fair="weak")
    def grow(self{by}) -> None:
        require(self.x < 3)
        self.x += {step}

    @action
    def idle(self) -> None:
        self.x = self.x

@temporal(Grow)
def grows_up(m: Grow) -> Formula:
    return eventually(m.x == 3)
"""

WITH_STUTTER = GROW.format(by=", by: Annotated[int, Range(0, 1)]", step="by")
WITHOUT_STUTTER = GROW.format(by="", step="1")


def test_a_fair_step_that_may_change_nothing_has_to_change_something() -> None:
    """fabracht/tla-rs#63: a fair action that may add nothing was fairly treated by adding nothing for ever."""
    assert words(WITH_STUTTER) == words(WITHOUT_STUTTER) == {"grows_up": "holds"}
    assert words(WITH_STUTTER, "grow=none") == words(WITHOUT_STUTTER, "grow=none") == {"grows_up": "violated"}


def test_a_step_that_changes_nothing_is_no_progress_and_no_obligation() -> None:
    """fabracht/tla-rs#63: `same` is weakly fair and always possible, and changes nothing."""
    text = STEPS.format(fair="").replace("self.on = not self.on", "require(self.n > 0)\n        self.on = True")
    assert words(text)["is_on"] == "violated"


GATE = """
class Gate(Model):
    opened: bool
    x: Annotated[int, Range(0, 2)]

    @action(fair="weak")
    def turn(self) -> None:
        self.opened = not self.opened

    @action(fair="strong")
    def enter(self, by: Annotated[int, Range(0, 1)]) -> None:
        require(self.opened and self.x < 2)
        self.x += by

@temporal(Gate)
def all_inside(m: Gate) -> Formula:
    return eventually(m.x == 2)
"""


def test_strong_fairness_counts_no_step_that_changes_nothing() -> None:
    """fabracht/tla-rs#65: the same for strong fairness, both of what is taken and of what is possible."""
    assert words(GATE) == {"all_inside": "holds"}
    assert words(GATE, "enter=weak") == {"all_inside": "violated"}
    assert words(GATE.replace("self.x += by", "self.x += 0")) == {"all_inside": "violated"}


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


NOOP = """
class Store(Singleton):
    pass

class Noop(Singleton):
    pass

class Objects(Model):
    many: bool

    @process(fair="weak", begins="weak")
    def put(self, s: Store) -> Steps:
        require(not self.many)
        yield "write"
        self.many = True

    @process{noop}
    def nothing(self, n: Noop) -> Steps:
        yield "more"
        require(True)

@temporal(Objects)
def stays_empty(m: Objects) -> Formula:
    return eventually(always(not m.many))

@temporal(Objects)
def stays_full(m: Objects) -> Formula:
    return eventually(always(m.many))
"""


@pytest.mark.parametrize("noop", ["", '(fair="weak", begins="weak")'], ids=["unfair", "fair"])
def test_somebody_who_does_nothing_in_two_steps_changes_no_answer(noop: str) -> None:
    """fizzbee-io/fizzbee#212: beside an action of two steps that do nothing, two claims that exclude each other both held."""
    text = NOOP.format(noop=noop)
    assert words(text) == {"stays_empty": "violated", "stays_full": "holds"}
    assert words(text, "put=none") == {"stays_empty": "violated", "stays_full": "violated"}


CHAT = """
class Human(Singleton):
    pass

class Worker(Singleton):
    pass

class Chat(Model):
    shown: Annotated[int, Range(0, 2)]
    stored: Annotated[int, Range(0, 2)]
    queue: Annotated[Seq[Annotated[int, Range(1, 2)]], Cap(2)]

    @process{human}
    def type(self, h: Human) -> Steps:
        require(self.shown < 2)
        yield "show"
        self.shown += 1
        {between}self.queue.append(self.shown)

    @process(fair="weak", begins="weak")
    def receive(self, w: Worker) -> Steps:
        require(len(self.queue) > 0)
        yield "store"
        self.stored = self.queue.popleft()

@temporal(Chat)
def matches(m: Chat) -> Formula:
    return always(eventually(m.shown == m.stored))
"""

IN_ONE_STEP = CHAT.format(human="", between="")
IN_TWO_STEPS = CHAT.format(human="", between='yield "send"\n        ')


def test_who_need_not_begin_does_no_harm() -> None:
    """fizzbee-io/fizzbee#109: two views of a chat were said to differ for ever, with a user who may stop and a fair worker.

    The thread, as far as it could be read, tells no cause; what is right of this shape is below.
    """
    assert words(IN_ONE_STEP) == {"matches": "holds"}
    assert words(IN_ONE_STEP, "receive.begin=none") == words(IN_ONE_STEP, "receive=none") == {"matches": "violated"}


def test_who_has_begun_need_not_go_on_unless_it_is_fair() -> None:
    """fizzbee-io/fizzbee#145: a chat in more steps, which had passed, failed with another version; of the cause see above."""
    assert words(IN_TWO_STEPS) == {"matches": "violated"}
    for violated in shown(IN_TWO_STEPS, "matches"):
        assert "Human can go on at type.send, but no fairness says that it does" in violated.reason
    # Once it has begun it goes on; it still need not begin.
    assert words(IN_TWO_STEPS, "type=weak") == {"matches": "holds"}


LIGHTS = """
class Lights(Model):
    a: bool
    b: bool

    @action(fair="weak")
    def turn_a(self) -> None:
        self.a = not self.a

    @action
    def turn_b(self) -> None:
        self.b = not self.b

@temporal(Lights)
def a_shines(m: Lights) -> Formula:
    return always(eventually(m.a))

@temporal(Lights)
def b_shines(m: Lights) -> Formula:
    return always(eventually(m.b))
"""


def test_the_behaviour_that_is_shown_is_a_fair_one() -> None:
    """fizzbee-io/fizzbee#310: the behaviour that was shown was one that weak fairness rules out."""
    assert words(LIGHTS) == {"a_shines": "holds", "b_shines": "violated"}
    for violated in shown(LIGHTS, "b_shines"):
        assert [step.action for step in violated.trace.steps] == ["turn_a", "turn_a"] and violated.trace.loop == 0
    for violated in shown(LIGHTS, "b_shines", "turn_a=none"):
        assert (violated.trace.steps, violated.trace.loop) == ((), 0)
        with pytest.raises(AssertionError):
            is_behaviour(system(LIGHTS), violated.trace)


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


STUCK = """
class Stuck(Model):
    act: bool
    x: bool

    @action(fair="{fair}")
    def rise(self) -> None:
        require(not self.act)
        self.act = True

    @action(fair="{fair}")
    def fall(self) -> None:
        require(self.act)
        self.act = False

@temporal(Stuck)
def x_rises(m: Stuck) -> Formula:
    return eventually(m.x)

@temporal(Stuck)
def act_rises(m: Stuck) -> Formula:
    return always(eventually(m.act)) and always(eventually(not m.act))
"""


@pytest.mark.parametrize("fair", ["weak", "strong"])
def test_two_assumptions_that_are_met_in_turn_prove_nothing_else(fair: str) -> None:
    """diffblue/hw-cbmc#2022: with two assumptions of fairness no loop was left, and what never happens was proved to."""
    text = STUCK.format(fair=fair)
    assert words(text) == {"x_rises": "violated", "act_rises": "holds"}
    for violated in shown(text, "x_rises"):
        assert {step.action for step in violated.trace.steps[violated.trace.loop :]} == {"rise", "fall"}


def test_what_cannot_happen_is_not_assumed_to_be_fair() -> None:
    """diffblue/hw-cbmc#2022: assumptions about steps that nothing can take make nothing true either."""
    text = CYCLE.replace("require(self.at == 2)", "require(self.at == 3 and self.at == 2)")
    assert words(text)["ends"] == "violated"


RACE = """
class P(Singleton):
    pass

class Q(Singleton):
    pass

class Race(Model):
    n: Annotated[int, Range(0, 2)]
    by_p: bool
    by_q: bool

    @process(fair="weak", begins="weak")
    def p(self, me: P) -> Steps:
        require(not self.by_p)
        yield "write"
        self.n = 1
        self.by_p = True

    @process(fair="weak", begins="weak")
    def q(self, me: Q) -> Steps:
        require(not self.by_q)
        yield "write"
        self.n = 2
        self.by_q = True

@temporal(Race)
def p_is_last(m: Race) -> Formula:
    return eventually(always(m.n == 1))

@temporal(Race)
def somebody_is_last(m: Race) -> Formula:
    return eventually(always(m.n == 1)) or eventually(always(m.n == 2))
"""


def test_fairness_takes_no_end_away() -> None:
    """nimble-code/Spin#38: that the first of two writers is the last was refuted, and no longer once both were fair."""
    assert words(RACE) == {"p_is_last": "violated", "somebody_is_last": "holds"}
    for violated in shown(RACE, "p_is_last"):
        assert [step.action for step in violated.trace.steps][-1] == "q.write"
        assert violated.trace.loop == len(violated.trace.steps) == 4
    assert words(RACE, "q=none")["somebody_is_last"] == "holds"
    assert words(RACE, "q=none", "p=none")["somebody_is_last"] == "violated"


PROGRESS = """
class A(Singleton):
    pass

class B(Singleton):
    pass

class Progress(Model):
    x: bool

    @process(fair="weak", begins="weak")
    def a(self, me: A) -> Steps:
        yield "again"
        self.x = not self.x
        if {gets_on}:
            yield "progress"
            self.x = False

    @process(fair="weak", begins="weak")
    def b(self, me: B) -> Steps:
        yield "progress"
        require(True)

@temporal(Progress)
def a_gets_on(m: Progress) -> Formula:
    return always(eventually(at(m.a, "progress")))

@temporal(Progress)
def b_gets_on(m: Progress) -> Formula:
    return always(eventually(at(m.b, "progress")))
"""


def test_the_progress_of_one_is_not_that_of_another() -> None:
    """nimble-code/Spin#81: a process without progress went unnoticed beside one that is always at its progress label."""
    assert words(PROGRESS.format(gets_on="False")) == {"a_gets_on": "violated", "b_gets_on": "holds"}
    assert words(PROGRESS.format(gets_on="True")) == {"a_gets_on": "holds", "b_gets_on": "holds"}


BAKERY = """
class Bakery(Model):
    number: dict[Annotated[int, Range(0, 1)], Annotated[int, Range(0, 2)]]

    @process(fair="weak")
    def buy(self, i: Annotated[int, Range(0, 1)]) -> Steps:
        yield "draw"
        self.number[i] = self.number[1 - i] + 1
        yield "wait"
        require(self.number[1 - i] == 0 or self.number[i] < self.number[1 - i])
        yield "critical"
        self.number[i] = 0
        self.number[1 - i] = min(1, self.number[1 - i])

@invariant(Bakery)
def exclusion(m: Bakery) -> bool:
    return not (at(m.buy, "critical", 0) and at(m.buy, "critical", 1))

@temporal(Bakery)
def deadlock_free(m: Bakery) -> Formula:
    return leads_to(at(m.buy, "wait"), at(m.buy, "critical"))

@temporal(Bakery)
def starvation_free(m: Bakery, i: Annotated[int, Range(0, 1)]) -> Formula:
    return leads_to(at(m.buy, "wait", i), at(m.buy, "critical", i))
"""


def test_the_bakery_serves_everybody_if_customers_go_on() -> None:
    """tlaplus/Examples#109: published bakeries failed both claims, since the fairness they assume is not enough."""
    assert words(BAKERY) == {"exclusion": "holds", "deadlock_free": "holds", "starvation_free": "holds"}
    assert words(BAKERY, "buy=none") == {
        "exclusion": "holds",
        "deadlock_free": "violated",
        "starvation_free": "violated",
    }
    for violated in shown(BAKERY, "deadlock_free", "buy=none"):
        assert "can go on at buy.wait, but no fairness says that it does" in violated.reason


TABLE = """
class Table(Model):
    taken: dict[Annotated[int, Range(0, 2)], bool]

    @process
    def dine(self, i: Annotated[int, Range(0, 2)]) -> Steps:
        yield "hungry"
        require(not self.taken[i] and not self.taken[(i + 1) % 3])
        self.taken[i] = True
        self.taken[(i + 1) % 3] = True
        yield "eat"
        self.taken[i] = False
        self.taken[(i + 1) % 3] = False

@temporal(Table)
def somebody_eats(m: Table) -> Formula:
    return leads_to(at(m.dine, "hungry"), at(m.dine, "eat"))

@temporal(Table)
def everybody_eats(m: Table, i: Annotated[int, Range(0, 2)]) -> Formula:
    return leads_to(at(m.dine, "hungry", i), at(m.dine, "eat", i))
"""


def test_the_report_says_which_fairness_would_help() -> None:
    """quint-co/quint#1611: the fairness that philosophers need was found by trying, one counterexample after the other."""
    helps = {
        "none": ("violated", "violated", "0 can go on at dine.hungry, but no fairness says that it does"),
        "weak": ("holds", "violated", "now and then, but not always; only strong fairness would help"),
        "strong": ("holds", "holds", ""),
    }
    for fair, (somebody, everybody, reason) in helps.items():
        assert words(TABLE, f"dine={fair}") == {"somebody_eats": somebody, "everybody_eats": everybody}
        if reason:
            assert all(reason in violated.reason for violated in shown(TABLE, "everybody_eats", f"dine={fair}"))


# --- what is never asked for -----------------------------------------------------------------------------------------

MEMORY = """
class Control(Enum):
    READY = auto()
    BUSY = auto()
    DONE = auto()
    ASKED = auto()

class Memory(Model):
    control: Control

    @action
    def ask(self) -> None:
        require(self.control is Control.READY)
        self.control = Control.BUSY

    @action(fair="weak")
    def work(self) -> None:
        require(self.control is Control.BUSY)
        self.control = Control.DONE

    @action
    def answer(self) -> None:
        require(self.control is Control.DONE)
        self.control = Control.READY

    @action
    def withdraw(self) -> None:
        require(self.control is Control.ASKED)
        self.control = Control.READY

@temporal(Memory)
def misspelt(m: Memory) -> Formula:
    return leads_to(m.control is Control.ASKED, m.control is Control.DONE)

@temporal(Memory)
def meant(m: Memory) -> Formula:
    return leads_to(m.control is Control.BUSY, m.control is Control.DONE)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_never_asked_for_is_not_simply_answered(engine: Engine) -> None:
    """tlaplus/Examples#101: a published response passed for years, its trigger being a value that nothing ever has."""
    found = api.check(system(MEMORY), engine=engine).verdicts
    assert found["misspelt"] == Holds("vacuously: never control == ASKED")
    assert found["meant"] == Holds("exhaustive")
    lazy = api.check(system(MEMORY, "work=none"), engine=engine).verdicts
    assert (word(lazy["misspelt"]), word(lazy["meant"])) == ("holds", "violated")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_action_that_nothing_enables_is_told(engine: Engine) -> None:
    """ymm-oss/fsl#792: that an action is never possible was told in passing, and not to programs."""
    assert api.check(system(MEMORY), engine=engine).never_fired == ["withdraw"]
    asked = MEMORY.replace("self.control = Control.BUSY", "self.control = Control.ASKED")
    assert api.check(system(asked), engine=engine).never_fired == ["work", "answer"]
    # Up to some depth an action that was not taken says nothing.
    assert api.check(system(MEMORY), engine=engine, limits=Limits(depth=1)).never_fired == []


# --- the list --------------------------------------------------------------------------------------------------------

THREADS = (
    *("tlaplus/tlaplus#59", "tlaplus/tlaplus#644", "tlaplus/tlaplus#816", "hwayne/learntla-v2#75"),
    *("tlaplus/tlaplus#839", "tlaplus/tlaplus#971", "tlaplus/tlaplus#201", "tlaplus/tlaplus#710"),
    *("tlaplus/tlaplus#699", "tlaplus/tlaplus#1066", "tlaplus/tlaplus#636", "ymm-oss/fsl#10", "ymm-oss/fsl#639"),
    *("stateright/stateright#3", "fizzbee-io/fizzbee#212", "fizzbee-io/fizzbee#145", "fizzbee-io/fizzbee#109"),
    *("fizzbee-io/fizzbee#310", "fabracht/tla-rs#59", "fabracht/tla-rs#62", "fabracht/tla-rs#63"),
    *("fabracht/tla-rs#64", "fabracht/tla-rs#65", "Gabriella439/HasCal#16", "awakesecurity/spectacle#29"),
    *("diffblue/hw-cbmc#2022", "nimble-code/Spin#38", "nimble-code/Spin#81", "tlaplus/Examples#109"),
    "quint-co/quint#1611",
)
"""Threads about liveness that were looked for and read: all of them."""

BESIDES = ("ymm-oss/fsl#18", "ymm-oss/fsl#792", "tlaplus/Examples#101", "nForma-AI/nForma#298")
"""Threads about answers that mean less than they seem to."""

NOT_EXPRESSIBLE = (
    (
        "tlaplus/tlaplus#1066",
        "several walks wait for each other where they judge formulas: here walks judge none, they refuse",
    ),
    ("tlaplus/tlaplus#636", "a search of millions of states stands still: about time, no answer was wrong"),
    ("nForma-AI/nForma#298", "an invariant that is true by its form, `x == x`, holds: here nobody is told so, either"),
)
"""Threads without a test, with the reason."""


def test_every_thread_has_a_test_or_a_reason_why_not() -> None:
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    named = {thread for test in tests for thread in re.findall(r"[\w.-]+/[\w.-]+#\d+", test.__doc__ or "")}
    without = {thread for thread, reason in NOT_EXPRESSIBLE if reason}
    assert len(set(THREADS)) == len(THREADS) == 30
    assert named.isdisjoint(without) and named | without == {*THREADS, *BESIDES}
    assert all(test.__doc__ for test in tests if test is not test_every_thread_has_a_test_or_a_reason_why_not)
