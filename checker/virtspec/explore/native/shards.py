"""Where the states are kept: each shard owns those whose hash says so, and nobody else touches them."""

from __future__ import annotations

import numpy as np

from virtspec.explore.native import kernels
from virtspec.explore.native.kernels import NEXT, SLACK, SLOTS, STATES, STOP
from virtspec.explore.native.memory import Numbers, Words, reserve
from virtspec.explore.native.module import Module

ROOM = 4096
"""Successors made at a time, unless one state may have more."""
OUTBOX = 1 << 16
"""States kept for another shard before they are delivered."""
MOST_STATES = (1 << 32) - 2
"""A slot holds a number of 32 bits."""


class Shard:
    """One part of the visited set, and the buffers of the worker who owns it."""

    def __init__(self, module: Module, number: int, shards: int, memory: int) -> None:
        self.module = module
        self.words = module.layout.words
        self.number = number
        room = max(ROOM, 2 * module.most_successors)
        self.info: Numbers = np.zeros(kernels.INFO, np.int64)
        self.arena: Words = reserve(min(memory, MOST_STATES * self.words * 8), np.uint64)
        self.table = reserve(min(memory, 4 * (2 * MOST_STATES + SLACK)), np.uint32)
        self.info[SLOTS] = least_slots(room)
        self.out: Words = np.zeros(room * self.words, np.uint64)
        self.hashes: Words = np.zeros(room, np.uint64)
        self.places: Numbers = np.zeros(room, np.int64)
        self.ends: Numbers = np.zeros(kernels.BLOCK, np.int64)
        self.events: Numbers = np.zeros(kernels.BLOCK, np.int64)
        self.counts: Numbers = np.zeros(max(len(module.layout.system.actions), 1), np.int64)
        box = max(OUTBOX, room) if shards > 1 else room
        self.outbox: Words = np.zeros(box * shards * self.words, np.uint64)
        self.sent: Numbers = np.zeros(shards, np.int64)
        self.first: Numbers = np.full(64, -1, np.int64)
        sizes = [s.size for s in module.symmetric]
        self.sizes: Numbers = np.array(sizes, np.int64)
        self.scratch: Numbers = np.zeros(4 * sum(sizes), np.int64)
        self.best: Words = np.zeros(2 * self.words, np.uint64)

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
        return self.states * self.words * 8 + (int(self.info[SLOTS]) + SLACK) * 4

    @property
    def bytes_grown(self) -> int:
        """The same after the table has grown."""
        return self.bytes + int(self.info[SLOTS]) * 4

    @property
    def can_grow(self) -> bool:
        """Whether a larger table would help."""
        room = (self.states + len(self.hashes)) * self.words <= len(self.arena)
        return room and 2 * int(self.info[SLOTS]) + SLACK <= len(self.table)

    def grow(self) -> None:
        """Twice as many slots."""
        kernels.grow(self.arena, self.words, self.table, self.info, 2 * int(self.info[SLOTS]))

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple(map(int, self.arena[number * self.words : (number + 1) * self.words]))

    def box(self, to: int) -> tuple[Words, int]:
        """What is to be delivered to another shard, and how many states that is."""
        row = len(self.outbox) // len(self.sent)
        return self.outbox[to * row : (to + 1) * row], int(self.sent[to])


def least_slots(room: int) -> int:
    """A power of two large enough for the first expansion."""
    return int(1 << (2 * room).bit_length())
