# An annotation that cannot be evaluated, in this configuration or at all.
# expect: VS106 at 13:12 `Annotated[int, Range(0, 12 // (width - 4))]`
# hint: it is evaluated with the constants of the configuration
# expect: VS106 at 16:23 `"Missing"`
# hint: it is evaluated with the constants of the configuration
from __future__ import annotations
from typing import Annotated
from virtspec import *


class Table(Model):
    width: Const[int] = 4
    share: Annotated[int, Range(0, 12 // (width - 4))]

    @action
    def step(self, n: "Missing") -> None:
        self.share = 0
