"""The fixed loop of random walks, compiled once per machine.

Walk number k of seed s draws from a stream of its own, xoshiro256++ begun at a hash of (s, k). What it does depends on
nothing else: not on who walks it, and not on the walks before it.
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import call_expand, call_judge, copy, part
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Words

WALK, STOP, STEP, STEPS, LONGEST, INFO = range(6)
"""What a walker's `info` holds: the number of its walk, the number behind its last one, the steps it has taken in this
walk (-1: it is still to begin), in all walks, and the most in one."""

DONE, AGAIN, BROKEN = range(3)
"""Why `walk` came back: all walks have ended; the budget is used up; a state has more successors than there is room for, or
(checked only) generated code left its bounds, which it tells by the sign of a mask or an event (`steps.BROKEN_BIT`)."""


@part
def mixed(z: np.uint64) -> np.uint64:
    """The scrambler of splitmix64: a bijection, every bit of the result depends on every bit of `z`."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@part
def begin(stream: Words, seed: np.uint64, number: int) -> None:
    """The stream of one walk."""
    z = mixed(mixed(seed + np.uint64(0x9E3779B97F4A7C15)) + np.uint64(number))
    for i in range(4):
        z += np.uint64(0x9E3779B97F4A7C15)
        stream[i] = mixed(z)


@part
def drawn(stream: Words) -> np.uint64:
    """The next 64 bits: xoshiro256++."""
    a, b, c, d = stream[0], stream[1], stream[2], stream[3]
    sum_ = a + d
    found = np.uint64(((sum_ << np.uint64(23)) | (sum_ >> np.uint64(41))) + a)
    c ^= a
    d ^= b
    stream[0], stream[1] = a ^ d, b ^ c
    stream[2] = c ^ (b << np.uint64(17))
    stream[3] = (d << np.uint64(45)) | (d >> np.uint64(19))
    return found


@part
def below(stream: Words, n: int) -> np.int64:
    """One of 0..n-1, each as likely as the others but for one part in 2**32 / n."""
    return np.int64(((drawn(stream) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@part
def keep(best: Numbers, bits: int, step: int, number: int) -> None:
    """Note for each bit where it was found soonest. Walks come in ascending order, so that of equals the first stays."""
    bit = 0
    while bits:
        if bits & 1 and (best[2 * bit] < 0 or step < best[2 * bit]):
            best[2 * bit], best[2 * bit + 1] = step, number
        bits >>= 1
        bit += 1


BETWEEN, OCCURRENCE, WHOLE_RUN = range(3)
METER_KIND, START_BIT, STOP_BIT, BUDGET, METER = range(5)
"""Of each meter: what it looks at, which bits of the claims say that a stretch begins or ends, which budget it is of."""
UNDER_WAY, AMOUNT, STARTED, GAUGE = range(4)
"""Of each meter in the walk under way: whether there is a stretch, what it has spent, whether the start held before."""
COUNT, SPENT, WALKED = range(3)
"""Of each budget in the walk under way: stretches that have ended, and what they have spent in all."""
COUNTS, SUM, COUNTS_SQUARED, PRODUCTS, SUMS_SQUARED, SUMS = range(6)
"""Of each budget over all walks: these two, their squares and their product, summed."""
LEAST, MOST, EXTREMES = 0, 3, 6
"""Of each meter: the least amount of a stretch that has ended, after how many steps of which walk; likewise the most."""


@part
def note(extremes: Numbers, at: int, amount: int, sign: int, step: int, number: int) -> None:
    """Keep an extreme: the better amount (less or more, by `sign`), then the fewer steps."""
    known = extremes[at]
    if known < 0 or sign * amount > sign * known or (amount == known and step < extremes[at + 1]):
        extremes[at], extremes[at + 1], extremes[at + 2] = amount, step, number


@part
def end(meters: Numbers, gauge: Numbers, walked: Numbers, extremes: Numbers, k: int, step: int, number: int) -> None:
    """The stretch under way ends here."""
    b, amount = meters[METER * k + BUDGET], gauge[GAUGE * k + AMOUNT]
    walked[WALKED * b + COUNT] += 1
    walked[WALKED * b + SPENT] += amount
    note(extremes, EXTREMES * k + LEAST, amount, -1, step, number)
    gauge[GAUGE * k + UNDER_WAY] = 0


@part
def measure(
    meters: Numbers,
    amounts: Numbers,
    begins: Numbers,
    gauge: Numbers,
    walked: Numbers,
    extremes: Numbers,
    claims: int,
    label: int,
    step: int,
    number: int,
) -> None:
    """Look at the state a walk has come to, by a step with this label (of which there is none if `step` is 0)."""
    count = len(meters) // METER
    for k in range(count):
        kind, g = meters[METER * k + METER_KIND], GAUGE * k
        entry = k * (len(amounts) // count) + label
        starts = kind == WHOLE_RUN or (kind == BETWEEN and (claims >> meters[METER * k + START_BIT]) & 1 != 0)
        stops = kind != WHOLE_RUN and (claims >> meters[METER * k + STOP_BIT]) & 1 != 0
        if step and (gauge[g + UNDER_WAY] or begins[entry]):
            gauge[g + AMOUNT] = amounts[entry] + (gauge[g + AMOUNT] if gauge[g + UNDER_WAY] else 0)
            gauge[g + UNDER_WAY] = 1
            note(extremes, EXTREMES * k + MOST, gauge[g + AMOUNT], 1, step, number)
            if stops:
                end(meters, gauge, walked, extremes, k, step, number)
        if gauge[g + UNDER_WAY] == 0 and starts and gauge[g + STARTED] == 0:
            gauge[g + UNDER_WAY], gauge[g + AMOUNT] = 1, 0
            note(extremes, EXTREMES * k + MOST, 0, 1, step, number)
            if stops:
                end(meters, gauge, walked, extremes, k, step, number)
        gauge[g + STARTED] = 1 if starts else 0


@part
def resting(mark: Numbers, amounts: Numbers, state: Words, out: Words, choices: int) -> bool:
    """Whether no successor is another state, and none spends anything."""
    kinds, shift = len(amounts), np.uint64(mark[1])
    mask = ~(np.uint64(mark[2]) << shift)
    for i in range(choices):
        for w in range(len(state)):
            change = state[w] ^ out[i * len(state) + w]
            if (change & mask if w == mark[0] else change) != 0:
                return False
        label = np.int64(out[i * len(state) + mark[0]] >> shift) & mark[2]
        if label >= kinds or amounts[label]:
            return False
    return True


@part
def finish(meters: Numbers, gauge: Numbers, walked: Numbers, sums: Numbers) -> None:
    """The walk has ended: add it up and get ready for the next one."""
    for b in range(len(walked) // WALKED):
        n, amount = walked[WALKED * b + COUNT], walked[WALKED * b + SPENT]
        sums[SUMS * b + COUNTS] += n
        sums[SUMS * b + SUM] += amount
        sums[SUMS * b + COUNTS_SQUARED] += n * n
        sums[SUMS * b + PRODUCTS] += n * amount
        sums[SUMS * b + SUMS_SQUARED] += amount * amount
    walked[:] = 0
    gauge[:] = 0


@kernel
def walk(
    expand: int,
    judge: int,
    words: int,
    depth: int,
    wanted: Numbers,
    fatal: Numbers,
    mark: Numbers,
    actions: Numbers,
    claim: int,
    meters: Numbers,
    spends: Numbers,
    amounts: Numbers,
    begins: Numbers,
    gauge: Numbers,
    walked: Numbers,
    sums: Numbers,
    extremes: Numbers,
    initial: Words,
    seed: Words,
    info: Numbers,
    state: Words,
    stream: Words,
    out: Words,
    ends: Numbers,
    events: Numbers,
    masks: Numbers,
    enabled: Numbers,
    taken: Numbers,
    of_masks: Numbers,
    of_events: Numbers,
    trail: Words,
    budget: int,
) -> int:
    """Walk from number `info[WALK]` on until one of the reasons above, `budget` steps at most.

    A walk ends after `depth` steps, where there is no successor, and where it meets one of the `fatal` bits. `wanted` and
    `fatal` hold bits of masks and bits of events. `mark` says in which word, from which bit on and under which mask a
    state holds the label of the step that led to it; `actions` are the actions' numbers by label. `claim` is code that
    judges what meters want to know; `amounts` and `begins` are by meter and label, `spends` says by label whether anything
    is spent. Where a bit is found soonest goes to `of_masks` and `of_events`:
    steps before it, number of the walk; -1 for never. `enabled` and `taken` count per action. `trail`, unless empty,
    receives the states of the walk.
    """
    number, step = info[WALK], info[STEP]
    more = True
    while number < info[STOP]:
        if budget <= 0:
            more = False
            break
        if step < 0:
            begin(stream, seed[0], number)
            copy(state, 0, initial, 0, words)
            step = 0
        if len(trail):
            copy(trail, step * words, state, 0, words)
        over = step == depth
        label = np.int64(state[mark[0]] >> np.uint64(mark[1])) & mark[2]
        if len(meters):
            call_judge(claim, state.ctypes.data, 1, masks.ctypes.data)
            if masks[0] < 0:
                return BROKEN
            measure(meters, amounts, begins, gauge, walked, extremes, masks[0], label, step, number)
        if wanted[0]:
            call_judge(judge, state.ctypes.data, 1, masks.ctypes.data)
            if masks[0] < 0:
                return BROKEN
            bits = masks[0] & wanted[0]
            if bits:
                keep(of_masks, bits, step, number)
                over = over or (bits & fatal[0]) != 0
        choices = 0
        if not over:
            room = out.ctypes.data + len(out) * 8
            place = (out.ctypes.data, room, ends.ctypes.data, events.ctypes.data, enabled.ctypes.data)
            if call_expand(expand, state.ctypes.data, 1, place[0], place[1], place[2], place[3], place[4]) != 1:
                return BROKEN
            if events[0] < 0:
                return BROKEN
            bits = events[0] & wanted[1]
            if bits:
                keep(of_events, bits, step, number)
            choices = 0 if bits & fatal[1] else ends[0]
            if len(meters) and resting(mark, spends, state, out, ends[0]):
                for k in range(len(meters) // METER):
                    if meters[METER * k + METER_KIND] == WHOLE_RUN and gauge[GAUGE * k + UNDER_WAY]:
                        end(meters, gauge, walked, extremes, k, step, number)
        if choices == 0:
            info[LONGEST] = max(info[LONGEST], step)
            finish(meters, gauge, walked, sums)
            number, step = number + 1, -1
            continue
        chosen = below(stream, choices) if choices > 1 else 0
        copy(state, 0, out, chosen * words, words)
        taken[actions[np.int64(state[mark[0]] >> np.uint64(mark[1])) & mark[2]]] += 1
        info[STEPS] += 1
        step += 1
        budget -= 1
    info[WALK], info[STEP] = number, step
    return DONE if more else AGAIN
