"""struct rw_semaphore: many readers or one writer, and a writer that waits keeps new readers out."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from virtspec import Component, Const, Range, Steps, acquires, atomic, releases, require

W = TypeVar("W")


class RwSem(Component, Generic[W]):
    """Up to `most` readers, who are counted and not named, as in the kernel; writers of type W.

    A writer that waits has set RWSEM_FLAG_WAITERS, which makes every attempt to read fail: the gate closes when
    down_write() begins to wait, not when it returns. `gate_at_acquisition` is the mistake of leaving it open until then.
    """

    most: Const[int] = 2
    gate_at_acquisition: Const[bool] = False

    readers: Annotated[int, Range(0, most)]
    writer: W | None
    waiting: set[W]

    def is_open(self) -> bool:
        """Whether a reader may enter now."""
        return self.writer is None and (self.gate_at_acquisition or len(self.waiting) == 0)

    @acquires
    def down_read_trylock(self) -> bool:
        """Never blocks. False where a writer holds the semaphore, or waits for it."""
        if not self.is_open():
            return False
        self.add()
        return True

    @acquires
    def down_read(self) -> None:
        """Wait until no writer is inside or waits."""
        require(self.is_open())
        self.add()

    @releases
    def up_read(self) -> None:
        """One reader fewer, whoever it was."""
        assert self.readers > 0, "read-unlocked where nobody reads"
        self.readers -= 1

    @acquires
    def down_write(self, t: W) -> Steps:
        """Queue up, which closes the gate; wait until readers and writers are out."""
        assert self.writer != t, "write-locked twice by one task"
        self.waiting.add(t)
        yield "down_write"
        atomic("one operation on the count")
        require(self.readers == 0 and self.writer is None)
        self.waiting.remove(t)
        self.writer = t

    @releases
    def up_write(self, t: W) -> None:
        """The writer leaves."""
        assert self.writer == t, "write-unlocked by a task that does not hold it"
        self.writer = None

    def is_write_locked_by(self, t: W) -> bool:
        """For assertions: lockdep_assert_held_write()."""
        return self.writer == t

    def add(self) -> None:
        """One more reader, if there may be so many: those who never unlock pile up."""
        assert self.readers < self.most, "more readers than there may be"
        self.readers += 1
