"""Plays tasks one stretch at a time, and logs each: one object per line, as `virtspec conform` reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from virtspec_models.playing.paths import Line, Path, Picks, Stop, Task

Tasks = Mapping[Task, Path[None]]
"""Everybody who takes part, by name: as the model names who takes the steps. What one member does in two tasks stands
behind a word and a space: "device 0", "interrupt 0".
"""


class Deadlock(Exception):
    """Nobody can go on, and somebody is inside a code path."""


class BadSchedule(Exception):
    """A schedule that is none, that asks for a stretch nobody can take, or for one that goes otherwise than it says."""


class Play:
    """The tasks on their paths: where each stands, how it can go on, and the log of what was done.

    Whoever calls `go` decides the schedule. A stretch that raises ends the play; in the log a `fault` stands for it.
    """

    def __init__(self, tasks: Tasks, log: Callable[[Line], None]) -> None:
        self.log = log
        self.time = 0
        self.standing: dict[Task, tuple[Path[None], Stop]] = {}
        for task, path in tasks.items():
            first = next(path, None)
            if first is not None:
                self.standing[task] = path, first

    def at(self, task: Task) -> str | None:
        """The label of what a task does next; None where it has come to its end."""
        return self.standing[task][1].label if task in self.standing else None

    def inside(self, task: Task) -> bool:
        """Whether a task is inside a code path."""
        return task in self.standing and not self.standing[task][1].begins

    def ways(self, task: Task) -> Sequence[Picks]:
        """What a task may choose as it goes on; nothing if it has to wait."""
        if task not in self.standing:
            return []
        _, stop = self.standing[task]
        return stop.ways() if stop.ready() else []

    def ready(self) -> list[tuple[Task, Picks]]:
        """Everything that can happen next."""
        return [(task, picks) for task in self.standing for picks in self.ways(task)]

    def go(self, task: Task, picks: Picks) -> Line:
        """A task takes one stretch, to its next stop or its end. The line of the log; raises what the stretch raises."""
        path, stop = self.standing[task]
        about: Line = {"thread": who(task), "time": self.time}
        line = {"event": stop.label, **about, **picks}
        self.time += 1
        try:
            self.standing[task] = path, path.send(line)
        except StopIteration:
            del self.standing[task]
        except Exception as error:
            del self.standing[task]
            line = {"event": "fault", **about, "message": str(error), "label": stop.label, **picks}
            raise
        finally:
            self.log(line)
        return line

    def end(self) -> None:
        """Where nobody can go on: raises Deadlock if that is not the end of everybody's path."""
        stuck = [f"{who(task)} at {self.at(task)}" for task in self.standing if self.inside(task)]
        if stuck:
            raise Deadlock("nobody can go on: " + ", ".join(stuck))


def who(task: Task) -> str:
    """The member that the model knows."""
    return task.rpartition(" ")[2]


def at_random(play: Play, seed: object) -> None:
    """One random schedule to its end. Raises Deadlock, and what a stretch raises."""
    chooser = random.Random(str(seed))
    while ready := play.ready():
        play.go(*chooser.choice(ready))
    play.end()


def again(play: Play, schedule: Iterable[Line]) -> None:
    """The schedule of a log, which may be the beginning of one. Raises BadSchedule, and what the stretches raise."""
    for number, wanted in enumerate(schedule):
        event = wanted.get("label") if wanted["event"] == "fault" else wanted["event"]
        found = [
            (task, picks)
            for task, picks in play.ready()
            if (who(task), play.at(task)) == (wanted["thread"], event) and picks.items() <= wanted.items()
        ]
        if not found:
            raise BadSchedule(f"step {number}: {wanted['thread']} cannot take {event} here: {text(wanted)}")
        line = play.go(*found[0])
        if line != wanted:
            raise BadSchedule(f"step {number}: the schedule says {text(wanted)}, but what happens is {text(line)}")


def text(line: Line) -> str:
    return json.dumps(line)


def writer(file: TextIO) -> Callable[[Line], None]:
    """A log as JSON Lines; each line is in the file when the stretch ends."""

    def write(line: Line) -> None:
        print(text(line), file=file, flush=True)

    return write


def read(file: Iterable[str]) -> Iterator[Line]:
    """The lines of a log, without its header. Raises BadSchedule for what is none."""
    for number, entry in enumerate(file, start=1):
        try:
            line = json.loads(entry)
        except ValueError as error:
            raise BadSchedule(f"line {number}: {error}") from error
        if not isinstance(line, dict):
            raise BadSchedule(f"line {number} is no object")
        if number == 1 and "virtspec" in line:
            continue
        if not {"event", "thread"} <= line.keys():
            raise BadSchedule(f"line {number} does not say which event it is, and of which thread")
        yield line
