# An assert of a class body says in words what a configuration must satisfy.
# expect: VS308 at 12:5 `assert slots > 0`
# hint: assert slots > 0, "a ring has a slot"
# expect: VS308 at 13:5 `assert slots < 9, slots`
# hint: assert slots > 0, "a ring has a slot"
from virtspec import *


class Ring(Model):
    slots: Const[int] = 4

    assert slots > 0
    assert slots < 9, slots
    n: bool

    @action
    def step(self) -> None:
        self.n = True
