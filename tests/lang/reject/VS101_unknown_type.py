# A field of a type the language does not have.
# expect: VS101 at 10:11 `str`
# hint: use bool, an Enum, Annotated[int, Range(a, b)], a Scalarset, T | None, dict, set, Seq or a frozen dataclass
# expect: VS101 at 11:11 `float`
# hint: use bool, an Enum, Annotated[int, Range(a, b)], a Scalarset, T | None, dict, set, Seq or a frozen dataclass
from virtspec import *


class Count(Model):
    name: str
    load: float = 0.5

    @action
    def step(self) -> None:
        self.load = 0.5
