# A sub-process called as if it were a method.
# expect: VS407 at 18:9 `self.helper(t)`
# hint: run it with `yield from` in a @process: yield from self.helper(t)
# expect: VS407 at 20:18 `self.helper(t)`
# hint: run it with `yield from` in a @process: yield from self.helper(t)
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Calls(Model):
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        self.helper(t)
        yield "a"
        self.n = self.helper(t)

    def helper(self, t: Task) -> Steps:
        yield "b"
