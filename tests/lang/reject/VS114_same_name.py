# Two types of one name.
# expect: VS114 at 24:10 `State`
# hint: traces and reports tell types by name; rename one of them
from enum import Enum, auto

from virtspec import *


class State(Enum):
    UP = auto()
    DOWN = auto()


Old = State


class State(Enum):
    OPEN = auto()
    SHUT = auto()


class Both(Model):
    old: Old
    new: State
