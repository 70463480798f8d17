# A local holds the value of the moment: it is captured before a field changes, before a key changes, before a call with
# effects; the key of a component is evaluated when its method is called, the key of a target after the right side.
# at = 0 -> 1 -> 0; each slot counts how often it was used by turns, modulo 2.
# state: (at, used[0], used[1]): 0,0,0 -> 1,1,0 -> 0,1,1 -> 1,0,1 -> 0,0,0.
# states: 4 transitions: 4 depth: 3
# holds: by_turns
from typing import Annotated

from virtspec import Component, Mod, Model, Range, action, invariant

Bit = Annotated[int, Range(0, 1)]


class Slot(Component):
    used: Annotated[int, Mod(2)]

    def use(self, m: "Turns", n: int) -> int:
        before = self.used
        m.at = 1 - m.at
        self.used = self.used + 1  # the slot of the call, though `at` has changed
        assert self.used != before and n != m.at
        return before


class Turns(Model):
    at: Bit
    slot: dict[Bit, Slot]

    @action
    def step(self) -> None:
        old = self.at
        mine = self.slot[self.at].used
        before = self.slot[self.at].use(self, self.at)
        assert before == mine and old != self.at
        self.touch(self.slot[self.at])

    def touch(self, slot: Slot) -> None:
        self.at = 1 - self.at
        slot.used = slot.used + 1  # the slot of the call
        self.at = 1 - self.at
        slot.used += 1  # and again


@invariant(Turns)
def by_turns(m: Turns) -> bool:
    return (m.at == 0) == (m.slot[0].used == m.slot[1].used)
