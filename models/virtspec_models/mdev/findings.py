"""The history of mdev, bug by bug: which property of which configuration shows it, or why none does.

I1 to I15 are interleavings, H1 to H23 fixes, numbered as in the analysis the model rests on. I16 is this model's own.
"""

from __future__ import annotations

from virtspec_models.case import Finding, Omitted

FINDINGS = (
    Finding("I1", "a user opens what the vendor has not created", "pre", "MDEV-S8", "violated 4", "522ecce08ab2"),
    Finding("I2", "the vendor removes what a user has open", "pre", "MDEV-S9", "violated 11", "522ecce08ab2"),
    Finding(
        "I4",
        "a remove that is refused creates its file again, for a device that unregister has deleted (sysfs warns) or freed",
        "patch1",
        "MDEV-S7",
        "violated 15",
        "26c9e3988edc",
    ),
    Finding("I4-free", "the same, and the device was freed", "patch1", "MDEV-S2D", "violated 17", "26c9e3988edc"),
    Finding("I5", "create succeeds behind unregister's back", "patch2", "MDEV-S1O", "violated 13", "5715c4dd66a3"),
    Finding(
        "I6", "a remove goes on when unregister has returned", "drain-first", "MDEV-S5", "violated 19", "5715c4dd66a3"
    ),
    Finding(
        "I7",
        "one parent's user holds up all others' unregister",
        "I7",
        "MDEV-L4",
        "violated",
        "5715c4dd66a3",
        "derived",
    ),
    Finding(
        "I8",
        "unregister frees the mdev under a remover that has claimed it",
        "v6",
        "MDEV-S2D",
        "violated 19",
        "open; seen on 6.1.192 with a delay injected",
        "derived",
    ),
    Finding("I8-6.1", "the same in 6.1, before the claim", "v6.1", "MDEV-S2D", "violated 16", "open", "derived"),
    Finding(
        "I9",
        "nothing says that the parent is dead: an mdev is removed twice",
        "v6-stale",
        "MDEV-S4",
        "violated 24",
        "open",
        "derived",
    ),
    Finding(
        "I10",
        "a remove before create is done burns the file; the mdev stays",
        "v6.1",
        "MDEV-L2",
        "violated 10",
        "open; seen on 6.1.192, 24 of 32 times",
        "derived",
    ),
    Finding(
        "I10-loser",
        "the second of two removers is told of a success that is none",
        "v6.1-two",
        "MDEV-S12",
        "violated",
        "open",
        "derived",
    ),
    Finding("I11", "a mutex around unregister that the vendor wants, too", "I11", "MDEV-L3", "violated", "open"),
    Finding("I11-srcu", "SRCU does not cure that", "I11-srcu", "MDEV-L3", "violated", "", "derived"),
    Finding(
        "I12",
        "a remove is refused while unregister only waits: the mdev lives on, out of reach",
        "v6",
        "MDEV-R4",
        "reached",
        "open",
        "derived",
    ),
    Finding(
        "I13",
        "a parent is registered while the directory of the last time is there",
        "I13",
        "MDEV-S16",
        "violated 3",
        "open until 6.0",
        "derived",
    ),
    Finding("I14", "an allocation that fails costs an instance", "I14", "MDEV-S14", "violated 2", "open", "derived"),
    Finding(
        "I15",
        "the last reference of an mdev is put when its parent is gone",
        "F3-6.1",
        "MDEV-S2P",
        "violated 21",
        "",
        "derived",
    ),
    Finding(
        "I16",
        "the probe fails, and create itself frees the mdev under a remover; no unregister is needed",
        "v6.1-fails",
        "MDEV-S2D",
        "violated 11",
        "open since 2aa72ec97ce9; found by this model",
        "derived",
    ),
    Finding("H1", "two removers, one mdev", "H1", "MDEV-S13", "violated 13", "49550787a90b", "recalled"),
    Finding("H2", "one uuid under two parents", "H2", "MDEV-S11", "violated 4", "002fe996f67f"),
    Finding("H4", "registering twice puts a reference", "H4", "MDEV-S2P", "violated 4", "60e7f2c3fe99"),
    Finding("H5", "the loop ends at the first error", "H5", "MDEV-S1O", "violated 24", "6093e348a5e2"),
    Finding("H8", "what patch 1 mends: I1 and I2", "pre", "MDEV-S9", "violated 11", "522ecce08ab2"),
    Finding("H9", "what patch 2 mends: I4", "patch1", "MDEV-S7", "violated 15", "26c9e3988edc", "recalled"),
    Finding("H10", "what patch 3 mends: I5, I6 and I7", "patch2", "MDEV-S1", "violated 13", "5715c4dd66a3"),
    Finding("H11", "v2, v3: mdev_list_lock is unlocked twice", "H11", "MDEV-S15", "violated 14", "review of v3"),
    Finding("H11-leak", "v5: create, refused, leaks its mdev", "v5", "MDEV-S10", "violated 9", "review of v5"),
    Finding(
        "H17",
        "the remove file is there before the probe: I10 has more time",
        "v6.1",
        "MDEV-L2",
        "violated 10",
        "2aa72ec97ce9",
    ),
    Finding(
        "H19", "the parent lies in the vendor's memory", "v6.1", "MDEV-S2P", "violated 21", "89345d5177aa", "derived"
    ),
    Finding("H21", "the last instance is refused", "H21", "MDEV-R1", "unreached", "review of 9c799c224d6e"),
    Finding(
        "H23",
        "the proposal of November 2019 deadlocks as before",
        "I11-srcu",
        "MDEV-L3",
        "violated",
        "not merged",
        "derived",
    ),
)

OMITTED = (
    Omitted("I3", "group files are created late and removed late", "attribute groups of the vendor are not modelled"),
    Omitted(
        "H3",
        "the remove file is visible before the mdev is active",
        "the window of I10; what made it small came undone by H17",
    ),
    Omitted("H6", "the remove file outlives its links (a6d6f4f160f7)", "links are not modelled"),
    Omitted("H7", "an unused kref, a masked error code, inline helpers", "no step of the protocol changes"),
    Omitted(
        "H12", "vfio_del_group_dev() slept in the wrong state (41be3e261817)", "vfio's wait loop is one condition here"
    ),
    Omitted("H13", "an event behind the last put of a parent", "uevents are not modelled"),
    Omitted(
        "H14", "a type's kobject leaks where adding it fails (aa8ba13cae31)", "types are not modelled, a parent has one"
    ),
    Omitted("H15", "a type without its parent pointer, and other cleanups of 2021", "types are not modelled"),
    Omitted("H16", "create and remove become probe and remove (88a21f265ce5)", "a change of form, part of LINUX_6_1"),
    Omitted(
        "H18",
        "a vendor's remove that says busy leaks (8c0795d2a0f5)",
        "since patch 1 nobody asks; the vendor here never fails to remove",
    ),
    Omitted(
        "H20",
        "two registrations create one class (E. Farman, 2023)",
        "the class is set-up of the module, not of a parent",
    ),
    Omitted("H22", "adding a type fails, and registering reports success (c777b11d34e0)", "types are not modelled"),
)
