# A Singleton is a domain of one member: the only one that runs the process. Idle and inside: 2 states.
# states: 2 transitions: 2 depth: 1
# holds: alone
from virtspec import Model, Singleton, Steps, at, invariant, process


class Host(Singleton):
    """The one host."""


class Alone(Model):
    host: Host

    @process
    def run(self, h: Host) -> Steps:
        yield "half_way"


@invariant(Alone)
def alone(m: Alone) -> bool:
    return len(Host) == 1 and all(not at(m.run, "half_way", h) or h == m.host for h in Host)
