"""The fixed loops that find out what stretches of behaviours spend, on a graph as `graph_kernels` makes it.

A node is a state and whether a stretch is under way there: 2 * s + 1 if so, 2 * s if not. By label, `amounts` is what a
step spends and `begins` whether a stretch begins with it if none is under way. `claims[s]` has the bits `START` (one begins
where it is set and was not in the state before) and `STOP` (the one under way ends).
"""

from __future__ import annotations

import numpy as np

from virtspec.explore.native.intrinsics import part
from virtspec.explore.native.library import kernel
from virtspec.explore.native.memory import Numbers, Slots

START, STOP = 1, 2
OUTSIDE, INSIDE, ENDED = range(3)
"""Of an edge: no stretch is under way behind it; one is; one ended with it, and none is."""
NEVER = (1 << 32) - 1
"""An amount that is not known, or larger than any."""
MOST_AMOUNT = NEVER - 1
GREATEST, SOURCE, EDGE, ENDLESS = range(4)
"""What `most` tells: the greatest amount, -1 if no stretch begins; where an edge begins that can be taken again and again
within one stretch and spends something, -1 if there is none, and the edge."""


@part
def rises(s: int, t: int, claims: Numbers) -> bool:
    return bool((claims[t] & START) != 0 and (claims[s] & START) == 0)


@part
def observed(inside: int, s: int, t: int, begins: int, claims: Numbers) -> int:
    """What an edge from `s` to `t` does."""
    if inside == 0 and begins == 0 and not rises(s, t, claims):
        return OUTSIDE
    return ENDED if claims[t] & STOP else INSIDE


@part
def spends(inside: int, label: int, begins: Numbers, amounts: Numbers) -> int:
    """What an edge adds to the stretch that is under way, or that begins with the step itself."""
    return int(amounts[label]) if inside or begins[label] else 0


@kernel
def reach(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    begins: Numbers,
    claims: Numbers,
    seen: Slots,
    queue: Slots,
    root: int,
) -> int:
    """Set `seen` to 1 for every node that can be reached from `root`; how many these are."""
    seen[root] = 1
    queue[0] = root
    head, tail = 0, 1
    while head < tail:
        node = queue[head]
        head += 1
        s = node // 2
        for e in range(offsets[s], offsets[s + 1]):
            t = targets[e]
            other = 2 * t + (1 if observed(node % 2, s, t, begins[labels[e]], claims) == INSIDE else 0)
            if seen[other] == 0:
                seen[other] = 1
                queue[tail] = other
                tail += 1
    return tail


@kernel
def least(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    begins: Numbers,
    claims: Numbers,
    seen: Slots,
    spent: Slots,
    later: Slots,
    stack: Slots,
    root: int,
) -> int:
    """The least that a stretch spends that ends, -1 if none ends.

    In the end `spent` is, as far as it is no more than that, the least with which an inner node is reached, else `NEVER`
    or something larger. Round by round, each of which goes as far as one amount does; `seen` is 3 for a node in `later`.
    """
    best, waiting, now = np.int64(NEVER), 0, np.int64(NEVER)
    if root % 2:
        spent[root] = 0
        later[0] = root
        seen[root] = 3
        waiting, now = 1, np.int64(0)
    for node in range(len(seen)):
        if seen[node] == 0:
            continue
        s = node // 2
        for e in range(offsets[s], offsets[s + 1]):
            t, begin = targets[e], begins[labels[e]]
            found = observed(0, s, t, begin, claims)
            if found == OUTSIDE or (node % 2 and (begin != 0 or (claims[t] & STOP) == 0)):
                continue
            amount = amounts[labels[e]] if begin else np.int64(0)
            if found == ENDED:
                best = min(best, amount)
            elif amount < spent[2 * t + 1]:
                spent[2 * t + 1] = amount
                now = min(now, amount)
                if seen[2 * t + 1] == 1:
                    seen[2 * t + 1] = 3
                    later[waiting] = 2 * t + 1
                    waiting += 1
    while now < best:
        kept, top, then = 0, 0, np.int64(NEVER)
        for i in range(waiting):
            node = later[i]
            if spent[node] > now:
                later[kept] = node
                kept += 1
                then = min(then, np.int64(spent[node]))
            else:
                seen[node] = 1
                if spent[node] == now:
                    stack[top] = node
                    top += 1
        waiting = kept
        while top:
            top -= 1
            node = stack[top]
            s = node // 2
            for e in range(offsets[s], offsets[s + 1]):
                t = targets[e]
                amount = now + amounts[labels[e]]
                if claims[t] & STOP:
                    best = min(best, amount)
                elif amount < spent[2 * t + 1]:
                    spent[2 * t + 1] = amount
                    if amount == now:
                        stack[top] = 2 * t + 1
                        top += 1
                    else:
                        then = min(then, amount)
                        if seen[2 * t + 1] == 1:
                            seen[2 * t + 1] = 3
                            later[waiting] = 2 * t + 1
                            waiting += 1
        now = then
    return int(best) if best < NEVER else -1


@kernel
def most(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    begins: Numbers,
    claims: Numbers,
    seen: Slots,
    order: Slots,
    low: Slots,
    stack: Slots,
    calls: Slots,
    more: Slots,
    cursors: Numbers,
    result: Numbers,
    halt: Numbers,
    root: int,
) -> int:
    """The most that a stretch spends; `more` is how much more it may spend from an inner node on.

    Tarjan's algorithm: what can be reached from a component is known when it is. 0, -1 for an amount beyond 32 bits, -2 if
    it was told to `halt`.
    """
    result[GREATEST], result[SOURCE], result[EDGE] = 0 if root % 2 or claims[0] & START else -1, -1, -1
    count = 0
    for begin in range(1, len(seen), 2):
        if seen[begin] == 0 or order[begin]:
            continue
        count += 1
        order[begin] = low[begin] = count
        stack[0], calls[0], cursors[0] = begin, begin, offsets[begin // 2]
        top = depth = 1
        while depth:
            if halt[0]:
                return -2
            node = calls[depth - 1]
            s, e = node // 2, cursors[depth - 1]
            if e < offsets[s + 1]:
                cursors[depth - 1] += 1
                t = targets[e]
                if claims[t] & STOP:
                    continue
                other = 2 * t + 1
                if order[other] == 0:
                    count += 1
                    order[other] = low[other] = count
                    stack[top], calls[depth], cursors[depth] = other, other, offsets[t]
                    top += 1
                    depth += 1
                elif low[other]:  # still on the stack
                    low[node] = min(low[node], order[other])
                continue
            depth -= 1
            if depth:
                low[calls[depth - 1]] = min(low[calls[depth - 1]], low[node])
            if low[node] == order[node]:
                first = top - 1
                while stack[first] != node:
                    first -= 1
                if not settle(offsets, targets, labels, amounts, claims, order, low, stack, more, result, first, top):
                    return -1
                top = first
    for node in range(len(seen)):
        if seen[node]:
            s = node // 2
            for e in range(offsets[s], offsets[s + 1]):
                t = targets[e]
                found = observed(node % 2, s, t, begins[labels[e]], claims)
                if found != OUTSIDE:
                    amount = spends(node % 2, labels[e], begins, amounts)
                    result[GREATEST] = max(result[GREATEST], amount)
                    if found == INSIDE:
                        result[GREATEST] = max(result[GREATEST], amount + more[2 * t + 1])
    if root % 2:
        result[GREATEST] = max(result[GREATEST], np.int64(more[root]))
    return 0


@part
def settle(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    claims: Numbers,
    order: Slots,
    low: Slots,
    stack: Slots,
    more: Slots,
    result: Numbers,
    first: int,
    end: int,
) -> bool:
    """Write how much more can be spent from the nodes of the component on the stack; false if it is beyond 32 bits."""
    component = order[stack[first]]
    for i in range(first, end):
        order[stack[i]] = component
    best = np.int64(0)
    for i in range(first, end):
        node = stack[i]
        s = node // 2
        for e in range(offsets[s], offsets[s + 1]):
            t, amount = targets[e], amounts[labels[e]]
            other = 2 * t + 1
            if claims[t] & STOP:
                best = max(best, amount)
            elif order[other] != component or low[other] == 0:
                best = max(best, amount + more[other])
            elif amount and (result[SOURCE] < 0 or node < result[SOURCE]):
                result[SOURCE], result[EDGE] = node, e
    if best > MOST_AMOUNT:
        return False
    for i in range(first, end):
        more[stack[i]] = best
    for i in range(first, end):
        low[stack[i]] = 0
    return True


_INDEX = 24
"""Bits for the number of an edge among those of its state."""


@part
def came_from(node: int, index: int) -> int:
    """Not 0."""
    return (node + 1) << _INDEX | index


@part
def back(offsets: Numbers, came: Numbers, found: Numbers, node: int, length: int, nodes: int) -> int:
    """Write the edges by which `node` was come to in front of `length` others, all of them in order; how many."""
    while came[node]:
        index = came[node] & ((1 << _INDEX) - 1)
        node = (came[node] >> _INDEX) - 1
        found[length] = offsets[node % nodes // 2] + index
        length += 1
    for i in range(length // 2):
        found[i], found[length - 1 - i] = found[length - 1 - i], found[i]
    return length


@kernel
def way(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    begins: Numbers,
    claims: Numbers,
    came: Numbers,
    queue: Slots,
    found: Numbers,
    start: int,
    goal: int,
    inside: int,
) -> int:
    """Write a shortest way from `start` to another node `goal` into `found`, as edges; how many, -1 if there is none.

    `inside` asks that it stays within one stretch. `came` must be all zero.
    """
    queue[0] = start
    head, tail = 0, 1
    while head < tail and came[goal] == 0:
        node = queue[head]
        head += 1
        s = node // 2
        for e in range(offsets[s], offsets[s + 1]):
            effect = observed(node % 2, s, targets[e], begins[labels[e]], claims)
            if inside and effect != INSIDE:
                continue
            other = 2 * targets[e] + (1 if effect == INSIDE else 0)
            if came[other] == 0 and other != start:
                came[other] = came_from(node, e - offsets[s])
                queue[tail] = other
                tail += 1
    return back(offsets, came, found, goal, 0, 2 * len(claims)) if came[goal] else -1


@kernel
def tight(
    offsets: Numbers,
    targets: Slots,
    labels: Slots,
    amounts: Numbers,
    begins: Numbers,
    claims: Numbers,
    spent: Slots,
    came: Numbers,
    queue: Slots,
    found: Numbers,
    root: int,
    amount: int,
    ended: int,
) -> int:
    """Write a shortest way from `root` into `found` that ends with a stretch which has spent `amount` in the end, and at each
    node before as much as `spent` says; as edges; how many, -1 if there is none. `ended` asks that the stretch ends.

    Nodes of that stretch count behind all others. `came` must be all zero.
    """
    n = len(spent)
    chosen = root % 2 == 1 and spent[root] == 0
    queue[0], queue[1] = root, n + root
    head, tail = 0, 2 if chosen else 1
    while head < tail:
        node = queue[head]
        head += 1
        within, at = node >= n, node % n
        s = at // 2
        for e in range(offsets[s], offsets[s + 1]):
            t = targets[e]
            effect = observed(at % 2, s, t, begins[labels[e]], claims)
            other = 2 * t + (1 if effect == INSIDE else 0)
            fresh = at % 2 == 0 or (begins[labels[e]] == 0 and rises(s, t, claims))
            if effect != OUTSIDE and (within or fresh):
                total = np.int64(spent[at]) if within else np.int64(0)
                if within or at % 2 == 0:
                    total += spends(at % 2, labels[e], begins, amounts)
                fits = effect == ENDED or ((at % 2 == 0 or within) and spent[other] == total)
                if fits and total == amount and (effect == ENDED or ended == 0):
                    found[0] = e
                    return back(offsets, came, found, node, 1, n)
                if fits and effect == INSIDE and came[n + other] == 0 and not (chosen and other == root):
                    came[n + other] = came_from(node, e - offsets[s])
                    queue[tail] = n + other
                    tail += 1
            if not within and came[other] == 0 and other != root:
                came[other] = came_from(node, e - offsets[s])
                queue[tail] = other
                tail += 1
    return -1
