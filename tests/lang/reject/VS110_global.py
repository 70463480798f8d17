# A global that is no constant.
# expect: VS110 at 15:21 `limits`
# hint: make it a field of the model, or an enum, an int, or a tuple of them
from virtspec import *


limits = [1, 2, 3]


class Count(Model):
    n: bool

    @action
    def step(self) -> None:
        require(len(limits) == 3)
        self.n = True
