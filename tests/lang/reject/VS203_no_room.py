# A local kept across a yield takes the type of its first value; a later one does not fit.
# expect: VS203 at 24:13 `tries = tries + 1`
# hint: declare it where it is first assigned: tries: Annotated[int, Range(lo, hi)] = ...
# expect: VS203 at 26:17 `who = self.owner`
# hint: declare it where it is first assigned: who: Task | None = ...
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Kept(Model):
    n: Annotated[int, Range(0, 3)]
    owner: Task | None

    @process
    def run(self, t: Task) -> Steps:
        tries = 0
        who = t
        while self.n < 3:
            yield "again"
            tries = tries + 1
            if self.owner is not None:
                who = self.owner
        self.n = tries
        self.owner = who
