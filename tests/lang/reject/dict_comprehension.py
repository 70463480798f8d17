# A dict comprehension is total over the key type, one entry for each key.
# expect: VS301 at 32:21 `{u: True for u in self.some}`
# hint: {k: value for k in K}, total over the key type K
# expect: VS301 at 33:21 `{u: True for u in Task if u != t}`
# hint: {k: value for k in K}, total over the key type K
# expect: VS301 at 34:21 `{t: True for u in Task}`
# hint: {k: value for k in K}, total over the key type K
# expect: VS201 at 35:19 `{i: True for i in range(1, 4)}`
# hint: it can never fit; widen the range or mend the value
# expect: VS201 at 36:19 `{i: True for i in range(2)}`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS301 at 37:21 `{Task: True}`
# hint: {k: value for k in T}
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


Place = Annotated[int, Range(0, 2)]


class Dicts(Model):
    busy: dict[Task, bool]
    at: dict[Place, bool]
    some: set[Task]

    @action
    def step(self, t: Task) -> None:
        self.busy = {u: True for u in self.some}
        self.busy = {u: True for u in Task if u != t}
        self.busy = {t: True for u in Task}
        self.at = {i: True for i in range(1, 4)}
        self.at = {i: True for i in range(2)}
        self.busy = {Task: True}
