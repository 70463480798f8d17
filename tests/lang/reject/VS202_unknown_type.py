# A local whose type nothing tells: None first, an empty set.
# expect: VS202 at 18:9 `seen = None`
# hint: annotate it where it is first assigned: seen: T | None = None
# expect: VS202 at 24:17 `set()`
# hint: assign it to a field, or annotate the local
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Later(Model):
    owner: Task | None

    @process
    def run(self, t: Task) -> Steps:
        seen = None
        yield "look"
        if self.owner is not None:
            seen = self.owner
        yield "use"
        self.owner = seen
        items = set()
