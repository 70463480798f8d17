# A call with an effect inside an expression: its order would be hidden.
# expect: VS302 at 38:27 `self.word.xchg(True)`
# hint: assign its result to a local first
# expect: VS302 at 39:18 `self.word.xchg(False)`
# hint: assign its result to a local first
# expect: VS302 at 40:28 `self.word.xchg(True)`
# hint: assign its result to a local first
# expect: VS302 at 41:22 `self.word.xchg(self.n)`
# hint: assign its result to a local first
# expect: VS302 at 42:17 `self.q.popleft()`
# hint: assign its result to a local first
# expect: VS302 at 43:18 `self.word.xchg(True)`
# hint: assign its result to a local first
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Word(Component):
    value: bool

    def xchg(self, new: bool) -> bool:
        old = self.value
        self.value = new
        return old


class Words(Model):
    word: Word
    q: Annotated[Seq[Task], Cap(2)]
    n: bool

    @action
    def step(self, t: Task) -> None:
        require(self.n or self.word.xchg(True))
        self.n = self.word.xchg(False) == self.n
        self.n = self.both(self.word.xchg(True))
        self.n = all(self.word.xchg(self.n) for u in Task)
        require(self.q.popleft() == t)
        self.n = self.word.xchg(True) if self.n else False

    def both(self, a: bool) -> bool:
        return a and self.n
