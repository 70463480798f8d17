"""Lemmas about mdev: what proofs of its properties for any number of tasks and mdevs need, and nobody asks for.

They are about one parent and the versions whose gate is `unreg_sem`: V6 and LINUX_6_1, with and without repairs, where
neither the vendor nor the allocator fails and no address is given out twice. They need MDEV-S15H, which counts readers.
For LINUX_6_1 with all repairs they are inductive together with MDEV-S1, S4, S5, S6, S8, S9, S10 and S13, and no step
faults; for V6 as merged together with all of these but S10, as long as no step faults, which one does (MDEV-S2D).

An mdev is prepared and completed by a creator, then claimed, deleted and put by a remover, or by unregister.
"""

from __future__ import annotations

from virtspec import at, invariant, local
from virtspec_models.mdev.spec import Mdev
from virtspec_models.mdev.vocabulary import Creator, Parent, Remover, Slot, User, Vendor, Version
from virtspec_models.primitives.freeable import Mem
from virtspec_models.primitives.kernfs import File

# --- where tasks stand, and with which mdev


def creator_has(m: Mdev, t: Creator, d: Slot) -> bool:
    """Creator t's mdev is d, if it has one."""
    mine: Slot | None = local(m.create_store, "d", t)
    return mine == d


def remover_has(m: Mdev, t: Remover, d: Slot) -> bool:
    """Remover t's mdev is d, if it has one."""
    mine: Slot | None = local(m.remove_store, "d", t)
    return mine == d


def unregister_has(m: Mdev, p: Parent, d: Slot) -> bool:
    """The child that unregister has come to is d, if there is one."""
    mine: Slot | None = local(m.mdev_unregister_parent, "d", p)
    return mine == d


def prepares(m: Mdev, t: Creator, d: Slot) -> bool:
    """Creator t has allocated d, which is no device yet."""
    return creator_has(m, t, d) and (
        at(m.create_store, "down_read_trylock", t)
        or at(m.create_store, "out_put_device", t)
        or at(m.create_store, "vendor_create", t)
        or at(m.create_store, "device_add", t)
    )


def completes(m: Mdev, t: Creator, d: Slot) -> bool:
    """Creator t has added d, which is not active yet."""
    return creator_has(m, t, d) and (
        at(m.create_store, "device_driver_attach", t)
        or at(m.create_store, "mdev_create_sysfs_files", t)
        or at(m.create_store, "set_active", t)
    )


def removes(m: Mdev, t: Remover, d: Slot) -> bool:
    """Remover t runs a method of d's file."""
    return remover_has(m, t, d) and at(m.remove_store, None, t)


def deletes(m: Mdev, t: Remover, d: Slot) -> bool:
    """Remover t is inside, and is going to delete d."""
    return remover_has(m, t, d) and (at(m.remove_store, "remove.drain", t) or at(m.remove_store, "device_del", t))


def has_deleted(m: Mdev, t: Remover, d: Slot) -> bool:
    """Remover t has deleted d, and not put it."""
    return remover_has(m, t, d) and (
        at(m.remove_store, "vendor_remove", t) or at(m.remove_store, "mdev_device_remove_common.put_device", t)
    )


def claims(m: Mdev, t: Remover, d: Slot) -> bool:
    """Remover t has claimed d, and not put it."""
    return (
        (remover_has(m, t, d) and at(m.remove_store, "down_read_trylock", t))
        or deletes(m, t, d)
        or has_deleted(m, t, d)
    )


def will_delete(m: Mdev, p: Parent, d: Slot) -> bool:
    """Unregister has come to d, and is going to delete it."""
    return unregister_has(m, p, d) and (
        at(m.mdev_unregister_parent, "mdev_device_remove_common.remove.drain", p)
        or at(m.mdev_unregister_parent, "device_del", p)
    )


def unregisters(m: Mdev, p: Parent, d: Slot) -> bool:
    """Unregister takes d down."""
    return will_delete(m, p, d) or (
        unregister_has(m, p, d)
        and (at(m.mdev_unregister_parent, "vendor_remove", p) or at(m.mdev_unregister_parent, "put_device", p))
    )


def waits_for_creators(m: Mdev, p: Parent) -> bool:
    """Unregister drains `create`: it waits for those whom it has refused to enter."""
    return at(m.mdev_unregister_parent, "remove.drain", p) and not at(
        m.mdev_unregister_parent, "mdev_device_remove_common.remove.drain", p
    )


def whole(m: Mdev, d: Slot) -> bool:
    """Mdev d is a device, and the vendor knows it."""
    return m.mdev[d].added and m.mdev[d].vendor is Vendor.CREATED


def overrides(m: Mdev) -> bool:
    """Before repair F2, unregister takes down what a remover has claimed, and leaves it active."""
    return m.gated() and m.repairs < 2


def half_removed(m: Mdev, d: Slot) -> bool:
    """Until 6.0: d was deleted, and the vendor is yet to be told."""
    return m.version is not Version.LINUX_6_1 and m.mdev[d].tearing > 0 and m.mdev[d].vendor is Vendor.CREATED


# --- tasks and what they hold


@invariant(Mdev, id="MDEV-A1", source="derived")
def no_creator_strays(m: Mdev, t: Creator) -> bool:
    """No creator stands where this version never comes, or has no mdev where it sets one up."""
    return not (
        at(m.create_store, "mdev_list_lock", t)
        or at(m.create_store, "remove.drain", t)
        or at(m.create_store, "put_device", t)
        or (at(m.create_store, "up_read", t) and not local(m.create_store, "created", t))
        or (
            m.version is not Version.LINUX_6_1
            and at(m.create_store, "device_add", t)
            and not local(m.create_store, "set_up.created", t)
        )
        or (
            at(m.create_store, None, t)
            and not at(m.create_store, "mdev_device_create", t)
            and local(m.create_store, "d", t) is None
        )
    )


@invariant(Mdev, id="MDEV-A2", source="derived")
def no_remover_strays(m: Mdev, t: Remover) -> bool:
    """No remover stands where this version never comes."""
    return not (
        at(m.remove_store, "device_create_file", t)
        or at(m.remove_store, "remove[2].drain", t)
        or (m.repairs >= 2 and at(m.remove_store, "down_read_trylock", t))
    )


@invariant(Mdev, id="MDEV-A3", source="derived")
def phases(m: Mdev, p: Parent) -> bool:
    """Unregister runs once: it waits for the semaphore, holds it, and is gone; since 6.1 so is the parent's memory."""
    inside = at(m.mdev_unregister_parent, None, p)
    waits = at(m.mdev_unregister_parent, "down_write", p)
    return (
        (not m.gated() or not at(m.mdev_unregister_parent, "parent_list_lock", p))
        and (not m.has_sem() or not at(m.mdev_unregister_parent, "wait_for_completion", p))
        and not at(m.mdev_unregister_parent, "remove[2].drain", p)
        and m.parent[p].listed == (not inside and not m.parent[p].gone)
        and not (inside and m.parent[p].gone)
        and (not m.has_sem() or (m.parent[p].unreg_sem.writer is not None) == (inside and not waits))
        and (len(m.parent[p].unreg_sem.waiting) > 0) == waits
        and m.parent[p].memory.mem is not Mem.NONE
        and (m.has_kref() or m.parent[p].memory.is_ok() == (not m.parent[p].gone))
    )


@invariant(Mdev, id="MDEV-A4", source="derived")
def create_is_a_method(m: Mdev, p: Parent, t: Creator) -> bool:
    """Whoever creates runs a method of the parent's file; before unregister ends, the file and its methods have."""
    return (
        (t in m.parent[p].create_file.active) == at(m.create_store, None, t)
        and t not in m.parent[p].create_file.earlier
        and (m.parent[p].create_file.file is not File.ABSENT or t not in m.parent[p].create_file.active)
        and (m.parent[p].create_file.file is File.ABSENT)
        == (m.parent[p].gone or at(m.mdev_unregister_parent, "put_parent", p))
        and (not waits_for_creators(m, p) or m.parent[p].create_file.draining)
    )


@invariant(Mdev, id="MDEV-A5", source="derived")
def remove_is_a_method(m: Mdev, t: Remover, d: Slot) -> bool:
    """Whoever removes an mdev runs a method of its file, but not while it waits for others who do."""
    waits = (remover_has(m, t, d) and at(m.remove_store, "remove_self.drain", t)) or (
        remover_has(m, t, d) and at(m.remove_store, "remove_self.wait", t)
    )
    return (
        (t in m.mdev[d].remove_file.active) == (removes(m, t, d) and not waits)
        and (t in m.mdev[d].remove_file.broken) == waits
        and t not in m.mdev[d].remove_file.earlier
        and t not in m.mdev[d].remove_file.earlier_broken
    )


@invariant(Mdev, id="MDEV-A6", source="derived")
def shut(m: Mdev, p: Parent) -> bool:
    """Nobody sets an mdev up or takes it down together with unregister, or after it."""
    return m.parent[p].unreg_sem.readers == 0 or (m.parent[p].unreg_sem.writer is None and not m.parent[p].gone)


# --- the life of an mdev


@invariant(Mdev, id="MDEV-A7", source="derived")
def life(m: Mdev, d: Slot) -> bool:
    """An mdev is allocated, added, deleted and freed, each once; the vendor's remove goes with the deletion."""
    return (
        m.mdev[d].listed == m.mdev[d].memory.is_ok()
        and (
            m.mdev[d].memory.mem is not Mem.NONE
            or (
                m.mdev[d].vendor is Vendor.NONE
                and m.mdev[d].deletions == 0
                and m.mdev[d].remove_file.file is File.ABSENT
            )
        )
        and (not m.mdev[d].added or (m.mdev[d].listed and m.mdev[d].deletions == 0))
        and m.mdev[d].deletions <= 1
        and m.mdev[d].removals == (1 if m.mdev[d].vendor is Vendor.REMOVED else 0)
        and (m.mdev[d].vendor is Vendor.REMOVED) == (m.mdev[d].deletions == 1 and not half_removed(m, d))
        and (m.repairs < 4 or not m.mdev[d].holds_instance or m.mdev[d].deletions == 0)
    )


@invariant(Mdev, id="MDEV-A8", source="derived")
def creating(m: Mdev, t: Creator, d: Slot) -> bool:
    """An mdev that is being created is not active; the device comes first, then its file."""
    return (
        (not prepares(m, t, d) or (m.mdev[d].listed and not m.mdev[d].added and m.mdev[d].deletions == 0))
        and (not completes(m, t, d) or m.mdev[d].added)
        and (not (prepares(m, t, d) or completes(m, t, d)) or not m.mdev[d].active)
        and (
            not (prepares(m, t, d) or (creator_has(m, t, d) and at(m.create_store, "mdev_create_sysfs_files", t)))
            or m.mdev[d].remove_file.file is File.ABSENT
        )
    )


@invariant(Mdev, id="MDEV-A9", source="derived")
def one_creator(m: Mdev, t: Creator, u: Creator, d: Slot) -> bool:
    """An mdev has one creator."""
    return t == u or not ((prepares(m, t, d) or completes(m, t, d)) and (prepares(m, u, d) or completes(m, u, d)))


@invariant(Mdev, id="MDEV-A10", source="derived")
def active_is_whole(m: Mdev, d: Slot) -> bool:
    """What can be claimed is whole, or unregister has left it active."""
    return not m.mdev[d].active or whole(m, d) or (overrides(m) and m.mdev[d].deletions == 1)


@invariant(Mdev, id="MDEV-A11", source="derived")
def file_of_a_device(m: Mdev, d: Slot) -> bool:
    """Where a remove can begin there is a device; nobody has begun to remove the file."""
    return m.mdev[d].remove_file.file is not File.PRESENT or (
        m.mdev[d].added and m.mdev[d].remove_file.suicidal is None and not any(unregisters(m, p, d) for p in Parent)
    )


@invariant(Mdev, id="MDEV-A12", source="derived")
def removes_a_device(m: Mdev, t: Remover, d: Slot) -> bool:
    """Whoever removes an mdev has met a device."""
    return not removes(m, t, d) or m.mdev[d].added or m.mdev[d].deletions == 1


@invariant(Mdev, id="MDEV-A13", source="derived")
def removes_alone(m: Mdev, t: Remover, d: Slot) -> bool:
    """Only the remover that has removed the file itself goes on to claim the mdev."""
    return (
        not (
            (remover_has(m, t, d) and at(m.remove_store, "remove_self.drain", t))
            or (remover_has(m, t, d) and at(m.remove_store, "mdev_device_remove", t))
            or claims(m, t, d)
        )
        or m.mdev[d].remove_file.suicidal == t
    )


@invariant(Mdev, id="MDEV-A14", source="derived")
def created_before_removed(m: Mdev, t: Creator, u: Remover, d: Slot) -> bool:
    """An mdev that is being created is not claimed, and nobody removes it before its file is there."""
    return not (completes(m, t, d) and claims(m, u, d)) and not (
        (creator_has(m, t, d) and at(m.create_store, "mdev_create_sysfs_files", t)) and removes(m, u, d)
    )


@invariant(Mdev, id="MDEV-A15", source="derived")
def claimed(m: Mdev, t: Remover, d: Slot) -> bool:
    """A remover's claim ends the activity, and what it claimed it finds; before it enters, unregister may come first."""
    return (
        (not claims(m, t, d) or not m.mdev[d].active)
        and (
            not (remover_has(m, t, d) and at(m.remove_store, "down_read_trylock", t))
            or whole(m, d)
            or m.mdev[d].deletions == 1
        )
        and (not deletes(m, t, d) or whole(m, d))
        and (not has_deleted(m, t, d) or m.mdev[d].deletions == 1)
        and (not (remover_has(m, t, d) and at(m.remove_store, "vendor_remove", t)) or half_removed(m, d))
        and (
            not (remover_has(m, t, d) and at(m.remove_store, "mdev_device_remove_common.put_device", t))
            or m.mdev[d].vendor is Vendor.REMOVED
        )
    )


@invariant(Mdev, id="MDEV-A16", source="derived")
def unregistering(m: Mdev, p: Parent, d: Slot) -> bool:
    """Unregister takes down what is whole, and has deleted whatever else it has visited."""
    return (
        (not will_delete(m, p, d) or whole(m, d))
        and (not (unregister_has(m, p, d) and at(m.mdev_unregister_parent, "vendor_remove", p)) or half_removed(m, d))
        and (
            not (unregister_has(m, p, d) and at(m.mdev_unregister_parent, "put_device", p))
            or m.mdev[d].vendor is Vendor.REMOVED
        )
        and (not unregisters(m, p, d) or will_delete(m, p, d) or m.mdev[d].deletions == 1)
        and (not unregisters(m, p, d) or overrides(m) or not m.mdev[d].active)
        and (not m.mdev[d].visited or will_delete(m, p, d) or m.mdev[d].deletions == 1)
    )


@invariant(Mdev, id="MDEV-A17", source="derived")
def none_left(m: Mdev, p: Parent, d: Slot) -> bool:
    """When unregister's loop has ended, there is no device."""
    ended = (
        at(m.mdev_unregister_parent, "parent_remove_sysfs_files", p)
        or waits_for_creators(m, p)
        or at(m.mdev_unregister_parent, "put_parent", p)
        or m.parent[p].gone
    )
    return not ended or not m.mdev[d].added


@invariant(Mdev, id="MDEV-A18", source="derived")
def users_have_the_whole(m: Mdev, u: User, d: Slot) -> bool:
    """Users open what is whole, and it stays so until they close it."""
    return (m.opened[u] != d or m.mdev[d].bound) and (not m.mdev[d].bound or whole(m, d))


# --- numbers of tasks


@invariant(Mdev, id="MDEV-A19", source="derived")
def half_created(m: Mdev, d: Slot) -> bool:
    """Until it is deleted the vendor knows an mdev while it is a device, but for the creator between the two."""
    between = sum(
        1
        for t in Creator
        if (creator_has(m, t, d) and at(m.create_store, "device_driver_attach", t))
        or (m.version is not Version.LINUX_6_1 and (creator_has(m, t, d) and at(m.create_store, "device_add", t)))
    )
    known = m.mdev[d].vendor is Vendor.CREATED
    return between == (1 if m.mdev[d].deletions == 0 and m.mdev[d].added != known else 0)


@invariant(Mdev, id="MDEV-A20", source="derived")
def taken_down_by(m: Mdev, d: Slot) -> bool:
    """`tearing` counts who takes an mdev down."""
    removers = sum(1 for t in Remover if deletes(m, t, d) or has_deleted(m, t, d))
    return m.mdev[d].tearing == removers + sum(1 for p in Parent if unregisters(m, p, d))


@invariant(Mdev, id="MDEV-A21", source="derived")
def references(m: Mdev, d: Slot) -> bool:
    """An mdev has a reference until it is taken down, with repair F1 one of each remover, and its memory until none."""
    own = 1 if m.mdev[d].tearing > 0 or (m.mdev[d].listed and m.mdev[d].deletions == 0) else 0
    pins = sum(1 for t in Remover if m.repairs >= 1 and removes(m, t, d))
    return m.mdev[d].ref.refcount == own + pins and m.mdev[d].memory.is_ok() == (m.mdev[d].ref.refcount > 0)


@invariant(Mdev, id="MDEV-A22", source="derived")
def prepared_by(m: Mdev, d: Slot) -> bool:
    """What was allocated, and is neither added nor deleted, has a creator: it is not lost."""
    creators = sum(1 for t in Creator if prepares(m, t, d))
    return creators == (1 if m.mdev[d].listed and not m.mdev[d].added and m.mdev[d].deletions == 0 else 0)
