# An integer that leaves its range is a fault, at the assignment; negative ranges start at 0 if they hold it.
# -1..1: 3 states; 2 steps up and 2 down between them, and one fault at each end.
# states: 3 transitions: 6 depth: 1
# violated: fault in 2
from typing import Annotated

from virtspec import Model, Range, action


class Count(Model):
    n: Annotated[int, Range(-1, 1)]

    @action
    def up(self) -> None:
        self.n += 1

    @action
    def down(self) -> None:
        self.n = self.n - 1
