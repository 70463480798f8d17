# Who runs a process does not change.
# expect: VS306 at 17:9 `t`
# hint: use another local
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Runner(Model):
    owner: Task

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        t = self.owner
        self.owner = t
