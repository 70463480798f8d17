# T | None: compared with None and with values of T; given a value or None, also by a conditional expression.
# Nobody or one of 2 owners: 3 states; 2 ways to take, 1 to let go in each of the two others, pass turns from 0 to 1 and
# from 1 to nobody.
# states: 3 transitions: 6 depth: 1
# holds: owned
from virtspec import Model, Scalarset, action, invariant, require


class Task(Scalarset, size=2):
    """A thread."""


class Owner(Model):
    owner: Task | None
    first: Task

    @action
    def take(self, t: Task) -> None:
        require(self.owner is None)
        self.owner = t

    @action
    def release(self, t: Task) -> None:
        require(self.owner == t)
        self.owner = None

    @action
    def move(self, t: Task) -> None:
        require(self.owner is not None and self.owner != t)
        self.owner = t if t != self.first else None


@invariant(Owner)
def owned(m: Owner) -> bool:
    return (m.owner is None) != any(m.owner == t for t in Task)
