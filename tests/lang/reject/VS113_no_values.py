# Types without a value: an empty range, an enum without members, a sequence without room.
# expect: VS113 at 20:8 `Annotated[int, Range(3, 2)]`
# hint: give it at least one
# expect: VS113 at 21:8 `Annotated[int, Mod(0)]`
# hint: give it at least one
# expect: VS113 at 22:8 `Empty`
# hint: give it at least one
# expect: VS113 at 23:8 `Annotated[Seq[bool], Cap(0)]`
# hint: a capacity is at least 1
from enum import Enum, auto
from typing import Annotated
from virtspec import *


class Empty(Enum):
    """Nothing."""


class Nothing(Model):
    n: Annotated[int, Range(3, 2)]
    m: Annotated[int, Mod(0)]
    e: Empty
    q: Annotated[Seq[bool], Cap(0)]
