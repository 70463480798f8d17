# A yield where there are no steps.
# expect: VS406 at 19:5 `def step`
# hint: only a @process, or a sub-process it calls, has steps
# expect: VS406 at 24:13 `yield "a"`
# hint: write `yield "label"` on a line of its own
# expect: VS406 at 28:1 `def never`
# hint: only a @process, or a sub-process it calls, has steps
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Yields(Model):
    n: bool

    @action
    def step(self) -> None:
        yield "a"

    @process
    def run(self, t: Task) -> Steps:
        x = yield "a"


@invariant(Yields)
def never(m: Yields) -> bool:
    yield "a"
    return True
