# Seq: append, appendleft, popleft, pop, remove, clear, len, in, index, comparison; a full one and an empty one fault.
# Sequences of at most 2 of 2 items: 1 + 2 + 4 = 7 states. Steps: append and appendleft 2 each, 14 * 2, of which 8 * 2
# on full ones fault; popleft and pop 2 per state but for the empty one, where they fault: 14; clear 7; forget the first
# item by value 6 (guarded).
# states: 7 transitions: 55 depth: 2
# violated: fault in 1
# holds: ends
from typing import Annotated

from virtspec import Cap, Model, Scalarset, Seq, action, invariant, require


class Item(Scalarset, size=2):
    """A member."""


class Queue(Model):
    q: Annotated[Seq[Item], Cap(2)]

    @action
    def append(self, i: Item) -> None:
        self.q.append(i)

    @action
    def appendleft(self, i: Item) -> None:
        self.q.appendleft(i)

    @action
    def popleft(self) -> None:
        first = self.q.popleft()
        assert all(first != i for i in Item) is False

    @action
    def pop(self) -> None:
        self.q.pop()

    @action
    def clear(self) -> None:
        self.q.clear()

    @action
    def forget(self) -> None:
        require(len(self.q) > 0)
        self.q.remove(self.q[0])


@invariant(Queue)
def ends(m: Queue) -> bool:
    return len(m.q) == 0 or (m.q[0] in m.q and (len(m.q) > 1 or m.q[0] == m.q[-1]))
