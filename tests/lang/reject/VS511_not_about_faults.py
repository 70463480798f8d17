# What a property about faults may be: one call of faults(...), of no value of anything.
# expect: VS511 at 36:12 `True`
# hint: return faults("used after it was freed")
# expect: VS511 at 41:12 `not faults("freed twice")`
# hint: return faults("used after it was freed")
# expect: VS511 at 46:12 `faults()`
# hint: return faults("used after it was freed")
# expect: VS511 at 51:5 `x = "freed twice"`
# hint: return faults("used after it was freed")
# expect: VS511 at 56:26 `t: Task`
# hint: leave this one out
# expect: VS502 at 61:1 `def of_no_model`
# hint: def f(m: Model) -> Faults
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Slab(Model):
    freed: bool

    @action
    def free(self) -> None:
        assert not self.freed, "freed twice"
        self.freed = True

    @action
    def alloc(self) -> None:
        self.freed = False


@faultless(Slab)
def condition(m: Slab) -> Faults:
    return True


@faultless(Slab)
def formula(m: Slab) -> Faults:
    return not faults("freed twice")


@faultless(Slab)
def nothing(m: Slab) -> Faults:
    return faults()


@faultless(Slab)
def two_statements(m: Slab) -> Faults:
    x = "freed twice"
    return faults(x)


@faultless(Slab)
def of_somebody(m: Slab, t: Task) -> Faults:
    return faults("freed twice")


@faultless(Slab)
def of_no_model() -> Faults:
    return faults("freed twice")
