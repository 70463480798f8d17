"""The fixed loop that follows a log, compiled once per machine: which states a model may be in, row by row.

A candidate is a state and, behind its words, a word with a bit for each open window whose step has not happened yet. Those
of one time lie one behind the other in `here`; `table` finds them by the hash of the state, with the number of the time in
the upper half of an entry, so that nothing need be cleared. Of the table not more is used than a few candidates need: it
would be all over the memory otherwise, and a processor waits for that.
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import call_judge, call_move, copy, equal, part
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Words
from virtspec.explore.native.visited_kernels import finished, mixed

OPEN, CLOSE, MOVE, SEE, LOST = range(5)
"""Kinds of rows. A `SEE` is a move that changes nothing."""
KIND, STEP, OWN, BIT, GIVEN, STABLE, ROW = range(7)
"""Of each row: its kind; the way it is followed, and the ways that come before (-1: none), as numbers for `move`; the bit of
its window; where its values lie in `given`, or how many events are lost (-1: nobody knows); whether nothing that no event
shows can change what it demands."""
HIDDEN, ANYTHING = 0, 1
"""Ways that every log has: steps that no event shows, and all steps there are."""
WINDOWS = 63
"""Windows that may be open at a time."""
AT, COUNT, TIME, CLOSED, FRESH, LARGEST, SEEN, SLOTS, INFO = range(9)
"""The row to follow next; how many candidates there are; the number of the time; of how many candidates all that hidden
steps lead to is there, but for steps of windows opened since, whose bits these are; the most there were at a time, and how
many in all; how many entries of the table are used, a power of two."""
LEAST = 1 << 10
"""Entries that are used at least, if there are so many."""
DONE, AGAIN, REJECTED, FULL, BROKEN = range(5)
"""Why the loop came back: the rows are at an end; the budget is; no candidate allows the row; there is no room for more
candidates; generated code left its bounds."""


@part
def hashed(state: Words, at: int, words: int) -> np.uint64:
    h = np.uint64(0x243F6A8885A308D3)
    for i in range(words):
        h = mixed(h, state[at + i])
    return finished(h)


@part
def grow(words: int, here: Words, table: Numbers, info: Numbers) -> None:
    """Use more of the table, where all candidates find a place anew."""
    info[SLOTS] = min(4 * info[SLOTS], len(table))
    info[TIME] += 1
    mask = np.uint64(info[SLOTS] - 1)
    for n in range(info[COUNT]):
        slot = np.int64(hashed(here, n * (words + 1), words) & mask)
        while (table[slot] >> 32) == info[TIME]:
            slot = np.int64(np.uint64(slot + 1) & mask)
        table[slot] = (info[TIME] << 32) | n


@part
def add(state: Words, at: int, pending: np.uint64, words: int, here: Words, table: Numbers, info: Numbers) -> bool:
    """Add a candidate, unless it is there. False: there is no room for it."""
    n = info[COUNT]
    if 2 * (n + 1) > info[SLOTS] and info[SLOTS] < len(table):
        grow(words, here, table, info)
    mask = info[SLOTS] - 1
    slot = np.int64(hashed(state, at, words) & np.uint64(mask))
    while (table[slot] >> 32) == info[TIME]:
        other = (table[slot] & 0xFFFFFFFF) * (words + 1)
        if here[other + words] == pending and equal(here, other, state, at, words):
            return True
        slot = (slot + 1) & mask
    if (n + 1) * (words + 1) > len(here) or 2 * (n + 1) > len(table):
        return False
    table[slot] = (info[TIME] << 32) | n
    copy(here, n * (words + 1), state, at, words)
    here[n * (words + 1) + words] = pending
    info[COUNT] = n + 1
    info[SEEN] += 1
    return True


@part
def begin(info: Numbers) -> None:
    """A new time, without candidates."""
    if info[SLOTS] > LEAST and 16 * info[COUNT] < info[SLOTS]:
        info[SLOTS] //= 2
    info[TIME] += 1
    info[COUNT] = info[CLOSED] = info[FRESH] = 0


@part
def go(
    move: int,
    way: int,
    values: int,
    state: int | np.int64,
    pending: np.uint64,
    words: int,
    here: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    info: Numbers,
) -> int:
    """Add what comes of one state by one way. Why it could not, or DONE."""
    n = call_move(move, way, state, out.ctypes.data, work.ctypes.data, values)
    if work[0] < 0 or n * words > len(out):
        return BROKEN
    for i in range(n):
        if not add(out, i * words, pending, words, here, table, info):
            return FULL
    return DONE


@part
def close(
    move: int,
    own: int,
    words: int,
    opened: Numbers,
    given: Numbers,
    here: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    info: Numbers,
) -> int:
    """Add all that comes of the candidates by steps that no event shows, by the way `own`, and by those of open windows."""
    i = info[CLOSED] if own < 0 and info[FRESH] == 0 else np.int64(0)
    reason = DONE
    while i < info[COUNT] and reason == DONE:
        at = i * (words + 1)
        pending = here[at + words]
        state = here.ctypes.data + 8 * at
        left = pending & np.uint64(info[FRESH])
        if i >= info[CLOSED]:
            left = pending
            reason = go(move, HIDDEN, 0, state, pending, words, here, table, out, work, info)
        bit = 0
        while left != np.uint64(0) and reason == DONE:
            if left & np.uint64(1) != np.uint64(0):
                values = given.ctypes.data + 8 * opened[2 * bit + 1]
                rest = pending & ~(np.uint64(1) << np.uint64(bit))
                reason = go(move, opened[2 * bit], values, state, rest, words, here, table, out, work, info)
            left >>= np.uint64(1)
            bit += 1
        if own >= 0 and reason == DONE:
            reason = go(move, own, 0, state, pending, words, here, table, out, work, info)
        i += 1
    info[CLOSED], info[FRESH] = info[COUNT], 0
    info[LARGEST] = max(info[LARGEST], info[COUNT])
    return reason


@part
def widen(
    move: int,
    most: int,
    words: int,
    opened: Numbers,
    given: Numbers,
    here: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    info: Numbers,
) -> int:
    """Add all that comes of the candidates by up to `most` steps that events show, or by any number of them (-1)."""
    reason = close(move, -1, words, opened, given, here, table, out, work, info)
    first, layer = 0, 0
    while reason == DONE and layer != most and first < info[COUNT]:
        n = info[COUNT]
        for i in range(first, n):
            if reason == DONE:
                at = i * (words + 1)
                state, pending = here.ctypes.data + 8 * at, here[at + words]
                reason = go(move, ANYTHING, 0, state, pending, words, here, table, out, work, info)
        first = n
        if reason == DONE:
            reason = close(move, -1, words, opened, given, here, table, out, work, info)
        layer += 1
    return reason


@part
def judge_all(judge: int, words: int, here: Words, masks: Numbers, info: Numbers) -> np.int64:
    """The bits of a mask that all candidates have."""
    common = np.int64(-1)
    for i in range(info[COUNT]):
        call_judge(judge, here.ctypes.data + 8 * i * (words + 1), 1, masks.ctypes.data)
        common &= masks[0]
        if common == 0:
            break
    return common


@part
def keep(kept: int, words: int, here: Words, there: Words, table: Numbers, info: Numbers) -> None:
    """Of the candidates `kept` are left, which lie in `there`."""
    begin(info)
    for i in range(kept):
        at = i * (words + 1)
        add(there, at, there[at + words], words, here, table, info)


@part
def sift(
    move: int,
    kind: int,
    step: int,
    values: int,
    flag: np.uint64,
    words: int,
    here: Words,
    there: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    info: Numbers,
) -> int:
    """Keep the candidates whose window is not open, or that allow what is seen. Why that could not be done, or DONE."""
    stride, n, kept = words + 1, info[COUNT], 0
    for i in range(n):
        at = i * stride
        if kind == CLOSE:
            fits = here[at + words] & flag == np.uint64(0)
        else:
            fits = call_move(move, step, here.ctypes.data + 8 * at, out.ctypes.data, work.ctypes.data, values) > 0
        if work[0] < 0:
            return BROKEN
        if fits:
            copy(there, kept * stride, here, at, stride)
            kept += 1
    if kept == 0:
        return REJECTED
    if kept < n:
        keep(kept, words, here, there, table, info)
    return DONE


@part
def step_all(
    move: int,
    step: int,
    values: int,
    words: int,
    here: Words,
    there: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    info: Numbers,
) -> int:
    """Have each candidate take a step. Why that could not be done, or DONE."""
    stride, n = words + 1, info[COUNT]
    copy(there, 0, here, 0, n * stride)
    begin(info)
    for i in range(n):
        state = there.ctypes.data + 8 * i * stride
        reason = go(move, step, values, state, there[i * stride + words], words, here, table, out, work, info)
        if reason != DONE:
            return reason
    if info[COUNT] == 0:
        copy(here, 0, there, 0, n * stride)
        info[COUNT] = n
        return REJECTED
    return DONE


@kernel
def follow(
    move: int,
    judge: int,
    words: int,
    rows: Numbers,
    given: Numbers,
    opened: Numbers,
    here: Words,
    there: Words,
    table: Numbers,
    out: Words,
    work: Numbers,
    masks: Numbers,
    info: Numbers,
    broken: Numbers,
    budget: int,
) -> int:
    """Follow rows from number `info[AT]` on until one of the reasons above, `budget` candidates at most.

    `opened` holds, for each bit, the way and the values of its window. `broken` receives, by bit of a mask, the first row
    behind which all candidates have it. Where a row is rejected, `here` holds the candidates before it.
    """
    budget += info[SEEN]
    if info[TIME] == 0:  # the table is empty, too
        info[SLOTS] = min(LEAST, len(table))
        begin(info)
        add(there, 0, np.uint64(0), words, here, table, info)
    while info[AT] < len(rows) // ROW:
        if info[SEEN] > budget:
            return AGAIN
        at = info[AT] * ROW
        kind, step, bit = rows[at + KIND], rows[at + STEP], rows[at + BIT]
        flag = np.uint64(1) << np.uint64(bit)
        if kind == OPEN:
            opened[2 * bit], opened[2 * bit + 1] = step, rows[at + GIVEN]
            for i in range(info[COUNT]):
                here[i * (words + 1) + words] |= flag
            info[FRESH] = np.int64(np.uint64(info[FRESH]) | flag)
            info[AT] += 1
            continue
        if kind == LOST:
            reason = widen(move, rows[at + GIVEN], words, opened, given, here, table, out, work, info)
        else:
            reason = close(move, rows[at + OWN], words, opened, given, here, table, out, work, info)
        values, n = given.ctypes.data + 8 * rows[at + GIVEN], info[COUNT]
        if reason == DONE and kind in (SEE, CLOSE):
            reason = sift(move, kind, step, values, flag, words, here, there, table, out, work, info)
            if reason == DONE and (info[COUNT] == n or kind == CLOSE or rows[at + STABLE]):
                info[CLOSED] = info[COUNT]
        elif reason == DONE and kind == MOVE:
            reason = step_all(move, step, values, words, here, there, table, out, work, info)
        if reason != DONE:
            return reason
        common = judge_all(judge, words, here, masks, info)
        for b in range(len(broken)):
            if common >> b & 1 and broken[b] < 0:
                broken[b] = info[AT]
        info[AT] += 1
    return DONE
