# at(process, label, runner): where a process stands; without a runner anybody, without a label anywhere in it. Two
# processes share their runners: a member is in one call at a time.
# Per member idle, "reading", "writing": 9 states, per member 2 ways in and 2 out, times 3.
# states: 9 transitions: 24 depth: 2
# holds: places
# violated: never_both in 2
from virtspec import Model, Scalarset, Steps, at, invariant, process


class Task(Scalarset, size=2):
    """A thread."""


class Both(Model):
    @process
    def read(self, t: Task) -> Steps:
        yield "reading"

    @process
    def write(self, t: Task) -> Steps:
        yield "writing"


@invariant(Both)
def places(m: Both, t: Task) -> bool:
    here = at(m.read, "reading", t) or at(m.write, runner=t)
    return here == (at(m.read, None, t) != at(m.write, label="writing", runner=t)) and (
        at(m.read) or at(m.write) or not here
    )


@invariant(Both)
def never_both(m: Both) -> bool:
    return not (at(m.read) and at(m.write))
