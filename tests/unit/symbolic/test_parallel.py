"""Questions in processes of their own: answers in order, everything on the record, exceptions as if there were none."""

import os

import pytest

from virtspec.symbolic import parallel
from virtspec.symbolic.solver import OutOfTime, Query, Session


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_answers_come_in_order_with_their_questions() -> None:
    session = Session(queries=[Query("before", "sat", 0.0)])

    def ask(number: int) -> tuple[int, int]:
        session.queries.append(Query(f"question {number}", "unsat", 0.0))
        return number * number, os.getpid()

    answers = list(parallel.each(ask, 10, session))
    assert [square for square, _ in answers] == [n * n for n in range(10)]
    assert os.getpid() not in {process for _, process in answers}
    assert [q.about for q in session.queries] == ["before", *(f"question {n}" for n in range(10))]


def test_few_questions_need_no_processes() -> None:
    answers = list(parallel.each(lambda number: os.getpid(), parallel.FROM - 1, Session()))
    assert set(answers) == {os.getpid()}


def test_out_of_time() -> None:
    def ask(number: int) -> int:
        if number == 3:
            raise OutOfTime("the third")
        return number

    found = []
    with pytest.raises(OutOfTime, match="the third"):
        for answer in parallel.each(ask, 10, Session()):
            found.append(answer)
    assert found == [0, 1, 2]


def test_a_mistake_is_no_answer() -> None:
    def ask(number: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(parallel.each(ask, 10, Session()))
