# A local may be None: declared where it is kept across a yield, or joined with a value within a step.
# The owner is noted (nobody, 0 or 1), and looked at one step later; meanwhile it changes at will.
# owner 3 values: idle 3, noted 3 x 3 = 9; steps: set owner to any of 2 or nobody: 3 in each of 12; note 3; look 9.
# states: 12 transitions: 48 depth: 3
# holds: same
from virtspec import Model, Scalarset, Singleton, Steps, action, invariant, process


class Task(Scalarset, size=2):
    """A thread."""


class Watcher(Singleton):
    """Who looks."""


class Owner(Model):
    owner: Task | None

    @action
    def take(self, t: Task) -> None:
        self.owner = t

    @action
    def drop(self) -> None:
        new = None
        if self.owner is None:
            new = self.owner
        self.owner = new

    @process
    def watch(self, w: Watcher) -> Steps:
        noted: Task | None = None
        if self.owner is not None:
            noted = self.owner
        yield "noted"
        found = None
        for t in Task:
            if noted == t:
                found = t
        assert found == noted


@invariant(Owner)
def same(m: Owner) -> bool:
    return True
