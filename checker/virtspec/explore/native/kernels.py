"""The fixed loops of the explorer, compiled once per machine.

A shard owns the states whose hash says so. Its states lie in `arena` in the order found, `words` words each. `table` has
a power of two of slots, found by hash with linear probing: 0 where a slot is free, else the number of the state plus 1
in as many bits as there can be slots, and above it bits of the hash, so that hardly ever a state is looked at in vain.
The slot of a hash grows with the hash, which is what lets a table grow in place.

All kernels let go of the interpreter's lock.
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import call_expand, call_judge, equal, kernel, less, part, prefetch
from virtspec.explore.native.memory import Numbers, Slots, Words
from virtspec.explore.native.orbits import canonize

BLOCK = 256
"""States expanded at a time."""
SLACK = 4096
"""Slots behind the last that a hash leads to, for what does not find room."""
LOAD_NUMERATOR, LOAD_DENOMINATOR = 3, 4
"""How full a table may be."""

STATES, SLOTS, NEXT, STOP, INFO = range(5)
"""What a shard's `info` holds: how many states and slots there are, and which states are still to be expanded."""

DONE, AGAIN, GROW, DELIVER, NO_ROOM, BROKEN = range(6)
"""Why `advance` came back: all is expanded; the budget is used up; the table has to grow; an outbox is full; the arena is
full; a state has more successors than there is room for, or code was checked and did not keep to its bounds."""

# --- the visited set ---------------------------------------------------------------------------------------------------


@part
def hashed(array: Words, at: int, words: int) -> np.uint64:
    """A hash of the state at array[at:]."""
    h = np.uint64(0x243F6A8885A308D3)
    for i in range(words):
        h = (h ^ array[at + i]) * np.uint64(0x9E3779B97F4A7C15)
        h ^= h >> np.uint64(32)
    h *= np.uint64(0xD6E8FEB86659FD93)
    return h ^ (h >> np.uint64(32))


@part
def slot(h: np.uint64, slots: int) -> np.int64:
    """The slot that a hash leads to; it grows with the hash."""
    return np.int64(((h >> np.uint64(32)) * np.uint64(slots)) >> np.uint64(32))


@part
def owner(h: np.uint64, shards: int) -> np.int64:
    """The shard that a hash belongs to; independent of the slot."""
    return np.int64(((h & np.uint64(0xFFFF)) * np.uint64(shards)) >> np.uint64(16))


@part
def entry(h: np.uint64, number: int, slots: int) -> np.uint32:
    """What a slot holds for state `number`, counted from 1, or to compare with if that is 0."""
    return np.uint32((h & np.uint64(0xFFFFFFFF)) & ~np.uint64(slots - 1)) | np.uint32(number)


@part
def probe(table: Slots, at: int, tag: np.uint32, slots: int) -> int:
    """The first slot from `at` on that is free or may hold a state with that tag."""
    while table[at] != 0 and (table[at] ^ tag) >= slots:
        at += 1
    return at


@part
def insert(
    states: Words, n: int, words: int, hashes: Words, places: Numbers, arena: Words, table: Slots, info: Numbers
) -> None:
    """Add those of `n` states with these hashes that are not in the set. There must be room for all of them.

    Three passes, so that the memory of one state is on its way while others are looked at.
    """
    slots = info[SLOTS]
    for i in range(n):
        places[i] = slot(hashes[i], slots)
        prefetch(table, places[i])
    for i in range(n):
        places[i] = probe(table, places[i], entry(hashes[i], 0, slots), slots)
        number = np.int64(table[places[i]]) & (slots - 1)
        if number:
            prefetch(arena, (number - 1) * words)
    count = info[STATES]
    for i in range(n):
        at = places[i]
        while True:
            at = probe(table, at, entry(hashes[i], 0, slots), slots)
            number = np.int64(table[at]) & (slots - 1)
            if number == 0:
                for k in range(words):
                    arena[count * words + k] = states[i * words + k]
                count += 1
                table[at] = entry(hashes[i], count, slots)
                break
            if equal(arena, (number - 1) * words, states, i * words, words):
                break
            at += 1
    info[STATES] = count


@kernel
def grow(arena: Words, words: int, table: Slots, info: Numbers, slots: int) -> None:
    """Spread the table over more slots, in place.

    From the last run of used slots to the first: what a run holds belongs at or behind its beginning, before and after,
    so that nothing is written where something still waits to be moved.
    """
    old = info[SLOTS]
    moved = np.empty(64, np.uint32)
    at = old + SLACK - 1
    ahead = at
    while at >= 0:
        while ahead >= 0 and ahead > at - 64:
            number = np.int64(table[ahead]) & (old - 1)
            if number:
                prefetch(arena, (number - 1) * words)
            ahead -= 1
        if table[at] == 0:
            at -= 1
            continue
        n = 0
        while at >= 0 and table[at] != 0:
            if n == len(moved):
                longer = np.empty(2 * n, np.uint32)
                longer[:n] = moved
                moved = longer
            moved[n] = table[at]
            table[at] = 0
            n += 1
            at -= 1
        for i in range(n):
            number = np.int64(moved[i]) & (old - 1)
            h = hashed(arena, (number - 1) * words, words)
            to = slot(h, slots)
            while table[to] != 0:
                to += 1
            table[to] = entry(h, number, slots)
    info[SLOTS] = slots


@part
def is_full(info: Numbers, more: int) -> bool:
    """Whether the table is too full for so many more."""
    return bool((info[STATES] + more) * LOAD_DENOMINATOR > info[SLOTS] * LOAD_NUMERATOR)


# --- expansion ---------------------------------------------------------------------------------------------------------


@kernel
def advance(
    code: int,
    keys: int,
    rename: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    words: int,
    shards: int,
    me: int,
    arena: Words,
    table: Slots,
    info: Numbers,
    out: Words,
    hashes: Words,
    places: Numbers,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
    outbox: Words,
    sent: Numbers,
    pending: int,
    first: Numbers,
    budget: int,
) -> int:
    """Expand states of the level until one of the reasons above, `budget` states at most.

    `keys`, `rename`, `sizes`, `scratch` and `best` are those of `orbits.canonize`; 0 for the first, and every state stands
    for itself.

    `outbox` has a row of states per shard, `sent` says how many it holds. `first[bit]` is the least state, word by word,
    with that event, -1 for none yet; only events in `pending` are looked at.
    """
    room = len(out) // words
    box = len(outbox) // (words * shards)
    while info[NEXT] < info[STOP]:
        if budget <= 0:
            return AGAIN
        if is_full(info, room):
            return GROW
        if (info[STATES] + room) * words > len(arena):
            return NO_ROOM
        for k in range(shards):
            if sent[k] + room > box:
                return DELIVER
        at = info[NEXT]
        n = min(BLOCK, info[STOP] - at)
        done = call_expand(
            code,
            arena.ctypes.data + at * words * 8,
            n,
            out.ctypes.data,
            out.ctypes.data + len(out) * 8,
            ends.ctypes.data,
            events.ctypes.data,
            counts.ctypes.data,
        )
        if done <= 0:
            return BROKEN
        for i in range(done):
            if events[i] < 0:
                return BROKEN
            if events[i] & pending:
                note(arena, at + i, words, events[i] & pending, first)
        found = ends[done - 1]
        info[NEXT] += done
        budget -= done
        if keys:
            canonize(keys, rename, sizes, scratch, best, out, found, words)
        own = 0
        for i in range(found):
            h = hashed(out, i * words, words)
            to = owner(h, shards)
            if to == me:
                hashes[own] = h
                if own != i:
                    for k in range(words):
                        out[own * words + k] = out[i * words + k]
                own += 1
            else:
                start = (to * box + sent[to]) * words
                for k in range(words):
                    outbox[start + k] = out[i * words + k]
                sent[to] += 1
        insert(out, own, words, hashes, places, arena, table, info)
    return DONE


@part
def note(arena: Words, number: int, words: int, bits: int, first: Numbers) -> None:
    """Keep, for each bit, the least state that has it."""
    for bit in range(len(first)):
        if bits >> bit & 1 and (first[bit] < 0 or less(arena, number * words, arena, first[bit] * words, words)):
            first[bit] = number


@kernel
def receive(
    box: Words, n: int, words: int, hashes: Words, places: Numbers, arena: Words, table: Slots, info: Numbers
) -> int:
    """Add `n` states; how many of them were looked at before the table or the arena was too full."""
    room = len(hashes)
    at = 0
    while at < n:
        some = min(room, n - at)
        if is_full(info, some) or (info[STATES] + some) * words > len(arena):
            return at
        states = box[at * words : (at + some) * words]
        for i in range(some):
            hashes[i] = hashed(states, i * words, words)
        insert(states, some, words, hashes, places, arena, table, info)
        at += some
    return at


@kernel
def owned(state: Words, words: int, shards: int) -> np.int64:
    """Which shard a state belongs to."""
    return owner(hashed(state, 0, words), shards)


# --- looking at what was found -----------------------------------------------------------------------------------------


@kernel
def judge(
    code: int, words: int, arena: Words, start: int, stop: int, masks: Numbers, pending: int, first: Numbers
) -> bool:
    """Note the least state per property in `pending` that violates, or witnesses, it; whether all went well."""
    for at in range(start, stop, len(masks)):
        n = min(len(masks), stop - at)
        call_judge(code, arena.ctypes.data + at * words * 8, n, masks.ctypes.data)
        for i in range(n):
            if masks[i] < 0:
                return False
            if masks[i] & pending:
                note(arena, at + i, words, masks[i] & pending, first)
    return True


@kernel
def find(
    code: int,
    keys: int,
    rename: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    words: int,
    arena: Words,
    start: int,
    stop: int,
    out: Words,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
    targets: Words,
    least: Numbers,
) -> bool:
    """For each target the least of the states from `start` to `stop` that has it as a successor, -1 for none."""
    wanted = len(targets) // words
    at = start
    while at < stop:
        done = call_expand(
            code,
            arena.ctypes.data + at * words * 8,
            min(BLOCK, stop - at),
            out.ctypes.data,
            out.ctypes.data + len(out) * 8,
            ends.ctypes.data,
            events.ctypes.data,
            counts.ctypes.data,
        )
        if done <= 0:
            return False
        if keys:
            canonize(keys, rename, sizes, scratch, best, out, ends[done - 1], words)
        i = 0
        for source in range(done):
            while i < ends[source]:
                for t in range(wanted):
                    if equal(out, i * words, targets, t * words, words):
                        number = at + source
                        if least[t] < 0 or less(arena, number * words, arena, least[t] * words, words):
                            least[t] = number
                i += 1
        at += done
    return True
