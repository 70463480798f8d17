"""Where the states are kept: each shard owns those whose hash says so, and nobody but its worker touches them."""

from __future__ import annotations

import numpy as np

from virtspec.explore.native import kernels
from virtspec.explore.native.kernels import AT, FOUND, NEXT, SLACK, SLOTS, STATES, STOP
from virtspec.explore.native.memory import Numbers, Words, apart, reserve
from virtspec.explore.native.module import Module

ROOM = 4096
"""Successors made at a time, unless one state may have more."""
BATCH = 64
"""States added at a time."""
BOXES = 1 << 18
"""States that all boxes of a worker hold before they are delivered."""
RECENT = 1 << 15
"""Words of states that are remembered as sent not long ago; they should fit into the second level of cache."""
FIRST_SLOTS = 1 << 14
MOST_STATES = (1 << 32) * 3 // 4
"""A slot holds a number of 32 bits, and a quarter of the slots stays free."""


class Shard:
    """One worker's share of the visited set, and its buffers."""

    def __init__(self, module: Module, number: int, shards: int, memory: int) -> None:
        self.module = module
        self.words = module.layout.words
        self.width = kernels.width(self.words)
        self.number = number
        self.shards = shards
        self.info: Numbers = apart(kernels.INFO)
        self.info[SLOTS] = FIRST_SLOTS
        self.arena: Words = reserve(min(memory, MOST_STATES * self.words * 8), np.uint64)
        self.table = reserve(min(memory, 4 << 32) + 4 * (FIRST_SLOTS + SLACK), np.uint32)
        self.spare: Numbers = apart(1)
        self.spare[0] = memory
        room = max(ROOM, 2 * module.most_successors)
        self.out: Words = np.zeros(room * self.words, np.uint64)
        self.box = max(BOXES // shards, BATCH)
        self.hashes: Words = apart(BATCH, np.uint64)
        self.places: Numbers = apart(BATCH)
        self.ends: Numbers = apart(kernels.BLOCK)
        self.events: Numbers = apart(kernels.BLOCK)
        self.counts: Numbers = apart(max(len(module.layout.system.actions), 1))
        self.recent: Words = np.zeros((1 << (RECENT // self.words).bit_length() - 1) * self.words, np.uint64)
        self.boxes: Words = np.zeros(self.box * shards * self.words, np.uint64)
        self.sent: Numbers = apart(shards)
        self.first: Numbers = apart(64)
        self.first[:] = -1
        sizes = [s.size for s in module.symmetric]
        self.sizes: Numbers = np.array(sizes, np.int64)
        self.scratch: Numbers = apart(4 * sum(sizes))
        self.best: Words = apart(2 * self.words, np.uint64)

    @property
    def states(self) -> int:
        return int(self.info[STATES])

    @property
    def waiting(self) -> int:
        """States of the level still to be expanded."""
        return int(self.info[STOP] - self.info[NEXT])

    @property
    def bytes(self) -> int:
        """What the states and the table take."""
        return self.states * self.words * 8 + int(self.info[SLOTS]) * 4

    def begin_level(self, start: int, stop: int) -> None:
        """These states are to be expanded."""
        self.info[NEXT], self.info[STOP] = start, stop
        self.info[AT] = self.info[FOUND] = 0

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple(map(int, self.arena[number * self.words : (number + 1) * self.words]))

    def remember(self, state: Words) -> None:
        """Take this one, which is in the set, for all that was sent not long ago."""
        self.recent[:] = np.tile(state, len(self.recent) // self.words)

    def add(self, states: Words, n: int) -> bool:
        """Add `n` states that belong here; whether there was room for all."""
        buffers = (self.hashes, self.places, self.arena, self.table, self.info, self.spare)
        return bool(kernels.add(states, n, self.width, *buffers))

    def receive(self, other: Shard) -> bool:
        """Take in what another worker has sorted into this shard's box; whether there was room for all."""
        return self.add(other.boxes[self.number * self.box * self.words :], int(other.sent[self.number]))
