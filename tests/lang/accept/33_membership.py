# `in` over tuples, sets and sequences, of constants and of values; None in a tuple; a frozenset constant.
# Like 08, one owner of 2 or nobody: 3 states.
# states: 3 transitions: 4 depth: 1
# holds: listed
from enum import Enum, auto

from virtspec import Const, Model, Scalarset, action, invariant, require


class Mode(Enum):
    OFF = auto()
    IDLE = auto()
    BUSY = auto()


class Task(Scalarset, size=2):
    """A thread."""


class Owner(Model):
    awake: Const[frozenset[Mode]] = frozenset({Mode.IDLE, Mode.BUSY})
    mode: Mode
    owner: Task | None

    @action
    def take(self, t: Task) -> None:
        require(self.mode not in self.awake)
        self.owner = t
        self.mode = Mode.BUSY

    @action
    def release(self) -> None:
        require(self.mode in (Mode.IDLE, Mode.BUSY))
        self.owner = None
        self.mode = Mode.OFF


@invariant(Owner)
def listed(m: Owner) -> bool:
    return (m.mode in m.awake) == (m.owner in set(Task)) and all(
        m.owner in (t, None) or m.owner in {u for u in Task if u != t} for t in Task
    )
