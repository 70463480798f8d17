# A component does not run by itself.
# expect: VS412 at 15:5 `def work`
# hint: leave out @process; a model calls it with `yield from`
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Worker(Component):
    n: bool

    @process
    def work(self, t: Task) -> Steps:
        yield "a"
        self.n = True


class Shop(Model):
    worker: Worker
