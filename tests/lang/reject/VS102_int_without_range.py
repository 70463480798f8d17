# A plain int has no bounds.
# expect: VS102 at 8:8 `int`
# hint: Annotated[int, Range(lo, hi)] or Annotated[int, Mod(n)]
from virtspec import *


class Count(Model):
    n: int

    @action
    def step(self) -> None:
        self.n += 1
