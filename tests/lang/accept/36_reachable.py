# A parameter of a @reachable asks for some value, one of an @invariant for all; methods and helpers as anywhere.
# 2 tasks with a flag each: 4 states.
# states: 4 transitions: 4 depth: 2
# reached: some in 1
# reached: pair in 2
# unreached: third
# violated: nobody in 1
from virtspec import Model, Scalarset, action, invariant, reachable, require


class Task(Scalarset, size=2):
    """A thread."""


class Flags(Model):
    up: dict[Task, bool]

    @action
    def lift(self, t: Task) -> None:
        require(not self.up[t])
        self.up[t] = True


@reachable(Flags)
def some(m: Flags, t: Task) -> bool:
    return m.up[t]


@reachable(Flags)
def pair(m: Flags, t: Task, u: Task) -> bool:
    return t != u and m.up[t] and m.up[u]


@reachable(Flags)
def third(m: Flags, t: Task, u: Task) -> bool:
    return m.up[t] and u != t and not m.up[t]


@invariant(Flags)
def nobody(m: Flags, t: Task) -> bool:
    return not m.up[t]
