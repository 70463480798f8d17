"""Memory that is allocated, used and freed: kmalloc() and kfree() of one object."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Component, Const


class Mem(Enum):
    """What the address of an object stands for."""

    NONE = auto()  # nothing was allocated there yet
    OK = auto()
    FREED = auto()


class Freeable(Component):
    """One object. `use()` stands wherever the kernel follows a pointer to it.

    With `stale` freed memory keeps its content until somebody else gets it, which the kernel does not notice either.
    """

    used_after_free: Const[str] = "used after it was freed"
    freed_twice: Const[str] = "freed twice"
    stale: Const[bool] = False
    at_first: Const[Mem] = Mem.NONE

    mem: Mem = at_first

    def alloc(self) -> None:
        """kmalloc(): an address that was freed may be given out again."""
        assert self.mem is not Mem.OK, "allocated while it is in use"
        self.mem = Mem.OK

    def use(self) -> None:
        """A dereference."""
        assert self.mem is not Mem.NONE, "used before it was allocated"
        assert self.stale or self.mem is Mem.OK, self.used_after_free

    def free(self) -> None:
        """kfree()."""
        assert self.mem is Mem.OK, self.freed_twice
        self.mem = Mem.FREED

    def is_ok(self) -> bool:
        return self.mem is Mem.OK
