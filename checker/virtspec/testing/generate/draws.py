"""Random choices, each made so that a failing example shrinks to its first, plainest alternative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


@cache
def _integers(lo: int, hi: int) -> st.SearchStrategy[int]:
    return st.integers(lo, hi)


class Draws:
    """Choices drawn by Hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def whole(self, make: Callable[[], T]) -> T:
        """What `make` draws, as one thing: a shrinking example can do without all of it at once."""
        return self._draw(st.builds(make))

    def number(self, lo: int, hi: int) -> int:
        """An integer of lo..hi; shrinks to `lo`."""
        return lo if lo == hi else self._draw(_integers(lo, hi))

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, which are not none; shrinks to the first. One that stands there twice comes twice as often."""
        return options[self.number(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        """True that often; shrinks to False."""
        return self.number(0, 99) >= 100 - percent

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """So many of `options`, none twice unless it stands there twice, in their order."""
        left = list(range(len(options)))
        found = [left.pop(self.number(0, len(left) - 1)) for _ in range(min(self.number(least, most), len(left)))]
        return [options[i] for i in sorted(found)]


class Rolled(Draws):
    """Choices that follow from a number. No version of Hypothesis has a say in them; and nothing shrinks."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def whole(self, make: Callable[[], T]) -> T:
        return make()

    def number(self, lo: int, hi: int) -> int:
        return self._random.randint(lo, hi)
