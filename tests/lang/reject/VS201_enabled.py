# enabled() of what is no action and no process of the model.
# expect: VS201 at 26:12 `enabled(m.full)`
# hint: enabled(m.create, t)
# expect: VS201 at 31:12 `enabled(m.up, 1, 2)`
# hint: enabled(m.create, t)
# expect: VS201 at 36:12 `enabled(before.up)`
# hint: enabled(after.up)
from typing import Annotated

from virtspec import *


class Count(Model):
    n: Annotated[int, Range(0, 2)]

    def full(self) -> bool:
        return self.n == 2

    @action
    def up(self, by: Annotated[int, Range(1, 2)]) -> None:
        self.n += by


@invariant(Count)
def of_a_method(m: Count) -> bool:
    return enabled(m.full)


@invariant(Count)
def with_too_much(m: Count) -> bool:
    return enabled(m.up, 1, 2)


@transition(Count)
def before_the_step(before: Count, after: Count) -> bool:
    return enabled(before.up)
