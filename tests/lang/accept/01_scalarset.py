# Members of a Scalarset are keys, parameters and values; a configuration chooses how many there are.
# Each of 3 tasks finishes once: 2^3 states, 3 * 2^2 steps.
# states: 8 transitions: 12 depth: 3
# holds: subset
# reached: everybody in 3
# with Task=1
# states: 2 transitions: 1 depth: 1
# holds: subset
# reached: everybody in 1
from virtspec import Model, Scalarset, action, invariant, reachable, require


class Task(Scalarset, size=3):
    """A thread."""


class Finish(Model):
    done: dict[Task, bool]
    last: Task  # starts as the first member

    @action
    def finish(self, t: Task) -> None:
        require(not self.done[t])
        self.done[t] = True


@invariant(Finish)
def subset(m: Finish) -> bool:
    return sum(m.done[t] for t in Task) <= len(Task)


@reachable(Finish)
def everybody(m: Finish) -> bool:
    return all(m.done[t] for t in Task)
