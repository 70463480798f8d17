"""The lock of spinlock.py in a guest whose vCPUs share one physical CPU. See lock.md."""

from virtspec import Model, Scalarset, Steps, action, at, choose, invariant, process, reachable, require


class Vcpu(Scalarset, size=2):
    """A virtual CPU that wants the lock."""


class Guest(Model):
    """A test-and-set lock under a host that schedules as it likes."""

    locked: bool
    running: Vcpu

    @process
    def lock(self, v: Vcpu) -> Steps:
        require(self.running == v)
        yield "spin"
        require(self.running == v and not self.locked)
        self.locked = True
        yield "critical"
        require(self.running == v)
        self.locked = False

    @action
    def host_schedules(self) -> None:
        """The host lets another vCPU run, or the same one again."""
        self.running = choose(Vcpu)


@invariant(Guest, id="exclusion")
def exclusion(m: Guest) -> bool:
    """At most one vCPU is in its critical section."""
    return sum(at(m.lock, "critical", v) for v in Vcpu) <= 1


@reachable(Guest, id="preempted")
def preempted(m: Guest, holder: Vcpu) -> bool:
    """The vCPU that holds the lock does not run, and the one that runs spins."""
    return at(m.lock, "critical", holder) and m.running != holder and at(m.lock, "spin", m.running)
