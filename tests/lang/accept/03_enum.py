# Enum members are compared with `is`, ==, != and `in`; a field starts at the first member, in the order declared.
# A cycle of three lights.
# states: 3 transitions: 3 depth: 2
# holds: one_of_three
# violated: never_yellow in 2
from enum import Enum, auto

from virtspec import Model, action, invariant


class Light(Enum):
    RED = auto()
    GREEN = auto()
    YELLOW = auto()


class Lights(Model):
    light: Light

    @action
    def switch(self) -> None:
        if self.light is Light.RED:
            self.light = Light.GREEN
        elif self.light == Light.GREEN:
            self.light = Light.YELLOW
        else:
            self.light = Light.RED


@invariant(Lights)
def one_of_three(m: Lights) -> bool:
    two = m.light is not Light.RED and m.light != Light.GREEN
    return m.light in (Light.RED, Light.GREEN) or two


@invariant(Lights)
def never_yellow(m: Lights) -> bool:
    return m.light is not Light.YELLOW
