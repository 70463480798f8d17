"""kvm->arch.apic_map: which vCPU has which APIC ID. It is rebuilt whenever an APIC changes, and read under RCU."""

from __future__ import annotations

from typing import Annotated

from virtspec import Call, Component, Const, Model, Range, Steps, action, atomic, choose, each, process, require
from virtspec_models.primitives.atomic import AtomicWord
from virtspec_models.primitives.freeable import Freeable, Mem
from virtspec_models.primitives.mutex import Mutex
from virtspec_models.primitives.rcu import Rcu
from virtspec_models.sched_yield.vocabulary import (
    FLOOR,
    HIGHEST,
    Apic,
    ApicMap,
    Bug,
    Dirty,
    Feature,
    Filled,
    Guest,
    Lapic,
    Vcpu,
    Version,
)

Index = Annotated[int, Range(0, HIGHEST)]
OF_5_2 = (Version.V1, Version.V2, Version.V2R1, Version.V2R2, Version.V3, Version.V4, Version.LINUX_5_3)


class KvmApicMap(Component):
    """struct kvm_apic_map at one address. `unchecked`: a read that goes astray finds something, and goes on."""

    unchecked: Const[bool] = False

    memory: Freeable = Freeable(
        used_after_free="an APIC map is used after it was freed",
        freed_twice="an APIC map is freed twice",
        stale=unchecked,
    )
    max_apic_id: Index
    phys_map: dict[Index, Vcpu | None]

    def kvzalloc(self, max_apic_id: Index) -> None:
        self.memory.alloc()
        self.max_apic_id = max_apic_id
        for i in range(HIGHEST + 1):
            self.phys_map[i] = None

    def has(self, index: int) -> bool:
        """Whether a vCPU has that ID: for who does not read memory."""
        return index <= self.max_apic_id and self.phys_map[index] is not None

    def load_max_apic_id(self) -> Index:
        self.memory.use()
        return self.max_apic_id

    def load(self, index: int) -> Vcpu | None:
        """phys_map[index]: the local APIC of a vCPU, which lives as long as the vCPU."""
        self.memory.use()
        if index > self.max_apic_id:
            assert self.unchecked, "phys_map is read past its end"
            stray = choose(Vcpu)
            return stray
        return self.phys_map[index]

    def store(self, index: Index, vcpu: Vcpu) -> None:
        self.memory.use()
        assert index <= self.max_apic_id, "phys_map is written past its end"
        self.phys_map[index] = vcpu

    def kvfree(self) -> None:
        self.memory.free()
        if not self.unchecked:  # nobody reads it any more
            self.max_apic_id = 0
            for i in range(HIGHEST + 1):
                self.phys_map[i] = None


class Maps(Model):
    """Constants, state, and kvm_recalculate_apic_map()."""

    version: Const[Version] = Version.TODAY
    lapic: Const[Lapic] = Lapic.LINUX_5_2 if version in OF_5_2 else Lapic.LINUX_6_12
    bugs: Const[tuple[Bug, ...]] = ()
    vcpus: Const[tuple[Vcpu, ...]] = (Vcpu.VCPU_0, Vcpu.VCPU_256)
    callers: Const[tuple[Vcpu, ...]] = (Vcpu.VCPU_0,)  # who calls the host
    changers: Const[tuple[Vcpu, ...]] = (Vcpu.VCPU_256,)  # whose APICs change
    guest: Const[Guest] = Guest.ANYBODY
    features: Const[tuple[Feature, ...]] = (Feature.PV_SCHED_YIELD, Feature.STEAL_TIME, Feature.SMP)
    benign: Const[bool] = False  # guests name only IDs that the map has when they call
    enforce: Const[bool] = False  # KVM_CAP_ENFORCE_PV_FEATURE_CPUID
    preempt_rcu: Const[bool] = True  # CONFIG_PREEMPT_RCU; without it a context switch is a quiescent state
    alloc_fails: Const[bool] = False  # the allocation of a map may fail
    aliasing: Const[bool] = False  # two APICs may have one ID
    unchecked: Const[bool] = False  # a read that goes astray finds something, and goes on

    assert Vcpu.VCPU_0 in vcpus and Vcpu.FOREIGN not in vcpus, "vCPUs of this VM, the first one among them"
    assert {*callers, *changers} <= {*vcpus}, "who takes part exists"
    assert not enforce or version not in OF_5_2, "features are enforced since 5.10"

    apic_map: ApicMap | None  # kvm->arch.apic_map
    map: dict[ApicMap, KvmApicMap] = each(KvmApicMap(unchecked=unchecked))
    apic_map_dirty: AtomicWord[Dirty]
    apic_map_lock: Mutex[Vcpu]
    rcu: Rcu[Vcpu, Vcpu, ApicMap]
    apic: dict[Vcpu, Apic]
    vcpu: dict[Vcpu, Freeable] = each(
        Freeable(at_first=Mem.OK, used_after_free="a vCPU is used after it was freed", stale=unchecked)
    )
    created: bool  # the first vCPU is there
    irqchip_in_kernel: bool  # without it (kernel_irqchip=off) there is never a map

    @action
    def kvm_vm_ioctl_create_vcpu(self, irqchip_in_kernel: bool) -> None:
        """The first vCPU: the reset of its local APIC builds the first map."""
        require(not self.created)
        self.created = True
        self.irqchip_in_kernel = irqchip_in_kernel
        if irqchip_in_kernel:
            first = choose(ApicMap)
            self.map[first].kvzalloc(FLOOR)
            self.map[first].store(0, Vcpu.VCPU_0)
            self.apic[Vcpu.VCPU_0] = Apic.ENABLED
            self.apic_map = first

    # --- the local APICs

    def kvm_apic_present(self, vcpu: Vcpu) -> bool:
        return self.apic[vcpu] is not Apic.DISABLED

    def kvm_x2apic_id(self, vcpu: Vcpu) -> Index:
        if vcpu is Vcpu.VCPU_0 or self.apic[vcpu] is Apic.ALIASED:
            return 0
        return FLOOR if vcpu is Vcpu.VCPU_255 else HIGHEST

    @process(fair="strong")
    def kvm_lapic_set_base(self, vcpu: Vcpu, to: Apic) -> Steps:
        """A vCPU's APIC is enabled, disabled, or given another ID: by the guest, or by userspace between two runs."""
        atomic("the registers of one APIC; all else is about who may change them when")
        require(vcpu in self.changers and self.irqchip_in_kernel and self.vcpu[vcpu].is_ok())
        require(to is not self.apic[vcpu])
        require(to is not Apic.ALIASED or (self.aliasing and vcpu is not Vcpu.VCPU_0))
        self.apic[vcpu] = to
        if self.lapic is not Lapic.LINUX_5_2 and Bug.NOT_DIRTY not in self.bugs:
            yield "apic_map_dirty"
            self.apic_map_dirty.set(Dirty.DIRTY)
        yield "kvm_recalculate_apic_map"
        yield from self.kvm_recalculate_apic_map(vcpu)

    # --- the map

    def kvm_recalculate_apic_map(self, vcpu: Vcpu) -> Steps:
        if self.lapic is not Lapic.LINUX_5_2:
            dirty = self.apic_map_dirty.read()
            if dirty is Dirty.CLEAN:
                return
            yield "mutex_lock"
        atomic("who has just got the lock has done nothing yet that others could see")
        self.apic_map_lock.lock(vcpu)
        if self.lapic is not Lapic.LINUX_5_2:
            begins = self.begin_update()
            if not begins:
                self.apic_map_lock.unlock(vcpu)
                return
        max_id: Index = FLOOR
        old: ApicMap | None = None
        while True:
            if Bug.MAX_FORGOTTEN in self.bugs:
                max_id = FLOOR
            for v in Vcpu:
                if v in self.vcpus and v is not Vcpu.VCPU_0:
                    yield "max_id"
                    atomic("the enable bit and the ID of one APIC")
                    if self.kvm_apic_present(v):
                        max_id = max(max_id, self.kvm_x2apic_id(v))
            yield "kvzalloc"
            atomic("a new map is nobody else's")
            new = self.allocate(max_id)
            if Bug.PUBLISHED_EMPTY in self.bugs:
                old = self.apic_map
                self.apic_map = new
            if new is None:
                break
            filled = yield from self.fill(new)
            if filled is Filled.OK:
                break
            yield "kvfree"
            self.map[new].kvfree()
            if filled is Filled.EINVAL or self.lapic is Lapic.LINUX_6_4:
                new = None
                break
        if Bug.PUBLISHED_EMPTY not in self.bugs:
            yield "rcu_assign_pointer"
            atomic("under apic_map_lock: readers load the pointer, nobody else stores it")
            old = self.apic_map
            if Bug.NOT_PUBLISHED not in self.bugs:
                self.apic_map = new
            elif new is not None:
                self.map[new].kvfree()
                old = None
        yield "mutex_unlock"
        atomic("one exchange, and the lock is given back")
        if self.lapic is Lapic.LINUX_5_8_RC:
            self.apic_map_dirty.set(Dirty.CLEAN)
        elif self.lapic is not Lapic.LINUX_5_2:
            self.apic_map_dirty.cmpxchg(Dirty.UPDATE_IN_PROGRESS, Dirty.CLEAN)
        self.apic_map_lock.unlock(vcpu)
        if old is not None:
            yield "call_rcu"
            atomic("call_rcu() is one operation, and a grace period begins with it")
            if Bug.FREED_AT_ONCE in self.bugs:
                self.map[old].kvfree()
            else:
                self.rcu.call(old)

    def begin_update(self) -> bool:
        """Under apic_map_lock: whether somebody else has not done it meanwhile."""
        if self.lapic is Lapic.LINUX_5_8_RC:
            return self.apic_map_dirty.read() is not Dirty.CLEAN
        old = self.apic_map_dirty.cmpxchg(Dirty.DIRTY, Dirty.UPDATE_IN_PROGRESS)
        return old is not Dirty.CLEAN

    def allocate(self, max_id: Index) -> ApicMap | None:
        """Room for max_id + 1 entries. There are as many maps as ApicMap has members: who finds none waits."""
        if self.alloc_fails:
            fails = choose(bool)
            if fails:
                return None
        new = choose(ApicMap)
        require(not self.map[new].memory.is_ok())
        self.map[new].kvzalloc(max_id)
        return new

    def fill(self, new: ApicMap) -> Call[Filled]:
        """The second pass."""
        for v in Vcpu:
            if v in self.vcpus:
                yield "phys_map"
                atomic("the enable bit and the ID of one APIC; the new map is nobody else's")
                if self.kvm_apic_present(v):
                    x2apic_id = self.kvm_x2apic_id(v)
                    if x2apic_id > self.map[new].max_apic_id and self.lapic is not Lapic.LINUX_6_3:
                        if self.lapic in (Lapic.LINUX_6_4, Lapic.LINUX_6_12):
                            return Filled.E2BIG
                    elif x2apic_id <= self.map[new].max_apic_id and self.map[new].phys_map[x2apic_id] is not None:
                        if self.lapic in (Lapic.LINUX_6_3, Lapic.LINUX_6_4, Lapic.LINUX_6_12):
                            return Filled.EINVAL
                    else:
                        self.map[new].store(x2apic_id, v)
        return Filled.OK

    @action(fair="weak")
    def kvm_apic_map_free(self, m: ApicMap) -> None:
        """The callback behind call_rcu()."""
        self.rcu.invoke(m)
        self.map[m].kvfree()
