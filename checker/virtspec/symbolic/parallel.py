"""Questions about one step after the other, put to as many solvers as there are processors.

A process of its own for each: z3's terms cannot be shared by threads. They are forked, so that each begins with all that
was encoded, and only answers have to come back.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from virtspec.symbolic.solver import OutOfTime, Query, Session

T = TypeVar("T")

FROM = 8
"""For fewer questions no processes are started."""

_job: tuple[Callable[[int], Any], Session] | None = None
"""What the processes were forked for."""


def each(ask: Callable[[int], T], count: int, session: Session) -> Iterator[T]:
    """`ask(0)`, `ask(1)` and so on, in this order; the session's record holds all questions in the end.

    What `ask` returns must be fit for pickling. Raises what `ask` raises, OutOfTime among it.
    """
    workers = min(os.cpu_count() or 1, count)
    if workers < 2 or count < FROM:
        yield from map(ask, range(count))
        return
    global _job
    _job = ask, session
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        try:
            for done in [pool.submit(_asked, number) for number in range(count)]:
                answer, queries = done.result()
                session.queries += queries
                if isinstance(answer, OutOfTime):
                    raise answer
                yield pickle.loads(answer)
        finally:
            _job = None
            pool.shutdown(wait=True, cancel_futures=True)


def _asked(number: int) -> tuple[bytes | OutOfTime, list[Query]]:
    """In a process of its own: the answer, and the questions it took."""
    assert _job is not None
    ask, session = _job
    known = len(session.queries)
    try:
        return pickle.dumps(ask(number)), session.queries[known:]
    except OutOfTime as over:
        return over, session.queries[known:]
