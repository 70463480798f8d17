# A name nobody knows; one of Python's own that the language does not have.
# expect: VS108 at 21:28 `r`
# hint: a name is a parameter, a local, or a global of this file; fields are self.name
# expect: VS108 at 22:9 `print`
# hint: Python's print is outside the language; all, any, sum, len, min, max and range are inside
# expect: VS108 at 23:44 `Tasks`
# hint: did you mean 'Task'?
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Count(Model):
    n: bool
    busy: dict[Task, bool]

    @action
    def step(self, t: Task) -> None:
        self.n = self.busy[r]
        print(t)
        self.n = all(self.busy[x] for x in Tasks)
