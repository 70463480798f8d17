# A misspelt field, read and written; an unknown method; an unknown constant of a component.
# expect: VS109 at 26:18 `Ring(sise=2)`
# hint: did you mean 'size'?
# expect: VS109 at 30:22 `reders`
# hint: did you mean 'readers'?
# expect: VS109 at 31:14 `reders`
# hint: did you mean 'readers'?
# expect: VS109 at 32:19 `putt`
# hint: did you mean 'put'?
# expect: VS301 at 33:26 `self.ring.put`
# hint: call it: self.ring.put()
from typing import Annotated
from virtspec import *


class Ring(Component):
    size: Const[int] = 1
    used: bool

    def put(self) -> None:
        self.used = True


class Readers(Model):
    readers: Annotated[int, Range(0, 2)]
    ring: Ring = Ring(sise=2)

    @action
    def enter(self) -> None:
        require(self.reders < 2)
        self.reders += 1
        self.ring.putt()
        self.ring.used = self.ring.put
