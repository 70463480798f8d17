# What stands in a class body and declares nothing: a value without a type, a statement.
# expect: VS107 at 10:5 `up = True`
# hint: a field is `name: type` or `name: type = initial`
# expect: VS107 at 12:5 `if True`
# hint: a field is `name: type` or `name: type = initial`
from virtspec import *


class Count(Model):
    up = True
    n: bool
    if True:
        down: bool

    @action
    def step(self) -> None:
        self.n = True
