"""Fairness to some members and not to others, and who is said to stand still."""

from __future__ import annotations

import pytest
from tests.unit.explore.liveness.judging import HEAD, shown, system, words

from virtspec.errors import UsageError

BOARD = """
class Task(Scalarset, size=2):
    pass

class Board(Model):
    asked: dict[Task, bool]
    bell: bool

    @process(fair="weak", begins="weak")
    def ask(self, t: Task) -> Steps:
        require(not self.asked[t])
        self.asked[t] = True
        yield "ring"
        self.bell = True

    @action(fair="weak")
    def answer(self) -> None:
        require(self.bell)
        self.bell = False

@temporal(Board)
def rings(m: Board, t: Task) -> Formula:
    return leads_to(m.asked[t], not at(m.ask, "ring", t))

@temporal(Board)
def somebody_rings(m: Board) -> Formula:
    return eventually(m.bell)

@temporal(Board)
def rings_for_ever(m: Board) -> Formula:
    return always(eventually(m.bell))
"""


def test_one_member_may_be_unfair() -> None:
    assert words(BOARD) == {"rings": "holds", "somebody_rings": "holds", "rings_for_ever": "violated"}
    assert words(BOARD, "ask.Task1=none") == {
        "rings": "violated",
        "somebody_rings": "holds",
        "rings_for_ever": "violated",
    }
    nobody = words(BOARD, "ask.Task0=none", "ask.Task1=none")
    assert nobody == words(BOARD, "ask=none") == dict.fromkeys(nobody, "violated")


def test_one_member_may_be_fair() -> None:
    assert words(BOARD, "ask=none", "ask.Task1=weak")["somebody_rings"] == "holds"
    assert words(BOARD, "ask.begin=none", "ask.begin.Task0=weak")["somebody_rings"] == "holds"
    assert words(BOARD, "ask.begin=none", "ask.begin.Task0=none")["somebody_rings"] == "violated"


def test_who_is_excepted_is_told_and_part_of_what_is_checked() -> None:
    chosen = system(BOARD, "ask.Task1=none")
    assert chosen.fairness == {"ask.begin": "weak", "ask": "weak", "ask.Task1": "none", "answer": "weak"}
    assert chosen.fingerprint != system(BOARD).fingerprint
    assert system(BOARD, "ask.Task1=weak").fairness == system(BOARD).fairness


def test_a_member_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="no process or action 'ask.Task2'; did you mean 'ask.Task"):
        system(BOARD, "ask.Task2=weak")
    with pytest.raises(UsageError, match="no process or action 'answer.Task0'"):
        system(BOARD, "answer.Task0=weak")


def test_what_could_happen_and_what_cannot_is_told() -> None:
    for violated in shown(BOARD, "rings_for_ever"):
        assert "ask(Task0) is not possible: it waits for not asked[t]" in violated.reason
        assert "answer is not possible: it waits for bell (spec.py:" in violated.reason
    for violated in shown(BOARD, "somebody_rings", "ask.begin=none"):
        assert violated.reason.splitlines() == [
            "this goes on for ever",
            "ask(Task0) is possible, but no fairness says that it happens",
            "ask(Task1) is possible, but no fairness says that it happens",
            f"answer is not possible: it waits for bell (spec.py:{line_of('require(self.bell)')})",
        ]


def line_of(text: str) -> int:
    return (HEAD + BOARD).splitlines().index(f"        {text}") + 1
