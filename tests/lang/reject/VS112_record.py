# A record that can change, or that holds itself.
# expect: VS112 at 31:8 `Mutable`
# hint: @dataclass(frozen=True), with nothing but fields
# expect: VS112 at 32:8 `Chain`
# hint: @dataclass(frozen=True), with nothing but fields
# expect: VS112 at 33:8 `Checked`
# hint: @dataclass(frozen=True), with nothing but fields
from dataclasses import dataclass
from virtspec import *


@dataclass
class Mutable:
    done: bool


@dataclass(frozen=True)
class Chain:
    next: "Chain | None"


@dataclass(frozen=True)
class Checked:
    done: bool

    def __post_init__(self) -> None:
        assert self.done


class Requests(Model):
    a: Mutable
    b: Chain
    c: Checked
