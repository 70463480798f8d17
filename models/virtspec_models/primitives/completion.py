"""struct completion: wait until somebody says that it is done."""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Range, require


class Completion(Component):
    """A count of how many waiters may go, up to `most`, or word that all may, now and later.

    complete() counts: whoever comes after it does not wait. That is what tells a completion from a wake-up.
    """

    most: Const[int] = 1

    done: Annotated[int, Range(0, most)]
    all_done: bool

    def complete(self) -> None:
        """complete(): one waiter may go."""
        if not self.all_done:
            assert self.done < self.most, "completed more often than anybody waits"
            self.done += 1

    def complete_all(self) -> None:
        """complete_all(): every waiter may go, until it is initialized again."""
        self.all_done = True
        self.done = 0

    def wait_for_completion(self) -> None:
        """wait_for_completion()."""
        require(self.completion_done())
        if not self.all_done:
            self.done -= 1

    def try_wait_for_completion(self) -> bool:
        """try_wait_for_completion(): never waits. Whether it was done."""
        if not self.completion_done():
            return False
        if not self.all_done:
            self.done -= 1
        return True

    def completion_done(self) -> bool:
        """completion_done(): whether a waiter would go."""
        return self.all_done or self.done > 0

    def reinit_completion(self) -> None:
        """reinit_completion(): who has not gone yet waits for the next one."""
        self.all_done = False
        self.done = 0
