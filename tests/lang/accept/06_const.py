# Constants belong to the configuration: they are known when the model is compiled and are no part of a state. Branches
# of other versions vanish, and with them their labels (at() of a vanished label is false) and fields need no room.
# V2 has no step "old": idle and "new" only.
# states: 2 transitions: 2 depth: 1
# holds: no_old
# with design=V1
# states: 3 transitions: 3 depth: 2
# violated: no_old in 1
from enum import Enum, auto

from virtspec import Const, Model, Singleton, Steps, at, invariant, process


class Design(Enum):
    V1 = auto()
    V2 = auto()


class Thread(Singleton):
    """Who runs it."""


class Versions(Model):
    design: Const[Design] = Design.V2

    @process
    def run(self, t: Thread) -> Steps:
        if self.design is Design.V1:
            yield "old"
        yield "new"


@invariant(Versions)
def no_old(m: Versions) -> bool:
    return not at(m.run, "old")
