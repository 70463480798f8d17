"""Versions and mistakes of PV sched yield: every one a configuration of the same text.

B1 to B5, F1 to F25 and M1 to M9 are numbered as in the analysis the model rests on. The default is today's text: VCPU_0
calls, the APIC of VCPU_256 is enabled and disabled, and whether the VM's APICs are in the kernel is open.
"""

from __future__ import annotations

from collections.abc import Mapping

from virtspec_models.case import Case
from virtspec_models.sched_yield.vocabulary import Bug, Feature, Guest, Lapic, Vcpu, Version

V1, V2, V2R1, V2R2, V3, V4 = ({"version": v} for v in tuple(Version)[:6])
BOTH = (Vcpu.VCPU_0, Vcpu.VCPU_256)
ALL = (Vcpu.VCPU_0, Vcpu.VCPU_255, Vcpu.VCPU_256)
MAP_ALONE = {"callers": (), "changers": BOTH}
FROM_256 = {"callers": BOTH[1:], "changers": BOTH[:1]}
OFFERED = (Feature.PV_SCHED_YIELD, Feature.STEAL_TIME, Feature.SMP)
HIDDEN = (Feature.STEAL_TIME, Feature.SMP)
BEHAVIOURS = ("SY-L3", "SY-L4", "SY-L4R")


def unreached(*witnesses: int) -> dict[str, str]:
    """Those cannot be there, and are claimed not to be."""
    return {f"SY-R{n}": "unreached" for n in witnesses}


NULL_MAP = {"SY-S1M": "violated 5"}
NULL_ENTRY = {"SY-S1E": "violated 6"}
OUT_OF_BOUNDS = {"SY-S2": "violated 5"}
OF_V1 = {**NULL_MAP, **NULL_ENTRY, **OUT_OF_BOUNDS}
OF_V2 = {**NULL_ENTRY, **OUT_OF_BOUNDS, "SY-S4S": "violated 14"}
OF_V2R = {**NULL_ENTRY, **OUT_OF_BOUNDS, "SY-S4X": "violated 4"}
OF_V3 = {"SY-S1E": "violated 7"}
NOBODY_READS = unreached(*range(1, 14))
WITNESSES = tuple(f"SY-R{n}" for n in range(1, 15))
STATES_ALONE = (*WITNESSES, *BEHAVIOURS)
"""Left out where a configuration is about safety, and its like is judged with all."""
OF_ONE_MAP = unreached(2, 3, 8, 9, 10, 12, 13)
NOBODY_YIELDS = unreached(8, 12)
SMALL_MAP = unreached(3, 13)

VERSIONS = (
    Case("v1", "nothing is checked", V1, OF_V1, origin="v1, 27 May 2019"),
    Case("v2", "the map is checked; the yield is inside the read-side section", V2, OF_V2, origin="v2, 28 May 2019"),
    Case(
        "v2r1",
        "the section ends before the yield; whether it has ended is read off an uninitialised variable",
        V2R1,
        OF_V2R,
        origin="v2 resent, 28 May 2019",
    ),
    Case("v2r2", "the same, resent as a series", V2R2, OF_V2R, origin="v2 resent as a series, 28 May 2019"),
    Case("v3", "the bound is checked; of an entry its vCPU, not the entry itself", V3, OF_V3, origin="v3, 30 May 2019"),
    Case("v4", "as merged for 5.3", V4, origin="v4, 11 June 2019; 715062970f37"),
    Case("5.3", "only a target that is ready", {"version": Version.LINUX_5_3}, origin="266e85a5ec91"),
    Case("5.10", "features may be enforced", {"version": Version.LINUX_5_10}, origin="66570e966dd9"),
    Case(
        "5.13",
        "not to itself, and not from a CPU with one task",
        {"version": Version.LINUX_5_13},
        origin="a1fa4cbd53d9, 72b268a8e930",
    ),
    Case("today", "the index is clamped: 6.17, 6.1.192, 6.12.117", origin="c87bd4dd43a6"),
)

ENVIRONMENTS = (
    Case("today-memory", "no memory for a map: there is none for a while", {"alloc_fails": True}),
    Case("today-nonpreemptible", "readers cannot be preempted", {"preempt_rcu": False}),
    Case("today-callers", "both vCPUs call", {"callers": BOTH}, slow=True, leave_out=STATES_ALONE),
    Case(
        "today-target",
        "VCPU_256 calls, the APIC of VCPU_0 changes",
        FROM_256,
        SMALL_MAP,
    ),
    Case("today-aliasing", "two APICs may have one ID", {"aliasing": True}, origin="5b84b0291702"),
    Case("v4-aliasing", "the same in 5.3: the first one has it", {**V4, "aliasing": True}),
    Case(
        "today-maps",
        "a third map: a new one is made while readers hold an old one",
        {"ApicMap": 3},
        slow=True,
        leave_out=STATES_ALONE,
    ),
    Case("v4-all", "v4: both call, both change", {**V4, "callers": BOTH, "changers": BOTH}, slow=True),
    Case(
        "today-all",
        "both call, both change",
        {"callers": BOTH, "changers": BOTH},
        slow=True,
    ),
    Case(
        "today-all-maps",
        "the same with three maps",
        {"callers": BOTH, "changers": BOTH, "ApicMap": 3},
        slow=True,
        leave_out=STATES_ALONE,
    ),
    Case(
        "today-three",
        "three vCPUs: one calls, the APICs of the others change",
        {"vcpus": ALL, "changers": ALL[1:]},
        slow=True,
        leave_out=BEHAVIOURS,
    ),
)

OF_READERS = (
    Case(
        "v2-nonpreemptible",
        "B4: the sleeper's section does not keep a map from being freed, but nobody looks at it any more",
        {**V2, "preempt_rcu": False},
        OF_V2,
        evidence="derived",
    ),
    Case(
        "v2-overcommit",
        "B4 where nobody says when the sleeper runs again: no map is freed until then",
        {**V2, "fair.switch_in": "none"},
        {**OF_V2, "SY-L3": "violated"},
        evidence="derived",
    ),
    Case(
        "v4-overcommit",
        "the same as merged: who sleeps holds nothing up",
        {**V4, "fair.switch_in": "none"},
        evidence="derived",
    ),
    Case(
        "v2-late",
        "B4, and the map is looked at once more when the yield is over",
        {**V2, "bugs": (Bug.USED_LATE,)},
        OF_V2,
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "v2-late-nonpreemptible",
        "the same where readers cannot be preempted: now it may have been freed",
        {**V2, "bugs": (Bug.USED_LATE,), "preempt_rcu": False},
        {**OF_V2, "SY-S3": "violated 30"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "v2r1-memory",
        "B5: a section that never ends, and no map is freed any more",
        {**V2R1, "alloc_fails": True},
        {**OF_V2R, "SY-L3": "violated"},
        evidence="derived",
    ),
    Case(
        "v2r1-memory-nonpreemptible",
        "the same where readers cannot be preempted: the next context switch ends it",
        {**V2R1, "alloc_fails": True, "preempt_rcu": False},
        OF_V2R,
        evidence="derived",
    ),
    Case(
        "v2-benign",
        "B3 without malice: the ID was in the map when the guest called, and the map has shrunk",
        {**V2, "benign": True},
        {"SY-S2": "violated 22", "SY-S4S": "violated 14", **unreached(2, 4, 6, 7, 11)},
        evidence="derived",
    ),
    Case(
        "v3-benign",
        "B2 without malice: the vCPU has gone since the guest called",
        {**V3, **FROM_256, "benign": True},
        {"SY-S1E": "violated 14", **unreached(3, 4, 5, 6, 7, 11, 13)},
        evidence="derived",
    ),
    Case(
        "v1-unchecked",
        "B3, and what is read beyond the map is a pointer to a vCPU: of another VM, maybe",
        {**V1, "unchecked": True},
        {**NULL_MAP, **NULL_ENTRY, "SY-S5T": "violated 8", "SY-S20": "violated 8"},
        evidence="derived",
    ),
    Case("v4-unchecked", "the same as merged", {**V4, "unchecked": True}, evidence="derived"),
)


def linux(name: str, summary: str, *features: Feature, guest: Guest = Guest.LINUX_6_1) -> Case:
    """A Linux guest on a host for which it does not call."""
    return Case(
        f"linux-{name}",
        summary,
        {"guest": guest, "features": features},
        {**NOBODY_READS},
        origin="6.1.192",
    )


GATES = (
    Case(
        "v4-hidden",
        "F2: a feature that is hidden is served all the same",
        {**V4, "features": HIDDEN},
        {"SY-S7B": "violated 16"},
        origin="66570e966dd9",
    ),
    Case(
        "today-hidden",
        "F2: today, too, where nobody enforces",
        {"features": HIDDEN},
        {"SY-S7B": "violated 19"},
        origin="66570e966dd9",
    ),
    Case(
        "today-enforced",
        "hidden and enforced: ENOSYS",
        {"features": HIDDEN, "enforce": True},
        NOBODY_READS,
        origin="66570e966dd9; selftest kvm_pv_test",
    ),
    Case("linux", "Linux 6.1 as a guest, which asks first", {"guest": Guest.LINUX_6_1}, origin="6.1.192"),
    linux("hidden", "the host does not offer it", *HIDDEN),
    linux("no-steal-time", "no stolen time, so no preempted byte", Feature.PV_SCHED_YIELD, Feature.SMP),
    linux("realtime", "vCPUs have CPUs of their own", *OFFERED, Feature.REALTIME),
    linux("mwait", "MWAIT is offered: the host is not short of CPUs", *OFFERED, Feature.MWAIT, guest=Guest.LINUX_5_17),
    linux("one-cpu", "there is nobody to put forward", *OFFERED[:2]),
    Case(
        "F8",
        "Linux 5.3 as a guest does not ask for MWAIT",
        {"guest": Guest.LINUX_5_3, "features": (*OFFERED, Feature.MWAIT)},
        {"SY-S6": "violated 2"},
        origin="fixed by 40cd58dbf121",
    ),
)

RECALCULATION = (
    Case(
        "map-5.2",
        "two APICs change, each change recalculates",
        {**MAP_ALONE, "lapic": Lapic.LINUX_5_2},
        NOBODY_READS,
        origin="until 5.7",
    ),
    Case(
        "F15",
        "two APICs change, and a flag without a third state: the second change is lost",
        {**MAP_ALONE, "lapic": Lapic.LINUX_5_8_RC},
        {**NOBODY_READS, "SY-S19": "violated 15"},
        origin="fixed by 44d527170731 (number recalled)",
    ),
    Case(
        "F15-mended",
        "the flag has three states",
        {**MAP_ALONE, "lapic": Lapic.LINUX_5_8},
        NOBODY_READS,
        origin="44d527170731 (number recalled)",
    ),
    Case(
        "F16",
        "userspace sets an APIC's state, and the map is not marked dirty",
        {"lapic": Lapic.LINUX_5_8, "bugs": (Bug.NOT_DIRTY,)},
        {"SY-S19": "violated 3", **OF_ONE_MAP},
        origin="fixed by af28dfacbe00 (number recalled)",
    ),
    Case(
        "F17",
        "an APIC is enabled between the two passes, and its entry is written beyond the map",
        {**MAP_ALONE, "lapic": Lapic.LINUX_6_3},
        {**NOBODY_READS, "SY-S2W": "violated 10"},
        origin="fixed by 4364b287982b",
    ),
    Case(
        "F17-mended",
        "then there is no map, until the next pass",
        {**MAP_ALONE, "lapic": Lapic.LINUX_6_4},
        NOBODY_READS,
        origin="4364b287982b",
    ),
    Case("map-6.12", "then it begins again", MAP_ALONE, NOBODY_READS, origin="6.12.117"),
)


def mutant(name: str, summary: str, bug: Bug, expect: Mapping[str, str], **params: object) -> Case:
    """Today's text with one mistake."""
    return Case(name, summary, {"bugs": (bug,), **params}, expect, origin="mutant", evidence="derived")


MISTAKES = (
    mutant("M1", "no read-side section", Bug.NO_RCU, {"SY-S3": "violated 16", **unreached(9, 10, 13)}),
    mutant("M2", "`<` for `<=`: the highest ID is nobody's", Bug.BOUND_TOO_LOW, NOBODY_YIELDS),
    mutant("M2-high", "one entry too many", Bug.BOUND_TOO_HIGH, {"SY-S2": "violated 6"}),
    mutant(
        "M3", "the destination is cut to 32 bits", Bug.TRUNCATED, {"SY-S5T": "violated 10", **SMALL_MAP}, **FROM_256
    ),
    mutant("M4", "the bound is that of one map, the entry that of another", Bug.TWO_LOADS, {"SY-S2": "violated 28"}),
    mutant("M5", "no grace period", Bug.FREED_AT_ONCE, {"SY-S3": "violated 16", **unreached(9, 13)}),
    mutant(
        "M6",
        "published before it is filled",
        Bug.PUBLISHED_EMPTY,
        {"SY-S19F": "violated 8"},
        lapic=Lapic.LINUX_5_8,
    ),
    mutant(
        "M6-v3",
        "the same in v3: the entry of a vCPU that was there all the time is NULL",
        Bug.PUBLISHED_EMPTY,
        {"SY-S1E": "violated 11", "SY-S19F": "violated 6", **unreached(6, 7, 11)},
        version=Version.V3,
        benign=True,
    ),
    mutant(
        "M8", "the new map is dropped", Bug.NOT_PUBLISHED, {"SY-S19": "violated 11", **unreached(2, 3, 8, 9, 12, 13)}
    ),
    mutant(
        "clamp-alone",
        "the bound is not checked, the index is clamped",
        Bug.NO_BOUND,
        {"SY-S5T": "violated 10", **SMALL_MAP},
        **FROM_256,
    ),
    mutant("vcpu-freed", "a vCPU that is unplugged is freed", Bug.VCPU_FREED, {"SY-S5": "violated 33"}),
    mutant("result", "RAX says what came of it", Bug.RETURNS_RESULT, {"SY-S8": "violated 21"}),
    mutant(
        "no-cpl", "any program of the guest may call", Bug.NO_CPL_CHECK, {"SY-S7": "violated 19", "SY-S8": "violated 2"}
    ),
    mutant(
        "max-forgotten",
        "a recalculation that begins again forgets the highest ID: whoever has appeared waits for the lock, so it ends",
        Bug.MAX_FORGOTTEN,
        NOBODY_READS,
        **MAP_ALONE,
    ),
)

CASES = VERSIONS + ENVIRONMENTS + OF_READERS + GATES + RECALCULATION + MISTAKES

SURVIVORS: Mapping[str, str] = {
    "apic_map.py: require(to is not self.apic[vcpu]) / deleted": "what is written is there already: the map is rebuilt "
    "as it was",
    "memory_safety.py: self.created / deleted": "before the first vCPU there is no map, as there is none without an irqchip",
    "memory_safety.py: if alone / always false": "it saves a look-up: when it pays is for the model of the scheduler to say",
    "memory_safety.py: if not ready / always false": "it saves two locks: yield_to() refuses as well",
    "memory_safety.py: if self.tests_self() and target == vcpu / always false": "yield_to() refuses a task on its CPU",
    "memory_safety.py: if not succeeds / always false": "whether it succeeds is any value",
}
"""Guards of today's text whose deletion no property notices: `virtspec mutate sched_yield --config today --config
today-target`.
"""
