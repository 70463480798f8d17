# `yield from` something that is no sub-process.
# expect: VS408 at 19:9 `yield from self.plain()`
# hint: a method of the model or a component with a yield in it
# expect: VS408 at 24:9 `yield from range(3)`
# hint: a method of the model or a component with a yield in it
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class From(Model):
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        yield from self.plain()

    @process
    def other(self, t: Task) -> Steps:
        yield "a"
        yield from range(3)

    def plain(self) -> None:
        self.n = True
