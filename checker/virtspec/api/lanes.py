"""Work on many configurations: small ones side by side, slow ones one after the other with the whole machine.

What takes seconds is divided best by giving each processor its own; what takes minutes, and much memory, by giving it
every processor. A verb decides what is done with a configuration; here is decided when and where.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def results(work: Callable[[T, int], R], quick: Sequence[T], slow: Sequence[T], jobs: int) -> Iterator[R]:
    """`work(item, workers)` for every item, in the order the results are ready.

    The quick ones are worked on first, in up to `jobs` processes with one worker each; `work`, items and results must be
    fit for pickle. Then come the slow ones, one at a time, with `jobs` workers each. What `work` raises is raised, and of
    several the first in the order of the items.
    """
    yield from _side_by_side(work, quick, min(jobs, len(quick)))
    for item in slow:
        yield work(item, jobs)


def _side_by_side(work: Callable[[T, int], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    if jobs <= 1:
        for item in items:
            yield work(item, 1)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed  # slow to import

    # Ctrl-C reaches every process of the terminal: a worker is to die of it in silence.
    pool = ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))
    try:
        futures = [pool.submit(work, item, 1) for item in items]
        for future in as_completed(futures):
            if future.exception() is not None:
                break
            yield future.result()
        pool.shutdown(wait=True, cancel_futures=True)
        for future in futures:  # all before the one that failed had begun: which one is told does not depend on time
            if not future.cancelled():
                future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
