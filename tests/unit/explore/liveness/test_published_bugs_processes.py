"""What was reported of protocols in which several take part: see `test_published_bugs`."""

from __future__ import annotations

import pytest
from tests.unit.explore.liveness.judging import ENGINES, shown, system, words

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.explore.report_json import word
from virtspec.trace.verdict import Holds

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

    @process
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

IN_ONE_STEP = CHAT.format(between="")


def test_who_need_not_begin_does_no_harm() -> None:
    """fizzbee-io/fizzbee#109: two views of a chat were said to differ for ever, with a user who may stop and a fair worker.

    The thread, as far as it could be read, tells no cause; what is right of this shape is below.
    """
    assert words(IN_ONE_STEP) == {"matches": "holds"}
    assert words(IN_ONE_STEP, "receive.begin=none") == words(IN_ONE_STEP, "receive=none") == {"matches": "violated"}


IN_TWO_STEPS = CHAT.format(between='yield "send"\n        ')


def test_who_has_begun_need_not_go_on_unless_it_is_fair() -> None:
    """fizzbee-io/fizzbee#145: a chat in more steps, which had passed, failed with another version; of the cause see above."""
    assert words(IN_TWO_STEPS) == {"matches": "violated"}
    for violated in shown(IN_TWO_STEPS, "matches"):
        assert "Human can go on at type.send, but no fairness says that it does" in violated.reason
    # Once it has begun it goes on; it still need not begin.
    assert words(IN_TWO_STEPS, "type=weak") == {"matches": "holds"}


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
