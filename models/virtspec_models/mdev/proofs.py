"""What is proved of mdev for any number of tasks, and of which versions and mistakes it is not.

For any number: of creators, removers, users and places for mdevs. There is one parent, and one uuid, so that one mdev is
alive at a time; the vendor does not fail. Where proofs fail is said of two creators, two removers and one place: small
enough to be found at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtspec_models.claim import Proved, Refuted
from virtspec_models.mdev.vocabulary import Bug, Version

ANYBODY = {"Creator": "any", "Remover": "any", "Slot": "any", "User": "any"}
AS_MERGED: Mapping[str, Any] = {"version": Version.V6}
REPAIRED: Mapping[str, Any] = {"version": Version.LINUX_6_1, "repairs": 4}

SURVIVORS = ("MDEV-S1", "MDEV-S5")
"""What the series promises."""
MDEVS = (*SURVIVORS, "MDEV-S6", "MDEV-S2D")

PROVED = (
    Proved(
        "F4",
        "Linux 6.1 with all four repairs",
        {**ANYBODY, **REPAIRED},
        ("MDEV-S1", "MDEV-S4", "MDEV-S5", "MDEV-S6", "MDEV-S9", "MDEV-S13", "MDEV-S2D", "MDEV-S2P"),
    ),
    Proved("v6", "as merged for 5.2", {**ANYBODY, **AS_MERGED}, SURVIVORS),
    Proved("v6-repaired", "the same with three repairs", {**ANYBODY, **AS_MERGED, "repairs": 3}, MDEVS),
)

# --- mistakes ---------------------------------------------------------------------------------------------------------

FEW = {"Creator": 2, "Remover": 2, "Slot": 1}
INVARIANTS = ("MDEV-S1", "MDEV-S4", "MDEV-S5", "MDEV-S6", "MDEV-S9", "MDEV-S13", "MDEV-S15H")
"""MDEV-S15H is one that proofs of the others rest on: it counts readers."""
OF_MDEVS = (*INVARIANTS, "MDEV-S2D")
OF_PARENTS = (*OF_MDEVS, "MDEV-S2P")
"""Before 6.1 a parent is counted, of which lemmas say nothing."""

CLAIMS = "remove_store.mdev_device_remove"
TRIES = f"{CLAIMS}.down_read_trylock"
COMMON = "mdev_device_remove_common"
FREED = {TRIES: ("MDEV-S2D",)}
OVERTAKEN = ("MDEV-A15", "MDEV-A21", "MDEV-S2P")
"""By unregister, which takes down what a remover has claimed."""


def wrong(
    name: str,
    summary: str,
    proves: tuple[str, ...],
    breaks: Mapping[str, tuple[str, ...]],
    quick: bool = False,
    **params: Any,
) -> Refuted:
    """A version, or a mistake in one, with two creators and two removers of one mdev."""
    return Refuted(name, summary, {**FEW, **params}, proves, breaks, quick=quick)


REFUTED = (
    wrong(
        "v6",
        "a remover has claimed the mdev, and unregister frees it before the remover tries the semaphore (I8)",
        OF_MDEVS,
        FREED,
        quick=True,
        version=Version.V6,
    ),
    wrong(
        "v5",
        "a creator that is refused leaves its mdev behind",
        OF_MDEVS,
        {"create_store.down_read_trylock": ("MDEV-A22",), **FREED},
        version=Version.V5,
    ),
    wrong(
        "patch2",
        "there is no gate: a device is added behind unregister's loop, and two tasks take down one mdev",
        OF_MDEVS,
        {
            "create_store.set_up.device_add": ("MDEV-A17",),
            "create_store.set_up.mdev_create_sysfs_files": ("MDEV-A11",),
            "create_store.set_up.set_active": ("MDEV-A16",),
            TRIES: ("MDEV-A15", "MDEV-S13", "MDEV-S2D"),
            "mdev_unregister_parent": ("MDEV-A3",),
            "mdev_unregister_parent.device_for_each_child": ("MDEV-A16",),
            f"mdev_unregister_parent.{COMMON}.device_del": ("MDEV-A8",),
            "mdev_unregister_parent.put_parent": ("MDEV-A6", "MDEV-S1"),
        },
        version=Version.PATCH2,
    ),
    wrong(
        "v6.1",
        "as in v6, but the mdev is used when it is claimed; and the parent, which may be gone, at the gate",
        OF_PARENTS,
        {CLAIMS: ("MDEV-S2D",), TRIES: OVERTAKEN},
    ),
    wrong(
        "v6.1-F1",
        "a remover's reference keeps the mdev, and not the parent",
        OF_PARENTS,
        {
            "remove_store.end_remove.put_device": ("MDEV-S2P",),
            "remove_store.end_remove[2].put_device": ("MDEV-S2P",),
            TRIES: OVERTAKEN,
        },
        repairs=1,
    ),
    wrong(
        "F3-6.1",
        "the last reference gives an instance back to a parent that may be gone: what F4 repairs",
        OF_PARENTS,
        {f"remove_store.end_remove{n}.put_device": ("MDEV-S2P",) for n in ("", "[2]", "[3]")},
        quick=True,
        repairs=3,
    ),
    wrong(
        "no-claim",
        "with all repairs, a remover asks nobody whether it is the first",
        OF_PARENTS,
        {CLAIMS: ("MDEV-A14", "MDEV-A15", "MDEV-A21", "MDEV-S13", "MDEV-S15H")},
        **REPAIRED,
        bugs=(Bug.NO_CLAIM,),
    ),
    wrong(
        "no-gate-create",
        "create does not take the semaphore",
        INVARIANTS,
        {"create_store.mdev_device_create": ("MDEV-S15H",), "create_store.up_read": ("MDEV-S15H",)},
        **AS_MERGED,
        bugs=(Bug.NO_GATE_IN_CREATE,),
    ),
    wrong(
        "no-gate-remove",
        "remove does not take it, and two tasks take down one mdev",
        INVARIANTS,
        {CLAIMS: ("MDEV-A15", "MDEV-S13", "MDEV-S15H"), f"{CLAIMS}.{COMMON}.put_device": ("MDEV-S15H",)},
        **AS_MERGED,
        bugs=(Bug.NO_GATE_IN_REMOVE,),
    ),
    wrong(
        "up-write-early",
        "unregister lets creators in again before `create` is drained",
        INVARIANTS,
        {
            "mdev_unregister_parent.up_write": ("MDEV-A17", "MDEV-A3"),
            "mdev_unregister_parent.put_parent": ("MDEV-A3",),
        },
        **AS_MERGED,
        bugs=(Bug.UP_WRITE_EARLY,),
    ),
)

MISSED = (
    Proved(
        "blocking-create",
        "a deadlock, and no other promise is broken",
        {**FEW, **AS_MERGED, "bugs": (Bug.BLOCKING_CREATE,)},
        INVARIANTS,
    ),
    Proved(
        "blocking-remove",
        "unregister waits for ever, and no other promise is broken",
        {**FEW, **AS_MERGED, "bugs": (Bug.BLOCKING_REMOVE,)},
        INVARIANTS,
    ),
    Proved(
        "gate-late",
        "unregister may wait for ever, as the next creator is always there",
        {**FEW, **AS_MERGED, "bugs": (Bug.GATE_AT_ACQUISITION,)},
        INVARIANTS,
    ),
)
"""Mistakes of which everything is proved all the same, and why that is right."""
