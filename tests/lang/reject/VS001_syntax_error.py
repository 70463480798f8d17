# A file that Python itself cannot parse.
# expect: VS001 at 11:27 ``
# hint: a specification is a Python file
from virtspec import *


class Count(Model):
    n: bool

    @action
    def step(self) -> None
        self.n = True
