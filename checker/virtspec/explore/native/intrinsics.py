"""What kernels are made of beside arithmetic: parts of their own, and what Python has no word for.

Kernels and their parts are plain Python, so that they can be read, typed and tried out. What runs is compiled from them
by Numba, see `compiling`; there the functions without a body have one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from virtspec.explore.native.memory import Numbers, Slots, Words

CHECKED = os.environ.get("VIRTSPEC_CHECK") == "1"
"""Kernels check every index."""

F = TypeVar("F", bound=Callable[..., Any])

PARTS: list[Callable[..., Any]] = []
"""All functions that kernels are made of."""


def part(f: F) -> F:
    """A function that kernels are made of."""
    PARTS.append(f)
    return f


# --- what is only there when compiled --------------------------------------------------------------------------------


def call_expand(
    address: int, states: int, n: int, out: int, end: int, ends: int, events: int, counts: int
) -> int:  # numbers are addresses, but `n`
    """The generated `expand`, by address; see `module`."""
    raise NotImplementedError


def call_judge(address: int, states: int, n: int, masks: int) -> None:
    """The generated `judge`, by address; see `module`."""
    raise NotImplementedError


def call_keys(address: int, state: int, keys: int) -> None:
    """The generated `keys`, by address; see `canonical`."""
    raise NotImplementedError


def call_rename(address: int, state: int, out: int, places: int, members: int) -> None:
    """The generated `rename`, by address; see `canonical`."""
    raise NotImplementedError


def call_move(
    address: int, way: int, state: int | np.int64, out: int, work: int, given: int
) -> int:  # addresses, but `way`
    """The generated `move`, by address; see `following`."""
    raise NotImplementedError


def prefetch(array: Words | Slots, index: int | np.int64) -> None:
    """Ask for an element of an array; it will be read soon."""
    raise NotImplementedError


def fetch_add(array: Numbers, index: int, by: int) -> int:
    """Add to an element of an array in one atomic step; what it was."""
    raise NotImplementedError


def take_slot(array: Slots, index: int | np.int64, value: np.uint32) -> bool:
    """Set an element of an array, if it is 0, in one atomic step; whether it was.

    Whoever sees the value sees all that was written before it.
    """
    raise NotImplementedError


# --- states ------------------------------------------------------------------------------------------------------------


@part
def equal(a: Words, i: int, b: Words, j: int, words: int) -> bool:
    for k in range(words):  # noqa: SIM110  # Numba knows no generators in `all`
        if a[i + k] != b[j + k]:
            return False
    return True


@part
def copy(a: Words, i: int, b: Words, j: int | np.int64, words: int) -> None:
    """Make a[i:] the state at b[j:]."""
    for k in range(words):
        a[i + k] = b[j + k]


@part
def less(a: Words, i: int, b: Words, j: int, words: int) -> bool:
    """Whether the state at a[i:] comes before the one at b[j:], word by word."""
    for k in range(words):
        if a[i + k] != b[j + k]:
            return bool(a[i + k] < b[j + k])
    return False
