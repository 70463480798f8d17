# while, if, elif, else, continue, break: a loop may run through several steps, or through none if its test is false.
# One thread works off up to 2 jobs; an odd one out is skipped, a stop breaks the loop.
# Not stopped: idle(0), look(2), work(2), look(1), after(0), a cycle of 5 steps; from each of them one step stops it.
# Stopped: idle(0) -> look(2) -> after(2) -> idle, work(2) -> look(1) -> after(1) -> idle, after(0) -> idle: 7 and 7.
# states: 12 transitions: 17 depth: 5
# holds: ranges
from typing import Annotated

from virtspec import Model, Range, Singleton, Steps, action, at, invariant, process, require


class Worker(Singleton):
    """Who runs it."""


class Loop(Model):
    jobs: Annotated[int, Range(0, 2)]
    stop: bool

    @action
    def halt(self) -> None:
        require(not self.stop)
        self.stop = True

    @process
    def run(self, w: Worker) -> Steps:
        assert self.jobs == 0
        self.jobs = 2
        while self.jobs > 0:
            yield "look"
            if self.stop:
                break
            elif self.jobs == 1:
                self.jobs -= 1
                continue
            else:
                yield "work"
            self.jobs -= 1
        yield "after"
        self.jobs = 0


@invariant(Loop)
def ranges(m: Loop) -> bool:
    return (not at(m.run, "work") or m.jobs == 2) and (at(m.run) or m.jobs == 0)
