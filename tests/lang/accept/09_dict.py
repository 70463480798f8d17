# Dicts are total and may be nested; each(...) says how all entries start; a dict literal lists them.
# 2 tasks by 2 kinds, each flag raised once: 2^4 states, 4 * 2^3 steps. `rank` never changes.
# states: 16 transitions: 32 depth: 4
# holds: ranks
from enum import Enum, auto
from typing import Annotated

from virtspec import Model, Range, Scalarset, action, each, invariant, require


class Task(Scalarset, size=2):
    """A thread."""


class Kind(Enum):
    READ = auto()
    WRITE = auto()


class Flags(Model):
    lowered: dict[Task, dict[Kind, bool]] = each(each(True))
    rank: dict[Kind, Annotated[int, Range(0, 7)]] = {Kind.READ: 3, Kind.WRITE: 5}

    @action
    def lift(self, t: Task, k: Kind) -> None:
        require(self.lowered[t][k])
        self.lowered[t][k] = False


@invariant(Flags)
def ranks(m: Flags) -> bool:
    return m.rank[Kind.READ] + m.rank[Kind.WRITE] == 8
