"""atomic_t and its like: one word that several CPUs read and change, each time in one go."""

from __future__ import annotations

from typing import Generic, TypeVar

from virtspec import Component

V = TypeVar("V")


class AtomicWord(Component, Generic[V]):
    """A word with values V of any type: a number, a state, who owns something or None.

    Each method is one step at most. What is read in one step and set in a later one may have changed in between; that is
    what the other three methods are for.
    """

    word: V

    def read(self) -> V:
        """atomic_read()."""
        return self.word

    def set(self, value: V) -> None:
        """atomic_set()."""
        self.word = value

    def xchg(self, value: V) -> V:
        """atomic_xchg(): the old value."""
        old = self.word
        self.word = value
        return old

    def cmpxchg(self, expected: V, value: V) -> V:
        """atomic_cmpxchg(): store `value` if the word is as expected. The old value: success if it is the expected one."""
        old = self.word
        if old == expected:
            self.word = value
        return old

    def try_cmpxchg(self, expected: V, value: V) -> bool:
        """atomic_try_cmpxchg(): the same; whether it was stored."""
        if self.word != expected:
            return False
        self.word = value
        return True
