# A constant is no state.
# expect: VS305 at 15:9 `self.size`
# hint: constants are set with -p, never assigned
# expect: VS305 at 16:9 `self.size`
# hint: constants are set with -p, never assigned
from virtspec import *


class Constant(Model):
    size: Const[int] = 2
    n: bool

    @action
    def step(self) -> None:
        self.size = 3
        self.size += 1
