"""Temporal properties of textbook protocols as invariants, and what the System made of them looks like."""

from __future__ import annotations

import pytest
from tests.unit.explore.liveness.judging import CYCLE, STEPS, system
from tests.unit.explore.liveness.test_check import DINING, LOCK, PETERSON
from tests.unit.explore.liveness.test_faults import Crash, returns, returns_unfairly
from tests.unit.explore.liveness.test_members import BOARD

from virtspec import api
from virtspec.api.checking import reason_of
from virtspec.errors import UsageError
from virtspec.frontend.load import load
from virtspec.ir.passes.liveness_to_safety import REST, SAVE, Lassos, liveness_to_safety
from virtspec.ir.system import System, Temporal
from virtspec.ir.text import expr_text, stmt_lines
from virtspec.ir.verify import verify
from virtspec.trace.lasso import lasso
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import Holds, Violated


def made(judged: System, prop: str, number: int = 0) -> Lassos:
    declared = judged.declared[prop]
    assert isinstance(declared, Temporal)
    found = liveness_to_safety(judged, declared, declared.instances[number])
    verify(found.system)
    assert found.system.fields[: len(judged.fields)] == judged.fields
    return found


def violation(judged: System, prop: str, number: int = 0) -> Trace | None:
    """The behaviour that violates the instance of that number, replayed and judged by the definition."""
    found = made(judged, prop, number)
    verdict = api.check(found.system, engine="oracle", only=[prop]).verdicts[prop]
    if isinstance(verdict, Violated):
        trace = lasso(found, verdict.trace)
        assert reason_of(judged, trace) is not None
        return trace
    assert isinstance(verdict, Holds)
    return None


PUT = """
class Put(Model):
    on: bool

    @action(fair="weak")
    def put(self, on: bool) -> None:
        self.on = on

@temporal(Put)
def is_on(m: Put) -> Formula:
    return eventually(m.on)
"""

BLINK = """
class Light(Model):
    on: bool
    seen: bool

    @action(fair="weak")
    def flip(self) -> None:
        self.on = not self.on

@temporal(Light)
def comes_again_unseen(m: Light) -> Formula:
    return not always(not m.on or weak_until(m.on, not m.on and weak_until(not m.on, m.seen)))

@temporal(Light)
def does_not_stay(m: Light) -> Formula:
    return not weak_until(not m.on, always(m.on))
"""
"""The automata of the negations come back to where the light is off, but not to the state they were in."""

LAST = """
class Last(Model):
    last: Annotated[int, Range(0, 2)] | None

    @action(fair="weak")
    def begin(self) -> None:
        require(self.last is None)
        self.last = 0

@temporal(Last)
def small(m: Last) -> Formula:
    return eventually(m.last < 2)
"""
"""Of what there is not, nothing is true."""

TEXTBOOK = [
    (PETERSON.format(fair='(fair="weak")'), (), {"enters": None, "leaves": None}),
    (PETERSON.format(fair=""), (), {"enters": (3, 3), "leaves": (4, 4)}),
    (LOCK.format(fair="strong"), (), {"gets_it": None, "somebody_gets_it": None}),
    (LOCK.format(fair="weak"), (), {"gets_it": (4, 1), "somebody_gets_it": None}),
    (LOCK.format(fair="none"), (), {"gets_it": (1, 1), "somebody_gets_it": (1, 1)}),
    (LOCK.format(fair="strong"), ("run.Task0=weak",), {"gets_it": (4, 1)}),
    (LOCK.format(fair="strong"), ("run.Task1=none",), {"gets_it": (3, 3)}),
    (DINING.format(differs="False"), (), {"eats": (6, 6)}),
    (DINING.format(differs="True"), (), {"eats": None}),
    (CYCLE, (), {"ends": (2, 0)}),
    (CYCLE, ("leave=weak",), {"ends": (2, 0)}),
    (CYCLE, ("leave=strong",), {"ends": None}),
    (STEPS.format(fair=""), (), {"stays_on": (0, 0), "stays_off": (2, 0), "is_on": (0, 0)}),
    (STEPS.format(fair='(fair="weak")'), (), {"stays_on": (2, 0), "stays_off": (2, 0), "is_on": None}),
    (PUT, (), {"is_on": None}),
    (PUT, ("put=none",), {"is_on": (0, 0)}),
    (BLINK, (), {"comes_again_unseen": None, "does_not_stay": None}),
    (BLINK, ("flip=none",), {"comes_again_unseen": (0, 0), "does_not_stay": (0, 0)}),
    (LAST, (), {"small": None}),
    (LAST, ("begin=none",), {"small": (0, 0)}),
    (BOARD, (), {"rings": None, "somebody_rings": None, "rings_for_ever": (5, 5)}),
    (BOARD, ("ask.Task0=none",), {"rings": (4, 4), "somebody_rings": None}),
    (BOARD, ("ask.Task1=none",), {"rings": None, "somebody_rings": None}),
    (BOARD, ("ask=none", "ask.Task1=weak"), {"somebody_rings": None}),
    (BOARD, ("ask.begin=none", "ask.begin.Task0=none"), {"somebody_rings": (0, 0)}),
]
"""Texts, what is fair in another way, and the steps and the loop of what violates the first instance of a property."""


@pytest.mark.parametrize(("text", "fair", "expected"), TEXTBOOK)
def test_textbook_protocols(text: str, fair: tuple[str, ...], expected: dict[str, tuple[int, int] | None]) -> None:
    judged = system(text, *fair)
    found = {prop: violation(judged, prop) for prop in expected}
    assert {prop: None if t is None else (len(t.steps), t.loop) for prop, t in found.items()} == expected


@pytest.mark.parametrize(
    ("text", "prop", "before", "after"),
    [
        (PETERSON.format(fair='(fair="weak")'), "enters", 34, 88),
        (PETERSON.format(fair='(fair="weak")'), "leaves", 34, 70),
        (LOCK.format(fair="strong"), "gets_it", 8, 42),
        (DINING.format(differs="True"), "eats", 42, 1_025),
    ],
)
def test_how_many_states_there_are(text: str, prop: str, before: int, after: int) -> None:
    judged = system(text)
    counts = [api.check(s, engine="oracle", only=["fault"]).states for s in (judged, made(judged, prop).system)]
    assert counts == [before, after]


def test_whoever_can_only_fault_does_not_stay_there_for_ever() -> None:
    crash = load(Crash, (returns, returns_unfairly))
    assert violation(crash, "returns") is None
    assert violation(crash, "returns_unfairly") is not None
    assert any(
        isinstance(v, Violated) for v in api.check(made(crash, "returns").system, engine="oracle").verdicts.values()
    )


def names(found: Lassos) -> list[str]:
    """The fields that were added."""
    return [f.name for f in found.system.fields[len(found.original.fields) :]]


def test_what_violates_leads_to_needs_no_notes_about_the_automaton() -> None:
    weak = made(system(LOCK.format(fair="weak")), "gets_it")
    assert names(weak) == ["(automaton)", "(phase)", "(saved) owner", "(saved) Task.pc", "(weak) run"]
    strong = made(system(LOCK.format(fair="strong"), "run.Task0=weak", "run.begin.Task1=strong"), "gets_it")
    assert names(strong)[4:] == [
        "(strong) run.begin",
        "(enabled) run.begin",
        "(weak) run",
        "(strong) run",
        "(enabled) run",
    ]
    assert [f.init for f in strong.system.fields[-5:]] == [
        (True, False),
        (False, False),
        (False, True),
        (True, False),
        (False, False),
    ]


def test_steps_and_the_invariant_are_readable() -> None:
    found = made(system(LOCK.format(fair="weak")), "gets_it")
    assert [a.name for a in found.system.actions] == [REST, SAVE, "run", "run.lock", "run.unlock"]
    _, save, _, lock, _ = ([line for s in a.body for line in stmt_lines(s)] for a in found.system.actions)
    assert save == [
        "require (phase) == stem and (automaton) == 1",
        "(phase) := saved",
        "(saved) owner := owner",
        "(saved) Task.pc := Task.pc",
    ]
    assert lock[0] == "require Task.pc[t] == run.lock"
    assert lock[-5:] == [
        "require owner == None",
        "owner := t",
        "Task.pc[t] := run.unlock",
        "if (phase) != stem:",
        "  (weak) run[t] := True",
    ]
    (judged,) = found.system.properties
    assert (judged.id, judged.kind) == ("gets_it", "invariant")
    assert expr_text(judged.expr) == (
        "not ((phase) == loop and owner == (saved) owner and Task.pc == (saved) Task.pc"
        " and all((weak) run[t'2] for t'2 in Task))"
    )


LETTERS = """
class Letters(Model):
    p: bool
    q: bool
    never: bool

    @action
    def change(self, p: bool, q: bool) -> None:
        self.p = p
        self.q = q

@temporal(Letters)
def p_in_the_end(m: Letters) -> Formula:
    return eventually(always(m.p))

@temporal(Letters)
def not_p_or_not_q_then(m: Letters) -> Formula:
    return eventually(always(not m.p or always(not m.q)))

@temporal(Letters)
def anything(m: Letters) -> Formula:
    return eventually(True)
"""


@pytest.mark.parametrize(
    ("prop", "added", "chooses", "violated"),
    [
        ("p_in_the_end", ["(phase)", "(saved) p", "(saved) q", "(until) 0"], True, True),
        (
            "not_p_or_not_q_then",
            ["(automaton)", "(phase)", "(saved) p", "(saved) q", "(saved) (automaton)", "(until) 0", "(until) 1"],
            True,
            True,
        ),
        ("anything", ["(phase)", "(saved) p", "(saved) q"], False, False),
    ],
)
def test_what_the_automaton_needs_is_added_and_fields_that_nobody_writes_are_not_saved(
    prop: str, added: list[str], chooses: bool, violated: bool
) -> None:
    letters = system(LETTERS)
    found = made(letters, prop)
    assert (names(found), found.chooses) == (added, chooses)
    assert (violation(letters, prop) is not None) == violated


def test_that_there_is_always_a_way_is_refused() -> None:
    with pytest.raises(UsageError, match="may_end claims that there is a way, not what every behaviour does"):
        made(system(CYCLE), "may_end")
