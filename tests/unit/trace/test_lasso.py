"""A violated invariant as the behaviour that it stands for: whose picks are whose, what is left out, where the loop is."""

from __future__ import annotations

from tests.unit.explore.liveness.judging import system

from virtspec.ir.passes.liveness_to_safety import REST, SAVE, Lassos, liveness_to_safety
from virtspec.semantics.interp import Taken, run
from virtspec.trace.lasso import lasso
from virtspec.trace.trace import Step, Trace, replay

DRAW = """
Small = Annotated[int, Range(0, 2)]

class Task(Scalarset, size=2):
    pass

class Draw(Model):
    n: Small

    @process
    def work(self, t: Task, add: bool) -> Steps:
        yield "draw"
        self.n = choose(Small)

    @action
    def put(self, n: Small) -> None:
        self.n = n

@temporal(Draw)
def comes_to_two(m: Draw) -> Formula:
    return eventually(always(m.n == 2))

@temporal(Draw)
def comes_by_two(m: Draw) -> Formula:
    return eventually(m.n == 2)
"""


def made(prop: str) -> Lassos:
    judged = system(DRAW)
    declared = next(t for t in judged.temporal if t.id == prop)
    return liveness_to_safety(judged, declared, declared.instances[0])


def taken(found: Lassos, *steps: tuple[str, tuple[int | bool, ...]]) -> Trace:
    """These steps of what was made."""
    state, done = found.system.init, []
    for action, picks in steps:
        outcome = run(found.system, found.system.action(action), state, picks)
        assert isinstance(outcome, Taken) and len(outcome.picks) == len(picks), action
        state = outcome.state
        done.append(Step(action, picks, state))
    return Trace(found.system.fingerprint, tuple(done), found.property)


def brought_back(found: Lassos, trace: Trace) -> tuple[list[tuple[str, tuple[object, ...]]], int | None]:
    back = lasso(found, trace)
    replay(found.original, back)
    assert (back.fingerprint, back.property) == (found.original.fingerprint, found.property)
    return [(step.action, step.picks) for step in back.steps], back.loop


def test_what_the_automaton_does_is_the_first_pick_behind_the_parameters() -> None:
    found = made("comes_to_two")
    assert found.chooses
    trace = taken(
        found,
        ("work", (1, False, 0)),
        ("put", (1, 0)),
        (SAVE, ()),
        ("put", (1, 0)),
        (REST, (1,)),
        ("work.draw", (1, 0, 2)),
        ("work", (1, False, 1)),
        ("put", (1, 1)),
    )
    around = [("work.draw", (1, 2)), ("work", (1, False)), ("put", (1,))]
    assert brought_back(found, trace) == ([("work", (1, False)), ("put", (1,)), *around], 2)


def test_an_automaton_without_a_choice_takes_no_pick_and_rest_is_an_empty_loop() -> None:
    found = made("comes_by_two")
    assert not found.chooses
    trace = taken(found, ("put", (1,)), ("work", (0, True)), (SAVE, ()), ("put", (1,)), (REST, ()))
    assert brought_back(found, trace) == ([("put", (1,)), ("work", (0, True))], 2)
