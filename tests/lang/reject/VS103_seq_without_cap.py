# A sequence without a capacity has no bounds.
# expect: VS103 at 13:8 `Seq[Task]`
# hint: Annotated[Seq[T], Cap(n)]
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Queue(Model):
    q: Seq[Task]
    ok: Annotated[Seq[Task], Cap(2)]
