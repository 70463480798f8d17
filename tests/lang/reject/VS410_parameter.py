# Parameters that are chosen freely need a scalar type.
# expect: VS410 at 21:20 `items: set[Task]`
# hint: items: T, with T a Scalarset, an Enum, bool or an int range
# expect: VS410 at 21:38 `who`
# hint: who: T, with T a Scalarset, an Enum, bool or an int range
# expect: VS410 at 25:28 `other: Task | None`
# hint: other: T, with T a Scalarset, an Enum, bool or an int range
# expect: VS410 at 30:23 `items`
# hint: items: T, with T a Scalarset, an Enum, bool or an int range
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Params(Model):
    some: set[Task]

    @action
    def step(self, items: set[Task], who) -> None:
        self.some = set()

    @process
    def run(self, t: Task, other: Task | None) -> Steps:
        yield "a"


@invariant(Params)
def all_of(m: Params, items) -> bool:
    return True
