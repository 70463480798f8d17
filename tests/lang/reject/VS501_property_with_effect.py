# A property that changes the state, chooses, or requires.
# expect: VS501 at 27:5 `m.n = False`
# hint: properties only look at states
# expect: VS501 at 33:12 `m.reset()`
# hint: properties only look at states
# expect: VS501 at 38:5 `x = choose(bool)`
# hint: properties only look at states
# expect: VS501 at 44:5 `require(m.n)`
# hint: properties only look at states
from virtspec import *


class Look(Model):
    n: bool

    def reset(self) -> bool:
        self.n = False
        return True

    @action
    def step(self) -> None:
        self.n = True


@invariant(Look)
def assigns(m: Look) -> bool:
    m.n = False
    return True


@invariant(Look)
def calls(m: Look) -> bool:
    return m.reset()


@invariant(Look)
def chooses(m: Look) -> bool:
    x = choose(bool)
    return x


@invariant(Look)
def requires(m: Look) -> bool:
    require(m.n)
    return True
