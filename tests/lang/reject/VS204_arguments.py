# Too many or too few arguments, wrong names, for methods, functions, records, the language's own.
# expect: VS204 at 39:9 `self.set()`
# hint: give every parameter once, in order or by name
# expect: VS204 at 40:9 `self.set(True, True, False)`
# hint: give every parameter once, in order or by name
# expect: VS204 at 41:9 `self.set(True, oftn=False)`
# hint: did you mean 'often'?
# expect: VS204 at 42:9 `self.set(True, value=False)`
# hint: give every parameter once, in order or by name
# expect: VS204 at 43:9 `require()`
# hint: give every parameter once, in order or by name
# expect: VS204 at 44:9 `cost("a", "b")`
# hint: give every parameter once, in order or by name
# expect: VS204 at 45:18 `Pair(True)`
# hint: give every parameter once, in order or by name
# expect: VS204 at 46:18 `Pair(True, c=False)`
# hint: give every parameter once, in order or by name
# expect: VS204 at 47:13 `choose()`
# hint: give every parameter once, in order or by name
from dataclasses import dataclass
from virtspec import *


@dataclass(frozen=True)
class Pair:
    a: bool
    b: bool


class Calls(Model):
    n: bool
    p: Pair

    def set(self, value: bool, often: bool = True) -> None:
        self.n = value

    @action
    def step(self) -> None:
        self.set()
        self.set(True, True, False)
        self.set(True, oftn=False)
        self.set(True, value=False)
        require()
        cost("a", "b")
        self.p = Pair(True)
        self.p = Pair(True, c=False)
        x = choose()
