"""Every schedule with few preemptions, one after the other: small, systematic, the same each time.

A task is preempted where it could go on and another one goes instead; where it waits, or has come to the end of a code path,
handing over is free. Few preemptions are enough for many mistakes, and there are few schedules with so few: their number
grows with the length of the play to the power of the bound (Musuvathi and Qadeer, PLDI 2007; their tool is CHESS). What is
chosen within a stretch is never a preemption.

No state is stored. A schedule is played from the beginning: as the last one up to the last choice that has alternatives
left, then with the next of these, then on with whoever goes already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from virtspec_models.playing.paths import KernelBug, Line, Picks, Task
from virtspec_models.playing.play import Deadlock, Play, Tasks, text


@dataclass(frozen=True)
class Move:
    """A stretch that somebody can take, and the preemptions left behind it."""

    task: Task
    picks: Picks
    left: int


def explore(fresh: Callable[[], Tasks], preemptions: int) -> Iterator[list[Line]]:
    """The log of every schedule with at most so many preemptions, each once, those with fewer first.

    `fresh` makes the tasks anew. A log that ends with a `fault` is of a play that a KernelBug has ended. Raises Deadlock,
    with the log as its note, for a schedule that ends in one.
    """
    for bound in range(preemptions + 1):
        yield from exactly(fresh, bound)


def search(fresh: Callable[[], Tasks], wrong: Callable[[list[Line]], bool], preemptions: int = 2) -> list[Line] | None:
    """The first log that is wrong, None if none is. It is a schedule: `play.again` plays it."""
    return next((log for log in explore(fresh, preemptions) if wrong(log)), None)


def exactly(fresh: Callable[[], Tasks], preemptions: int) -> Iterator[list[Line]]:
    """The logs of the schedules with so many preemptions, depth first."""
    tried: list[list[Move]] = []  # at each stretch the moves still to be tried, the one of this schedule last
    while True:
        log: list[Line] = []
        try:
            left = follow(Play(fresh(), log.append), tried, preemptions)
        except Deadlock as end:
            end.add_note("\n".join(map(text, log)))
            raise
        if left == 0:
            yield log
        while tried and len(tried[-1]) == 1:
            tried.pop()
        if not tried:
            return
        tried[-1].pop()


def follow(play: Play, tried: list[list[Move]], left: int) -> int:
    """The schedule of `tried`, and on to the end; what is met on the way is added. The preemptions left at the end."""
    last: Task | None = None
    while True:
        if play.time == len(tried):
            if not (found := moves(play, last, left)):
                break
            tried.append(found[::-1])
        move = tried[play.time][-1]
        last, left = move.task, move.left
        try:
            play.go(move.task, move.picks)
        except KernelBug:
            return left
    play.end()
    return left


def moves(play: Play, last: Task | None, left: int) -> list[Move]:
    """Who may go next: who has gone before comes first, and while it can go on all others take a preemption."""
    ready = play.ready()
    preempts = last is not None and play.inside(last) and any(task == last for task, _ in ready)
    first = [Move(task, picks, left) for task, picks in ready if task == last]
    price = 1 if preempts else 0
    return first + [Move(task, picks, left - price) for task, picks in ready if task != last and price <= left]
