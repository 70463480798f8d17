# An assert within an expression has no message: a property about it would hold whatever happens.
# expect: VS512 at 40:19 `"read after it was freed"`
# hint: assign the result of value() to a local first
from virtspec import *


class Slab(Component):
    freed: bool
    full: bool

    def value(self) -> bool:
        assert not self.freed, "read after it was freed"
        return self.full

    def other(self) -> bool:
        assert not self.freed, "looked at after it was freed"
        return self.full


class Cache(Model):
    slab: Slab
    hit: bool

    @action
    def look(self) -> None:
        self.hit = self.hit or self.slab.value()

    @action
    def look_again(self) -> None:
        found = self.slab.other()
        self.hit = found and not self.hit

    @action
    def free(self) -> None:
        self.slab.freed = True


@faultless(Cache)
def reads(m: Cache) -> Faults:
    return faults("read after it was freed")


@faultless(Cache)
def looks(m: Cache) -> Faults:
    return faults("looked at after it was freed")


@invariant(Cache)
def of_a_state(m: Cache) -> bool:
    return m.slab.freed or not m.slab.other() or m.slab.full
