# A key that is no scalar: an optional, a set.
# expect: VS104 at 14:10 `dict[Task | None, bool]`
# hint: use bool, an Enum, an int range or a Scalarset
# expect: VS104 at 15:11 `set[frozenset[Task]]`
# hint: use bool, an Enum, an int range or a Scalarset
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Table(Model):
    who: dict[Task | None, bool]
    sets: set[frozenset[Task]]
