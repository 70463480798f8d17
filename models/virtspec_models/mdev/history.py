"""Versions and mistakes of mdev: every one a configuration of the same text.

I1 to I15 and H1 to H23 are numbered as in the analysis the model rests on. The default is Linux 6.1: one creator, one
remover, one user, one parent with one place for an mdev. F1 to F4 are repairs that the analysis proposes, each on top of
the one before: they were never posted.
"""

from __future__ import annotations

from collections.abc import Mapping

from virtspec_models.case import Case
from virtspec_models.mdev.vocabulary import Bug, Version

PRE = {"version": Version.PRE}
PATCH1 = {"version": Version.PATCH1}
PATCH2 = {"version": Version.PATCH2}
SRCU = {"version": Version.SRCU}
V3 = {"version": Version.REFCOUNT}
V5 = {"version": Version.V5}
V6 = {"version": Version.V6}
F1, F2, F3 = ({**V6, "repairs": n} for n in (1, 2, 3))
F3_6_1, F4 = {"repairs": 3}, {"repairs": 4}
TWO = {"Creator": 2, "Remover": 2, "Slot": 2, "Uuid": 2}
THREE = {"Creator": 3, "Remover": 3, "Slot": 3, "Uuid": 2}
STREAM = {"Creator": 2, "Slot": 2, "Uuid": 2, "vendor_fails": True, "reuse": True}
"""Creators that fail, and places that are used again, so that they may come for ever."""

BEHAVIOURS = ("MDEV-L3", "MDEV-L4", "MDEV-L5C", "MDEV-L5R", "MDEV-L6")
NEVER_REFUSED = {"MDEV-R4": "unreached"}
ORPHANS = {"MDEV-S1": "violated 13", "MDEV-S1O": "violated 13"}
EARLY_USERS = {"MDEV-S8": "violated 4", "MDEV-S9": "violated 11"}
OF_PRE = {**ORPHANS, **EARLY_USERS, "MDEV-S5": "violated 18", "MDEV-S7": "violated 16", "MDEV-S2D": "violated 17"}
OF_PATCH1 = {**ORPHANS, "MDEV-S5": "violated 19", "MDEV-S7": "violated 15", "MDEV-S2D": "violated 17"}
OF_PATCH2 = {**ORPHANS, "MDEV-S5": "violated 19", "MDEV-L2": "violated 10"}
USED_AFTER_FREE = {"MDEV-S2D": "violated 19"}
BURNT = {"MDEV-L2": "violated 11"}
OF_V6 = {**USED_AFTER_FREE, **BURNT}
OF_6_1 = {"MDEV-S2D": "violated 16", "MDEV-S2P": "violated 21", "MDEV-L2": "violated 10"}
OF_DRAIN_FIRST = {"MDEV-S1": "violated 18", "MDEV-S5": "violated 19", "MDEV-L2": "violated 10"}
LOSER = {"MDEV-S12": "violated"}
STUCK = {"MDEV-L3": "violated", "MDEV-L4": "violated"}

VERSIONS = (
    Case("pre", "before the series", PRE, {**OF_PRE, **NEVER_REFUSED}, origin="5.2-rc1, 60e7f2c3fe99"),
    Case(
        "patch1", "create and remove mirror each other", PATCH1, {**OF_PATCH1, **NEVER_REFUSED}, origin="522ecce08ab2"
    ),
    Case(
        "patch2",
        "a remove that fails does not create its file again",
        PATCH2,
        {**OF_PATCH2, **NEVER_REFUSED},
        origin="v2 to v5, patch 2; 26c9e3988edc",
    ),
    Case(
        "srcu",
        "a pointer to the parent under SRCU, cleared by unregister",
        SRCU,
        OF_V6,
        origin="v0 and v1 of the series; proposal of November 2019",
        evidence="derived",
    ),
    Case("v3", "a count of those inside and a completion, as v2 and v3 but for H11", V3, OF_V6, origin="v2, v3"),
    Case(
        "v5",
        "a semaphore; as posted, create leaks an mdev",
        V5,
        {**OF_V6, "MDEV-S10": "violated 9", "MDEV-L6": "violated"},
        origin="v4, v5, 30 May 2019",
    ),
    Case("v6", "as merged for 5.2", V6, OF_V6, origin="5715c4dd66a3"),
    Case("v6.1", "Linux 6.1 and 6.12", {}, OF_6_1, origin="6.1.192, 6.12.117"),
    Case(
        "v6.1-outlives",
        "the vendor keeps the parent's memory after unregistering",
        {"parent_outlives": True},
        {"MDEV-S2D": "violated 16", "MDEV-L2": "violated 10"},
        origin="6.1.192",
    ),
    Case(
        "v6.1-fails",
        "the vendor's probe may fail: then create itself frees the mdev under a remover",
        {"vendor_fails": True},
        {**OF_6_1, "MDEV-S2D": "violated 11"},
        origin="6.1.192, since 2aa72ec97ce9; found by this model",
        evidence="derived",
    ),
    Case("v6-removers", "two removers", {**V6, "Remover": 2}, {**OF_V6, **LOSER}, origin="5715c4dd66a3"),
    Case("v6-uuids", "two mdevs", {**V6, "Slot": 2, "Uuid": 2}, OF_V6, origin="5715c4dd66a3"),
    Case("v6-fails", "the vendor's create may fail", {**V6, "vendor_fails": True}, OF_V6, origin="5715c4dd66a3"),
)

REPAIRED = (
    Case(
        "F1",
        "v6, and a remove takes a reference on the mdev first: now it is the parent that is used after it was freed",
        F1,
        {"MDEV-S2P": "violated 23", "MDEV-L2": "violated 12"},
        evidence="derived",
    ),
    Case(
        "F2",
        "F1, and unregister claims its children, and a remover enters the parent while it claims",
        F2,
        {"MDEV-L2": "violated 12"},
        evidence="derived",
    ),
    Case("F3", "F2, and a remove looks whether the mdev is active before it removes the file", F3, evidence="derived"),
    Case(
        "F3-6.1",
        "F3 on Linux 6.1: the last reference may be put when the parent is gone",
        F3_6_1,
        {"MDEV-S2P": "violated 21"},
        evidence="derived",
    ),
    Case("F4", "F3-6.1, and an instance goes back when the device is deleted", F4, evidence="derived"),
    Case("F4-removers", "two removers", {**F4, "Remover": 2}, LOSER, evidence="derived"),
    Case(
        "F4-uuids",
        "two mdevs",
        {**F4, "Slot": 2, "Uuid": 2},
        evidence="derived",
    ),
    Case(
        "F4-fails",
        "the same where the vendor's probe may fail",
        {**F4, "vendor_fails": True},
        evidence="derived",
    ),
)

ISSUES = (
    Case(
        "v6-stale",
        "memory that was freed keeps its content: an mdev is removed for the second time",
        {**V6, "stale": True},
        {
            **BURNT,
            "MDEV-S3": "violated 26",
            "MDEV-S4": "violated 24",
            "MDEV-S5": "violated 25",
            "MDEV-S6": "violated 25",
        },
        evidence="derived",
    ),
    Case(
        "v6.1-stale",
        "the same in Linux 6.1",
        {"stale": True},
        {
            "MDEV-L2": "violated 10",
            "MDEV-S3": "violated 23",
            "MDEV-S4": "violated 22",
            "MDEV-S5": "violated 22",
            "MDEV-S6": "violated 22",
        },
        evidence="derived",
    ),
    Case(
        "v6-reuse",
        "addresses are given out again: a remover may find somebody else's mdev behind its pointer",
        {**V6, "reuse": True},
        OF_V6,
        evidence="derived",
    ),
    Case("F4-reuse", "the same with all repairs", {**F4, "reuse": True}, evidence="derived"),
    Case(
        "I7",
        "two parents: one's unregister waits for a user and holds parent_list_lock, the other's waits for the lock",
        {**PATCH2, "Parent": 2, "fair.close": "none"},
        {**OF_PATCH2, **NEVER_REFUSED, **STUCK, "MDEV-L5R": "violated"},
        origin="fixed by 5715c4dd66a3",
        evidence="derived",
    ),
    Case(
        "I7-v6",
        "the same as merged: each waits for its own users alone",
        {**V6, "Parent": 2, "fair.close": "none"},
        {**OF_V6, "MDEV-L3": "violated", "MDEV-L5R": "violated"},
        origin="5715c4dd66a3",
        evidence="derived",
    ),
    Case(
        "I11",
        "who unregisters holds a mutex that the vendor's remove takes",
        {**V6, "outer_mutex": True},
        {**OF_V6, **STUCK, "MDEV-L5R": "violated", "MDEV-L6": "violated"},
        origin="lockdep's report of November 2019 (devlink)",
    ),
    Case(
        "I11-srcu",
        "the same with SRCU, which lockdep does not see",
        {**SRCU, "outer_mutex": True},
        {**OF_V6, **STUCK, "MDEV-L5R": "violated", "MDEV-L6": "violated"},
        origin="proposal of November 2019",
        evidence="derived",
    ),
    Case(
        "I13",
        "a parent is registered again while its old directory is still there",
        {**V6, "registers": True},
        {**OF_V6, "MDEV-S16": "violated 3"},
        evidence="derived",
    ),
    Case(
        "I14",
        "the allocation of an mdev fails, its instance is not given back",
        {"no_memory": True},
        {**OF_6_1, "MDEV-S14": "violated 2"},
        origin="6.1.192",
        evidence="derived",
    ),
    Case(
        "v3-stream",
        "creators come one behind the other: one is always inside, and unregister waits for ever",
        {**V3, "Creator": 2},
        {**OF_V6, **STUCK},
        origin="review of v2",
    ),
    Case("v6-stream", "the same as merged: a writer that waits keeps them out", {**V6, **STREAM}, OF_V6),
    Case(
        "gate-late",
        "the gate closes only when the writer has it",
        {**V6, **STREAM, "bugs": (Bug.GATE_AT_ACQUISITION,)},
        {**OF_V6, **STUCK, **NEVER_REFUSED},
        origin="mutant",
        evidence="derived",
    ),
)

MISTAKES = (
    Case(
        "blocking-create",
        "create waits for the semaphore, and unregister for create to leave its file",
        {**V6, "bugs": (Bug.BLOCKING_CREATE,)},
        {**OF_V6, **STUCK, "MDEV-L5C": "violated", "MDEV-L6": "violated", "deadlock": "violated 6"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "blocking-remove",
        "remove waits for the semaphore, and unregister for remove to leave its file",
        {**V6, "bugs": (Bug.BLOCKING_REMOVE,)},
        {**OF_V6, **STUCK, "MDEV-L5R": "violated", **NEVER_REFUSED},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "no-gate-create",
        "create does not look at the semaphore",
        {**V6, "bugs": (Bug.NO_GATE_IN_CREATE,)},
        {
            **ORPHANS,
            "MDEV-S2D": "violated 11",
            "MDEV-S5": "violated 20",
            "MDEV-S15H": "violated 2",
            "MDEV-L2": "violated 10",
        },
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "no-gate-remove",
        "remove does not look at it",
        {**V6, "bugs": (Bug.NO_GATE_IN_REMOVE,)},
        {
            **OF_V6,
            "MDEV-S1": "violated 19",
            "MDEV-S4": "violated 17",
            "MDEV-S5": "violated 20",
            "MDEV-S6": "violated 19",
            "MDEV-S13": "violated 15",
            "MDEV-S15H": "violated 11",
            **NEVER_REFUSED,
        },
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "drain-first",
        "no semaphore: drain `create`, then remove the children that nobody has claimed",
        {**PATCH2, "bugs": (Bug.DRAIN_FIRST,)},
        {**OF_DRAIN_FIRST, **NEVER_REFUSED},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "up-write-early",
        "the semaphore is released before `create` is drained",
        {**V6, "bugs": (Bug.UP_WRITE_EARLY,)},
        {**OF_V6, "MDEV-S1": "violated 15", "MDEV-S1O": "violated 15", "MDEV-S5": "violated 22"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "budget-kept",
        "an mdev that is released keeps its instance",
        {"bugs": (Bug.BUDGET_KEPT,)},
        {**OF_6_1, "MDEV-S14": "violated"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "H1",
        "two removers, and nobody asks who was first",
        {**PRE, "bugs": (Bug.NO_CLAIM,), "Remover": 2},
        {
            **OF_PRE,
            **LOSER,
            "MDEV-S2D": "violated 13",
            "MDEV-S4": "violated 17",
            "MDEV-S6": "violated 15",
            "MDEV-S7": "violated 18",
            "MDEV-S13": "violated 13",
            **NEVER_REFUSED,
        },
        origin="fixed by 49550787a90b (2017)",
        evidence="recalled",
    ),
    Case(
        "H2",
        "two parents, one uuid",
        {**V6, "bugs": (Bug.UUID_PER_PARENT,), "Parent": 2, "Creator": 2, "Slot": 2},
        {**OF_V6, "MDEV-S11": "violated 4"},
        origin="fixed by 002fe996f67f (2018)",
    ),
    Case(
        "H4",
        "a parent is registered twice, and the failure puts the first one's reference",
        {**V6, "bugs": (Bug.REGISTER_PUTS,), "registers": True},
        {
            **OF_V6,
            "MDEV-S1": "violated 14",
            "MDEV-S1O": "violated 17",
            "MDEV-S2P": "violated 4",
            "MDEV-S3": "violated 4",
            "MDEV-S5": "violated 14",
            "MDEV-S10": "violated 2",
            "MDEV-S16": "violated 3",
        },
        origin="fixed by 60e7f2c3fe99",
    ),
    Case(
        "H5",
        "two mdevs, one of them claimed by a remover: the loop of unregister ends there",
        {**PATCH2, "bugs": (Bug.DRAIN_FIRST, Bug.LOOP_ABORTS), "Slot": 2, "Uuid": 2},
        {**OF_DRAIN_FIRST, "MDEV-S1": "violated 17", "MDEV-S1O": "violated 24", **NEVER_REFUSED},
        origin="fixed by 6093e348a5e2",
    ),
    Case(
        "H5-mended",
        "the same where the loop goes on: only what a remover has claimed survives",
        {**PATCH2, "bugs": (Bug.DRAIN_FIRST,), "Slot": 2, "Uuid": 2},
        {**OF_DRAIN_FIRST, **NEVER_REFUSED},
        origin="6093e348a5e2",
    ),
    Case(
        "H11",
        "v2 and v3 as posted: a remove that is refused unlocks mdev_list_lock twice",
        {**V3, "bugs": (Bug.DOUBLE_UNLOCK,)},
        {**OF_V6, "MDEV-S15": "violated 14", **NEVER_REFUSED},
        origin="review of v3",
    ),
    Case(
        "H21",
        "decrement and test: the last instance is refused",
        {"bugs": (Bug.BUDGET_OF_ONE,)},
        {f"MDEV-R{n}": "unreached" for n in (1, 2, 3, 4)},
        origin="review of 9c799c224d6e",
    ),
)


def of_two(name: str, text: Mapping[str, object], expect: Mapping[str, str], **more: str) -> Case:
    """Two creators, two removers, two mdevs with two uuids: the loser of two removers is told of a success that is none."""
    return Case(
        f"{name}-two",
        f"{name}, two of each",
        {**text, **TWO},
        {**expect, **LOSER, **more},
        evidence="derived",
        slow=True,
    )


TWO_OF_EACH = (
    of_two("pre", PRE, {**OF_PRE, **NEVER_REFUSED}),
    of_two("patch1", PATCH1, {**OF_PATCH1, **NEVER_REFUSED}),
    of_two("patch2", PATCH2, {**OF_PATCH2, **NEVER_REFUSED}),
    of_two("srcu", SRCU, OF_V6),
    of_two("v3", V3, {**OF_V6, **STUCK}),
    of_two("v5", V5, {**OF_V6, "MDEV-S10": "violated 9", "MDEV-L6": "violated"}),
    of_two("v6", V6, OF_V6),
    of_two("v6.1", {}, OF_6_1),
    of_two("F3", F3, {}),
    of_two("F4", F4, {}),
)


def of_three(name: str, text: Mapping[str, object], expect: Mapping[str, str]) -> Case:
    """Three creators, three removers, three mdevs: too many states for what looks at behaviours."""
    return Case(
        f"{name}-three",
        f"{name}, three of each",
        {**text, **THREE},
        {**{p: verdict for p, verdict in expect.items() if p not in BEHAVIOURS}, **LOSER},
        evidence="derived",
        slow=True,
        leave_out=BEHAVIOURS,
    )


THREE_OF_EACH = (
    of_three("v6", V6, OF_V6),
    of_three("v6.1", {}, OF_6_1),
    of_three("F3", F3, {}),
    of_three("F4", F4, {}),
)

CASES = VERSIONS + REPAIRED + ISSUES + MISTAKES + TWO_OF_EACH + THREE_OF_EACH

SURVIVORS = {
    "spec.py: if claimed / always false": "since patch 3 nobody asks for the claim: the file tells removers apart, and "
    "unregister takes every child",
    "spec.py: if claimed / always true": "as above: clearing `active` where nothing was claimed has no reader either",
    "spec.py: self.opened[u] is None / deleted": "who opens the next mdev has closed the last; nothing is promised to users",
    "spec.py: require(self.opened[u] is not None) / deleted": "closing nothing changes nothing",
    "kernfs.py: if self.suicidal is None / always true": "of two who both believe to be first the claim lets one go on",
    "kernfs.py: require(len(self.earlier if t in self.earlier_broken else self.active) == 0) / deleted": "whom the drain "
    "waits for is about to remove the file, too, and the claim tells them apart",
}
"""Guards of v6 and F4 whose deletion no property notices, and why: `virtspec mutate mdev --config v6 ...`."""
