"""The fixed loops of the explorer, compiled once per machine.

A shard is what one worker owns: the states whose hash says so. They lie in `arena` in the order found, `words` words
each. `table` has a power of two of slots, found by hash with linear probing: 0 where a slot is free, else the number of
the state plus 1 in as many bits as there can be slots, and above it bits of the hash, so that hardly ever a state is
looked at in vain.

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
STATES, SLOTS, NEXT, STOP, AT, FOUND, INFO = range(7)
"""What is known of a shard: how many states and slots there are, which states are still to be expanded, and of the
successors in `out` how many are sorted and how many there are."""

DONE, AGAIN, DELIVER, NO_ROOM, BROKEN = range(5)
"""Why `advance` came back: all is expanded; the budget is used up; a box is full; there is no room for more states; a
state has more successors than there is room for, or code was checked and did not keep to its bounds."""


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
def enter(
    states: Words,
    n: int,
    words: int,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    spare: Numbers,
) -> bool:
    """Add `n` states, as many at a time as `hashes` and `places` hold; whether there was room for all of them.

    The table grows as needed; `spare[0]` is how many bytes it may still take.
    """
    batch = len(hashes)
    for first in range(0, n, batch):
        some = min(batch, n - first)
        while (info[STATES] + some) * 100 > info[SLOTS] * LOAD_PERCENT:
            slots = info[SLOTS] * (4 if info[SLOTS] < SMALL else 2)
            spare[0] -= 4 * (slots - info[SLOTS])
            if spare[0] < 0 or slots + SLACK > len(table):
                return False
            grow(words, hashes, arena, table, info, slots)
        if (info[STATES] + some) * words > len(arena):
            return False
        for i in range(some):
            hashes[i] = hashed(states, (first + i) * words, words)
        insert(states[first * words :], some, words, hashes, places, arena, table, info)
    return True


@kernel
def add(
    states: Words,
    n: int,
    width: Width,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    spare: Numbers,
) -> bool:
    """Add `n` states; see `enter`."""
    return enter(states, n, words_of(width), hashes, places, arena, table, info, spare)


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
    me: int,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    spare: Numbers,
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
    """Expand states of the level, about `budget`; add the successors that belong here, sort the others into boxes.

    `keys`, `rename`, `sizes`, `scratch` and `best` are those of `orbits.canonize`; 0 for the first, and every state stands
    for itself. There is a box per shard, and `sent` says how many states each holds; shard `me` empties its own as soon
    as it holds as many as are added at a time. `first[bit]` is the number of the least state, word by word, with that
    event, -1 for none yet; only events in `pending` are looked at.

    `recent` holds a power of two of states that were sent not long ago, each where its hash leads: about half of all
    successors are among them and need not be sent again.
    """
    words = words_of(width)
    box, remembered = len(boxes) // (len(sent) * words), len(recent) // words
    own = boxes[me * box * words : (me + 1) * box * words]
    full = False
    while True:
        for i in range(info[AT], info[FOUND]):
            h = hashed(out, i * words, words)
            near = int((h >> np.uint64(16)) & np.uint64(remembered - 1)) * words
            to = owner(h, len(sent))
            if sent[to] == (len(hashes) if to == me else box):
                if to != me:
                    info[AT] = i
                    full = True
                    break
                if not enter(own, sent[me], words, hashes, places, arena, table, info, spare):
                    return NO_ROOM
                sent[me] = 0
            start = (to * box + sent[to]) * words
            other = np.uint64(0)
            for k in range(words):
                other |= recent[near + k] ^ out[i * words + k]
                recent[near + k] = boxes[start + k] = out[i * words + k]
            sent[to] += other != 0  # no branch: nobody could foretell which way it goes
        if full:
            break
        info[AT] = info[FOUND] = 0
        if info[NEXT] >= info[STOP] or budget <= 0:
            break
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
    if not enter(own, sent[me], words, hashes, places, arena, table, info, spare):
        return NO_ROOM
    sent[me] = 0
    return DELIVER if full else AGAIN if info[NEXT] < info[STOP] else DONE


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
