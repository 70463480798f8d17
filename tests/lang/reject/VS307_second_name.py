# A second name for a dict, a set or a sequence: Python would share it, a state does not.
# expect: VS307 at 37:16 `self.a`
# hint: name the field itself, or make a copy: set(...)
# expect: VS307 at 38:18 `self.b`
# hint: name the field itself, or make a copy: set(...)
# expect: VS307 at 39:18 `self.b if t in self.b else set()`
# hint: name the field itself, or make a copy: set(...)
# expect: VS307 at 40:18 `self.mine()`
# hint: name the field itself, or make a copy: set(...)
# expect: VS307 at 41:25 `self.a`
# hint: name the field itself, or make a copy: set(...)
# expect: VS307 at 42:21 `dict(self.sets)`
# hint: name the field itself, or make a copy: {k: set(...) for k in K}
# expect: VS307 at 43:13 `self.q`
# hint: name the field itself, or make a copy: Seq(...)
# expect: VS307 at 44:16 `self.busy`
# hint: name the field itself, or make a copy: dict(...)
# expect: VS307 at 45:19 `self.b`
# hint: name the field itself, or make a copy: set(...)
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Alias(Model):
    a: set[Task]
    b: set[Task]
    busy: dict[Task, bool]
    sets: dict[Task, set[Task]]
    q: Annotated[Seq[Task], Cap(2)]

    @action
    def step(self, t: Task) -> None:
        some = self.a
        self.a = self.b
        self.a = self.b if t in self.b else set()
        self.a = self.mine()
        self.sets = {u: self.a for u in Task}
        self.sets = dict(self.sets)
        q = self.q
        busy = self.busy
        self.fill(self.b)
        self.a = set(self.b) | self.b

    def mine(self) -> set[Task]:
        return self.a

    def fill(self, some: set[Task]) -> None:
        self.a = some | self.a
