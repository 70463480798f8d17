"""What mdev needs of the kernel, in plain Python: memory, references, a semaphore, the files of sysfs.

Code that may be kept waiting is a generator. It stops where another task may run in between and says what it waits for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from virtspec_models.playing.paths import KernelBug, Path, Stop, Task


class Memory:
    """An object that can be freed, and then raises whoever touches it."""

    def free(self) -> None:
        object.__setattr__(self, "__class__", Freed)


class Freed(Memory):
    """What is left of an object."""

    def __getattribute__(self, name: str) -> object:
        raise KernelBug(f"use after free: {name} is read")

    def __setattr__(self, name: str, value: object) -> None:
        raise KernelBug(f"use after free: {name} is written")


def is_freed(memory: Memory) -> bool:
    """To be asked by who only watches."""
    return type(memory) is Freed


class Kref:
    """References, one at first."""

    def __init__(self) -> None:
        self.count = 1

    def get(self) -> None:
        if self.count == 0:
            raise KernelBug("a reference is taken of what has none")
        self.count += 1

    def put(self) -> bool:
        """Whether that was the last one."""
        if self.count == 0:
            raise KernelBug("a reference is put below zero")
        self.count -= 1
        return self.count == 0


class RwSem:
    """A semaphore with many readers or one writer. Who queues up to write keeps new readers out."""

    def __init__(self) -> None:
        self.readers = 0
        self.writer: Task | None = None
        self.queue: list[Task] = []

    def try_read(self) -> bool:
        if self.writer or self.queue:
            return False
        self.readers += 1
        return True

    def up_read(self) -> None:
        if self.readers == 0:
            raise KernelBug("read-unlocked where nobody reads")
        self.readers -= 1

    def down_write(self, task: Task) -> Path[None]:
        self.queue.append(task)
        yield Stop("down_write", lambda: not self.readers and not self.writer and self.queue[0] == task)
        self.writer = self.queue.pop(0)

    def up_write(self, task: Task) -> None:
        if self.writer != task:
            raise KernelBug("write-unlocked by somebody else")
        self.writer = None


@dataclass
class Directory:
    """A directory of sysfs with the files in it, and those that were in it before. It outlives what it shows."""

    present: bool = True
    files: dict[str, File] = field(default_factory=dict)
    unlinked: list[File] = field(default_factory=list)

    def create(self, name: str) -> bool:
        """False, with a warning in the kernel's log, if the directory is gone."""
        if self.present:
            if name in self.files:
                raise KernelBug(f"{name} is created twice")
            self.files[name] = File(name, self)
        return self.present

    def offers(self, name: str) -> bool:
        """Whether a method of that file can begin."""
        return name in self.files and not self.files[name].deactivated

    def remove(self, name: str) -> Path[None]:
        if name in self.files:
            yield from self.files[name].remove()


@dataclass(eq=False)
class File:
    """A file of sysfs. `active` are the tasks in its methods, but for those whose reference is broken."""

    name: str
    directory: Directory
    deactivated: bool = False
    active: set[Task] = field(default_factory=set)
    broken: set[Task] = field(default_factory=set)
    suicidal: Task | None = None
    suicided: bool = False

    def drained(self) -> bool:
        return not self.active

    def begin(self, task: Task) -> None:
        """A method begins."""
        if self.deactivated:
            raise KernelBug(f"a method of {self.name} begins after its end")
        self.active.add(task)

    def end(self, task: Task) -> None:
        """A method ends."""
        self.active.remove(task)

    def remove(self) -> Path[None]:
        """Let no method begin, wait for those that run, and unlink the file if nobody has."""
        self.deactivated = True
        yield Stop("drain", self.drained)
        self.unlink()

    def unlink(self) -> None:
        if self.directory.files.get(self.name) is self:
            self.directory.unlinked.append(self.directory.files.pop(self.name))

    def remove_self(self, task: Task) -> Path[bool]:
        """By a method of the file. False for all but the first, when the first one's method has ended."""
        self.active.remove(task)
        self.broken.add(task)
        first = self.suicidal is None
        if first:
            self.suicidal = task
            yield from self.remove()
            self.suicided = True
        else:
            yield Stop("wait", lambda: self.suicided and self.drained())
        self.broken.remove(task)
        self.active.add(task)
        return first
