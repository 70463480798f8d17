"""Shortest traces without parent pointers: back through the levels, each expanded once more.

For a state of level n the states of level n - 1 are expanded until all that have it as a successor are known; the least
of them, word by word, is taken. One sweep serves all properties. What happened between two states is then asked of the
interpreter, so that every trace is made of steps of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native import level_kernels
from virtspec.explore.native.search import Found, Search
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.native.workers import Worker

Words = tuple[int, ...]


def paths(search: Search, found: Iterable[Found]) -> dict[Found, list[Words]]:
    """For each state found the words of the states on a shortest way to it, from the initial one on."""
    wanted: dict[int, list[Words]] = {}
    for one in found:
        wanted.setdefault(one.level, []).append(one.words)
    came_from: dict[tuple[int, Words], Words] = {}
    targets: dict[Words, None] = {}
    for level in range(max(wanted, default=0), 0, -1):
        targets |= dict.fromkeys(wanted.get(level, ()))
        before = predecessors(search, level - 1, list(targets))
        came_from |= {(level, target): source for target, source in before.items()}
        targets = dict.fromkeys(before.values())
    return {one: _way(came_from, one) for one in found}


def _way(came_from: dict[tuple[int, Words], Words], found: Found) -> list[Words]:
    way = [found.words]
    for level in range(found.level, 0, -1):
        way.append(came_from[level, way[-1]])
    return way[::-1]


def predecessors(search: Search, level: int, targets: Sequence[Words]) -> dict[Words, Words]:
    """For each target the least state of the level that has it as a successor."""
    if not targets:
        return {}
    flat = np.array(targets, np.uint64).reshape(-1)
    best: dict[Words, Words] = {}
    for found in search.each(_finder(search, level, flat, len(targets))):
        for target, source in zip(targets, found, strict=True):
            if source is not None:
                best[target] = min(source, best.get(target, source))
    if len(best) < len(targets):
        raise InternalError(f"a state of level {level + 1} has no predecessor on level {level}")
    return best


def _finder(search: Search, level: int, targets: np.ndarray, count: int) -> Callable[[Worker], list[Words | None]]:
    def find(worker: Worker) -> list[Words | None]:
        part, least = worker.part, np.full(count, -1, np.int64)
        where = (part.width, part.arena, *search.bounds(level, part))
        buffers = (worker.out, worker.ends, worker.events, np.zeros_like(worker.counts))
        if not level_kernels.find(search.codes.expand, *worker.renaming, *where, *buffers, targets, least):
            raise InternalError(BROKEN_CODE)
        return [part.state(int(number)) if number >= 0 else None for number in least]

    return find
