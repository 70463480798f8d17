"""What the series about mdev promises: its safety as states and steps tell it, and who must not wait for ever.

S1 to S15 and L1 to L7 are numbered as in the analysis the model rests on. L1 and L7 (nobody waits for what nobody can
do; L7 with one more mutex around unregister) are the built-in `deadlock`.
"""

from __future__ import annotations

from virtspec import Faults, Formula, at, faultless, faults, invariant, leads_to, reachable, temporal
from virtspec_models.mdev.spec import Mdev
from virtspec_models.mdev.vocabulary import Creator, Parent, Remover, Slot, User, Vendor
from virtspec_models.primitives.freeable import Mem
from virtspec_models.primitives.kernfs import File
from virtspec_properties.generic import (
    NO_REFERENCE,
    NOT_A_READER,
    NOT_THE_OWNER,
    NOT_THE_WRITER,
    OWN_MUTEX,
    WRITTEN_TWICE,
    at_most_once,
    balanced,
    excludes,
)


def idle(m: Mdev) -> bool:
    """Nobody is inside a call."""
    return not (at(m.create_store) or at(m.remove_store) or at(m.mdev_unregister_parent))


def sets_up(m: Mdev, t: Creator) -> bool:
    """Creator t is between down_read_trylock() and up_read()."""
    return at(m.create_store, None, t) and not (
        at(m.create_store, "mdev_device_create", t)
        or at(m.create_store, "down_read_trylock", t)
        or at(m.create_store, "out_put_device", t)
        or at(m.create_store, "put_device", t)
    )


def tears_down(m: Mdev, t: Remover) -> bool:
    """Remover t is between down_read_trylock() and up_read()."""
    return at(m.remove_store, None, t) and not (
        at(m.remove_store, "device_remove_file_self", t)
        or at(m.remove_store, "remove_self.drain", t)
        or at(m.remove_store, "remove_self.wait", t)
        or at(m.remove_store, "mdev_device_remove", t)
        or at(m.remove_store, "down_read_trylock", t)
        or at(m.remove_store, "end_remove.put_device", t)
    )


def waits_to_unregister(m: Mdev, p: Parent) -> bool:
    """Parent p's unregister has shut the others out, and waits for those who are inside."""
    return at(m.mdev_unregister_parent, "down_write", p) or at(m.mdev_unregister_parent, "wait_for_completion", p)


def listed(m: Mdev, p: Parent) -> int:
    """How many mdevs of a parent are on mdev_list."""
    return sum(1 for d in Slot if m.mdev[d].listed and m.mdev[d].parent == p)


@invariant(Mdev, id="MDEV-S1", source="cover letter v5, issue 1; 5715c4dd66a3")
def no_survivor(m: Mdev, d: Slot) -> bool:
    """No mdev outlives the unregistration of its parent."""
    return not m.parent[m.mdev[d].parent].gone or (not m.mdev[d].added and m.mdev[d].vendor is not Vendor.CREATED)


@invariant(Mdev, id="MDEV-S1O", source="cover letter v5, issue 1; 6093e348a5e2")
def no_orphan(m: Mdev, d: Slot) -> bool:
    """No mdev outlives the unregistration of its parent unclaimed, so that nobody is about to remove it."""
    return not m.parent[m.mdev[d].parent].gone or not (m.mdev[d].added and m.mdev[d].active)


@faultless(Mdev, id="MDEV-S2D", source="derived (I4, I8)")
def mdev_is_not_used_after_free(m: Mdev) -> Faults:
    """No step follows a pointer to an mdev that was freed."""
    return faults("an mdev is used after it was freed", "used before it was allocated")


@faultless(Mdev, id="MDEV-S2P", source="derived (I8, I15)")
def parent_is_not_used_after_free(m: Mdev) -> Faults:
    """No step follows a pointer to a parent that was freed."""
    return faults("a parent is used after it was freed")


@faultless(Mdev, id="MDEV-S3", source="kref: the documented rules")
def references_are_sane(m: Mdev) -> Faults:
    """Nobody puts a reference that is not there, or frees twice."""
    return faults(
        "an mdev's reference is put that nobody holds",
        "a parent's reference is put that nobody holds",
        "an mdev is freed twice",
        "a parent is freed twice",
        NO_REFERENCE,
    )


@invariant(Mdev, id="MDEV-S4", source="driver core: device_del() undoes one device_add()")
def deleted_once(m: Mdev, d: Slot) -> bool:
    """device_del() is called once at most for each device that was added."""
    return at_most_once(m.mdev[d].deletions, True)


@invariant(Mdev, id="MDEV-S5", source="cover letter v5, issue 2")
def no_late_callback(m: Mdev) -> bool:
    """The vendor's driver is not called once unregistering has returned: its text may be gone."""
    return not m.called_late


@invariant(Mdev, id="MDEV-S6", source="derived from the contract of struct mdev_parent_ops")
def removed_once(m: Mdev, d: Slot) -> bool:
    """The vendor's remove is called once at most for each create that succeeded, and never without one."""
    return at_most_once(m.mdev[d].removals, m.mdev[d].vendor is not Vendor.NONE)


@invariant(Mdev, id="MDEV-S7", source="the trace in the changelog of patch 2")
def no_file_without_directory(m: Mdev) -> bool:
    """No file is created for a device that is not there any more."""
    return not m.warned


@invariant(Mdev, id="MDEV-S8", source="522ecce08ab2")
def users_see_whole_devices(m: Mdev, u: User, d: Slot) -> bool:
    """A device can be opened only when the vendor's create has succeeded."""
    return m.opened[u] != d or m.mdev[d].vendor is not Vendor.NONE


@invariant(Mdev, id="MDEV-S9", source="522ecce08ab2")
def no_user_of_what_is_removed(m: Mdev, u: User, d: Slot) -> bool:
    """When the vendor's remove runs, nobody has the device open."""
    return m.opened[u] != d or m.mdev[d].vendor is not Vendor.REMOVED


@invariant(Mdev, id="MDEV-S10", source="review of v5 (C. Huck)")
def no_leak(m: Mdev) -> bool:
    """When nobody is at work, what is on mdev_list is a device and holds its parent, who goes with the last reference."""
    return not idle(m) or (
        all(m.mdev[d].listed == m.mdev[d].added for d in Slot)
        and all(
            not m.has_kref()
            or (
                balanced(m.parent[p].ref, listed(m, p) + (0 if m.parent[p].gone else 1))
                and m.parent[p].memory.is_ok() == (m.parent[p].ref.refcount > 0)
            )
            for p in Parent
        )
    )


@invariant(Mdev, id="MDEV-S11", source="002fe996f67f")
def uuids_are_unique(m: Mdev, d: Slot, e: Slot) -> bool:
    """No two mdevs have one uuid, under one parent or several."""
    return d == e or not m.mdev[d].listed or not m.mdev[e].listed or m.mdev[d].uuid != m.mdev[e].uuid


@invariant(Mdev, id="MDEV-S12", source="derived (I10)")
def success_is_true(m: Mdev) -> bool:
    """A remove that reports success, to the loser of two as well, leaves no device."""
    return not m.lied


@invariant(Mdev, id="MDEV-S13", source="5715c4dd66a3: unreg_sem")
def mutual_exclusion(m: Mdev, p: Parent) -> bool:
    """Unregister and the others exclude each other, and one task at a time takes an mdev down."""
    return excludes(m.parent[p].unreg_sem) and all(m.mdev[d].tearing <= 1 for d in Slot)


@invariant(Mdev, id="MDEV-S14", source="9c799c224d6e")
def instances_are_counted(m: Mdev, p: Parent) -> bool:
    """Since 6.1: an instance is available, or an mdev holds it."""
    held = sum(1 for d in Slot if m.mdev[d].listed and m.mdev[d].holds_instance and m.mdev[d].parent == p)
    return m.parent[p].available_instances + held == m.instances


@faultless(Mdev, id="MDEV-S15", source="review of v3; lockdep")
def locks_are_paired(m: Mdev) -> Faults:
    """Only who holds a lock gives it back, and nobody takes one twice."""
    return faults(
        NOT_A_READER,
        NOT_THE_WRITER,
        NOT_THE_OWNER,
        OWN_MUTEX,
        WRITTEN_TWICE,
    )


@invariant(Mdev, id="MDEV-S15H", source="lockdep_assert_held() in mdev_device_remove_common(), v5")
def taken_down_under_the_lock(m: Mdev) -> bool:
    """Whoever sets an mdev up or takes it down holds the semaphore for reading, and nobody else does."""
    inside = sum(1 for t in Creator if sets_up(m, t)) + sum(1 for t in Remover if tears_down(m, t))
    return not m.has_sem() or sum(m.parent[p].unreg_sem.readers for p in Parent) == inside


@faultless(Mdev, id="MDEV-S16", source="derived (I13)")
def one_directory(m: Mdev) -> Faults:
    """A parent is registered again only when its old directory is gone."""
    return faults("a parent's directory is created while the old one is there")


@invariant(Mdev, id="MDEV-L2", source="derived (I10)")
def removable(m: Mdev, d: Slot) -> bool:
    """An mdev that was created can be removed: its file is there, or somebody removes it, or its parent goes."""
    return (
        not (m.mdev[d].added and m.mdev[d].active)
        or m.mdev[d].remove_file.is_present()
        or m.mdev[d].remove_file.suicidal is not None
        or not m.parent[m.mdev[d].parent].listed
    )


@temporal(Mdev, id="MDEV-L3", source="review of v2 (A. Williamson); fair: the kernel's tasks, and users who close")
def unregister_ends(m: Mdev, p: Parent) -> Formula:
    """Unregistering comes to its end, however many create and remove."""
    return leads_to(at(m.mdev_unregister_parent, None, p), not at(m.mdev_unregister_parent, None, p))


@temporal(Mdev, id="MDEV-L4", source="derived (I7): parent_list_lock is held while users are waited for")
def others_do_not_wait(m: Mdev, p: Parent) -> Formula:
    """Only the users of its own mdevs can hold an unregister up, not those of another parent."""
    return leads_to(
        at(m.mdev_unregister_parent, None, p),
        not at(m.mdev_unregister_parent, None, p) or any(m.is_open(d) and m.mdev[d].parent == p for d in Slot),
    )


@temporal(Mdev, id="MDEV-L5C", source="derived")
def create_ends(m: Mdev, t: Creator) -> Formula:
    """A write to `create` returns, whatever users do."""
    return leads_to(at(m.create_store, None, t), not at(m.create_store, None, t))


@temporal(Mdev, id="MDEV-L5R", source="derived; fair: the kernel's tasks, and users who close")
def remove_ends(m: Mdev, t: Remover) -> Formula:
    """A write to `remove` returns."""
    return leads_to(at(m.remove_store, None, t), not at(m.remove_store, None, t))


@temporal(Mdev, id="MDEV-L6", source="review of v5 (C. Huck)")
def uuids_come_back(m: Mdev, d: Slot) -> Formula:
    """A uuid that is taken belongs to a device, or will be free again."""
    return leads_to(m.mdev[d].listed and not m.mdev[d].added, m.mdev[d].added or not m.mdev[d].listed)


@reachable(Mdev, id="MDEV-R1")
def created_and_removed(m: Mdev) -> bool:
    """An mdev can be created and removed while its parent stays."""
    return any(
        m.mdev[d].memory.mem is Mem.FREED and m.mdev[d].removals == 1 and m.parent[m.mdev[d].parent].listed
        for d in Slot
    )


@reachable(Mdev, id="MDEV-R2")
def unregistered_with_children(m: Mdev, p: Parent) -> bool:
    """Unregistering can end having removed an mdev itself."""
    return m.parent[p].gone and any(m.mdev[d].visited and not m.mdev[d].added for d in Slot)


@reachable(Mdev, id="MDEV-R3")
def opened(m: Mdev, u: User) -> bool:
    """A user can have a device open while it is being removed."""
    return any(m.opened[u] == d and m.mdev[d].tearing > 0 for d in Slot)


@reachable(Mdev, id="MDEV-R4", source="derived (I12)")
def refused_and_out_of_reach(m: Mdev) -> bool:
    """A remove can be refused although unregister only waits: the mdev is alive, and its remove file is gone."""
    return any(
        m.mdev[d].refused
        and m.mdev[d].added
        and m.mdev[d].remove_file.file is File.ABSENT
        and m.mdev[d].remove_file.suicidal is None
        and waits_to_unregister(m, m.mdev[d].parent)
        for d in Slot
    )


@reachable(Mdev, id="MDEV-R5")
def undone(m: Mdev) -> bool:
    """What the vendor has refused to create is undone."""
    return not m.vendor_fails or any(at(m.create_store, "put_device", t) for t in Creator)


@reachable(Mdev, id="MDEV-R6")
def registered_again(m: Mdev) -> bool:
    """A parent that was unregistered with its mdevs can be registered again."""
    return not m.registers or any(m.mdev[d].visited and m.parent[m.mdev[d].parent].listed for d in Slot)
