# A budget of a cost that no step marks; one that only another configuration marks is none.
# expect: VS508 at 25:18 `"lokc"`
# hint: did you mean 'lock'?
# expect: VS308 at 30:12 `spent(NAME)`
# hint: what varies belongs into the state, which every trace shows
from virtspec import *

NAME = "lock"


class Toggle(Model):
    on: bool
    loud: Const[bool] = False

    @action
    def toggle(self) -> None:
        self.on = not self.on
        cost("lock")
        if self.loud:
            cost("bell")


@budget(Toggle)
def misspelt(m: Toggle) -> Budget:
    return spent("lokc") <= 1


@budget(Toggle)
def no_literal(m: Toggle) -> Budget:
    return spent(NAME) <= 1


@budget(Toggle)
def not_in_this_configuration(m: Toggle) -> Budget:
    return spent("bell") <= 0
