# A component's method with yields is run with `yield from`; its labels get the path of the call in front, its locals,
# too. Write-lock twice the same component: the second call of a name has a number.
# One member: idle, first wait, "between", second wait: the lock is free at each, and taken in between by nobody.
# states: 4 transitions: 4 depth: 3
# holds: labels
# reached: second in 3
from virtspec import Component, Model, Singleton, Steps, at, invariant, process, reachable, require


class Task(Singleton):
    """Who runs it."""


class Gate(Component):
    entered: bool

    def pass_through(self, t: Task) -> Steps:
        require(not self.entered)
        self.entered = True
        yield "inside"
        self.entered = False


class Twice(Model):
    gate: Gate

    @process
    def run(self, t: Task) -> Steps:
        yield from self.gate.pass_through(t)
        yield "between"
        yield from self.gate.pass_through(t)


@invariant(Twice)
def labels(m: Twice) -> bool:
    return m.gate.entered == at(m.run, "pass_through.inside") == at(m.run, "inside")


@reachable(Twice)
def second(m: Twice) -> bool:
    return at(m.run, "pass_through[2].inside")
