"""Plays schedules on a core: whoever can run takes one stretch, to where another task may run in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from virtspec_models.mdev.reference.core import BeforeTheSeries, Mdev
from virtspec_models.mdev.reference.kernel import KernelBug, Path, Stop, Task

Log = Callable[[dict[str, object]], None]


class Threads:
    """The tasks inside a core's code paths."""

    def __init__(self, core: BeforeTheSeries, log: Log | None = None) -> None:
        self.core = core
        self.log = log
        self.inside: dict[Task, tuple[Path[str], Stop]] = {}

    def at(self, task: Task) -> str | None:
        """The label a task stands at; None where it is idle."""
        return self.inside[task][1].label if task in self.inside else None

    def ready(self, task: Task) -> bool:
        """Whether a task inside can go on."""
        return self.inside[task][1].ready()

    def begin(self, task: Task, path: Path[str]) -> None:
        """An idle task enters a code path."""
        assert task not in self.inside, "a task does one thing at a time"
        self.stretch(task, path, getattr(path, "__name__", "begin"))

    def step(self, task: Task) -> None:
        """A task inside goes on."""
        assert self.ready(task), f"{task} goes on where it has to wait: {self.at(task)}"
        path, stop = self.inside.pop(task)
        self.stretch(task, path, stop.label)

    def stretch(self, task: Task, path: Path[str], label: str) -> None:
        """To the next stop, or the end."""
        result = None
        try:
            self.inside[task] = path, next(path)
        except StopIteration as end:
            result = end.value
        except KernelBug as bug:
            result = str(bug)
            raise
        finally:
            self.note(task, label, result)

    def open(self, user: Task, mdev: Mdev) -> None:
        self.core.open(user, mdev)
        self.note(user, "open", mdev.uuid)

    def close(self, user: Task) -> None:
        self.core.close(user)
        self.note(user, "close")

    def note(self, task: Task, label: str, result: str | None = None) -> None:
        if self.log is not None:
            core = self.core
            children = [mdev.uuid for device in core.devices for mdev in device.children.values()]
            listed = [mdev.uuid for mdev in core.mdev_list]
            self.log({"task": task, "label": label, "listed": listed, "children": children, "result": result})


TASKS = ("Creator0", "Creator1", "Remover0", "Remover1", "User")
UUIDS = ("Uuid0", "Uuid1")


class Crowd:
    """Tasks that create, remove, open and close, as their names say, and one that unregisters each device."""

    def __init__(self, threads: Threads, tasks: Sequence[Task] = TASKS, uuids: Sequence[str] = UUIDS) -> None:
        self.threads = threads
        self.core = threads.core
        self.uuids = uuids
        self.tasks = (*tasks, *(device.name for device in self.core.devices))

    def play(self, seed: object, runs: int = 2) -> None:
        """One random schedule in which each task begins `runs` times at most. A KernelBug ends it before its time."""
        chooser = random.Random(str(seed))
        left = dict.fromkeys(self.tasks, runs)
        while choices := [
            (task, go) for task in self.tasks for go in self.choices(task) if left[task] or self.busy(task)
        ]:
            task, go = chooser.choice(choices)
            left[task] -= not self.busy(task)
            go()

    def busy(self, task: Task) -> bool:
        return task in self.threads.inside or task in self.core.opened

    def choices(self, task: Task) -> Iterator[Callable[[], None]]:
        """Everything that a task can do next."""
        threads, core = self.threads, self.core
        if task in threads.inside:
            if threads.ready(task):
                yield partial(threads.step, task)
            return
        if task in core.opened:
            yield partial(threads.close, task)
            return
        for device in core.devices:
            if task == device.name and device.parent in core.parent_list:
                yield partial(threads.begin, task, core.unregister(device))
            if task.startswith("Creator") and device.types.offers("create"):
                for uuid in self.uuids:
                    yield partial(threads.begin, task, core.create_store(task, device, uuid))
            for mdev in device.children.values():
                if task.startswith("Remover") and mdev.directory.offers("remove"):
                    yield partial(threads.begin, task, core.remove_store(task, mdev))
                if task.startswith("User") and mdev.bound:
                    yield partial(threads.open, task, mdev)
