"""Plays tasks as threads of the operating system, which decides who comes next.

Every task is a thread that runs its path to the end. A stretch is made atomic by one lock around all of them: what the
kernel's locks and atomic operations make atomic, this one lock does. What a task waits for is a condition on the state that
the lock guards, so one condition variable serves all; its line is logged before the lock is released, so the log has the
stretches in their order. Between two stretches a thread holds nothing, and any other may come first.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from virtspec_models.playing.paths import Task
from virtspec_models.playing.play import Play


class Threads:
    """One play by threads. What is chosen in a stretch is drawn by its thread; the same seed draws the same again, but
    who comes next is not in its hands.
    """

    def __init__(self, play: Play, seed: object) -> None:
        self.play = play
        self.seed = seed
        self.turn = threading.Condition()
        self.over = not play.ready()
        self.error: Exception | None = None

    def run(self) -> None:
        """To the end of everybody's path. Raises Deadlock, and what a stretch raises: that ends all threads."""
        threads = [threading.Thread(target=self.work, args=(task,), name=task) for task in self.play.standing]
        with switching_often():
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    thread.join()
            finally:  # who interrupts the wait must not leave threads behind
                self.stop()
        if self.error is not None:
            raise self.error
        self.play.end()

    def work(self, task: Task) -> None:
        """A thread."""
        chooser = random.Random(f"{self.seed} {task}")
        while self.stretch(task, chooser):
            time.sleep(0)  # gives way: who releases a lock and wants it again gets it before those who wait

    def stretch(self, task: Task, chooser: random.Random) -> bool:
        """Wait until the task can go on, take one stretch and let the others look again. Whether the play goes on."""
        with self.turn:
            try:
                self.turn.wait_for(lambda: self.over or self.play.ways(task))
                if not self.over:
                    self.play.go(task, chooser.choice(self.play.ways(task)))
                    self.over = not self.play.ready()
            except Exception as error:
                self.error = self.error or error
                self.over = True
            self.turn.notify_all()
            return not self.over

    def stop(self) -> None:
        with self.turn:
            self.over = True
            self.turn.notify_all()


@contextmanager
def switching_often() -> Iterator[None]:
    """The interpreter hands over as often as it can: a stretch is much shorter than its usual interval."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
