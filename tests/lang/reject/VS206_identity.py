# `is` on what Python may have several equal objects for.
# expect: VS206 at 24:17 `self.n is 2`
# hint: use == for a 0..3; `is` is for None, bool and enum members
# expect: VS206 at 25:17 `self.owner is t`
# hint: use == for a Task; `is` is for None, bool and enum members
# expect: VS206 at 26:17 `self.some is not self.some`
# hint: use == for a set[Task]; `is` is for None, bool and enum members
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Same(Model):
    n: Annotated[int, Range(0, 3)]
    owner: Task | None
    some: set[Task]
    up: bool

    @action
    def step(self, t: Task) -> None:
        require(self.n is 2)
        require(self.owner is t)
        require(self.some is not self.some)
        require(self.up is True and self.owner is not None)
