# What cannot be assigned.
# expect: VS311 at 22:9 `self.p.a`
# hint: assign fields, their entries and locals; records with replace(...)
# expect: VS311 at 23:9 `self.q[0]`
# hint: assign fields, their entries and locals; records with replace(...)
from dataclasses import dataclass
from typing import Annotated
from virtspec import *


@dataclass(frozen=True)
class Pair:
    a: bool


class Target(Model):
    p: Pair
    q: Annotated[Seq[bool], Cap(2)]

    @action
    def step(self) -> None:
        self.p.a = True
        self.q[0] = True

    def other(self) -> bool:
        return True
