# A step with more paths than can be written out.
# expect: VS411 at 17:9 `yield "a"`
# hint: put a yield between its parts, or use fewer jumps
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Paths(Model):
    n: dict[Annotated[int, Range(0, 15)], bool]

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        for i in range(16):
            if self.n[i]:
                if self.n[0]:
                    return
            elif self.n[1]:
                self.n[i] = False
        yield "b"
