# A loop that searches: break out of it, return from a helper inside of it, nested loops each with their own break.
# The first free slot of 3 is taken; when all are, they are freed: 0, 1, 2 or 3 taken, in order.
# states: 4 transitions: 4 depth: 3
# holds: in_order
from typing import Annotated

from virtspec import Model, Range, action, invariant

Slot = Annotated[int, Range(0, 2)]


class Slots(Model):
    taken: dict[Slot, bool]

    def first_free(self) -> Slot | None:
        for i in range(3):
            if not self.taken[i]:
                return i
        return None

    @action
    def take(self) -> None:
        free = self.first_free()
        found = 3
        for i in range(3):
            for j in range(3):
                if j > i:
                    break
                if self.taken[j]:
                    continue
                found = j
                break
            if found < 3:
                break
        if free is None:
            assert found == 3
            for i in range(3):
                self.taken[i] = False
        else:
            assert found == free
            self.taken[free] = True


@invariant(Slots)
def in_order(m: Slots) -> bool:
    return all(m.taken[j] for i in range(3) if m.taken[i] for j in range(i))
