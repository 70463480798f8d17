# Defaults that an assert of a class body refuses: those of a derived class, or of a component where it is declared.
# expect: VS115 at 16:12 `size > 0`
# hint: constants and sizes must satisfy every assert of a class body
# expect: VS115 at 22:12 `slots >= len(Slot)`
# hint: constants and sizes must satisfy every assert of a class body
from typing import Annotated
from virtspec import *


class Slot(Scalarset, size=2):
    """A place."""


class Ring(Component):
    size: Const[int] = 1
    assert size > 0, "a ring has a slot"
    used: Annotated[int, Range(0, size)]


class Base(Model):
    slots: Const[int] = 4
    assert slots >= len(Slot), "there is room for each"


class Small(Base):
    slots: Const[int] = 1
    ring: Ring = Ring(size=0)
