# Statements that do nothing.
# expect: VS312 at 22:9 `self.n == True`
# hint: call a method, assign, or remove it
# expect: VS312 at 23:9 `self.n`
# hint: call a method, assign, or remove it
# expect: VS312 at 24:9 `len(Task)`
# hint: call a method, assign, or remove it
# expect: VS312 at 25:9 `choose(bool)`
# hint: x = choose(T)
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Nothing(Model):
    n: bool

    @action
    def step(self) -> None:
        self.n == True
        self.n
        len(Task)
        choose(bool)
