"""What KVM promises of KVM_HC_SCHED_YIELD however guests use it: memory, RCU, gates, the APIC map.

S1 to S8, S19, S20, L3 and L4 are numbered as in the analysis the model rests on; a letter behind the number tells parts
of one of them apart. S9 to S18, L1, L2 and L5 are about the guest's protocol and the host's scheduler.
"""

from __future__ import annotations

from virtspec import Faults, Formula, at, faultless, faults, invariant, leads_to, reachable, temporal, transition
from virtspec_models.sched_yield.memory_safety import MemorySafety
from virtspec_models.sched_yield.vocabulary import (
    FLOOR,
    HIGHEST,
    ApicMap,
    Cpl,
    DestClass,
    Dirty,
    Feature,
    Guest,
    Lapic,
    Rax,
    Vcpu,
    low_half,
)


def calls(m: MemorySafety, v: Vcpu) -> bool:
    """The vCPU is inside the hypercall, on the host's side."""
    return at(m.kvm_emulate_hypercall, None, v) and not at(m.kvm_emulate_hypercall, "vm_entry", v)


# --- memory


@faultless(MemorySafety, id="SY-S1M", source="B1; changelog of v2")
def map_is_not_null(m: MemorySafety) -> Faults:
    """No step reads a map through a NULL pointer."""
    return faults("the APIC map is read through a NULL pointer")


@faultless(MemorySafety, id="SY-S1E", source="B2; review of v1 (P. Bonzini) and of v3 (R. Krcmar)")
def entry_is_not_null(m: MemorySafety) -> Faults:
    """No step follows the entry of an APIC ID that no vCPU has."""
    return faults("an entry of phys_map is read through a NULL pointer")


@faultless(MemorySafety, id="SY-S2", source="B3; review of v2 (L. Alon)")
def reads_are_in_bounds(m: MemorySafety) -> Faults:
    """Entries are read within the map they belong to."""
    return faults("phys_map is read past its end")


@faultless(MemorySafety, id="SY-S2W", source="4364b287982b")
def writes_are_in_bounds(m: MemorySafety) -> Faults:
    """Entries are written within the map that was allocated for them."""
    return faults("phys_map is written past its end")


@faultless(MemorySafety, id="SY-S3", source="derived: what RCU is for")
def map_is_not_used_after_free(m: MemorySafety) -> Faults:
    """No step reads a map that was freed, and none is freed twice."""
    return faults(
        "an APIC map is used after it was freed",
        "an APIC map is freed twice",
        "an object is handed to call_rcu() twice",
    )


@invariant(MemorySafety, id="SY-S4S", source="B4; rules of RCU: a reader must not sleep")
def no_switch_inside(m: MemorySafety, v: Vcpu) -> bool:
    """Nobody gives its CPU up inside a read-side section."""
    return not (v in m.switched_out and v in m.inside)


@invariant(MemorySafety, id="SY-S4X", source="B5; sparse, on the first v2 that was resent")
def no_exit_inside(m: MemorySafety, v: Vcpu) -> bool:
    """The hypercall returns outside any read-side section."""
    return calls(m, v) or v not in m.inside


@faultless(MemorySafety, id="SY-S4U", source="rules of RCU")
def sections_are_paired(m: MemorySafety) -> Faults:
    """Only who is inside a section leaves one."""
    return faults("rcu_read_unlock() without rcu_read_lock()", "rcu_read_lock() within a section of the same reader")


@faultless(MemorySafety, id="SY-S5", source="derived: vCPUs go with their VM")
def target_lives(m: MemorySafety) -> Faults:
    """The target is used outside the section; it is there all the same."""
    return faults("a vCPU is used after it was freed")


@invariant(MemorySafety, id="SY-S5T", source="derived from S2 and S20")
def right_target(m: MemorySafety, v: Vcpu) -> bool:
    """Whoever is put forward has, or had, the APIC ID that was asked for."""
    target = m.boosted[v]
    return (
        target is None
        or m.rbx[v] == (0 if target is Vcpu.VCPU_0 else FLOOR if target is Vcpu.VCPU_255 else HIGHEST)
        or (m.aliasing and m.rbx[v] == 0)
    )


# --- gates and results


@invariant(MemorySafety, id="SY-S6", source="pv_sched_yield_supported(); 40cd58dbf121")
def linux_asks_first(m: MemorySafety, v: Vcpu) -> bool:
    """Linux as a guest calls only if the host offers it, tells of stolen time, and may be short of CPUs."""
    return (
        m.guest is Guest.ANYBODY
        or not at(m.kvm_emulate_hypercall, None, v)
        or (
            Feature.PV_SCHED_YIELD in m.features
            and Feature.STEAL_TIME in m.features
            and Feature.REALTIME not in m.features
            and Feature.MWAIT not in m.features
            and Feature.SMP in m.features
        )
    )


@invariant(MemorySafety, id="SY-S7", source="66570e966dd9")
def yield_is_gated(m: MemorySafety, v: Vcpu) -> bool:
    """Only ring 0 yields, and where features are enforced only with this one."""
    return m.boosted[v] is None or (m.cpl[v] is Cpl.KERNEL and (not m.enforce or Feature.PV_SCHED_YIELD in m.features))


@invariant(MemorySafety, id="SY-S7B", source="derived: what hiding a feature suggests")
def yield_is_offered(m: MemorySafety, v: Vcpu) -> bool:
    """Nobody yields where the feature is hidden. No version keeps that unless it is enforced."""
    return m.boosted[v] is None or Feature.PV_SCHED_YIELD in m.features


@invariant(MemorySafety, id="SY-S8", source="Documentation/virt/kvm/x86/hypercalls.rst; derived: no oracle")
def result_tells_nothing(m: MemorySafety, v: Vcpu) -> bool:
    """RAX depends on the ring and on what is enforced, not on the destination or on what came of it."""
    refused = m.enforce and Feature.PV_SCHED_YIELD not in m.features
    return not at(m.kvm_emulate_hypercall, "vm_entry", v) or m.rax[v] is (
        Rax.EPERM if m.cpl[v] is Cpl.USER else Rax.ENOSYS if refused else Rax.ZERO
    )


@invariant(MemorySafety, id="SY-S20", source="derived: the map belongs to the VM")
def no_foreign_target(m: MemorySafety, v: Vcpu) -> bool:
    """Nobody puts a vCPU of another VM forward."""
    return m.boosted[v] is not Vcpu.FOREIGN


# --- the map


def settled(m: MemorySafety) -> bool:
    """No APIC is being changed."""
    return m.irqchip_in_kernel and not at(m.kvm_lapic_set_base)


def has(m: MemorySafety, v: Vcpu, i: int) -> bool:
    """The registers say that this APIC is enabled, and has that ID."""
    return v in m.vcpus and m.kvm_apic_present(v) and m.kvm_x2apic_id(v) == i


def aliased(m: MemorySafety) -> bool:
    """Two APICs have one ID."""
    return any(v != w and has(m, v, i) and has(m, w, i) for i in range(HIGHEST + 1) for v in Vcpu for w in Vcpu)


def tells(m: MemorySafety, a: ApicMap) -> bool:
    """The map is what the registers say: as large as need be, each ID with one who has it."""
    return m.map[a].max_apic_id == (HIGHEST if any(has(m, v, HIGHEST) for v in Vcpu) else FLOOR) and all(
        any(has(m, v, i) and m.map[a].phys_map[i] == v for v in Vcpu)
        or (m.map[a].phys_map[i] is None and not any(has(m, v, i) for v in Vcpu))
        for i in range(HIGHEST + 1)
    )


@invariant(MemorySafety, id="SY-S19", source="44d527170731, af28dfacbe00")
def map_is_right(m: MemorySafety) -> bool:
    """When no APIC changes, the map says what the registers say; or there is none, for want of memory or since IDs alias."""
    return (
        not settled(m)
        or (m.apic_map is None and (m.alloc_fails or (m.aliasing and aliased(m))))
        or any(m.apic_map == a and tells(m, a) for a in ApicMap)
    )


@invariant(MemorySafety, id="SY-S19D", source="derived from the three states of apic_map_dirty")
def dirty_is_cleared(m: MemorySafety) -> bool:
    """When no APIC changes, nobody has left the map marked dirty."""
    return not settled(m) or m.apic_map_dirty.word is Dirty.CLEAN


@transition(MemorySafety, id="SY-S19F", source="derived: publication by rcu_assign_pointer()")
def published_is_filled(before: MemorySafety, after: MemorySafety, a: ApicMap) -> bool:
    """A map is filled before it is published: what readers find in it never changes."""
    return not (before.apic_map == a and after.apic_map == a) or all(
        before.map[a].phys_map[i] == after.map[a].phys_map[i] for i in range(HIGHEST + 1)
    )


@invariant(MemorySafety, id="SY-S19L", source="derived")
def published_is_live(m: MemorySafety) -> bool:
    """The map that readers find is not freed, nor handed over to be."""
    return all(m.apic_map != a or (m.map[a].memory.is_ok() and a not in m.rcu.callbacks) for a in ApicMap)


# --- behaviours


@temporal(MemorySafety, id="SY-L3", source="derived; fair: vCPUs, the scheduler")
def retired_maps_are_freed(m: MemorySafety, a: ApicMap) -> Formula:
    """A map that was replaced waits for readers for a while only: then it is freed."""
    return leads_to(any(a in m.rcu.delayed[v] for v in Vcpu), not any(a in m.rcu.delayed[v] for v in Vcpu))


@temporal(MemorySafety, id="SY-L4", source="derived; fair: vCPUs, the scheduler")
def hypercall_ends(m: MemorySafety, v: Vcpu) -> Formula:
    """The hypercall returns, or its caller waits to be scheduled."""
    return leads_to(
        at(m.kvm_emulate_hypercall, None, v), not at(m.kvm_emulate_hypercall, None, v) or v in m.switched_out
    )


@temporal(MemorySafety, id="SY-L4R", source="derived; fair: vCPUs")
def recalculation_ends(m: MemorySafety, v: Vcpu) -> Formula:
    """A change of an APIC takes effect: a recalculation begins again a few times at most, if there is memory for a map."""
    return leads_to(
        at(m.kvm_lapic_set_base, None, v),
        not at(m.kvm_lapic_set_base, None, v) or all(m.map[a].memory.is_ok() for a in ApicMap),
    )


# --- no run is vacuous


def class_of(m: MemorySafety, a: ApicMap, n: int) -> DestClass:
    """What the destination is to that map."""
    if n < m.map[a].max_apic_id:
        return DestClass.ABSENT if m.map[a].phys_map[n] is None else DestClass.PRESENT
    if n == m.map[a].max_apic_id:
        return DestClass.MAX_ABSENT if m.map[a].phys_map[n] is None else DestClass.MAX_PRESENT
    if n == m.map[a].max_apic_id + 1:
        return DestClass.MAX_PLUS_1
    if low_half(n) <= m.map[a].max_apic_id and m.map[a].phys_map[low_half(n)] is not None:
        return DestClass.WRAPPED
    return DestClass.HUGE


def looks_up(m: MemorySafety, kind: DestClass) -> bool:
    """Somebody is about to load the map, and its destination is of that kind."""
    return any(
        v in m.callers
        and m.apic_map == a
        and at(m.kvm_emulate_hypercall, "kvm_sched_yield.rcu_dereference", v)
        and class_of(m, a, m.rbx[v]) is kind
        for a in ApicMap
        for v in Vcpu
    )


@reachable(MemorySafety, id="SY-R1")
def looks_up_present(m: MemorySafety) -> bool:
    """A guest can ask for an ID below the highest, of a vCPU."""
    return looks_up(m, DestClass.PRESENT)


@reachable(MemorySafety, id="SY-R2")
def looks_up_absent(m: MemorySafety) -> bool:
    """A guest can ask for an ID below the highest that nobody has."""
    return looks_up(m, DestClass.ABSENT)


@reachable(MemorySafety, id="SY-R3")
def looks_up_max_present(m: MemorySafety) -> bool:
    """A guest can ask for the highest ID of the map, of a vCPU."""
    return looks_up(m, DestClass.MAX_PRESENT)


@reachable(MemorySafety, id="SY-R4")
def looks_up_max_absent(m: MemorySafety) -> bool:
    """A guest can ask for the highest ID of the map, which nobody has."""
    return looks_up(m, DestClass.MAX_ABSENT)


@reachable(MemorySafety, id="SY-R5")
def looks_up_max_plus_1(m: MemorySafety) -> bool:
    """A guest can ask for the first ID behind the map."""
    return looks_up(m, DestClass.MAX_PLUS_1)


@reachable(MemorySafety, id="SY-R6")
def looks_up_wrapped(m: MemorySafety) -> bool:
    """A guest can ask for 2^32 more than the ID of a vCPU."""
    return looks_up(m, DestClass.WRAPPED)


@reachable(MemorySafety, id="SY-R7")
def looks_up_huge(m: MemorySafety) -> bool:
    """A guest can ask for an ID far behind the map."""
    return looks_up(m, DestClass.HUGE)


@reachable(MemorySafety, id="SY-R8")
def yields(m: MemorySafety) -> bool:
    """A vCPU can put another one forward."""
    return any(m.boosted[v] is not None for v in Vcpu)


@reachable(MemorySafety, id="SY-R9")
def reads_a_retired_map(m: MemorySafety) -> bool:
    """A reader can be inside a section while the callback of a map waits for it."""
    return any(a in m.rcu.delayed[v] for a in ApicMap for v in Vcpu if v in m.callers)


@reachable(MemorySafety, id="SY-R10")
def reads_while_a_map_is_built(m: MemorySafety) -> bool:
    """A reader can be inside a section while a new map is being filled."""
    return any(m.rcu.read_lock_held(v) for v in Vcpu) and any(at(m.kvm_lapic_set_base, "phys_map", w) for w in Vcpu)


@reachable(MemorySafety, id="SY-R11")
def finds_no_map(m: MemorySafety) -> bool:
    """A guest can call while there is no map."""
    return m.apic_map is None and at(m.kvm_emulate_hypercall, "kvm_sched_yield.rcu_dereference")


@reachable(MemorySafety, id="SY-R12")
def target_has_gone(m: MemorySafety) -> bool:
    """A vCPU whose APIC is disabled by now can be put forward."""
    return any(m.boosted[v] == w and not m.kvm_apic_present(w) for v in Vcpu for w in Vcpu)


@reachable(MemorySafety, id="SY-R13")
def map_shrinks(m: MemorySafety) -> bool:
    """A reader can hold a larger map than the one that is current."""
    return any(
        m.apic_map == a and b in m.rcu.delayed[v] and m.map[a].max_apic_id < m.map[b].max_apic_id
        for a in ApicMap
        for b in ApicMap
        for v in Vcpu
        if v in m.callers
    )


@reachable(MemorySafety, id="SY-R14", source="4364b287982b")
def begins_again(m: MemorySafety) -> bool:
    """A recalculation can find that a vCPU has appeared meanwhile, if there is one that may."""
    return (
        m.lapic is not Lapic.LINUX_6_12
        or Vcpu.VCPU_0 not in m.changers
        or Vcpu.VCPU_256 not in m.changers
        or at(m.kvm_lapic_set_base, "kvfree")
    )
