"""Canonical representatives: of all states that differ only in the names of members, the least, word by word.

Members are sorted by their keys; among those with equal keys all orders are tried. What is tried depends on the state
only up to renaming, so that states of one orbit have one representative. See `canonical` for the two generated functions.
"""

from __future__ import annotations

from virtspec.explore.native.intrinsics import call_keys, call_rename, copy, equal, less, part
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Words


@part
def canonize(
    keys_code: int, rename_code: int, sizes: Numbers, scratch: Numbers, best: Words, states: Words, n: int, words: int
) -> int:
    """Put its representative in the place of each of `n` states; how many renamings lead to the last of them.

    `keys_code` and `rename_code` are the addresses of the generated functions, `sizes` those of the scalarsets; `scratch`
    has room for four numbers per member, `best` for three states.
    """
    members = sizes.sum()
    keys, order, places = scratch[:members], scratch[members : 2 * members], scratch[2 * members : 3 * members]
    ways = 0
    for i in range(n):
        state = states[i * words : (i + 1) * words]
        call_keys(keys_code, state.ctypes.data, keys.ctypes.data)
        sort(keys, order, sizes)
        ways = 0
        while True:
            invert(order, places, sizes)
            call_rename(rename_code, state.ctypes.data, best[words:].ctypes.data, places.ctypes.data, order.ctypes.data)
            if ways == 0 or less(best, words, best, 0, words):
                copy(best, 0, best, words, words)
                ways = 1
            elif equal(best, words, best, 0, words):
                ways += 1
            if not next_order(keys, order, sizes):
                break
        copy(states, i * words, best, 0, words)
    return ways


@part
def sort(keys: Numbers, order: Numbers, sizes: Numbers) -> None:
    """Order the members of each scalarset by key, those with equal keys by number."""
    start = 0
    for size in sizes:
        for i in range(size):
            at = i
            while at > 0 and keys[start + order[start + at - 1]] > keys[start + i]:
                order[start + at] = order[start + at - 1]
                at -= 1
            order[start + at] = i
        start += size


@part
def invert(order: Numbers, places: Numbers, sizes: Numbers) -> None:
    start = 0
    for size in sizes:
        for i in range(size):
            places[start + order[start + i]] = i
        start += size


@part
def next_order(keys: Numbers, order: Numbers, sizes: Numbers) -> bool:
    """Go on to the next order in which keys do not fall; back to the first if there is none, then False."""
    start = 0
    for size in sizes:
        first = start
        while first < start + size:
            end = first + 1
            while end < start + size and keys[start + order[end]] == keys[start + order[first]]:
                end += 1
            if end - first > 1 and permute(order, first, end):
                return True
            first = end
        start += size
    return False


@part
def permute(order: Numbers, first: int, end: int) -> bool:
    """The next permutation of order[first:end] in lexicographic order; back to the first after the last, then False."""
    at = end - 2
    while at >= first and order[at] > order[at + 1]:
        at -= 1
    found = at >= first
    if found:
        other = end - 1
        while order[other] < order[at]:
            other -= 1
        order[at], order[other] = order[other], order[at]
    low, high = at + 1, end - 1
    while low < high:
        order[low], order[high] = order[high], order[low]
        low += 1
        high -= 1
    return found


@kernel
def representative(
    keys_code: int, rename_code: int, sizes: Numbers, scratch: Numbers, best: Words, state: Words
) -> None:
    """Put its representative in the place of one state."""
    canonize(keys_code, rename_code, sizes, scratch, best, state, 1, len(state))


@kernel
def count(
    keys_code: int,
    rename_code: int,
    sizes: Numbers,
    scratch: Numbers,
    best: Words,
    arena: Words,
    states: int,
    words: int,
    renamings: int,
) -> int:
    """How many states so many representatives stand for, if there are `renamings` in all."""
    total = 0
    state = best[2 * words : 3 * words]
    for i in range(states):
        copy(state, 0, arena, i * words, words)
        total += renamings // canonize(keys_code, rename_code, sizes, scratch, best, state, 1, words)
    return total
