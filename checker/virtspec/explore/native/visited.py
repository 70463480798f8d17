"""The set of the states found: a part per worker, and one table to find them all in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native import visited_kernels as kernels
from virtspec.explore.native.memory import Numbers, Slots, Words, apart, reserve
from virtspec.explore.native.visited_kernels import ALLOWED, BROKEN_CODE, ME, NAMES, SHIFT, SLACK, SLOTS, STATES, STRIDE

BATCH = 64
"""States added at a time."""
FIRST_SLOTS = 1 << 16
LOAD_PERCENT = 75
"""How full the table may be."""
SMALL = 1 << 22
"""Slots that the table gets when the first ones are used up: to build it anew again and again for the first million states
would take longer than to clear so many. If they are more than one part in `SHARE` of the memory allowed, it grows fourfold.
From there on it is doubled."""
SHARE = 16
MOST_NAMES = 1 << 32
"""A slot holds a name of 32 bits."""


@dataclass(frozen=True)
class Store:
    """The memory that all workers share. Worker k's states lie in the arena from word k * stride on."""

    words: int
    workers: int
    shift: int
    """Bits of a name that say whose state it is."""
    arena: Words
    stride: int
    table: Slots

    @classmethod
    def of(cls, words: int, workers: int, memory: int) -> Store:
        """Room for what may take so many bytes in all."""
        shift = (workers - 1).bit_length()
        arena = reserve(workers * min(memory, (MOST_NAMES >> shift) * words * 8), np.uint64)
        table = reserve(min(memory, 4 * MOST_NAMES) + 4 * (FIRST_SLOTS + SLACK), np.uint32, scattered=True)
        return cls(words, workers, shift, arena, len(arena) // workers // words * words, table)


class Part:
    """What one worker has found; nobody else adds to it."""

    def __init__(self, store: Store, number: int) -> None:
        self.store = store
        self.number = number
        self.words = store.words
        self.width = kernels.width(self.words)
        self.arena = store.arena[number * store.stride : (number + 1) * store.stride]
        self.info: Numbers = apart(kernels.INFO)
        self.info[ME], self.info[SHIFT], self.info[STRIDE] = number, store.shift, store.stride
        self.hashes: Words = apart(BATCH, np.uint64)
        self.places: Numbers = apart(BATCH)
        self.masks: Numbers = apart(BATCH)
        self.lowest: Numbers = apart(64)
        """For each bit of the masks, where in the arena the least new state that has it lies."""
        self.lowest[:] = -1

    @property
    def states(self) -> int:
        return int(self.info[STATES])

    @property
    def buffers(self) -> tuple[Words, Numbers, Words, Slots, Numbers]:
        """What every kernel that adds states is given."""
        return self.hashes, self.places, self.store.arena, self.store.table, self.info

    def state(self, number: int) -> tuple[int, ...]:
        """The words of a state."""
        return tuple(map(int, self.arena[number * self.words : (number + 1) * self.words]))

    def enter(self, states: Words, n: int, judge: int = 0, pending: int = 0) -> int:
        """Add as many of `n` states as there is room for and judge those that are new; how many."""
        judged = (judge, self.masks, pending, self.lowest)
        done = int(kernels.enter(states, n, self.width, *self.buffers, *judged))
        if done < 0:
            raise InternalError(BROKEN_CODE)
        return done

    def clear(self, slots: int) -> None:
        """This worker's share of emptying a table of so many slots."""
        total, of = slots + SLACK, self.store.workers
        kernels.clear(self.store.table, total * self.number // of, total * (self.number + 1) // of)

    def refill(self) -> None:
        """Put what this worker has found into the table."""
        kernels.refill(self.width, np.empty(BATCH, np.uint64), self.store.arena, self.store.table, self.info)


Each: TypeAlias = Callable[[Callable[[Part], None]], object]
"""Calls a function with every part, perhaps at once."""


class Visited:
    """The set. `memory` is how many bytes the states and the table may take."""

    def __init__(self, words: int, workers: int, memory: int) -> None:
        self.memory = memory
        self.store = Store.of(words, workers, memory)
        self.slots = FIRST_SLOTS
        self.parts = [Part(self.store, k) for k in range(workers)]
        self.share()

    def one_by_one(self, work: Callable[[Part], None]) -> None:
        for part in self.parts:
            work(part)

    @property
    def words(self) -> int:
        return self.store.words

    @property
    def states(self) -> int:
        return sum(part.states for part in self.parts)

    @property
    def bytes(self) -> int:
        """What the states and the table take."""
        return self.states * self.words * 8 + self.slots * 4

    @property
    def free(self) -> int:
        """How many states may be added before the table must grow."""
        return self.slots * LOAD_PERCENT // 100 - self.states

    def state(self, at: int) -> tuple[int, ...]:
        """The words of the state at this word of the arena."""
        return tuple(map(int, self.store.arena[at : at + self.words]))

    def add(self, part: Part, states: Words, n: int, each: Each | None = None) -> bool:
        """Add `n` states to a part, while nobody else adds any; whether there was room for all."""
        done = part.enter(states, n)
        while done < n and self.make_room(each or self.one_by_one):
            done += part.enter(states[done * self.words :], n - done)
        return done == n

    def make_room(self, each: Each) -> bool:
        """Make the table larger if it is nearly full, and let every worker find as much as any other; whether each may
        find at least as many states as are added at a time."""
        least = len(self.parts) * BATCH
        while self.free < max(self.slots // 16, least):
            slots = self.larger
            if self.bytes + 4 * (slots - self.slots) > self.memory or slots + SLACK > len(self.store.table):
                if self.free < least:
                    return False
                break
            self.grow(slots, each)
        self.share()
        return all(part.info[ALLOWED] - part.states >= BATCH for part in self.parts)

    @property
    def larger(self) -> int:
        """The slots of the table that comes next."""
        if self.slots >= SMALL:
            return 2 * self.slots
        return SMALL if 4 * SMALL * SHARE <= self.memory else 4 * self.slots

    def grow(self, slots: int, each: Each) -> None:
        """Make the table larger, in place: empty it and enter all states again."""
        old, self.slots = self.slots, slots
        each(lambda part: part.clear(old))
        self.share()
        each(lambda part: part.refill())

    def share(self) -> None:
        """Tell every worker how large the table is and how much it may find before everybody has to meet."""
        names = min(self.slots << self.store.shift, MOST_NAMES)
        most = min(self.store.stride // self.words, (names >> self.store.shift) - 1)
        for part in self.parts:
            part.info[SLOTS], part.info[NAMES] = self.slots, names
            part.info[ALLOWED] = min(part.states + max(self.free, 0) // len(self.parts), most)
