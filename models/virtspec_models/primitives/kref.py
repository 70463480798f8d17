"""struct kref: a reference count whose last put releases."""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Range


class Kref(Component):
    """A count of 0 to `most` references. What the last put releases is the caller's to do."""

    most: Const[int] = 2
    at_first: Const[int] = 0
    below_zero: Const[str] = "a reference is put that nobody holds"

    refcount: Annotated[int, Range(0, most)] = at_first

    def init(self) -> None:
        """kref_init(): the creator's own reference."""
        self.refcount = 1

    def get(self) -> None:
        """kref_get(): only who holds a reference may take another one."""
        assert self.refcount > 0, "a reference is taken of what has none"
        self.add()

    def get_unless_zero(self) -> bool:
        """kref_get_unless_zero(): for who found a pointer and holds no reference."""
        if self.refcount == 0:
            return False
        self.add()
        return True

    def add(self) -> None:
        """One more, if there may be so many: references that nobody puts pile up."""
        assert self.refcount < self.most, "more references than anybody may hold"
        self.refcount += 1

    def put(self) -> bool:
        """kref_put(): whether that was the last reference."""
        assert self.refcount > 0, self.below_zero
        self.refcount -= 1
        return self.refcount == 0
