# A process that nobody runs, or a bool.
# expect: VS404 at 13:5 `def run`
# hint: def run(self, t: Task) -> Steps
# expect: VS404 at 17:20 `on: bool`
# hint: a bool runs nothing; use a Scalarset
from virtspec import *


class Nobody(Model):
    n: bool

    @process
    def run(self) -> Steps:
        yield "a"

    @process
    def flag(self, on: bool) -> Steps:
        yield "a"
