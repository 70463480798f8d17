# A process without steps is an action.
# expect: VS409 at 15:5 `def run`
# hint: one atomic step without steps inside is an @action
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Atomic(Model):
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        self.n = True
