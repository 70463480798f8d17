"""What textbooks say of well-known protocols. What other checkers once got wrong is in `test_published_bugs`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.unit.explore.liveness.judging import CYCLE, ENGINES, HEAD, STEPS, counterexample, system, words

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.errors import UsageError
from virtspec.explore.native.graph import Halted, StateGraph, graph_of
from virtspec.explore.native.liveness import violation
from virtspec.explore.report import INTERRUPTED, Limits
from virtspec.explore.report_json import word
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import Instance
from virtspec.ir.temporal import CanReach
from virtspec.trace import itf
from virtspec.trace.render import render
from virtspec.trace.trace import NotABehaviour, Trace
from virtspec.trace.verdict import Holds, Unknown, Violated

PETERSON = """
class Peterson(Model):
    interested: dict[Annotated[int, Range(0, 1)], bool]
    last: Annotated[int, Range(0, 1)]

    @process{fair}
    def run(self, i: Annotated[int, Range(0, 1)]) -> Steps:
        yield "ask"
        self.interested[i] = True
        yield "yield_to"
        self.last = i
        yield "wait"
        require(self.last != i or not self.interested[1 - i])
        yield "critical"
        self.interested[i] = False

@temporal(Peterson)
def enters(m: Peterson, i: Annotated[int, Range(0, 1)]) -> Formula:
    return leads_to(at(m.run, "wait", i), at(m.run, "critical", i))

@temporal(Peterson)
def leaves(m: Peterson) -> Formula:
    return always(eventually(not at(m.run, "critical", 0)))

@temporal(Peterson)
def may_enter(m: Peterson) -> Formula:
    return can_always_reach(at(m.run, "critical", 0))
"""


def test_peterson_is_free_of_starvation_under_weak_fairness_and_not_without() -> None:
    fair = words(PETERSON.format(fair='(fair="weak")'))
    assert fair == {"enters": "holds", "leaves": "holds", "may_enter": "holds"}
    unfair = words(PETERSON.format(fair=""))
    assert unfair == {"enters": "violated", "leaves": "violated", "may_enter": "holds"}
    trace, reason = counterexample(PETERSON.format(fair=""), "enters")
    assert trace.loop == len(trace.steps) == 3
    assert reason.splitlines() == [
        "this goes on for ever, for i = 0",
        "0 can go on at run.wait, but no fairness says that it does",
        "run(1) is possible, but no fairness says that it happens",
    ]


LOCK = """
class Task(Scalarset, size=2):
    pass

class Lock(Model):
    owner: Task | None

    @process(fair="{fair}")
    def run(self, t: Task) -> Steps:
        yield "lock"
        require(self.owner is None)
        self.owner = t
        yield "unlock"
        self.owner = None

@temporal(Lock)
def gets_it(m: Lock, t: Task) -> Formula:
    return leads_to(at(m.run, "lock", t), m.owner == t)

@temporal(Lock)
def somebody_gets_it(m: Lock) -> Formula:
    return leads_to(at(m.run, "lock"), m.owner is not None)
"""


def test_a_lock_without_a_queue_needs_strong_fairness() -> None:
    assert words(LOCK.format(fair="strong")) == {"gets_it": "holds", "somebody_gets_it": "holds"}
    assert words(LOCK.format(fair="weak")) == {"gets_it": "violated", "somebody_gets_it": "holds"}
    trace, reason = counterexample(LOCK.format(fair="weak"), "gets_it")
    assert (len(trace.steps), trace.loop) == (4, 1)
    assert "Task0 could go on at run.lock now and then, but not always; only strong fairness would help" in reason


DINING = """
class Dining(Model):
    held: dict[Annotated[int, Range(0, 2)], bool]
    one_differs: Const[bool] = {differs}

    @process(fair="strong")
    def dine(self, i: Annotated[int, Range(0, 2)]) -> Steps:
        yield "first"
        if self.one_differs and i == 0:
            require(not self.held[i])
            self.held[i] = True
        else:
            require(not self.held[(i + 1) % 3])
            self.held[(i + 1) % 3] = True
        yield "second"
        if self.one_differs and i == 0:
            require(not self.held[(i + 1) % 3])
            self.held[(i + 1) % 3] = True
        else:
            require(not self.held[i])
            self.held[i] = True
        yield "eat"
        self.held[i] = False
        self.held[(i + 1) % 3] = False

@temporal(Dining)
def eats(m: Dining, i: Annotated[int, Range(0, 2)]) -> Formula:
    return leads_to(at(m.dine, "first", i), at(m.dine, "eat", i))
"""


def test_philosophers_starve_in_a_deadlock_and_not_if_one_takes_the_other_fork_first() -> None:
    same = api.check(system(DINING.format(differs="False")), engine="oracle").verdicts
    assert word(same["deadlock"]) == word(same["eats"]) == "violated"
    other = api.check(system(DINING.format(differs="True")), engine="oracle").verdicts
    assert word(other["deadlock"]) == word(other["eats"]) == "holds"
    _, reason = counterexample(DINING.format(differs="False"), "eats")
    assert "waits at dine.second" in reason


ALTERNATING = """
class Alternating(Model):
    sent: bool
    received: bool
    message: bool | None
    answer: bool | None

    @action(fair="weak")
    def send(self) -> None:
        self.message = self.sent

    @action{receive}
    def receive(self) -> None:
        require(self.message is not None)
        if self.message == self.received:
            self.received = not self.received
        self.answer = self.message
        self.message = None

    @action{confirm}
    def confirm(self) -> None:
        require(self.answer is not None)
        if self.answer == self.sent:
            self.sent = not self.sent
        self.answer = None

    @action
    def lose_message(self) -> None:
        require(self.message is not None)
        self.message = None

    @action
    def lose_answer(self) -> None:
        require(self.answer is not None)
        self.answer = None

@temporal(Alternating)
def delivered(m: Alternating) -> Formula:
    return always(eventually(m.received)) and always(eventually(not m.received))
"""


def test_the_alternating_bit_needs_strong_fairness_over_a_lossy_channel() -> None:
    for receive in ("weak", "strong"):
        for confirm in ("weak", "strong"):
            text = ALTERNATING.format(receive=f'(fair="{receive}")', confirm=f'(fair="{confirm}")')
            expected = "holds" if receive == confirm == "strong" else "violated"
            assert words(text) == {"delivered": expected}


def test_a_behaviour_that_goes_on_for_ever_is_stored_and_replayed(tmp_path: Path) -> None:
    lock = system(LOCK.format(fair="weak"))
    trace, reason = counterexample(LOCK.format(fair="weak"), "gets_it")
    itf.write(tmp_path / "lasso.itf.json", lock, trace)
    again = itf.read(tmp_path / "lasso.itf.json", lock)
    assert again == trace
    assert api.reason_of(lock, again) == reason
    shown = [line.text for line in render(lock, trace, reason=reason) if line.kind == "loop"]
    assert shown == ["   ~  the following 3 steps for ever"]
    open_ended = Trace(trace.fingerprint, trace.steps[:-1], trace.property, trace.loop)
    with pytest.raises(NotABehaviour, match="the loop does not close: the last state is not the one after step 1"):
        api.reason_of(lock, open_ended)


def test_an_unfair_behaviour_is_no_counterexample() -> None:
    """The definition is the judge, whoever found it."""
    lock = system(LOCK.format(fair="strong"))
    weak, _ = counterexample(LOCK.format(fair="weak"), "gets_it")
    assert api.reason_of(lock, Trace(lock.fingerprint, weak.steps, "gets_it", weak.loop)) is None
    assert api.reason_of(lock, Trace(lock.fingerprint, weak.steps, "gets_it")) is None


def test_the_time_limit_ends_a_search_for_behaviours(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(graph: StateGraph, prop: str, instance: Instance) -> None:
        while not graph.halt[0]:
            time.sleep(0.01)
        raise Halted

    monkeypatch.setattr("virtspec.explore.native.judging.violation", endless)
    found = api.check(system(CYCLE), engine="native", limits=Limits(seconds=1))
    assert found.complete and found.exit_code == 3
    temporal = {p.id for p in system(CYCLE).temporal}
    assert {p for p, v in found.verdicts.items() if v == Unknown("the time limit of 1 s was reached")} == temporal


def test_a_search_that_is_told_to_halt_does() -> None:
    with graph_of(system(CYCLE), Limits()) as (_, graph):
        assert graph is not None
        props = system(CYCLE).temporal
        instances = [i for p in props for i in p.instances if not isinstance(i.formula, CanReach)]
        graph.prepare(instance.claims for instance in instances)
        graph.halt[0] = 1
        for instance in instances:
            with pytest.raises(Halted):
                violation(graph, "ends", instance)
    assert instances


def test_ctrl_c_leaves_what_is_known_of_states(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("virtspec.explore.native.judging.judge", interrupt)
    found = api.check(system(CYCLE), engine="native")
    assert (found.stopped, found.complete) == (INTERRUPTED, False)
    assert word(found.verdicts["fault"]) == "holds"
    assert found.verdicts["ends"] == Unknown(INTERRUPTED)


@pytest.mark.parametrize("engine", ENGINES)
def test_counterexamples_are_short(engine: Engine) -> None:
    for text, prop, length, loop in (
        (PETERSON.format(fair=""), "enters", 3, 3),
        (LOCK.format(fair="weak"), "gets_it", 4, 1),
        (STEPS.format(fair=""), "is_on", 0, 0),
        (CYCLE, "ends", 2, 0),
        (CYCLE, "may_begin_again", 2, None),
    ):
        trace, _ = counterexample(text, prop, engine)
        assert (len(trace.steps), trace.loop) == (length, loop)


GRID = """
class Grid(Model):
    x: Annotated[int, Range(0, 399)]
    y: Annotated[int, Range(0, 399)]
    back: bool

    @action(fair="weak")
    def right(self) -> None:
        require(self.x < 399)
        self.x += 1

    @action
    def up(self) -> None:
        require(self.y < 399)
        self.y += 1

    @action
    def turn(self) -> None:
        self.back = not self.back

@temporal(Grid)
def arrives(m: Grid) -> Formula:
    return eventually(m.x == 399)

@temporal(Grid)
def rises(m: Grid) -> Formula:
    return leads_to(m.x == 399, m.y == 399 or m.back)

@temporal(Grid)
def may_rise(m: Grid) -> Formula:
    return can_always_reach(m.y == 399 and not m.back)
"""


def test_large_graphs() -> None:
    """Large enough that buffers are of several pages, and ways longer than any stack of calls."""
    found = api.check(system(GRID), engine="native")
    verdicts = {prop: word(verdict) for prop, verdict in found.verdicts.items()}
    assert verdicts["arrives"] == verdicts["may_rise"] == "holds"
    late = found.verdicts["rises"]
    assert isinstance(late, Violated) and late.trace.loop == len(late.trace.steps) == 399


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_enabled_can_be_asked(engine: Engine) -> None:
    """Of a process by member, of an action for given parameters or for any."""
    text = (
        LOCK.format(fair="weak")
        + """
@invariant(Lock)
def waits_for_the_owner(m: Lock, t: Task) -> bool:
    return enabled(m.run, t) == (m.owner is None or m.owner == t or not at(m.run, "lock", t))

@temporal(Lock)
def can_go_on(m: Lock, t: Task) -> Formula:
    return always(eventually(enabled(m.run, t)))

@temporal(Lock)
def somebody_can(m: Lock) -> Formula:
    return always(enabled(m.run))
"""
    )
    found = api.check(system(text), engine=engine).verdicts
    names = ("waits_for_the_owner", "can_go_on", "somebody_can")
    assert [word(found[p]) for p in names] == ["holds"] * 3
    actions = """
class Pick(Model):
    n: Annotated[int, Range(0, 3)]

    @action
    def put(self, i: Annotated[int, Range(0, 3)], twice: bool) -> None:
        require(i > self.n)
        require(not twice or i == 3)
        self.n = i

@invariant(Pick)
def ahead(m: Pick, i: Annotated[int, Range(0, 3)]) -> bool:
    return enabled(m.put, i) == (i > m.n) and enabled(m.put, i, True) == (i == 3 > m.n) and enabled(m.put) == (m.n < 3)
"""
    assert word(api.check(system(actions), engine=engine).verdicts["ahead"]) == "holds"


WORKER = """
class Worker(Singleton):
    pass

class Queue(Model):
    work: bool

    @process{worker}
    def serve(self, w: Worker) -> Steps:
        require(self.work)
        yield "take"
        self.work = False

    @action
    def submit(self) -> None:
        self.work = True

@temporal(Queue)
def served(m: Queue) -> Formula:
    return leads_to(m.work, not m.work)
"""


def test_walks_do_not_judge_what_goes_on_for_ever() -> None:
    """Not to be reached by a walk is no answer, and never a pass."""
    lock = system(LOCK.format(fair="weak"))
    with pytest.raises(
        UsageError, match="gets_it is about behaviours that go on for ever, and a walk ends: use `virtspec"
    ):
        api.simulate(lock, walks=1, only=["gets_it", "fault"])
    assert set(api.simulate(lock, walks=1).verdicts) == {"fault", "deadlock"}


def test_beginning_a_process_is_a_duty_of_its_own() -> None:
    assert words(WORKER.format(worker='(fair="weak", begins="weak")')) == {"served": "holds"}
    assert words(WORKER.format(worker='(fair="weak")')) == {"served": "violated"}
    assert words(WORKER.format(worker='(begins="weak")')) == {"served": "violated"}
    both = system(WORKER.format(worker='(fair="weak", begins="weak")'))
    assert both.fairness == {"serve.begin": "weak", "serve": "weak"}
    module = load_text(HEAD + WORKER.format(worker=""), "spec.py")
    chosen = load(module.models[0], module.properties, {"fair.serve": "weak", "fair.serve.begin": "weak"})
    assert chosen.fairness == both.fairness
    assert word(api.check(chosen).verdicts["served"]) == "holds"


# --- fairness of a configuration, vacuity ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_configuration_may_choose_its_fairness(engine: Engine) -> None:
    module = load_text(HEAD + LOCK.format(fair="weak"), "spec.py")
    for fair, expected in (("none", "violated"), ("weak", "violated"), ("strong", "holds")):
        chosen = load(module.models[0], module.properties, {"fair.run": fair})
        assert dict(chosen.config)["fair.run"] == fair
        assert chosen.fairness == ({} if fair == "none" else {"run": fair})
        assert word(api.check(chosen, engine=engine).verdicts["gets_it"]) == expected


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fair.rum": "weak"}, "fair.rum: Lock has no process or action 'rum'; did you mean 'run'"),
        ({"fair.run": "very"}, "fair.run=very: expected one of none, weak, strong"),
    ],
)
def test_fairness_that_names_nothing_is_refused(params: dict[str, str], message: str) -> None:
    module = load_text(HEAD + LOCK.format(fair="weak"), "spec.py")
    with pytest.raises(UsageError, match=message):
        load(module.models[0], module.properties, params)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_never_asked_for_is_said_to_be_vacuous(engine: Engine) -> None:
    text = (
        CYCLE
        + """
@temporal(Walk)
def never_asked(m: Walk) -> Formula:
    return leads_to(m.at == 3 and m.at == 2, m.at == 0)

@temporal(Walk)
def asked(m: Walk, i: Annotated[int, Range(2, 4)]) -> Formula:
    return leads_to(m.at == i, m.at > 1)
"""
    )
    found = api.check(system(text), engine=engine).verdicts
    assert found["asked"] == Holds("exhaustive")
    assert found["never_asked"] == Holds("vacuously: never at == 3 and at == 2")
