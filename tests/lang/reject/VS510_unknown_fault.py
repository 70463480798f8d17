# A property about a fault that no step has; one that only another configuration has is none.
# expect: VS510 at 30:34 `"freed twise"`
# hint: did you mean 'freed twice'?
# expect: VS510 at 35:19 `"it is not there"`
# hint: known: freed twice, written after it was freed
# expect: VS308 at 40:19 `m.freed`
# hint: what varies belongs into the state, which every trace shows
from virtspec import *


class Slab(Model):
    freed: bool
    poisoned: Const[bool] = False

    @action
    def free(self) -> None:
        assert not self.freed, "freed twice"
        self.freed = True

    @action
    def alloc(self) -> None:
        require(self.freed)
        if self.poisoned:
            fault("written after it was freed")
        self.freed = False


@faultless(Slab)
def misspelt(m: Slab) -> Faults:
    return faults("freed twice", "freed twise")


@faultless(Slab)
def of_no_step(m: Slab) -> Faults:
    return faults("it is not there")


@faultless(Slab)
def not_known(m: Slab) -> Faults:
    return faults(m.freed)


@faultless(Slab)
def not_in_this_configuration(m: Slab) -> Faults:
    return faults("written after it was freed")
