# A path through a while loop that ends no step.
# expect: VS401 at 19:9 `while self.taken`
# hint: end every iteration with a `yield "label"`, or leave it
# expect: VS401 at 22:9 `while True`
# hint: end every iteration with a `yield "label"`, or leave it
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Spin(Model):
    taken: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "spin"
        while self.taken:
            self.taken = False
        yield "again"
        while True:
            if self.taken:
                continue
            yield "inside"
