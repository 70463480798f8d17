# Freedom from particular faults; a message may be a constant, told to a component where it is declared.
# The parent is freed, then used. Of the device that takes a use of the parent before, else it is freed too early.
# What no property names is left to fault: a third use of the parent is one too many.
# states: 10 transitions: 40 depth: 4
# violated: parent in 2
# violated: device in 3
# violated: either in 1
# holds: other_configuration
# violated: fault in 3
from typing import Annotated

from virtspec import Component, Const, Faults, Model, Range, action, fault, faultless, faults

EARLY = "freed before it was used"


class Freeable(Component):
    used: Const[str] = "used after it was freed"
    strict: Const[bool] = False
    freed: bool

    def use(self) -> None:
        assert not self.freed, self.used
        if self.strict:
            fault("used although it is strict")


class Driver(Model):
    parent: Freeable = Freeable(used="the parent is used after it was freed")
    device: Freeable
    uses: Annotated[int, Range(0, 2)]

    @action
    def use_parent(self) -> None:
        self.parent.use()
        self.uses += 1

    @action
    def use_device(self) -> None:
        self.device.use()

    @action
    def free_parent(self) -> None:
        self.parent.freed = True

    @action
    def free_device(self) -> None:
        if not self.device.freed and self.uses == 0:
            fault(EARLY)
        self.device.freed = True


@faultless(Driver, source="the definition of an object")
def parent(m: Driver) -> Faults:
    return faults(m.parent.used)


@faultless(Driver)
def device(m: Driver) -> Faults:
    """The device is used while it is there."""
    return faults(m.device.used)


@faultless(Driver)
def either(m: Driver) -> Faults:
    """A fault may be named by several properties."""
    return faults("used after it was freed", "the parent is used after it was freed", EARLY)


@faultless(Driver)
def other_configuration(m: Driver) -> Faults:
    return faults("used although it is strict")
