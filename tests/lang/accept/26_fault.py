# fault("...") ends the run in an error state, whatever is behind it; a step that faults is counted as a step.
# open -> closed; closing again is the fault. Opening leads back.
# states: 2 transitions: 4 depth: 1
# violated: fault in 2
from virtspec import Model, action, fault


class Door(Model):
    closed: bool

    @action
    def close(self) -> None:
        if self.closed:
            fault("closed twice")
        self.closed = True

    @action
    def open(self) -> None:
        self.closed = False
