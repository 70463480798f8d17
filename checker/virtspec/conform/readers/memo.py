"""Texts that occur again and again in a log, such as threads and pointers, are parsed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

ROOM = 1 << 16
"""How many texts are remembered: enough for any log that repeats itself, and a bound for one that does not."""
SHORT = 64
"""Longer texts are not remembered."""


class Memo(dict[str, T], Generic[T]):
    """What a function makes of a text. `memo[text]` is the function's result for any text."""

    def __init__(self, function: Callable[[str], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, text: str) -> T:
        result = self._function(text)
        if len(text) <= SHORT:
            if len(self) >= ROOM:
                self.clear()
            self[text] = result
        return result
