"""The fixed loops of the explorer, compiled once per machine.

A shard is what one worker owns: the states whose hash says so. They lie in `arena` in the order found, `words` words
each. `table` has a power of two of slots, found by hash with linear probing: 0 where a slot is free, else the number of
the state plus 1 in as many bits as there can be slots, and above it bits of the hash, so that hardly ever a state is
looked at in vain.

States are added in the order of their hashes, as many at a time as can be had, because the slot of a hash grows with the
hash: neighbours in time are neighbours in the table, and among the states found together before. Memory is walked through
instead of jumped about in.

All kernels let go of the interpreter's lock.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from virtspec.explore.native.intrinsics import call_expand, call_judge, equal, kernel, less, part, prefetch
from virtspec.explore.native.memory import Numbers, Slots, Words
from virtspec.explore.native.orbits import canonize

BLOCK = 256
"""States expanded at a time."""
SLACK = 4096
"""Slots behind the last that a hash leads to, for what does not find room."""
LOAD_PERCENT = 75
"""How full a table may be."""
SMALL = 1 << 22
"""Slots up to which a table grows fourfold, to be built anew less often; from there on it is doubled."""
DIGITS = 10
"""Bits of the hash by which states are sorted."""

STATES, SLOTS, NEXT, STOP, AT, FOUND, INFO = range(7)
"""What is known of a shard: how many states and slots there are, which states are still to be expanded, and of the
successors in `out` how many are sorted and how many there are."""

DONE, AGAIN, DELIVER, BROKEN = range(4)
"""Why `advance` came back: all is expanded; the budget is used up; a box is full; a state has more successors than there
is room for, or code was checked and did not keep to its bounds."""


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
def owner(h: np.uint64, shards: int) -> np.int64:
    """The shard that a hash belongs to; independent of the slot."""
    return np.int64(((h & np.uint64(0xFFFF)) * np.uint64(shards)) >> np.uint64(16))


@part
def entry(h: np.uint64, number: int, slots: int) -> np.uint32:
    """What a slot holds for state `number`, counted from 1, or to compare with if that is 0."""
    return np.uint32((h & np.uint64(0xFFFFFFFF)) & ~np.uint64(slots - 1)) | np.uint32(number)


@part
def probe(table: Slots, at: np.int64, tag: np.uint32, slots: int) -> np.int64:
    """The first slot from `at` on that is free or may hold a state with that tag."""
    while table[at] != 0 and (table[at] ^ tag) >= slots:
        at += 1
    return at


@part
def insert(
    states: Words, n: int, words: int, hashes: Words, places: Numbers, arena: Words, table: Slots, info: Numbers
) -> None:
    """Add those of `n` states with these hashes that are not in the set. There must be room for all of them.

    In three passes, so that the memory of one state is on its way while others are looked at.
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


@part
def grow(words: int, hashes: Words, arena: Words, table: Slots, info: Numbers, slots: int) -> None:
    """Make the table larger, in place: empty it and enter all states again."""
    count, batch = info[STATES], len(hashes)
    table[: info[SLOTS] + SLACK] = 0
    for first in range(0, count, batch):
        n = min(batch, count - first)
        for i in range(n):
            hashes[i] = hashed(arena, (first + i) * words, words)
            prefetch(table, slot(hashes[i], slots))
        for i in range(n):
            at = slot(hashes[i], slots)
            while table[at] != 0:
                at += 1
            table[at] = entry(hashes[i], first + i + 1, slots)
    info[SLOTS] = slots


@part
def arrange(states: Words, n: int, words: int, hashes: Words, sorted_: Words) -> None:
    """Put `n` states into the order of the first bits of their hashes."""
    ends = np.zeros(1 << DIGITS, np.int64)
    shift = np.uint64(64 - DIGITS)
    for i in range(n):
        hashes[i] = hashed(states, i * words, words)
        ends[np.int64(hashes[i] >> shift)] += 1
    total = 0
    for at in range(len(ends)):
        total += ends[at]
        ends[at] = total - ends[at]
    for i in range(n):
        digit = np.int64(hashes[i] >> shift)
        to = ends[digit]
        ends[digit] += 1
        for k in range(words):
            sorted_[to * words + k] = states[i * words + k]


@kernel
def add(
    states: Words,
    n: int,
    width: Width,
    hashes: Words,
    places: Numbers,
    sorted_: Words,
    arena: Words,
    table: Slots,
    info: Numbers,
    spare: Numbers,
) -> bool:
    """Add `n` states; whether there was room for all of them.

    The table grows as needed; `spare[0]` is how many bytes it may still take. `places` has room for as many states as are
    added at a time, `hashes` and `sorted_` for as many as are sorted at a time; if `sorted_` is empty, they are added in
    the order in which they are.
    """
    words = words_of(width)
    step, batch = len(hashes), len(places)
    for first in range(0, n, step):
        some = min(step, n - first)
        while (info[STATES] + some) * 100 > info[SLOTS] * LOAD_PERCENT:
            slots = info[SLOTS] * (4 if info[SLOTS] < SMALL else 2)
            spare[0] -= 4 * (slots - info[SLOTS])
            if spare[0] < 0 or slots + SLACK > len(table):
                return False
            grow(words, hashes, arena, table, info, slots)
        if (info[STATES] + some) * words > len(arena):
            return False
        source = states[first * words : (first + some) * words]
        if len(sorted_) and some > batch:
            arrange(source, some, words, hashes, sorted_)
            source = sorted_
        for at in range(0, some, batch):
            few = min(batch, some - at)
            for i in range(few):
                hashes[i] = hashed(source, (at + i) * words, words)
            insert(source[at * words :], few, words, hashes, places, arena, table, info)
    return True


@kernel
def pick(states: Words, n: int, width: Width, shards: int, me: int, own: Words) -> int:
    """Put those of `n` states that belong to shard `me` one behind the other into `own`; how many they are."""
    words = words_of(width)
    found = 0
    for i in range(n):
        if owner(hashed(states, i * words, words), shards) == me:
            for k in range(words):
                own[found * words + k] = states[i * words + k]
            found += 1
    return found


# --- expansion ---------------------------------------------------------------------------------------------------------


@kernel
def advance(
    code: int,
    keys: int,
    rename: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    width: Width,
    arena: Words,
    info: Numbers,
    out: Words,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
    recent: Words,
    boxes: Words,
    sent: Numbers,
    pending: int,
    first: Numbers,
    budget: int,
) -> int:
    """Expand states of the level, about `budget`, and sort the successors into boxes, one per shard.

    `keys`, `rename`, `sizes`, `scratch` and `best` are those of `orbits.canonize`; 0 for the first, and every state stands
    for itself. `recent` holds a power of two of states that were sent not long ago, each where its hash leads: about half
    of all successors, which need not be sent again. `sent` says how many states each box holds. `first[bit]` is the number
    of the least state, word by word, with that event, -1 for none yet; only events in `pending` are looked at.
    """
    words = words_of(width)
    shards, box, remembered = len(sent), len(boxes) // (len(sent) * words), len(recent) // words
    while True:
        for i in range(info[AT], info[FOUND]):
            h = hashed(out, i * words, words)
            near = int((h >> np.uint64(16)) & np.uint64(remembered - 1)) * words
            if equal(recent, near, out, i * words, words):
                continue
            to = owner(h, shards)
            if sent[to] == box:
                info[AT] = i
                return DELIVER
            start = (to * box + sent[to]) * words
            for k in range(words):
                recent[near + k] = boxes[start + k] = out[i * words + k]
            sent[to] += 1
        info[AT] = info[FOUND] = 0
        if info[NEXT] >= info[STOP]:
            return DONE
        if budget <= 0:
            return AGAIN
        done = call_expand(
            code,
            arena.ctypes.data + info[NEXT] * words * 8,
            min(BLOCK, info[STOP] - info[NEXT]),
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
                note(arena, info[NEXT] + i, words, events[i] & pending, first)
        info[NEXT] += done
        budget -= done
        info[FOUND] = ends[done - 1]
        if keys:
            canonize(keys, rename, sizes, scratch, best, out, info[FOUND], words)


@part
def note(arena: Words, number: int, words: int, bits: int, first: Numbers) -> None:
    """Keep, for each bit, the least state that has it."""
    for bit in range(len(first)):
        if bits >> bit & 1 and (first[bit] < 0 or less(arena, number * words, arena, first[bit] * words, words)):
            first[bit] = number


# --- looking at what was found -----------------------------------------------------------------------------------------


@kernel
def judge(
    code: int, width: Width, arena: Words, start: int, stop: int, masks: Numbers, pending: int, first: Numbers
) -> bool:
    """Note the least state per property in `pending` that violates, or witnesses, it; whether all went well."""
    words = words_of(width)
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
    width: Width,
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
    words = words_of(width)
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
        compare(arena, at, words, out, ends, done, targets, least)
        at += done
    return True


@part
def compare(
    arena: Words, at: int, words: int, out: Words, ends: Numbers, done: int, targets: Words, least: Numbers
) -> None:
    """Look for the targets among the successors of `done` states from number `at` on."""
    i = 0
    for source in range(at, at + done):
        while i < ends[source - at]:
            for t in range(len(least)):
                if equal(out, i * words, targets, t * words, words) and (
                    least[t] < 0 or less(arena, source * words, arena, least[t] * words, words)
                ):
                    least[t] = source
            i += 1
