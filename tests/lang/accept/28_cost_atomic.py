# cost("...") marks a transition, atomic("...") explains a step to `virtspec lint`: neither changes what is reached.
# A toggle.
# states: 2 transitions: 2 depth: 1
# holds: either
from virtspec import Model, action, atomic, cost, invariant


class Toggle(Model):
    on: bool

    @action
    def toggle(self) -> None:
        """Turn it."""
        atomic("one instruction")
        if not self.on:
            cost("exit")
        cost("toggle")
        self.on = not self.on


@invariant(Toggle)
def either(m: Toggle) -> bool:
    return m.on in (True, False)
