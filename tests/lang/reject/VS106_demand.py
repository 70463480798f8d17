# An assert of a class body that cannot be evaluated in this configuration.
# expect: VS106 at 9:12 `12 % width == 0`
# hint: it is evaluated with the constants of the configuration
from virtspec import *


class Base(Model):
    width: Const[int] = 4
    assert 12 % width == 0, "twelve is divided evenly"


class Narrow(Base):
    width: Const[int] = 0
    n: bool

    @action
    def step(self) -> None:
        self.n = True
