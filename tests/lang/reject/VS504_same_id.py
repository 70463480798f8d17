# Two properties of one id.
# expect: VS504 at 21:1 `def second`
# hint: ids are stable and unique
from virtspec import *


class Look(Model):
    n: bool

    @action
    def step(self) -> None:
        self.n = True


@invariant(Look, id="L-1")
def first(m: Look) -> bool:
    return m.n


@invariant(Look, id="L-1")
def second(m: Look) -> bool:
    return not m.n
