"""kvm_sched_yield()'s look-up with real numbers: 64-bit destinations, maps of some hundred entries.

Written apart from the model, to compare with it: which classes of destinations there are, and what comes of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from virtspec_models.sched_yield.vocabulary import Bug, DestClass, Version

NULL_ENTRY = "an entry of phys_map is read through a NULL pointer"
OUT_OF_BOUNDS = "phys_map is read past its end"
SAME = "the vCPU that has the ID"
WRAPPED = "the vCPU that has the low half"
FIRST = "the vCPU at index 0, if there is one"
NOBODY = "nobody"


@dataclass(frozen=True)
class Table:
    """A map: which IDs have vCPUs. It ends at the highest one, and not before 255."""

    ids: frozenset[int]

    @property
    def max_apic_id(self) -> int:
        return max([255, *self.ids])


UNBOUNDED = (Version.V1, Version.V2, Version.V2R1, Version.V2R2)


def look_up(version: Version, bug: Bug | None, table: Table, dest: int) -> str:
    """What comes of the look-up: a fault, or whom it finds."""
    index = dest & 0xFFFFFFFF if bug is Bug.TRUNCATED else dest
    bound = table.max_apic_id + {Bug.BOUND_TOO_LOW: -1, Bug.BOUND_TOO_HIGH: 1}.get(bug or Bug.NO_RCU, 0)
    if version not in UNBOUNDED and bug is not Bug.NO_BOUND and index > bound:
        return NOBODY
    clamped = version is Version.TODAY and index > bound
    if clamped:
        index = 0
    if index > table.max_apic_id:
        return OUT_OF_BOUNDS
    if index not in table.ids:
        return NULL_ENTRY if version in (*UNBOUNDED, Version.V3) else NOBODY
    return FIRST if clamped else SAME if index == dest else WRAPPED


CLASSES: Mapping[DestClass, Callable[[Table, int], bool]] = {
    DestClass.PRESENT: lambda t, d: d < t.max_apic_id and d in t.ids,
    DestClass.ABSENT: lambda t, d: d < t.max_apic_id and d not in t.ids,
    DestClass.MAX_PRESENT: lambda t, d: d == t.max_apic_id and d in t.ids,
    DestClass.MAX_ABSENT: lambda t, d: d == t.max_apic_id and d not in t.ids,
    DestClass.MAX_PLUS_1: lambda t, d: d == t.max_apic_id + 1,
    DestClass.WRAPPED: lambda t, d: d > t.max_apic_id + 1 and d & 0xFFFFFFFF in t.ids,
    DestClass.HUGE: lambda t, d: d > t.max_apic_id + 1 and d & 0xFFFFFFFF not in t.ids,
}


def tables() -> Iterator[Table]:
    """VCPU 0 is there always: the clamp leads to it."""
    for more in ((), (1,), (254,), (255,), (1, 255), (256,), (255, 256), (1, 257), (300,), (7, 299, 300)):
        yield Table(frozenset({0, *more}))


def destinations(table: Table) -> Iterator[int]:
    """Every ID up to some behind the end, the same with other high halves, and the ends of the range."""
    near = [*range(table.max_apic_id + 4), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
    for high in (0, 1, 0x80000000, 0xFFFFFFFF):
        yield from (high << 32 | low for low in near)
