# Frozen dataclasses are records: made by position or name, with defaults, changed with replace, read by attribute,
# compared as a whole.
# A request of 3 stages by 2 flags: 6 states; the stage moves on in 2 of 3 stages with either flag, the flag is raised
# in any of 3 stages, and one step leads back: 4 + 3 + 1.
# states: 6 transitions: 8 depth: 3
# holds: whole
from dataclasses import dataclass, replace
from enum import Enum, auto

from virtspec import Model, action, invariant, require


class Stage(Enum):
    NEW = auto()
    SENT = auto()
    DONE = auto()


@dataclass(frozen=True)
class Request:
    stage: Stage
    urgent: bool = False


class Requests(Model):
    rq: Request = Request(Stage.NEW)
    old: Request

    @action
    def send(self) -> None:
        require(self.rq.stage is Stage.NEW)
        self.rq = Request(urgent=self.rq.urgent, stage=Stage.SENT)

    @action
    def finish(self) -> None:
        require(self.rq.stage is Stage.SENT)
        self.rq = replace(self.rq, stage=Stage.DONE)

    @action
    def hurry(self) -> None:
        require(not self.rq.urgent)
        self.rq = replace(self.rq, urgent=True)

    @action
    def again(self) -> None:
        require(self.rq == Request(Stage.DONE, True))
        self.rq = self.old


@invariant(Requests)
def whole(m: Requests) -> bool:
    return m.old == Request(Stage.NEW) and (m.rq != m.old or m.rq.stage is Stage.NEW)
