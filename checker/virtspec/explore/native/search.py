"""Level-synchronous breadth-first search over shards, each with a thread of its own.

A round: every worker expands a part of its states of the level, keeps the successors it owns and puts the others into
boxes; then every worker takes in what the others have for it. There are no locks, because nobody touches what somebody
else owns. Whatever is reported is chosen by the words of the states, not by the order in which they were found, so that
it is the same for any number of workers.
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
from virtspec.explore.native import kernels, orbits
from virtspec.explore.native.jit import Code
from virtspec.explore.native.kernels import BROKEN, DONE, NO_ROOM
from virtspec.explore.native.memory import Numbers, physical
from virtspec.explore.native.memory import Words as Array
from virtspec.explore.native.module import Module
from virtspec.explore.native.shards import Shard
from virtspec.explore.report import INTERRUPTED, Limits, Progress

BUDGET = 1 << 18
"""States that a worker expands in one round."""
PROGRESS_EVERY = 0.1
"""Seconds between two calls of the progress callback."""
BROKEN_CODE = "generated code did not keep to its bounds"
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
        self.expand_code, self.judge_code = code.address("expand"), code.address("judge")
        symmetric = bool(module.symmetric)
        self.keys_code = code.address("keys") if symmetric else 0
        self.rename_code = code.address("rename") if symmetric else 0
        self.limits = limits
        self.memory = limits.memory or default_memory()
        self.shards = [Shard(module, k, workers, self.memory) for k in range(workers)]
        self.wanted = wanted
        self.masks: dict[int, Found] = {}
        self.events: dict[int, Found] = {}
        self.levels: list[list[int]] = []
        """For each level, where it begins in each shard."""
        self.stopped = ""
        self.started = self.ticked = time.monotonic()
        self.before = 0.0
        """Seconds searched by the runs that this one goes on from."""
        self.boundary: Callable[[Search], None] | None = None
        """Called at the beginning of each level, when all before is expanded and the level's own states are judged."""
        self.pool = ThreadPoolExecutor(workers)
        self.prepare()

    def prepare(self) -> None:
        """Call every kernel with nothing to do, so that it is compiled, or loaded, before the search begins."""
        shard = self.shards[0]
        self.expand(shard)
        shard.receive(shard)
        kernels.pick(shard.out, 0, shard.width, 1, 0, shard.out)
        kernels.judge(self.judge_code, shard.width, shard.arena, 0, 0, shard.ends, 0, shard.first)
        if self.keys_code:
            orbits.representative(*self.renaming(shard), shard.out[: shard.words])
            orbits.count(*self.renaming(shard), shard.arena, 0, shard.words, 1)

    # --- the search

    def run(self, init: Words, progress: Callable[[Progress], None] | None = None) -> None:
        """Search until everything reachable is seen, a limit is met, or Ctrl-C."""
        self.init = np.array(self.representative(init), np.uint64)
        try:
            if not self.levels:
                self.begin()
            for shard in self.shards:
                shard.remember(self.init)
            while self.begin_level() and not self.stopped:
                if self.limits.depth is not None and self.depth >= self.limits.depth:
                    self.stopped = f"the depth limit of {self.limits.depth} was reached"
                else:
                    self.expand_level(progress)
        except KeyboardInterrupt:
            self.stopped = INTERRUPTED
            self.pool.shutdown(wait=True)
            self.pool = ThreadPoolExecutor(len(self.shards))
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
        return sum(shard.states for shard in self.shards)

    @property
    def counts(self) -> list[int]:
        """Steps taken, by action."""
        return [int(n) for n in np.sum([shard.counts for shard in self.shards], axis=0)]

    @property
    def bytes(self) -> int:
        return sum(shard.bytes for shard in self.shards)

    def bounds(self, level: int, shard: Shard) -> tuple[int, int]:
        """The numbers of the shard's states on a level: from the first to behind the last."""
        following = self.levels[level + 1][shard.number] if level < self.depth else shard.states
        return self.levels[level][shard.number], following

    def size(self, level: int) -> int:
        """How many states lie on a level."""
        return sum(stop - start for start, stop in (self.bounds(level, shard) for shard in self.shards))

    def renaming(self, shard: Shard) -> tuple[int, int, Numbers, Numbers, Array]:
        """What a worker needs to find representatives."""
        return self.keys_code, self.rename_code, shard.sizes, shard.scratch, shard.best

    def representative(self, words: Words) -> Words:
        """The state that stands for all that differ from it only in the names of members."""
        state = np.array(words, np.uint64)
        if self.keys_code:
            orbits.representative(*self.renaming(self.shards[0]), state)
        return tuple(map(int, state))

    def stand_for(self, renamings: int) -> int:
        """How many states those found stand for, if members may be renamed in so many ways."""

        def count(shard: Shard) -> int:
            return int(orbits.count(*self.renaming(shard), shard.arena, shard.states, shard.words, renamings))

        return sum(self.each(count))

    def begin(self) -> None:
        """Put the initial state where it belongs."""
        self.levels.append([0] * len(self.shards))
        for shard in self.shards:
            own = np.zeros_like(self.init)
            shard.add(own, kernels.pick(self.init, 1, shard.width, len(self.shards), shard.number, own))

    def begin_level(self) -> bool:
        """Settle what the last level shows, judge the states found from it and get ready to expand these.

        Whether there are any.
        """
        torn = bool(self.stopped)  # then the last level was not expanded to its end
        self.settle(self.events, self.wanted.events, self.depth - 1)
        if self.size(self.depth) == 0:
            self.levels.pop()
            return False
        self.each(self.judge)
        self.settle(self.masks, self.wanted.masks, self.depth)
        for shard in self.shards:
            shard.begin_level(*self.bounds(self.depth, shard))
        if self.boundary is not None and not torn:
            self.boundary(self)
        if self.limits.states is not None and self.states > self.limits.states:
            self.stopped = self.stopped or f"the limit of {self.limits.states} states was reached"
        return True

    def judge(self, shard: Shard) -> None:
        masks = np.zeros(kernels.BLOCK, np.int64)
        bounds = self.bounds(self.depth, shard)
        pending = self.wanted.masks.open
        if not kernels.judge(self.judge_code, shard.width, shard.arena, *bounds, masks, pending, shard.first):
            raise InternalError(BROKEN_CODE)

    def expand_level(self, progress: Callable[[Progress], None] | None) -> None:
        """Expand every state of the level, round by round."""
        self.levels.append([shard.states for shard in self.shards])
        while not self.stopped:
            for shard in self.shards:
                shard.spare[0] = (self.memory - self.bytes) // len(self.shards)
            reasons = self.each(self.expand)
            if NO_ROOM in reasons or (len(self.shards) > 1 and not all(self.each(self.receive))):
                self.stopped = self.out_of_memory()
            for shard in self.shards:
                shard.sent[:] = 0
            self.look(progress)
            if all(reason == DONE for reason in reasons):
                break

    def each(self, work: Callable[[Shard], T]) -> list[T]:
        """Let every worker do something with its shard; alone, in this thread."""
        if len(self.shards) == 1:
            return [work(self.shards[0])]
        return [future.result() for future in [self.pool.submit(work, shard) for shard in self.shards]]

    def expand(self, shard: Shard) -> int:
        """Expand some states of the level; why it ended."""
        reason = int(
            kernels.advance(
                self.expand_code,
                *self.renaming(shard),
                shard.width,
                shard.number,
                shard.hashes,
                shard.places,
                shard.arena,
                shard.table,
                shard.info,
                shard.spare,
                shard.out,
                shard.ends,
                shard.events,
                shard.counts,
                shard.recent,
                shard.boxes,
                shard.sent,
                self.wanted.events.open,
                shard.first,
                BUDGET,
            )
        )
        if reason == BROKEN:
            raise InternalError(BROKEN_CODE)
        return reason

    def receive(self, shard: Shard) -> bool:
        """Take in what all have for this shard; whether there was room for it."""
        return all(shard.receive(other) for other in self.shards if other is not shard)

    # --- limits

    def out_of_memory(self) -> str:
        return f"the memory limit of {self.memory / (1 << 30):.3g} GiB was reached"

    def look(self, progress: Callable[[Progress], None] | None) -> None:
        """Between two rounds: is a limit met, is it time to tell?"""
        now = time.monotonic()
        seconds = self.limits.seconds
        if seconds is not None and now - self.started > seconds:
            self.stopped = self.stopped or f"the time limit of {seconds:g} s was reached"
        if self.bytes > self.memory:
            self.stopped = self.stopped or self.out_of_memory()
        if progress is not None and now - self.ticked >= PROGRESS_EVERY:
            self.ticked = now
            waiting = sum(shard.waiting for shard in self.shards)
            took = self.before + now - self.started
            figures = (self.states, sum(self.counts), self.depth - 1, waiting, took, self.bytes)
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

    def settle(self, found: dict[int, Found], wanted: Bits, level: int) -> None:
        """Take over the least state per bit that the workers noted, and look for it no more."""
        for bit in range(64):
            noted = [s.state(int(s.first[bit])) for s in self.shards if s.first[bit] >= 0]
            if noted:
                found[bit] = Found(level, min(noted))
                wanted.open &= ~(1 << bit)
        if any(wanted.fatal >> bit & 1 for bit in found):
            self.stopped = self.stopped or "stopped at the first violation"
        for shard in self.shards:
            shard.first[:] = -1


def default_memory() -> int:
    """Most of the machine's memory: what is left suffices for everything else."""
    return physical() * 4 // 5
