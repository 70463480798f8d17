"""Small pieces of work side by side, large ones one after the other."""

import os
import time

import pytest

from virtspec.api.lanes import results
from virtspec.errors import SpecError, UsageError
from virtspec.source import Diagnostic, Span


def double(item: int, workers: int) -> tuple[int, int, int]:
    return 2 * item, workers, os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_everything_is_worked_on_once_the_slow_ones_last_and_with_all_workers(jobs: int) -> None:
    found = list(results(double, [1, 2, 3], [4, 5], jobs))
    assert sorted(found[:3])[0][:2] == (2, 1)
    assert [value for value, *_ in sorted(found[:3])] == [2, 4, 6]
    assert [(value, workers) for value, workers, _ in found[3:]] == [(8, jobs), (10, jobs)]
    assert {pid for *_, pid in found[3:]} == {os.getpid()}
    assert (os.getpid() in {pid for *_, pid in found[:3]}) == (jobs == 1)


def test_one_piece_of_work_needs_no_process() -> None:
    assert list(results(double, [1], [], 2)) == [(2, 1, os.getpid())]


def fail(item: int, workers: int) -> int:
    if item == 0:
        time.sleep(0.2)
    if item < 2:
        raise UsageError(f"no {item}")
    return item


@pytest.mark.parametrize("jobs", [1, 2])
def test_of_several_failures_the_first_in_order_is_told_whichever_comes_first(jobs: int) -> None:
    with pytest.raises(UsageError, match="no 0"):
        list(results(fail, [0, 1, 2, 3], [], jobs))


def refuse(item: int, workers: int) -> int:
    raise SpecError([Diagnostic("VS001", "no", Span("a.py", item, 0, item, 1), "do not")])


def test_diagnostics_come_back_from_another_process() -> None:
    with pytest.raises(SpecError) as caught:
        list(results(refuse, [1, 2], [], 2))
    (told,) = caught.value.diagnostics
    assert (told.code, told.span.line, told.hint) == ("VS001", 1, "do not")
