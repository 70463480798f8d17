# What stands around a temporal operator must join formulas.
# expect: VS506 at 26:12 `eventually(m.n == 2) == True`
# hint: formulas are joined by and, or, not, all(... for x in T) and any(... for x in T)
# expect: VS506 at 31:19 `can_always_reach(m.n == 2)`
# hint: formulas are joined by and, or, not, all(... for x in T) and any(... for x in T)
# expect: VS301 at 36:12 `until(m.n == 2)`
# hint: it takes 2
# expect: VS506 at 41:46 `range(m.n)`
# hint: formulas are joined by and, or, not, all(... for x in T) and any(... for x in T)
from typing import Annotated

from virtspec import *


class Count(Model):
    n: Annotated[int, Range(0, 2)]

    @action
    def up(self) -> None:
        require(self.n < 2)
        self.n += 1


@temporal(Count)
def compared(m: Count) -> Formula:
    return eventually(m.n == 2) == True


@temporal(Count)
def inside(m: Count) -> Formula:
    return always(can_always_reach(m.n == 2))


@temporal(Count)
def too_few(m: Count) -> Formula:
    return until(m.n == 2)


@temporal(Count)
def depends_on_the_state(m: Count) -> Formula:
    return all(eventually(m.n == i) for i in range(m.n))
