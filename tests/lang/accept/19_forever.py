# `while True` with return; a process that returns is idle again. A model may have no fields.
# idle -> "a" -> "b" -> idle or "a", as the coin says.
# states: 3 transitions: 4 depth: 2
# holds: no_third
from virtspec import Model, Singleton, Steps, at, choose, invariant, process


class Thread(Singleton):
    """Who runs it."""


class Forever(Model):
    @process
    def run(self, t: Thread) -> Steps:
        while True:
            yield "a"
            yield "b"
            again = choose(bool)
            if not again:
                return


@invariant(Forever)
def no_third(m: Forever) -> bool:
    return at(m.run) == (at(m.run, "a") or at(m.run, "b"))
