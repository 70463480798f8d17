# continue, break and return in loops over many values cost code in proportion, not 2 to the number of turns.
# The lowest of 24 flags that is up is lowered: all up at the start, lowered one by one; a second loop counts them.
# states: 25 transitions: 25 depth: 24
# holds: counted
from typing import Annotated

from virtspec import Model, Range, action, each, invariant

Slot = Annotated[int, Range(0, 23)]


class Many(Model):
    up: dict[Slot, bool] = each(True)
    left: Annotated[int, Range(0, 24)] = 24

    def lowest(self) -> Slot | None:
        for i in range(24):
            if not self.up[i]:
                continue
            return i
        return None

    @action
    def lower(self) -> None:
        n = 0
        for i in range(24):
            if not self.up[i]:
                continue
            if i > 22 and n > 30:
                break
            n += 1
        assert n == self.left
        slot = self.lowest()
        if slot is not None:
            self.up[slot] = False
            self.left -= 1


@invariant(Many)
def counted(m: Many) -> bool:
    return m.left == sum(m.up[i] for i in range(24))
