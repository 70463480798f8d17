"""Code paths that stop: each stretch, from one stop to the next, is one step of the model and bears its name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

R = TypeVar("R")
Task = str
Picks = Mapping[str, object]
"""What is chosen in a stretch, by the model's names: parameters of a call, what becomes of a request."""

Line = dict[str, object]
"""One line of a log. A stretch finds its picks in it, and may add what it sees."""


class KernelBug(Exception):
    """What a kernel would not survive."""


@dataclass(frozen=True)
class Stop:
    """Where a task may be kept waiting: the name of what comes next, whether it can go on, and what it may choose."""

    label: str
    ready: Callable[[], bool] = lambda: True
    ways: Callable[[], Sequence[Picks]] = lambda: [{}]
    begins: bool = False
    """Whether a code path begins here: so far the task is idle, and need not ever go on."""


Path = Generator[Stop, Line, R]
"""A code path, or a part of one, that ends with a result. It is sent the line of the stretch that begins."""


def named(name: str, path: Path[R]) -> Path[R]:
    """A call: the labels within it stand behind its name. The model's name for the n-th call of a text is `name[n]`.

    >>> def wait() -> Path[None]:
    ...     yield Stop("drain")
    >>> [stop.label for stop in named("remove", wait())]
    ['remove.drain']
    """
    try:
        stop = next(path)
        while True:
            stop = path.send((yield replace(stop, label=f"{name}.{stop.label}")))
    except StopIteration as end:
        result: R = end.value
        return result


def members(kind: str, size: int) -> list[str]:
    """The members of a Scalarset, named as the model names them.

    >>> members("Slot", 2), members("User", 1)
    (['Slot0', 'Slot1'], ['User'])
    """
    return [kind] if size == 1 else [f"{kind}{i}" for i in range(size)]
