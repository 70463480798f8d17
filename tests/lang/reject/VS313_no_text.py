# A function whose text cannot be read.
# expect: VS313 at 19:18 `twice`
# hint: write it with def in a file
# expect: VS313 at 20:18 `made`
# hint: write it with def in a file
from typing import Annotated
from virtspec import *


twice = lambda n: n * 2
made = eval("lambda n: n")


class Calls(Model):
    n: Annotated[int, Range(0, 3)]

    @action
    def step(self) -> None:
        self.n = twice(self.n)
        self.n = made(self.n)
