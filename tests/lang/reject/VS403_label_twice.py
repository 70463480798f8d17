# A label that names two steps.
# expect: VS403 at 18:9 `yield "work"`
# hint: a label names one step
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Twice(Model):
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "work"
        self.n = True
        yield "work"
        self.n = False
