# A whole dict, set or sequence is assigned from a new one: a comprehension, set(...), Seq(...), dict(...); dicts are
# compared as a whole.
# `order` rotates through 3 places: (0, 1, 2), (1, 2, 0), (2, 0, 1); `same` says whether it is back.
# states: 3 transitions: 6 depth: 2
# holds: rotated
from typing import Annotated

from virtspec import Cap, Model, Range, Seq, action, invariant

Place = Annotated[int, Range(0, 2)]


class Rotate(Model):
    order: dict[Place, Place] = {0: 0, 1: 1, 2: 2}
    start: dict[Place, Place] = {0: 0, 1: 1, 2: 2}
    queue: Annotated[Seq[Place], Cap(3)] = Seq((0, 1, 2))
    items: set[Place] = {0, 1, 2}

    @action
    def rotate(self) -> None:
        self.order = {i: self.order[(i + 1) % 3] for i in range(3)}
        first = self.queue.popleft()
        self.queue.append(first)
        self.items = set(self.queue)

    @action
    def again(self) -> None:
        copy = dict(self.order)
        self.order = {i: copy[i] for i in range(3)}
        self.queue = Seq(self.queue)
        self.items = {i for i in range(3) if i in self.items}


@invariant(Rotate)
def rotated(m: Rotate) -> bool:
    return (
        (m.order == m.start) == (m.order[0] == 0)
        and all(m.queue[i] == m.order[i] for i in range(3))
        and len(m.items) == 3
    )
