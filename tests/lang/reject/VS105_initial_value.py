# Initial values that are no values of the field's type.
# expect: VS105 at 25:48 `9`
# hint: write a value of the declared type, or leave it out
# expect: VS105 at 26:5 `none: Const[int]`
# hint: write a value of the declared type, or leave it out
# expect: VS105 at 27:38 `4`
# hint: write a value of the declared type, or leave it out
# expect: VS105 at 28:18 `True`
# hint: write a value of the declared type, or leave it out
# expect: VS105 at 29:28 `{Mode.ON: True}`
# hint: write a value of the declared type, or leave it out
# expect: VS105 at 30:16 `each(True)`
# hint: write a value of the declared type, or leave it out
from enum import Enum, auto
from typing import Annotated
from virtspec import *


class Mode(Enum):
    ON = auto()
    OFF = auto()


class Start(Model):
    size: Const[Annotated[int, Range(1, 4)]] = 9
    none: Const[int]
    n: Annotated[int, Range(0, 3)] = 4
    mode: Mode = True
    on: dict[Mode, bool] = {Mode.ON: True}
    up: bool = each(True)
