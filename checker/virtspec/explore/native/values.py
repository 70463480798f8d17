"""How many distinct values every field takes: a field that never changes, or never takes a value, is worth a look."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from virtspec.errors import UsageError
from virtspec.explore.native.layout import Node, leaves
from virtspec.explore.native.memory import Words
from virtspec.explore.native.search import Search
from virtspec.explore.native.visited import Visited
from virtspec.ir.types import cardinality

CHUNK = 1 << 16
"""States looked at at a time."""


def distinct_values(search: Search) -> dict[str, int]:
    """For each field the number of values it has in the states found.

    All bits but those of the field are masked out; what is left is a state of its own, kept in a visited set.
    """
    layout = search.module.layout
    return {
        field.name: _distinct(search, _mask(node, layout.words), cardinality(field.type))
        for field, node in zip(layout.system.fields, layout.nodes, strict=True)
    }


def _distinct(search: Search, mask: Words, most: int) -> int:
    kept = Visited(len(mask), 1, search.memory)
    for states in _chunks(search, len(mask)):
        if not kept.add(kept.parts[0], (states & mask).reshape(-1), len(states)):
            raise UsageError("there is not enough memory to count distinct values; raise --memory")
        if kept.states == most:
            break
    return kept.states


def _chunks(search: Search, words: int) -> Iterator[Words]:
    for part in search.visited.parts:
        for start in range(0, part.states, CHUNK):
            stop = min(start + CHUNK, part.states)
            yield part.arena[start * words : stop * words].reshape(-1, words)


def _mask(node: Node, words: int) -> Words:
    mask = [0] * words
    for leaf in leaves(node):
        mask[leaf.word] |= leaf.mask << leaf.shift
    return np.array(mask, np.uint64)
