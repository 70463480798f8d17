"""A kernfs file: active references of running methods, removal that drains them, and a method that removes its own file."""

from __future__ import annotations

from enum import Enum, auto
from typing import Generic, TypeVar

from virtspec import Call, Component, Const, Steps, atomic, require

T = TypeVar("T")


class File(Enum):
    """What a path leads to."""

    ABSENT = auto()  # not created yet, or unlinked
    PRESENT = auto()
    DEACTIVATED = auto()  # still linked, but no method can begin


class KernfsFile(Component, Generic[T]):
    """A file whose methods are run by tasks of type T.

    A method runs with one active reference. Removing the file takes its name away, then waits for the methods that run:
    the drain. A method that removes its own file drops its reference first, for it would wait for itself, and takes it
    again behind the drain (break and unbreak). In between the count does not see it: another remover may slip through,
    or miss that window and wait for the end of the method.

    Created again, it is another file: `earlier` and `earlier_broken` are of those before it.
    """

    at_first: Const[File] = File.ABSENT

    file: File = at_first
    active: set[T]
    broken: set[T]  # methods between break and unbreak
    suicidal: T | None  # the method that removes its own file, until it ends
    earlier: set[T]  # methods of an earlier file of that name that still run
    earlier_broken: set[T]
    draining: bool  # another remover waits for this very file, not for an earlier one

    def create(self) -> None:
        """kernfs_create_file(). Methods of an earlier file of that name may still run."""
        assert self.file is File.ABSENT, "a file is created that is there"
        self.file = File.PRESENT
        self.earlier |= self.active
        self.earlier_broken |= self.broken
        self.active.clear()
        self.broken.clear()
        self.suicidal = None
        self.draining = False

    def is_present(self) -> bool:
        """Whether a method can begin."""
        return self.file is File.PRESENT

    def is_running(self, t: T) -> bool:
        """Whether t runs a method, as the count sees it: not between break and unbreak."""
        return t in self.active or t in self.earlier

    def get_active(self, t: T) -> bool:
        """kernfs_get_active(): a method begins. False, which userspace sees as -ENODEV, once the file is deactivated."""
        atomic("one operation on the count, whose bias tells that the file is deactivated")
        if self.file is not File.PRESENT:
            return False
        self.active.add(t)
        return True

    def put_active(self, t: T) -> None:
        """kernfs_put_active(): the method ends."""
        if t in self.earlier:
            self.earlier.remove(t)
        else:
            assert t in self.active, "an active reference is put that was not taken"
            self.active.remove(t)
            if self.suicidal == t:
                self.suicidal = None

    def remove(self) -> Steps:
        """kernfs_remove(): by somebody who runs none of its methods. What is gone already is not waited for."""
        atomic("under kernfs_rwsem")
        if self.file is not File.ABSENT:
            self.file = File.DEACTIVATED
            self.draining = True
            yield "drain"
            atomic("the drain ends under kernfs_rwsem, and so does the name")
            if self.draining:
                require(len(self.active) == 0)
                self.draining = False
                self.file = File.ABSENT
            else:  # created again meanwhile
                require(len(self.earlier) == 0)

    def remove_self(self, t: T) -> Call[bool]:
        """kernfs_remove_self(): by the method itself. Of several only the first removes, the others wait until it ends."""
        atomic("under kernfs_rwsem")
        assert t in self.active, "a file is removed by a method of its own that does not run"
        self.active.remove(t)
        self.broken.add(t)
        if self.suicidal is None:
            self.suicidal = t
            self.file = File.DEACTIVATED
            yield "drain"
            atomic("the drain ends under kernfs_rwsem, and so do the name and the method's being without a reference")
            self.drain(t)
            if t in self.broken:
                self.file = File.ABSENT
            self.unbreak(t)
            return True
        yield "wait"
        atomic("it looks, and takes its reference again, under kernfs_rwsem")
        self.drain(t)
        require(t in self.earlier_broken or self.suicidal is None)
        self.unbreak(t)
        return False

    def drain(self, t: T) -> None:
        """kernfs_drain(): wait until no method of t's file runs."""
        require(len(self.earlier if t in self.earlier_broken else self.active) == 0)

    def unbreak(self, t: T) -> None:
        """kernfs_unbreak_active_protection()."""
        if t in self.earlier_broken:
            self.earlier_broken.remove(t)
            self.earlier.add(t)
        else:
            self.broken.remove(t)
            self.active.add(t)
