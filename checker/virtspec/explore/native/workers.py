"""What a worker has beside its part of the states found: buffers, and which states of the level nobody has claimed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from virtspec.explore.native import level_kernels
from virtspec.explore.native.layout import TooWide
from virtspec.explore.native.level_kernels import BLOCK, CLAIMS
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Words, apart
from virtspec.explore.native.module import Module
from virtspec.explore.native.visited import BATCH, Part
from virtspec.explore.native.visited_kernels import AT, BATCHED, FOUND, LEFT

ROOM = 4096
"""Successors made at a time, unless one state may have more."""
MOST_ROOM = 1 << 28
"""Successors beyond which a worker has no room."""
RECENT = 1 << 15
"""Words of states that are remembered as found not long ago; they should fit into the second level of cache."""


class Codes(NamedTuple):
    """The addresses of generated functions; 0 for `keys` and `rename`, and every state stands for itself."""

    expand: int
    judge: int
    keys: int = 0
    rename: int = 0


class Worker:
    """One worker. `claims` is what all of them share."""

    def __init__(self, module: Module, part: Part, claims: Numbers, codes: Codes) -> None:
        self.part = part
        self.words = part.words
        self.claims = claims
        room = max(ROOM, 2 * module.most_successors)
        if room > MOST_ROOM:
            raise TooWide(
                f"a state may have {module.most_successors:,} successors, too many at once for the native engine: "
                "use --engine oracle"
            )
        self.out: Words = np.zeros(room * self.words, np.uint64)
        self.ends: Numbers = apart(BLOCK)
        self.events: Numbers = apart(BLOCK)
        self.counts: Numbers = apart(max(len(module.layout.system.actions), 1))
        self.eventful: Numbers = apart(64)
        """For each bit of the events, where in the arena the least state that has it lies."""
        self.eventful[:] = -1
        self.recent: Words = np.zeros((1 << (RECENT // self.words).bit_length() - 1) * self.words, np.uint64)
        self.batch: Words = apart(BATCH * self.words, np.uint64)
        sizes = [s.size for s in module.symmetric]
        self.sizes: Numbers = np.array(sizes, np.int64)
        self.scratch: Numbers = apart(4 * sum(sizes))
        self.best: Words = apart(3 * self.words, np.uint64)
        self.renaming = (codes.keys, codes.rename, self.sizes, self.scratch, self.best)
        """What is needed to find representatives."""
        given = (codes.expand, *self.renaming, part.width, *part.buffers, codes.judge, part.masks, part.lowest)
        buffers = (self.out, self.ends, self.events, self.counts, self.eventful, self.recent, self.batch, claims)
        self.advance = bind(level_kernels.advance, *given, *buffers)
        """Expands states of the level, see the kernel; takes which masks and events are looked for, and the budget."""

    @property
    def waiting(self) -> int:
        """States of its part of the level that are still to be expanded, and of the block that it is expanding."""
        unclaimed = max(int(self.claims[self.claim + 1] - self.claims[self.claim]), 0)
        return unclaimed // self.words + int(self.part.info[LEFT])

    @property
    def claim(self) -> int:
        return self.part.number * CLAIMS

    def begin_level(self, start: int, stop: int) -> None:
        """These of the states that it has found are to be expanded, by whom ever."""
        first = self.part.number * self.part.store.stride
        self.claims[self.claim] = first + start * self.words
        self.claims[self.claim + 1] = first + stop * self.words
        for what in (AT, FOUND, BATCHED, LEFT):
            self.part.info[what] = 0

    def remember(self, state: Words) -> None:
        """Take this one, which is in the set, for all that was found not long ago."""
        self.recent[:] = np.tile(state, len(self.recent) // self.words)
