"""What model checkers were reported to get wrong about behaviours that go on for ever, with the answer that is right.

One test for each report. Its docstring names the thread and says in a line what went wrong there; the specification has
the shape of what was reported, not its text. `words` has asked both engines and looked at every behaviour that is shown,
edge by edge. Nearly every test has a case that comes out the other way, so that none passes by answering always the same.

Here: what is renamed, what is cut short, what is never asked for, and the list of all threads. Beside this file:
`..._traces` for what is shown, `..._fairness` for who is treated fairly, `..._processes` for protocols of several.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.unit.explore.liveness.judging import CYCLE, ENGINES, shown, system, words

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.errors import SpecError
from virtspec.explore.report import Limits, Report
from virtspec.explore.report_json import word
from virtspec.trace.verdict import Holds

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
        assert "for t = Task1" in violated.reason  # nobody goes before Task0
    for violated in shown(anybody, "is_served"):
        assert "for t = Task0" in violated.reason
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
@pytest.mark.parametrize("limits", [Limits(depth=3), Limits(states=3)], ids=["depth", "states"])
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
"""Threads about liveness: where answers were wrong or missing, or could not be asked for."""

BESIDES = ("ymm-oss/fsl#18", "ymm-oss/fsl#792", "tlaplus/Examples#101", "nForma-AI/nForma#298")
"""Threads about answers that mean less than they seem to."""

NOT_EXPRESSIBLE = (
    ("tlaplus/tlaplus#1066", "walks that judge formulas wait for each other: here a walk judges none, it refuses"),
    ("tlaplus/tlaplus#636", "a search of millions of states stands still: about time, no answer was wrong"),
    ("nForma-AI/nForma#298", "an invariant that is true by its form, `x == x`, holds: here nobody is told so, either"),
)
"""Threads without a test, with the reason."""

THREAD = re.compile(r"[\w.-]+/[\w.-]+#\d+")


def test_every_thread_has_a_test_or_a_reason_why_not() -> None:
    named: set[str] = set()
    for file in sorted(Path(__file__).parent.glob("test_published_bugs*.py")):
        for test in ast.parse(file.read_text()).body:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                named |= set(THREAD.findall(ast.get_docstring(test) or ""))
    without = {thread for thread, reason in NOT_EXPRESSIBLE if reason}
    assert len(set(THREADS)) == len(THREADS) == 30
    assert named.isdisjoint(without) and named | without == {*THREADS, *BESIDES}
