# A property that takes no state, or one where it looks at two.
# expect: VS502 at 18:1 `def blind`
# hint: def f(m: Model, ...) -> bool
# expect: VS502 at 23:1 `def half`
# hint: def f(before: Model, after: Model, ...) -> bool
from virtspec import *


class Look(Model):
    n: bool

    @action
    def step(self) -> None:
        self.n = True


@invariant(Look)
def blind() -> bool:
    return True


@transition(Look)
def half(m: Look) -> bool:
    return m.n
