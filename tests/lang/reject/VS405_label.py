# Labels that are no identifiers, or not written down.
# expect: VS405 at 23:9 `yield "try lock"`
# hint: yield "trylock"
# expect: VS405 at 27:9 `yield NAME`
# hint: yield "trylock"
# expect: VS405 at 31:9 `yield`
# hint: yield "trylock"
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


NAME = "a"


class Labels(Model):
    n: bool

    @process
    def one(self, t: Task) -> Steps:
        yield "try lock"

    @process
    def two(self, t: Task) -> Steps:
        yield NAME

    @process
    def three(self, t: Task) -> Steps:
        yield
