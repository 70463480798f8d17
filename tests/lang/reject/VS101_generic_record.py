# A generic record where nothing says of what: declared without, compared, in a local.
# expect: VS101 at 27:11 `Store`
# hint: it is generic: store it where a Store[X] is declared
# expect: VS101 at 32:32 `Store(Var.P)`
# hint: it is generic: store it where a Store[X] is declared
# expect: VS101 at 33:17 `Store(Var.P)`
# hint: it is generic: store it where a Store[X] is declared
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from virtspec import *

X = TypeVar("X")


class Var(Enum):
    P = auto()


@dataclass(frozen=True)
class Store(Generic[X]):
    variable: X


class Buffer(Model):
    bare: Store
    newest: Store[Var] | None

    @action
    def step(self) -> None:
        require(self.newest != Store(Var.P))
        entry = Store(Var.P)
        self.newest = entry
