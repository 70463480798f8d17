"""The words of the specification: who takes part, which destinations there are, whose text is in force, which mistake."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Scalarset

# IDs on the scale of the model. A map ends at 255 or at 256, so these have every relation to it that there is.
FLOOR = 1
"""255: a map has no fewer entries, so that IDs without a vCPU abound in it."""
HIGHEST = 2
"""256, the highest ID of a vCPU: a map that has it is the larger one."""
TWO_TO_32 = 4
"""2^32, whose low half is the ID of VCPU_0."""
FARTHEST = 5
"""2^64 - 1."""


class Vcpu(Enum):
    """A vCPU, which does one thing at a time. Its x2APIC ID is its number."""

    VCPU_0 = auto()
    VCPU_255 = auto()
    VCPU_256 = auto()
    FOREIGN = auto()  # of another VM: it takes no part, but a stray pointer may lead to it


class ApicMap(Scalarset, size=2):
    """An address of a struct kvm_apic_map: one is current, one retired or in the making. A third: both of these."""


class Apic(Enum):
    """What its registers say of a local APIC."""

    DISABLED = auto()
    ENABLED = auto()
    ALIASED = auto()  # enabled, and its 8-bit xAPIC ID is that of VCPU_0: 256 in xAPIC mode, or a guest wrote it


class Dirty(Enum):
    """kvm->arch.apic_map_dirty."""

    CLEAN = auto()
    UPDATE_IN_PROGRESS = auto()
    DIRTY = auto()


class Filled(Enum):
    """What the second pass of a recalculation returns."""

    OK = auto()
    E2BIG = auto()  # a vCPU has appeared whose ID is beyond what the first pass has seen
    EINVAL = auto()  # two vCPUs have one ID


class Dest(Enum):
    """RBX of the hypercall, 64 bits wide: every class of every map is among these."""

    ID_0 = auto()
    ID_255 = auto()
    ID_256 = auto()
    ID_257 = auto()
    ID_2_TO_32 = auto()  # its low half is ID_0
    ALL_ONES = auto()


class DestClass(Enum):
    """What a destination is to one map, for a text that compares it once and reads one entry."""

    PRESENT = auto()  # below max_apic_id, a vCPU has it
    ABSENT = auto()  # below max_apic_id, nobody has it
    MAX_PRESENT = auto()  # max_apic_id itself, a vCPU has it
    MAX_ABSENT = auto()
    MAX_PLUS_1 = auto()
    WRAPPED = auto()  # farther out, its low half is the ID of a vCPU
    HUGE = auto()  # farther out, its low half is not


def number(dest: Dest) -> int:
    """The destination on the scale of the model."""
    if dest is Dest.ID_0:
        return 0
    if dest is Dest.ID_255:
        return FLOOR
    if dest is Dest.ID_256:
        return HIGHEST
    if dest is Dest.ID_257:
        return HIGHEST + 1
    return TWO_TO_32 if dest is Dest.ID_2_TO_32 else FARTHEST


def low_half(n: int) -> int:
    """The low 32 bits of a number on that scale."""
    return 0 if n == TWO_TO_32 else n


class Cpl(Enum):
    """In which ring the guest was."""

    KERNEL = auto()
    USER = auto()


class Rax(Enum):
    """What the guest is told."""

    ZERO = auto()
    EPERM = auto()
    ENOSYS = auto()
    ONE = auto()  # no version says so: the result of the yield


class Feature(Enum):
    """What the host tells the guest, and what the guest knows itself."""

    PV_SCHED_YIELD = auto()
    STEAL_TIME = auto()
    REALTIME = auto()  # the hint that vCPUs have CPUs of their own
    MWAIT = auto()
    SMP = auto()  # num_possible_cpus() != 1


class Guest(Enum):
    """Who calls."""

    ANYBODY = auto()  # code of the guest that keeps to nothing
    LINUX_5_3 = auto()
    LINUX_5_17 = auto()  # 40cd58dbf121: not where MWAIT is offered
    LINUX_6_1 = auto()  # nor on one CPU


class Version(Enum):
    """Whose text kvm_sched_yield() is: as posted, as merged, as it stands today."""

    V1 = auto()  # 27 May 2019: nothing is checked
    V2 = auto()  # 28 May: the map is checked; the yield is inside the read-side section
    V2R1 = auto()  # 28 May, resent: the section ends before the yield, by way of an uninitialised variable
    V2R2 = auto()  # 28 May, resent as a series: the same, static, unsigned long
    V3 = auto()  # 30 May: the bound is checked, the variable is initialised
    V4 = auto()  # 11 June, merged as 715062970f37: the entry is checked
    LINUX_5_3 = auto()  # 266e85a5ec91: only a target that is ready
    LINUX_5_10 = auto()  # 66570e966dd9: a feature that is hidden may be enforced to be
    LINUX_5_13 = auto()  # a1fa4cbd53d9, 72b268a8e930: not to itself, not from a CPU with one task
    TODAY = auto()  # c87bd4dd43a6: the index is clamped; 6.1.192, 6.12.117


class Lapic(Enum):
    """Whose text kvm_recalculate_apic_map() is."""

    LINUX_5_2 = auto()  # until 5.7: every change recalculates
    LINUX_5_8_RC = auto()  # a flag says whether anything has changed
    LINUX_5_8 = auto()  # 44d527170731: the flag has three states
    LINUX_6_3 = auto()  # 5b84b0291702: no map where IDs alias; entries beyond the map are written
    LINUX_6_4 = auto()  # 4364b287982b: no map where a vCPU appears meanwhile
    LINUX_6_12 = auto()  # then it begins again


class Bug(Enum):
    """A departure from the version's text, each the smallest edit that makes one mistake."""

    NO_RCU = auto()  # M1: no read-side section at all
    BOUND_TOO_LOW = auto()  # M2: `<` for `<=`
    BOUND_TOO_HIGH = auto()  # M2 the other way: max_apic_id taken for the number of entries less two
    TRUNCATED = auto()  # M3: the destination is cut to 32 bits
    TWO_LOADS = auto()  # M4: the bound is that of one map, the entry that of another
    FREED_AT_ONCE = auto()  # M5: the old map is freed without a grace period
    PUBLISHED_EMPTY = auto()  # M6: a map is published before it is filled
    NOT_PUBLISHED = auto()  # M8: the new map is dropped
    NO_BOUND = auto()  # the clamp alone
    USED_LATE = auto()  # of V2: the map is used once more when the yield is over
    VCPU_FREED = auto()  # a vCPU that is unplugged is freed, not parked
    RETURNS_RESULT = auto()  # RAX says whether the yield succeeded
    NO_CPL_CHECK = auto()
    NOT_DIRTY = auto()  # before af28dfacbe00: KVM_SET_LAPIC does not mark the map dirty
    MAX_FORGOTTEN = auto()  # a recalculation that begins again forgets the highest ID it has seen
