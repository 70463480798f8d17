"""Level-synchronous breadth-first search by several workers, each with a thread of its own.

All share one set of the states found. A worker takes a block of the level's states, whoever found them, expands it, adds
the successors that are new to its own part of the set, and judges these, until nobody has claimed what is left of the
level. Whatever is reported is chosen by the words of the states, not by the order in which they were found, so that it is
the same for any number of workers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.machine import default_memory
from virtspec.explore.native import orbits
from virtspec.explore.native.jit import Code
from virtspec.explore.native.level_kernels import CLAIMS
from virtspec.explore.native.memory import Numbers
from virtspec.explore.native.module import Module
from virtspec.explore.native.visited import Part, Visited
from virtspec.explore.native.visited_kernels import BROKEN, BROKEN_CODE, DONE, FULL
from virtspec.explore.native.workers import Codes, Worker
from virtspec.explore.report import INTERRUPTED, Limits, Progress

BUDGET = 1 << 18
"""States that a worker expands in one round."""
PROGRESS_EVERY = 0.1
"""Seconds between two calls of the progress callback."""
FEW = 1 << 11
"""States of a level that one worker expands sooner alone than with others, who must be woken and waited for."""
SMOOTHED = 4
"""Levels from whose sizes it is guessed how many are left."""

Words: TypeAlias = tuple[int, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A state that settles a property, and on which level it lies."""

    level: int
    words: Words


@dataclass
class Bits:
    """Which bits are still looked for, and which of them end the search."""

    open: int
    fatal: int = 0


@dataclass
class Wanted:
    """What is looked for: in the masks of states, in the events of expansions."""

    masks: Bits
    events: Bits


class Search:
    """One search; a context, at whose end its threads are gone.

    `masks` and `events` hold, by bit, the state that settles each property that could be settled.
    """

    def __init__(self, module: Module, code: Code, workers: int, limits: Limits, wanted: Wanted) -> None:
        self.module = module
        self.code = code
        renaming = ("keys", "rename") if module.symmetric else ()
        self.codes = Codes(*(code.address(name) for name in ("expand", "judge", *renaming)))
        self.limits = limits
        self.memory = limits.memory or default_memory()
        self.visited = Visited(module.layout.words, workers, self.memory)
        claims: Numbers = np.zeros(workers * CLAIMS, np.int64)
        self.workers = [Worker(module, part, claims, self.codes) for part in self.visited.parts]
        self.wanted = wanted
        self.masks: dict[int, Found] = {}
        self.events: dict[int, Found] = {}
        self.levels: list[list[int]] = []
        """For each level, how many states each worker had found when it began."""
        self.stopped = ""
        self.started = self.ticked = time.monotonic()
        self.before = 0.0
        """Seconds searched by the runs that this one goes on from."""
        self.boundary: Callable[[Search], None] | None = None
        """Called at the beginning of each level, when all before is expanded and the level's own states are judged."""
        self.pool = ThreadPoolExecutor(max(workers - 1, 1))
        self.prepare()

    def prepare(self) -> None:
        """Call every kernel with nothing to do, so that it is compiled, or loaded, before the search begins."""
        worker = self.workers[0]
        self.advance(worker)
        worker.part.enter(worker.out, 0)
        worker.part.refill()
        worker.part.clear(0)
        if self.codes.keys:
            orbits.representative(*worker.renaming, worker.out[: worker.words])
            orbits.count(*worker.renaming, worker.part.arena, 0, worker.words, 1)

    # --- the search

    def run(self, init: Words, progress: Callable[[Progress], None] | None = None) -> None:
        """Search until everything reachable is seen, a limit is met, or Ctrl-C."""
        self.init = np.array(self.representative(init), np.uint64)
        try:
            if not self.levels:
                self.begin()
            for worker in self.workers:
                worker.remember(self.init)
            while self.begin_level() and not self.stopped:
                if self.limits.depth is not None and self.depth >= self.limits.depth:
                    self.stopped = f"the depth limit of {self.limits.depth} was reached"
                else:
                    self.expand_level(progress)
        except KeyboardInterrupt:
            self.stopped = INTERRUPTED
            self.pool.shutdown(wait=True)
            self.pool = ThreadPoolExecutor(max(len(self.workers) - 1, 1))
            if self.levels:
                self.begin_level()

    def __enter__(self) -> Search:
        return self

    def __exit__(self, *failed: object) -> None:
        self.pool.shutdown(wait=True)

    @property
    def depth(self) -> int:
        return len(self.levels) - 1

    @property
    def states(self) -> int:
        return self.visited.states

    @property
    def counts(self) -> list[int]:
        """Steps taken, by action."""
        return [int(n) for n in np.sum([worker.counts for worker in self.workers], axis=0)]

    def bounds(self, level: int, part: Part) -> tuple[int, int]:
        """The numbers of a worker's states on a level: from the first to behind the last."""
        following = self.levels[level + 1][part.number] if level < self.depth else part.states
        return self.levels[level][part.number], following

    def size(self, level: int) -> int:
        """How many states lie on a level."""
        return sum(stop - start for start, stop in (self.bounds(level, part) for part in self.visited.parts))

    def representative(self, words: Words) -> Words:
        """The state that stands for all that differ from it only in the names of members."""
        state = np.array(words, np.uint64)
        if self.codes.keys:
            orbits.representative(*self.workers[0].renaming, state)
        return tuple(map(int, state))

    def stand_for(self, renamings: int) -> int:
        """How many states those found stand for, if members may be renamed in so many ways."""

        def count(worker: Worker) -> int:
            part = worker.part
            return int(orbits.count(*worker.renaming, part.arena, part.states, part.words, renamings))

        return sum(self.each(count))

    def begin(self) -> None:
        """Add the initial state."""
        self.levels.append([0] * len(self.workers))
        if not self.visited.parts[0].enter(self.init, 1, self.codes.judge, self.wanted.masks.open):
            self.stopped = self.out_of_memory()

    def begin_level(self) -> bool:
        """Settle what the last level shows and get ready to expand the states found from it; whether there are any."""
        torn = bool(self.stopped)  # then the last level was not expanded to its end
        self.settle(self.events, self.wanted.events, self.depth - 1, [worker.eventful for worker in self.workers])
        self.settle(self.masks, self.wanted.masks, self.depth, [part.lowest for part in self.visited.parts])
        if self.size(self.depth) == 0:
            self.levels.pop()
            return False
        for worker in self.workers:
            worker.begin_level(*self.bounds(self.depth, worker.part))
        if self.boundary is not None and not torn:
            self.boundary(self)
        if self.limits.states is not None and self.states > self.limits.states:
            self.stopped = self.stopped or f"the limit of {self.limits.states} states was reached"
        return True

    def expand_level(self, progress: Callable[[Progress], None] | None) -> None:
        """Expand every state of the level, round by round."""
        alone = self.size(self.depth) <= FEW
        self.levels.append([part.states for part in self.visited.parts])
        while not self.stopped:
            reasons = [self.advance(self.workers[0])] if alone else self.each(self.advance)
            if FULL in reasons and not self.visited.make_room(self.each_part):
                self.stopped = self.out_of_memory()
            self.look(progress)
            if all(reason == DONE for reason in reasons):
                break

    def each(self, work: Callable[[Worker], T]) -> list[T]:
        """Let every worker do something; the first in this thread."""
        others = [self.pool.submit(work, worker) for worker in self.workers[1:]]
        return [work(self.workers[0]), *(other.result() for other in others)]

    def each_part(self, work: Callable[[Part], None]) -> None:
        """The same with what the workers have found."""
        self.each(lambda worker: work(worker.part))

    def advance(self, worker: Worker) -> int:
        """Expand some states of the level; why it ended."""
        reason = worker.advance(self.wanted.masks.open, self.wanted.events.open, BUDGET)
        if reason == BROKEN:
            raise InternalError(BROKEN_CODE)
        return reason

    # --- limits

    def out_of_memory(self) -> str:
        return f"the memory limit of {self.memory / (1 << 30):.3g} GiB was reached"

    def look(self, progress: Callable[[Progress], None] | None) -> None:
        """Between two rounds: is a limit met, is it time to tell?"""
        now = time.monotonic()
        seconds = self.limits.seconds
        if seconds is not None and now - self.started > seconds:
            self.stopped = self.stopped or f"the time limit of {seconds:g} s was reached"
        if self.visited.bytes > self.memory:
            self.stopped = self.stopped or self.out_of_memory()
        if progress is not None and now - self.ticked >= PROGRESS_EVERY:
            self.ticked = now
            waiting = sum(worker.waiting for worker in self.workers)
            took = self.before + now - self.started
            figures = (self.states, sum(self.counts), self.depth - 1, waiting, took, self.visited.bytes)
            progress(Progress(*figures, self.levels_left()))

    def levels_left(self) -> int | None:
        """How many levels there may still be, if they go on to shrink as the last ones did; None if they do not."""
        last = self.depth - 1
        if last < SMOOTHED:
            return None
        now, before = self.size(last), self.size(last - SMOOTHED)
        if now >= before:
            return None
        return math.ceil(math.log(now) * SMOOTHED / math.log(before / now))

    # --- what was found

    def settle(self, found: dict[int, Found], wanted: Bits, level: int, noted: list[Numbers]) -> None:
        """Take over the least state per bit that the workers noted, and look for it no more."""
        for bit in {bit for places in noted for bit in np.flatnonzero(places >= 0).tolist()}:
            found[bit] = Found(level, min(self.visited.state(int(places[bit])) for places in noted if places[bit] >= 0))
            wanted.open &= ~(1 << bit)
        if any(wanted.fatal >> bit & 1 for bit in found):
            self.stopped = self.stopped or "stopped at the first violation"
        for places in noted:
            places[:] = -1
