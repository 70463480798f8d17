"""The fixed loops over levels: expanding one, and looking for predecessors in one; compiled once per machine.

All kernels let go of the interpreter's lock.
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import call_expand, equal, fetch_add, less, part
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Slots, Words
from virtspec.explore.native.orbits import canonize
from virtspec.explore.native.visited_kernels import (
    AGAIN,
    AT,
    BATCHED,
    BROKEN,
    DONE,
    FOUND,
    LEFT,
    ME,
    NEXT,
    Width,
    add,
    hashed,
    note,
    words_of,
)

BLOCK = 256
"""States that a worker takes of a level, and expands, at a time."""
CLAIMS = 16
"""Words of `claims` per worker, so that nobody else's lie on the same line of cache: the first says where in the arena
the states of the level that nobody has claimed begin, the second where they end."""


@part
def claim(claims: Numbers, words: int, info: Numbers) -> bool:
    """Take a block of the level, of one's own states as long as there are any, then of the others'; if there is one."""
    workers = len(claims) // CLAIMS
    for k in range(workers):
        of = (info[ME] + k) % workers * CLAIMS
        if claims[of] < claims[of + 1]:
            at = fetch_add(claims, of, BLOCK * words)
            if at < claims[of + 1]:
                info[NEXT], info[LEFT] = at, min(BLOCK, (claims[of + 1] - at) // words)
                return True
    return False


@part
def expand(
    code: int,
    keys: int,
    rename: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    words: int,
    arena: Words,
    at: int,
    n: int,
    out: Words,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
) -> int:
    """Write the successors of states from word `at` of the arena on into `out`, or those that stand for them; how many
    of the `n` states there was room for, 0 or less if code did not keep to its bounds."""
    done = call_expand(
        code,
        arena.ctypes.data + at * 8,
        min(BLOCK, n),
        out.ctypes.data,
        out.ctypes.data + len(out) * 8,
        ends.ctypes.data,
        events.ctypes.data,
        counts.ctypes.data,
    )
    if keys and done > 0:
        canonize(keys, rename, sizes, scratch, best, out, ends[done - 1], words)
    return done


@kernel
def advance(
    code: int,
    keys: int,
    rename: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    width: Width,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    judge: int,
    masks: Numbers,
    lowest: Numbers,
    out: Words,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
    eventful: Numbers,
    recent: Words,
    waiting: Words,
    claims: Numbers,
    judged: int,
    pending: int,
    budget: int,
) -> int:
    """Expand states of the level, about `budget`, and add the successors.

    `keys`, `rename`, `sizes`, `scratch` and `best` are those of `orbits.canonize`; 0 for the first, and every state stands
    for itself. `masks` and `lowest` are those of `add`, `judged` its `pending`; `eventful` and `pending` are the same for
    events.

    `recent` holds a power of two of successors that were found not long ago, each where its hash leads: about half of all
    are among them and need not be looked for. The others wait until there are as many as are added at a time.
    """
    words = words_of(width)
    remembered = len(recent) // words
    while True:
        batched = info[BATCHED]
        for i in range(info[AT], info[FOUND]):
            if batched == len(hashes):
                done = add(waiting, batched, words, hashes, places, arena, table, info, judge, masks, judged, lowest)
                if done != DONE:
                    info[AT], info[BATCHED] = i, batched
                    return done
                batched = 0
            h = hashed(out, i * words, words)
            near = int((h >> np.uint64(16)) & np.uint64(remembered - 1)) * words
            hashes[batched] = h
            other = np.uint64(0)
            for k in range(words):
                other |= recent[near + k] ^ out[i * words + k]
                recent[near + k] = waiting[batched * words + k] = out[i * words + k]
            batched += other != 0  # no branch: nobody could foretell which way it goes
        info[AT] = info[FOUND] = 0
        info[BATCHED] = batched
        if budget <= 0:
            return AGAIN
        if info[LEFT] == 0 and not claim(claims, words, info):
            break
        done = expand(
            code,
            keys,
            rename,
            sizes,
            scratch,
            best,
            words,
            arena,
            info[NEXT],
            info[LEFT],
            out,
            ends,
            events,
            counts,
        )
        if done <= 0:
            return BROKEN
        for i in range(done):
            if events[i] < 0:
                return BROKEN
            if events[i] & pending:
                note(arena, info[NEXT] + i * words, words, events[i] & pending, eventful)
        info[NEXT] += done * words
        info[LEFT] -= done
        budget -= done
        info[FOUND] = ends[done - 1]
    done = add(waiting, info[BATCHED], words, hashes, places, arena, table, info, judge, masks, judged, lowest)
    if done == DONE:
        info[BATCHED] = 0
    return done


# --- looking at what was found -----------------------------------------------------------------------------------------


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
        done = expand(
            code,
            keys,
            rename,
            sizes,
            scratch,
            best,
            words,
            arena,
            at * words,
            stop - at,
            out,
            ends,
            events,
            counts,
        )
        if done <= 0:
            return False
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
