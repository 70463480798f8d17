"""The set of the states found, which all workers share: its fixed loops, compiled once per machine.

What a worker finds lies in its own part of `arena`, in the order found, `words` words each; worker k's part begins at
word k * stride. `table` has a power of two of slots, found by hash with linear probing: 0 where a slot is free, else the
name of a state plus 1 in as many bits as names need, and above it bits of the hash, so that hardly ever a state is looked
at in vain. A name says which worker found the state, in the lowest `shift` bits, and how many it had found before.

Nobody locks anything: a state is written down, then its slot is taken in one atomic step, and whoever comes second
finds the state of the first. All kernels let go of the interpreter's lock.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from virtspec.explore.native.intrinsics import call_judge, equal, less, part, prefetch, take_slot
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Slots, Words

SLACK = 4096
"""Slots behind the last that a hash leads to, for what does not find room."""

STATES, ALLOWED, ME, SHIFT, STRIDE, SLOTS, NAMES, AT, FOUND, BATCHED, NEXT, LEFT, INFO = range(13)
"""What is known of a worker. How many states it has found, and how many it may find before the table must grow; its
number, the bits of it in a name, and the words of an arena; how many slots there are, and a power of two above all
names. Of the successors in `out`: how many are looked at, and how many there are. How many states wait to be added. Of
the block being expanded: where in the arena it goes on, and how many states of it are left."""
DONE, AGAIN, FULL, BROKEN = range(4)
"""Why a kernel came back: all is done; the budget is used up; there is no room for more states; a state has more
successors than there is room for, or code was checked and did not keep to its bounds."""
BROKEN_CODE = "generated code did not keep to its bounds"


# --- the width of states -----------------------------------------------------------------------------------------------

Width: TypeAlias = tuple[int, ...]
"""How many words a state has, so that kernels are compiled for one and for two words, and once for any other number."""


def width(words: int) -> Width:
    return (words,) * min(words, 3)


@part
def words_of(width: Width) -> int:
    """Known when a kernel is compiled, if it is 1 or 2."""
    return len(width) if len(width) < 3 else width[0]


# --- the visited set ---------------------------------------------------------------------------------------------------


@part
def mixed(h: np.uint64, word: np.uint64) -> np.uint64:
    h = (h ^ word) * np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(32))


@part
def finished(h: np.uint64) -> np.uint64:
    h *= np.uint64(0xD6E8FEB86659FD93)
    return h ^ (h >> np.uint64(32))


@part
def hashed(array: Words, at: int, words: int) -> np.uint64:
    """A hash of the state at array[at:]."""
    h = np.uint64(0x243F6A8885A308D3)
    for i in range(words):
        h = mixed(h, array[at + i])
    return finished(h)


@part
def slot(h: np.uint64, slots: int) -> np.int64:
    """The slot that a hash leads to; it grows with the hash, of which the upper half is looked at."""
    return np.int64(((h >> np.uint64(32)) * np.uint64(slots)) >> np.uint64(32))


@part
def entry(h: np.uint64, name: int, names: int) -> np.uint32:
    """What a slot holds for a state with this name, counted from 1, or to compare with if that is 0."""
    return np.uint32((h & np.uint64(0xFFFFFFFF)) & ~np.uint64(names - 1)) | np.uint32(name)


@part
def probe(table: Slots, at: np.int64, tag: np.uint32, names: int) -> np.int64:
    """The first slot from `at` on that is free or may hold a state with that tag."""
    while table[at] != 0 and (table[at] ^ tag) >= names:
        at += 1
    return at


@part
def place(name: int, words: int, info: Numbers) -> int:
    """Where in the arena the state with this name, counted from 1, lies."""
    me = (name - 1) & ((1 << info[SHIFT]) - 1)
    return int(me * info[STRIDE] + ((name - 1) >> info[SHIFT]) * words)


@part
def insert(
    states: Words, n: int, words: int, hashes: Words, places: Numbers, arena: Words, table: Slots, info: Numbers
) -> None:
    """Add those of `n` states with these hashes that are not in the set. There must be room for all of them.

    In three passes, so that the memory of one state is on its way while others are looked at.
    """
    slots, names, shift = info[SLOTS], info[NAMES], info[SHIFT]
    for i in range(n):
        places[i] = slot(hashes[i], slots)
        prefetch(table, places[i])
    for i in range(n):
        places[i] = probe(table, places[i], entry(hashes[i], 0, names), names)
        name = np.int64(table[places[i]]) & (names - 1)
        if name:
            prefetch(arena, place(name, words, info))
    end = info[ME] * info[STRIDE] + info[STATES] * words
    name = (info[STATES] << shift | info[ME]) + 1
    for i in range(n):
        at = places[i]
        while True:
            at = probe(table, at, entry(hashes[i], 0, names), names)
            there = np.int64(table[at]) & (names - 1)
            if there == 0:
                for k in range(words):
                    arena[end + k] = states[i * words + k]
                if take(table, at, entry(hashes[i], name, names), shift):
                    end += words
                    name += 1 << shift
                    break
            elif equal(arena, place(there, words, info), states, i * words, words):
                break
            else:
                at += 1
    info[STATES] = (name - 1) >> shift


@part
def find(
    states: Words,
    first: int,
    n: int,
    words: int,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
) -> None:
    """Put the numbers of `n` states that are in the set, from number `first` of `states` on, into `places`; one worker
    has found them all.
    """
    slots, names = info[SLOTS], info[NAMES]
    for i in range(n):
        places[i] = slot(hashes[i], slots)
        prefetch(table, places[i])
    for i in range(n):
        places[i] = probe(table, places[i], entry(hashes[i], 0, names), names)
        prefetch(arena, ((np.int64(table[places[i]]) & (names - 1)) - 1) * words)
    for i in range(n):
        at = places[i]
        while True:
            at = probe(table, at, entry(hashes[i], 0, names), names)
            number = (np.int64(table[at]) & (names - 1)) - 1
            if number < 0 or equal(arena, number * words, states, (first + i) * words, words):
                break
            at += 1
        places[i] = number


@part
def take(table: Slots, at: np.int64, value: np.uint32, shift: int) -> bool:
    """Fill a slot that was free, unless another worker is faster; whether it was not."""
    if shift == 0:  # there is no other
        table[at] = value
        return True
    return take_slot(table, at, value)


@part
def add(
    states: Words,
    n: int,
    words: int,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    judge: int,
    masks: Numbers,
    pending: int,
    lowest: Numbers,
) -> int:
    """Add up to as many states as `hashes` holds, and judge those that are new; DONE, FULL or BROKEN.

    `lowest[bit]` is where the least state, word by word, with that bit of its mask lies, -1 for none yet; only bits in
    `pending` are looked at.
    """
    if info[STATES] + n > info[ALLOWED]:
        return FULL
    before = info[STATES]
    insert(states, n, words, hashes, places, arena, table, info)
    new = info[STATES] - before
    if pending == 0 or new == 0:
        return DONE
    first = info[ME] * info[STRIDE] + before * words
    call_judge(judge, arena.ctypes.data + first * 8, new, masks.ctypes.data)
    for i in range(new):
        if masks[i] < 0:
            return BROKEN
        if masks[i] & pending:
            note(arena, first + i * words, words, masks[i] & pending, lowest)
    return DONE


@part
def note(arena: Words, at: int, words: int, bits: int, lowest: Numbers) -> None:
    """Keep, for each bit, the least state that has it."""
    for bit in range(len(lowest)):
        if bits >> bit & 1 and (lowest[bit] < 0 or less(arena, at, arena, lowest[bit], words)):
            lowest[bit] = at


@kernel
def enter(
    states: Words,
    n: int,
    width: Width,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    judge: int,
    masks: Numbers,
    pending: int,
    lowest: Numbers,
) -> int:
    """Add states, a batch at a time, and judge those that are new, see `add`; how many of the `n` there was room for,
    -1 if code that was checked did not keep to its bounds."""
    words, batch = words_of(width), len(hashes)
    for first in range(0, n, batch):
        some = min(batch, n - first)
        for i in range(some):
            hashes[i] = hashed(states, (first + i) * words, words)
        rest = states[first * words :]
        done = add(rest, some, words, hashes, places, arena, table, info, judge, masks, pending, lowest)
        if done != DONE:
            return first if done == FULL else -1
    return n


@kernel
def clear(table: Slots, start: int, stop: int) -> None:
    """Make slots free."""
    for at in range(start, stop):
        table[at] = 0


@kernel
def refill(width: Width, hashes: Words, arena: Words, table: Slots, info: Numbers) -> None:
    """Put what a worker has found into a table that has been cleared."""
    words, batch = words_of(width), len(hashes)
    slots, names, shift = info[SLOTS], info[NAMES], info[SHIFT]
    for first in range(0, info[STATES], batch):
        n = min(batch, info[STATES] - first)
        for i in range(n):
            hashes[i] = hashed(arena, info[ME] * info[STRIDE] + (first + i) * words, words)
            prefetch(table, slot(hashes[i], slots))
        for i in range(n):
            at = slot(hashes[i], slots)
            value = entry(hashes[i], ((first + i) << shift | info[ME]) + 1, names)
            while table[at] != 0 or not take(table, at, value, shift):
                at += 1
