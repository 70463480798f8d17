# The variable of a loop used behind it, assigned in it, or shared with a loop around it.
# expect: VS314 at 25:18 `i`
# hint: use another name, or a local assigned in the loop
# expect: VS314 at 30:13 `i`
# hint: use another name, or a local assigned in the loop
# expect: VS314 at 36:17 `i`
# hint: use another name, or a local assigned in the loop
# expect: VS314 at 41:13 `t`
# hint: use another name, or a local assigned in the loop
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Loops(Model):
    n: Annotated[int, Range(0, 3)]

    @action
    def behind(self) -> None:
        for i in range(3):
            self.n = i
        self.n = i

    @action
    def assigned(self) -> None:
        for i in range(3):
            i = 2
            self.n = i

    @action
    def nested(self) -> None:
        for i in range(3):
            for i in range(2):
                self.n = i

    @process
    def run(self, t: Task) -> Steps:
        for t in Task:
            yield "a"
