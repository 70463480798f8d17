"""The history of PV sched yield, bug by bug: which property of which configuration shows it, or why none does.

B1 to B5 are defects of the versions that were posted, F1 to F25 what was fixed or changed later, M1 to M9 mutants, numbered
as in the analysis the model rests on. This model is about memory, RCU, gates and the APIC map. What is about the guest's
protocol and the host's scheduler belongs to another one.
"""

from __future__ import annotations

from virtspec_models.case import Finding, Omitted

FINDINGS = (
    Finding("B1", "v1: there is no map, and the host follows a NULL pointer", "v1", "SY-S1M", "violated 5", "v2"),
    Finding("B2-v1", "nobody has the ID: the entry is NULL", "v1", "SY-S1E", "violated 6", "v4, 715062970f37"),
    Finding(
        "B2-v2", "the vCPU of the entry is tested, not the entry", "v2", "SY-S1E", "violated 6", "v4, 715062970f37"
    ),
    Finding(
        "B2-v3", "so it is in v3, whose changelog says otherwise", "v3", "SY-S1E", "violated 7", "v4, 715062970f37"
    ),
    Finding(
        "B2-benign",
        "the vCPU has gone since the guest called",
        "v3-benign",
        "SY-S1E",
        "violated 14",
        "v4, 715062970f37",
        "derived",
    ),
    Finding("B3-v1", "the ID is beyond the map", "v1", "SY-S2", "violated 5", "v3"),
    Finding("B3-v2", "the same in v2, and in both that were resent", "v2", "SY-S2", "violated 5", "v3"),
    Finding(
        "B3-benign", "the map has shrunk since the guest called", "v2-benign", "SY-S2", "violated 22", "v3", "derived"
    ),
    Finding(
        "B3-foreign",
        "what is beyond the map may lead to a vCPU of another VM",
        "v1-unchecked",
        "SY-S20",
        "violated 8",
        "v3",
        "derived",
    ),
    Finding("B4", "v2 yields inside the read-side section", "v2", "SY-S4S", "violated 14", "v2 resent"),
    Finding(
        "B4-delay",
        "until the sleeper is scheduled again no map is freed, where readers are preemptible",
        "v2-overcommit",
        "SY-L3",
        "violated",
        "v2 resent",
        "derived",
    ),
    Finding(
        "B5", "v2 resent: a section is left only if the stack happens to hold 0", "v2r1", "SY-S4X", "violated 4", "v3"
    ),
    Finding("B5-v2r2", "the same, resent as a series", "v2r2", "SY-S4X", "violated 4", "v3"),
    Finding(
        "B5-leak",
        "then no map is freed any more, where readers are preemptible",
        "v2r1-memory",
        "SY-L3",
        "violated",
        "v3",
        "derived",
    ),
    Finding("F2", "a feature that is hidden is served", "v4-hidden", "SY-S7B", "violated 16", "66570e966dd9"),
    Finding(
        "F2-default",
        "today, too, unless it is enforced",
        "today-hidden",
        "SY-S7B",
        "violated 19",
        "open: off by default",
    ),
    Finding("F8", "a Linux guest calls although MWAIT is offered", "F8", "SY-S6", "violated 2", "40cd58dbf121"),
    Finding("F15", "a change of an APIC is lost", "F15", "SY-S19", "violated 15", "44d527170731", "recalled"),
    Finding(
        "F16", "KVM_SET_LAPIC does not mark the map dirty", "F16", "SY-S19", "violated 3", "af28dfacbe00", "recalled"
    ),
    Finding("F17", "an entry is written beyond the map", "F17", "SY-S2W", "violated 10", "4364b287982b"),
    Finding("M1", "no read-side section", "M1", "SY-S3", "violated 16", "", "derived"),
    Finding("M2", "`<` for `<=`: the highest ID is nobody's", "M2", "SY-R8", "unreached", "", "derived"),
    Finding("M2-high", "one entry too many", "M2-high", "SY-S2", "violated 6", "", "derived"),
    Finding("M3", "cut to 32 bits: a wrong target", "M3", "SY-S5T", "violated 10", "", "derived"),
    Finding("M4", "two loads of the map", "M4", "SY-S2", "violated 28", "", "derived"),
    Finding("M5", "no grace period", "M5", "SY-S3", "violated 16", "", "derived"),
    Finding("M6", "published before it is filled", "M6", "SY-S19F", "violated 8", "", "derived"),
    Finding("M6-v3", "v3 follows the entries that are not there yet", "M6-v3", "SY-S1E", "violated 11", "", "derived"),
    Finding("M8", "the new map is dropped", "M8", "SY-S19", "violated 11", "", "derived"),
)

PROTOCOL = "the guest's protocol and the host's scheduler: another model of this mechanism, which is to come"
FLAG = "who writes the preempted byte, and when: the same model that is to come"
LOCKS = "the locks of the run queues: a model of its own, which is to come"

OMITTED = (
    Omitted("F1", "yields to vCPUs that run or sleep (266e85a5ec91)", PROTOCOL + "; here `ready` is any value"),
    Omitted("F3", "the byte stays set (1eff0ada88b4)", FLAG),
    Omitted("F4", "attempts and successes are counted (4a7132efff1c)", "counters that nothing depends on"),
    Omitted("F5", "a vCPU yields to itself (a1fa4cbd53d9)", PROTOCOL + "; here a task on its CPU is never put forward"),
    Omitted("F6", "ready, and running when it comes to it (72b268a8e930)", PROTOCOL),
    Omitted("F7", "a halted vCPU hides one that was preempted (9ee83635d872)", PROTOCOL),
    Omitted(
        "F9",
        "the bound is passed speculatively (c87bd4dd43a6)",
        "no speculation here: the clamp changes nothing, as it should; alone it does not do (clamp-alone)",
    ),
    Omitted("F10", "the byte is set while the thread is in userspace (54aa83c90198)", FLAG),
    Omitted("F11", "the byte is set in the middle of an emulation (6cd88243c7e0)", FLAG),
    Omitted("F12", "races of the steal-time cache (numbers recalled)", FLAG),
    Omitted("F13", "the byte is set for an ioctl that was preempted (118964562969)", FLAG),
    Omitted(
        "F14", "vcpu->ready itself, and what it brought to light (17e433b54393)", "pause-loop exits are not modelled"
    ),
    Omitted(
        "F18",
        "an IPI by hypercall is lost where there is no map",
        "IPIs belong to the model that is to come; that there may be no map is SY-R11 here",
    ),
    Omitted("F19", "-ESRCH where both CPUs have one task (7b270f609982, recalled)", PROTOCOL),
    Omitted("F20", "yield_to() races with a wake-up (5d808c78d972)", LOCKS),
    Omitted("F21", "EEVDF changes what a yield means (79104becf42b)", PROTOCOL),
    Omitted(
        "F22",
        "vcpu->pid under a lock in place of RCU (3e7f43188ee2)",
        "the target's pid is looked up in the step that yields; who runs a vCPU does not change here",
    ),
    Omitted("F23", "the index of the last vCPU that was boosted (7e513617da71)", "pause-loop exits are not modelled"),
    Omitted("F24", "preempted lock holders (89340d0935c9)", "PV spinlocks are not modelled"),
    Omitted("F25", "a debooster, and IPIs tracked by the host", "proposals of 2025, not merged; " + PROTOCOL),
    Omitted("M7", "the yield comes before the IPI", PROTOCOL),
    Omitted("M9", "all targets are put forward, not the first", PROTOCOL),
)
