# The variable of a comprehension hides a local: easy to misread.
# expect: VS310 at 20:38 `t`
# hint: give the variable of the comprehension a name of its own
# expect: VS310 at 22:49 `u`
# hint: give the variable of the comprehension a name of its own
# expect: VS310 at 23:42 `v`
# hint: give the variable of the comprehension a name of its own
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Hidden(Model):
    busy: dict[Task, bool]

    @action
    def step(self, t: Task) -> None:
        require(all(self.busy[t] for t in Task))
        for u in Task:
            self.busy[u] = any(self.busy[u] for u in Task)
        require(any(all(self.busy[v] for v in Task) for v in Task))
