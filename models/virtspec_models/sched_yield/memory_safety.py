"""KVM: kvm_sched_yield() looks a vCPU up by the APIC ID that a guest has named, while APICs change.

One text for all versions; a constant says whose it is. Function names are the kernel's. Of the yield itself nothing is
here but that it may succeed, and that whoever succeeds is switched out: when it does is for another model to say.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Call, Range, Steps, action, at, atomic, choose, process, require
from virtspec_models.sched_yield.apic_map import OF_5_2, Maps
from virtspec_models.sched_yield.vocabulary import (
    FARTHEST,
    Apic,
    ApicMap,
    Bug,
    Cpl,
    Dest,
    Feature,
    Guest,
    Rax,
    Vcpu,
    Version,
    low_half,
    number,
)


class MemorySafety(Maps):
    """vCPUs that call KVM_HC_SCHED_YIELD with any destination, and whose APICs come and go."""

    cpl: dict[Vcpu, Cpl]
    rbx: dict[Vcpu, Annotated[int, Range(0, FARTHEST)]]
    rax: dict[Vcpu, Rax]  # from the end of the hypercall until the guest runs
    inside: set[Vcpu]  # between rcu_read_lock() and rcu_read_unlock(); `rcu` knows for whom grace periods wait
    switched_out: set[Vcpu]
    boosted: dict[Vcpu, Vcpu | None]  # whom the yield of that vCPU has put forward, until it runs again

    # --- the versions

    def tests_map(self) -> bool:
        return self.version is not Version.V1

    def tests_bound(self) -> bool:
        return self.version not in (Version.V1, Version.V2, Version.V2R1, Version.V2R2)

    def tests_entry(self) -> bool:
        """V2 to V3 test the `vcpu` of the entry, which is never NULL, in place of the entry."""
        return self.version not in (Version.V1, Version.V2, Version.V2R1, Version.V2R2, Version.V3)

    def tests_ready(self) -> bool:
        return self.tests_entry() and self.version is not Version.V4

    def tests_self(self) -> bool:
        return self.version in (Version.LINUX_5_13, Version.TODAY)

    # --- the guest

    def pv_sched_yield_supported(self) -> bool:
        """Evaluated once, when the guest boots."""
        return (
            Feature.PV_SCHED_YIELD in self.features
            and Feature.REALTIME not in self.features
            and Feature.STEAL_TIME in self.features
            and (self.guest is Guest.LINUX_5_3 or Feature.MWAIT not in self.features)
            and (self.guest is not Guest.LINUX_6_1 or Feature.SMP in self.features)
        )

    # --- the hypercall

    @process(fair="weak")
    def kvm_emulate_hypercall(self, vcpu: Vcpu, a0: Dest, cpl: Cpl) -> Steps:
        """KVM_HC_SCHED_YIELD, from VMCALL to the next VM entry."""
        atomic("registers and CPUID of this vCPU")
        require(vcpu in self.callers and self.created and self.vcpu[vcpu].is_ok())
        require(vcpu not in self.inside)  # what a section that was leaked does is seen without another call
        if self.guest is not Guest.ANYBODY:
            require(cpl is Cpl.KERNEL and self.pv_sched_yield_supported())
        if self.benign:
            require(any(self.apic_map == m and self.map[m].has(number(a0)) for m in ApicMap))
        self.cpl[vcpu] = cpl
        self.rbx[vcpu] = number(a0)
        if cpl is Cpl.USER and Bug.NO_CPL_CHECK not in self.bugs:
            self.rax[vcpu] = Rax.EPERM
        elif not self.guest_pv_has():
            self.rax[vcpu] = Rax.ENOSYS
        else:
            succeeded = yield from self.kvm_sched_yield(vcpu)
            self.rax[vcpu] = Rax.ONE if succeeded and Bug.RETURNS_RESULT in self.bugs else Rax.ZERO
        yield "vm_entry"
        atomic("registers of this vCPU; where readers cannot be preempted, entering the guest is a quiescent state")
        self.leave_cpu(vcpu)
        self.cpl[vcpu] = Cpl.KERNEL
        self.rbx[vcpu] = 0
        self.rax[vcpu] = Rax.ZERO

    def guest_pv_has(self) -> bool:
        """Until 5.10 nobody asks; since then it has to be enforced."""
        return self.version in OF_5_2 or not self.enforce or Feature.PV_SCHED_YIELD in self.features

    def kvm_sched_yield(self, vcpu: Vcpu) -> Call[bool]:
        """Whether it has yielded."""
        if self.tests_self():
            alone = choose(bool)  # single_task_running()
            if alone:
                return False
        if Bug.NO_RCU not in self.bugs:
            yield "rcu_read_lock"
            atomic("one operation")
            self.rcu_read_lock(vcpu)
        yield "rcu_dereference"
        map = self.apic_map
        target: Vcpu | None = None
        if not self.tests_map() or map is not None:
            target = yield from self.look_up(vcpu, map)
        if self.version is Version.V2:
            succeeded = False
            if target is not None:
                succeeded = yield from self.kvm_vcpu_yield_to(vcpu, target)
                if Bug.USED_LATE in self.bugs and map is not None:
                    yield "used_late"
                    self.map[map].memory.use()
            yield "rcu_read_unlock"
            atomic("one operation")
            self.rcu_read_unlock(vcpu)
            return succeeded
        locked = Bug.NO_RCU not in self.bugs
        if self.version in (Version.V2R1, Version.V2R2) and target is None:
            locked = choose(bool)  # the section is left if `target` is NULL, and nobody has initialised it
        if locked:
            yield "rcu_read_unlock"
            atomic("one operation")
            self.rcu_read_unlock(vcpu)
        if target is None:
            return False
        if self.tests_ready():
            yield "ready"
            atomic("one load")
            self.vcpu[target].use()
            ready = choose(bool)
            if not ready:
                return False
        if self.tests_self() and target == vcpu:
            return False
        succeeded = yield from self.kvm_vcpu_yield_to(vcpu, target)
        return succeeded

    def look_up(self, vcpu: Vcpu, map: ApicMap | None) -> Call[Vcpu | None]:
        """The vCPU that the map has for the destination."""
        index = low_half(self.rbx[vcpu]) if Bug.TRUNCATED in self.bugs else self.rbx[vcpu]
        if self.tests_bound():
            yield "max_apic_id"
            atomic("one load; what else is read here are checks of ours")
            assert map is not None, "the APIC map is read through a NULL pointer"
            max_apic_id = self.map[map].load_max_apic_id()
            if Bug.BOUND_TOO_LOW in self.bugs:
                max_apic_id -= 1
            if Bug.BOUND_TOO_HIGH in self.bugs:
                max_apic_id += 1
            if index > max_apic_id and Bug.NO_BOUND not in self.bugs:
                return None
            if self.clamps():
                index = array_index_nospec(index, max_apic_id + 1)
        if Bug.TWO_LOADS in self.bugs:
            yield "rcu_dereference"
            map = self.apic_map
        yield "phys_map"
        atomic("one load; what else is read here are checks of ours")
        assert map is not None, "the APIC map is read through a NULL pointer"
        entry = self.map[map].load(index)
        if self.tests_entry() and entry is None:
            return None
        yield "vcpu"
        atomic("one load, of what never changes")
        assert entry is not None, "an entry of phys_map is read through a NULL pointer"
        self.vcpu[entry].use()
        return entry

    def clamps(self) -> bool:
        return self.version is Version.TODAY

    def kvm_vcpu_yield_to(self, vcpu: Vcpu, target: Vcpu) -> Call[bool]:
        """The target goes first, and the caller gives its CPU up; or not, for which there are many reasons."""
        yield "yield_to"
        atomic("under the locks of both run queues, until schedule()")
        self.vcpu[target].use()
        succeeds = choose(bool)
        require(not succeeds or target != vcpu)  # a task on its CPU is not put forward
        if not succeeds:
            return False
        self.boosted[vcpu] = target
        self.switched_out.add(vcpu)
        self.leave_cpu(vcpu)
        yield "schedule"
        atomic("switched in by the scheduler, it goes on; where readers cannot be preempted, its CPU is inside again")
        require(vcpu not in self.switched_out)
        if not self.preempt_rcu and vcpu in self.inside:
            self.rcu.read_lock(vcpu)
        self.boosted[vcpu] = None
        return True

    @action(fair="weak")
    def switch_in(self, vcpu: Vcpu) -> None:
        """The scheduler comes back to it."""
        require(vcpu in self.switched_out)
        self.switched_out.remove(vcpu)

    def rcu_read_lock(self, vcpu: Vcpu) -> None:
        self.inside.add(vcpu)
        self.rcu.read_lock(vcpu)

    def rcu_read_unlock(self, vcpu: Vcpu) -> None:
        self.inside.remove(vcpu)
        self.rcu.read_unlock(vcpu)

    def leave_cpu(self, vcpu: Vcpu) -> None:
        """A context switch, or entry to the guest: grace periods wait for preemptible readers only."""
        if not self.preempt_rcu and vcpu in self.inside:
            self.rcu.read_unlock(vcpu)

    # --- a mistake: the design needs vCPUs that stay until the VM goes

    @action
    def kvm_vcpu_destroy(self, vcpu: Vcpu) -> None:
        """A vCPU that is unplugged is freed, when no map has it and no reader is inside a section."""
        require(Bug.VCPU_FREED in self.bugs and vcpu in self.vcpus and self.vcpu[vcpu].is_ok())
        require(self.apic[vcpu] is Apic.DISABLED and not at(self.kvm_lapic_set_base))
        require(not at(self.kvm_emulate_hypercall, None, vcpu))
        require(len(self.inside) == 0)
        self.vcpu[vcpu].free()


def array_index_nospec(index: int, size: int) -> int:
    return index if index < size else 0
