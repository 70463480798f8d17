# None where nothing says what it is an absence of.
# expect: VS205 at 19:18 `None`
# hint: compare with `is None`, or store it where `T | None` is declared
# expect: VS205 at 20:17 `None`
# hint: compare with `is None`, or store it where `T | None` is declared
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Nobody(Model):
    owner: Task | None
    n: bool

    @action
    def step(self) -> None:
        self.n = None
        require(None)
        self.owner = None
