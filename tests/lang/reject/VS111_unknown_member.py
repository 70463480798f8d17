# A member that the enum does not have.
# expect: VS111 at 20:33 `FRE`
# hint: did you mean 'FREE'?
# expect: VS111 at 21:24 `ACTIV`
# hint: did you mean 'ACTIVE'?
from enum import Enum, auto
from virtspec import *


class Dev(Enum):
    FREE = auto()
    ACTIVE = auto()


class Device(Model):
    dev: Dev

    @action
    def start(self) -> None:
        require(self.dev is Dev.FRE)
        self.dev = Dev.ACTIV
