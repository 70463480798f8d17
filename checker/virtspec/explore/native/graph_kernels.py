"""The fixed loops that make a graph of the states found, and look for fair cycles in it; compiled once per machine.

The graph: `offsets[s]` to `offsets[s + 1]` are the edges of state s; they lead to `targets` and are steps with `labels`.
Of steps that change nothing only those are edges that matter to a budget. A label is a step of the fair unit `units - 1`, or
of none where that is 0. `enabled[s]` has a bit for each unit that can leave s, be it by a fault, which is no edge.
A behaviour may stay in every state as well.

An automaton walks along: node s * size + q is state s with the automaton in q. Transitions `first[q]` to `first[q + 1]` of
the automaton are possible where all bits of `true` and none of `false` are set in `claims[s]`; `done` are the acceptance
sets that they belong to.
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import call_expand, part
from virtspec.explore.native.level_kernels import BLOCK
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Slots, Words
from virtspec.explore.native.steps import FIRST_PROPERTY_BIT
from virtspec.explore.native.visited_kernels import Width, find, hashed, words_of

UNKNOWN, ALIVE, DEAD = range(3)
"""What is known of a node: nothing; it can be reached, and may lie on a fair cycle; it does not."""
SETS, UNITS, RESTING, MET = range(4)
"""What the last edge of a way is good for."""
BEST, AGAIN, RESULT = range(3)
"""What `components` tells: the least node of a fair component, -1 for none; whether there may be fair parts of others."""


# --- the graph ---------------------------------------------------------------------------------------------------------


@kernel
def link(
    code: int,
    width: Width,
    word: int,
    shift: int,
    mask: int,
    out: Words,
    tags: Numbers,
    ends: Numbers,
    events: Numbers,
    counts: Numbers,
    hashes: Words,
    places: Numbers,
    arena: Words,
    table: Slots,
    info: Numbers,
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    enabled: Numbers,
    units: Numbers,
    keep: Numbers,
    start: int,
    stop: int,
) -> int:
    """Write the edges of states `start` to `stop`; the first state for whose edges there is no room, -1 if generated code
    did not keep to its bounds.

    `code` writes a label for each step into the state that it leads to; `word`, `shift` and `mask` say where. It is 0 in the
    states found. Of a step that changes nothing the label is that of the step behind all others, so that it is nobody's;
    `keep` says which of these are wanted.
    """
    words = words_of(width)
    at = start
    while at < stop:
        n = min(BLOCK, stop - at)
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
            return -1
        for i in range(done):
            if events[i] < 0:
                return -1
        found = ends[done - 1]
        if offsets[at] + found > len(targets):
            return at
        for i in range(found):
            tags[i] = np.int64(out[i * words + word] >> np.uint64(shift)) & mask
            out[i * words + word] &= ~(np.uint64(mask) << np.uint64(shift))
        edge, i = offsets[at], 0
        for source in range(at, at + done):
            enabled[source] = events[source - at] >> FIRST_PROPERTY_BIT
            while i < ends[source - at]:
                some = min(len(hashes), ends[source - at] - i)
                for k in range(some):
                    hashes[k] = hashed(out, (i + k) * words, words)
                find(out, i, some, words, hashes, places, arena, table, info)
                for k in range(some):
                    if places[k] < 0:
                        return -1
                    tag = tags[i + k]
                    if places[k] != source or keep[tag]:
                        targets[edge] = places[k]
                        labels[edge] = tag if places[k] != source else tag + len(keep)
                        if units[labels[edge]]:
                            enabled[source] |= 1 << (units[labels[edge]] - 1)
                        edge += 1
                i += some
            offsets[source + 1] = edge
        at += done
    return at


@kernel
def spread(offsets: Numbers, targets: Slots, good: Numbers) -> int:
    """Make good what has an edge to what is good; how many states that were."""
    found = 0
    for s in range(len(good) - 1, -1, -1):
        if good[s] == 0:
            for e in range(offsets[s], offsets[s + 1]):
                if good[targets[e]]:
                    good[s] = 1
                    found += 1
                    break
    return found


# --- fair components ---------------------------------------------------------------------------------------------------


@part
def possible(t: int, true: Numbers, false: Numbers, claims: int) -> bool:
    """Whether the automaton can take transition `t` where these claims are true."""
    return bool((claims & true[t]) == true[t] and (claims & false[t]) == 0)


@kernel
def components(
    size: int,
    first: Numbers,
    true: Numbers,
    false: Numbers,
    target: Numbers,
    done: Numbers,
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    enabled: Numbers,
    units: Numbers,
    claims: Numbers,
    status: Slots,
    order: Slots,
    low: Slots,
    stack: Slots,
    calls: Slots,
    cursors: Numbers,
    result: Numbers,
    halt: Numbers,
    roots: int,
    sets: int,
    weak: int,
    strong: int,
) -> int:
    """Judge every strongly connected component that the first `roots` nodes, as far as they are not dead, lead to.

    Tarjan's algorithm, with a stack of its own. In the end `order` is the same for the nodes of one component and for no
    others. What cannot lie on a fair cycle is dead. `sets` are the acceptance sets, `weak` and `strong` the fair units. -1 if
    it was told to `halt`.
    """
    count, result[BEST], result[AGAIN] = 0, -1, 0
    for root in range(roots):
        if order[root] or status[root] == DEAD or (roots > 1 and status[root] == UNKNOWN):
            continue
        count += 1
        order[root] = low[root] = count
        status[root] = ALIVE
        stack[0], calls[0], cursors[0] = root, root, 0
        top = depth = 1
        while depth:
            if halt[0]:
                return -1
            node = calls[depth - 1]
            s, q = node // size, node % size
            degree = offsets[s + 1] - offsets[s] + 1
            t, k = first[q] + cursors[depth - 1] // degree, cursors[depth - 1] % degree
            if t < first[q + 1]:
                if not possible(t, true, false, claims[s]):
                    cursors[depth - 1] += degree
                    continue
                cursors[depth - 1] += 1
                to = s if k == 0 else targets[offsets[s] + k - 1]
                other = to * size + target[t]
                if status[other] == DEAD:
                    continue
                if order[other] == 0:
                    count += 1
                    order[other] = low[other] = count
                    status[other] = ALIVE
                    stack[top], calls[depth], cursors[depth] = other, other, 0
                    top += 1
                    depth += 1
                elif low[other]:  # still on the stack
                    low[node] = min(low[node], order[other])
                continue
            depth -= 1
            if depth:
                low[calls[depth - 1]] = min(low[calls[depth - 1]], low[node])
            if low[node] == order[node]:
                begin = top - 1
                while stack[begin] != node:
                    begin -= 1
                for i in range(begin, top):
                    order[stack[i]] = order[node]
                    low[stack[i]] = 0
                judge(
                    size,
                    first,
                    true,
                    false,
                    target,
                    done,
                    offsets,
                    targets,
                    labels,
                    enabled,
                    units,
                    claims,
                    status,
                    order,
                    low,
                    stack,
                    begin,
                    top,
                    sets,
                    weak,
                    strong,
                    result,
                )
                top = begin
    return count


@part
def judge(
    size: int,
    first: Numbers,
    true: Numbers,
    false: Numbers,
    target: Numbers,
    done: Numbers,
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    enabled: Numbers,
    units: Numbers,
    claims: Numbers,
    status: Slots,
    order: Slots,
    low: Slots,
    stack: Slots,
    begin: int,
    end: int,
    sets: int,
    weak: int,
    strong: int,
    result: Numbers,
) -> None:
    """Judge the component that lies on the stack: its own edges, and where its units can step."""
    met, taken, somewhere, everywhere, edges = 0, 0, 0, -1, 0
    least = stack[begin]
    for i in range(begin, end):
        node = stack[i]
        s, q = node // size, node % size
        least = min(least, node)
        somewhere |= enabled[s]
        everywhere &= enabled[s]
        for t in range(first[q], first[q + 1]):
            if possible(t, true, false, claims[s]):
                for k in range(offsets[s + 1] - offsets[s] + 1):
                    e = offsets[s] + k - 1
                    other = (s if k == 0 else targets[e]) * size + target[t]
                    if order[other] == order[node] and low[other] == 0 and status[other] != DEAD:
                        edges += 1
                        met |= done[t]
                        if k and units[labels[e]]:
                            taken |= 1 << (units[labels[e]] - 1)
    if edges == 0 or (met & sets) != sets or everywhere & weak & ~taken:
        for i in range(begin, end):
            status[stack[i]] = DEAD
        return
    starving = somewhere & strong & ~taken
    if starving:
        result[AGAIN] = 1
        for i in range(begin, end):
            if enabled[stack[i] // size] & starving:
                status[stack[i]] = DEAD
    elif result[BEST] < 0 or least < result[BEST]:
        result[BEST] = least


# --- ways --------------------------------------------------------------------------------------------------------------


@kernel
def way(
    size: int,
    first: Numbers,
    true: Numbers,
    false: Numbers,
    target: Numbers,
    done: Numbers,
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    enabled: Numbers,
    units: Numbers,
    claims: Numbers,
    order: Slots,
    came: Slots,
    queue: Slots,
    found: Numbers,
    met: Numbers,
    start: int,
    inside: int,
    into: int,
    node_wanted: int,
    sets: int,
    some: int,
    resting: int,
) -> int:
    """Write a shortest way from `start` into `found`, nodes after `start` in order; how many, 0 if there is none.

    It stays in the component `inside`, unless that is 0, and ends with an edge into the component `into`, or to a node, or
    that belongs to one of the acceptance sets, or is a step of `some` unit, or leaves a state in which one of the
    units `resting` cannot step; `met` says which. `came` must be all zero, and is again when it is done.
    """
    queue[0] = start
    head, tail, hit, last = 0, 1, -1, start
    while head < tail and hit < 0:
        node = queue[head]
        head += 1
        s, q = node // size, node % size
        for t in range(first[q], first[q + 1]):
            if hit >= 0 or not possible(t, true, false, claims[s]):
                continue
            for k in range(offsets[s + 1] - offsets[s] + 1):
                e = offsets[s] + k - 1
                other = (s if k == 0 else targets[e]) * size + target[t]
                if inside and order[other] != inside:
                    continue
                bit = 1 << (units[labels[e]] - 1) if k and units[labels[e]] else 0
                arrived = (into != 0 and order[other] == into) or other == node_wanted
                met[SETS], met[UNITS], met[RESTING] = done[t] & sets, bit & some, resting & ~enabled[s]
                if arrived or met[SETS] != 0 or met[UNITS] != 0 or met[RESTING] != 0:
                    hit = other
                    last = node
                    break
                if came[other] == 0 and other != start:
                    came[other] = node + 1
                    queue[tail] = other
                    tail += 1
    length = 0
    if hit >= 0:
        found[0] = hit
        length = 1
        while last != start:
            found[length] = last
            length += 1
            last = came[last] - 1
        for i in range(length // 2):
            found[i], found[length - 1 - i] = found[length - 1 - i], found[i]
    for i in range(tail):
        came[queue[i]] = 0
    return length
