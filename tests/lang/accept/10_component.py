# A component is a part with fields and methods of its own, inlined where it is declared. Two processes of one lock.
# Per member idle, "waiting", "inside"; both inside is impossible: 3 * 3 - 1 states. Steps: enter 2 members x 3 places
# of the other = 6, acquire 2 x 2 (the other not inside) = 4, leave 2 x 2 (the other anywhere but inside) = 4.
# states: 8 transitions: 14 depth: 3
# holds: exclusion
from virtspec import Component, Model, Scalarset, Steps, at, invariant, process, require


class Task(Scalarset, size=2):
    """A thread."""


class Lock(Component):
    owner: Task | None

    def acquire(self, t: Task) -> None:
        require(self.owner is None)
        self.owner = t

    def release(self, t: Task) -> None:
        assert self.owner == t, "unlock of a lock not held"
        self.owner = None


class Locked(Model):
    lock: Lock

    @process
    def run(self, t: Task) -> Steps:
        yield "waiting"
        self.lock.acquire(t)
        yield "inside"
        self.lock.release(t)


@invariant(Locked)
def exclusion(m: Locked) -> bool:
    return sum(1 for t in Task if at(m.run, "inside", t)) <= 1
