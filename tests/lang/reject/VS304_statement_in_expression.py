# The language's statements have no value.
# expect: VS304 at 18:18 `choose(bool)`
# hint: x = choose(T)
# expect: VS304 at 19:18 `require(self.n)`
# hint: it has no value: require(...)
# expect: VS304 at 20:13 `fault("no")`
# hint: it has no value: fault(...)
# expect: VS304 at 21:22 `choose(bool)`
# hint: x = choose(T)
from virtspec import *


class Statement(Model):
    n: bool

    @action
    def step(self) -> None:
        self.n = choose(bool) and self.n
        self.n = require(self.n)
        x = fault("no") if self.n else True
        self.n = not choose(bool)
