# A loop over members of any number is one update of all entries: a turn that sees what another has written is refused.
# expect: VS316 at 23:9 `for t in Task`
# hint: each turn may assign, and read of what is assigned, only the entries of its own member; or give Task a size
from __future__ import annotations
from virtspec import *


class Task(Scalarset, size="any"):
    """A task."""


class Flags(Model):
    up: dict[Task, bool]
    first: Task

    @action
    def sweep(self) -> None:
        """Every entry its own: no problem."""
        for t in Task:
            self.up[t] = not self.up[t]
    @action
    def spread(self) -> None:
        for t in Task:
            self.up[t] = self.up[self.first]
