"""The state of mdev, and what create, remove and unregister have in common: locks, references, taking an mdev down."""

from __future__ import annotations

from typing import Annotated

from virtspec import Call, Const, Model, Range, Steps, atomic, choose, each, require
from virtspec_models.mdev.objects import MdevDevice, MdevParent
from virtspec_models.mdev.vocabulary import Bug, Parent, Remover, Slot, User, Uuid, Vendor, Version
from virtspec_models.primitives.mutex import Mutex


class Core(Model):
    """Constants, state, and everything that is no code path of its own."""

    version: Const[Version] = Version.LINUX_6_1
    repairs: Const[Annotated[int, Range(0, 4)]] = 0  # how many of the repairs F1 to F4 are applied
    bugs: Const[tuple[Bug, ...]] = ()
    instances: Const[int] = len(Slot)  # available_instances of a parent, which the core counts since 6.1
    vendor_fails: Const[bool] = False  # the vendor's create may return an error
    no_memory: Const[bool] = False  # the allocation of an mdev may fail
    registers: Const[bool] = False  # parents may be registered, again or twice
    outer_mutex: Const[bool] = False  # who unregisters holds a mutex that the vendor's remove takes, too
    reuse: Const[bool] = False  # an address that was freed may be given out again
    stale: Const[bool] = False  # memory that was freed keeps its content
    parent_outlives: Const[bool] = False  # since 6.1: the vendor keeps the parent's memory after unregistering

    assert len(Uuid) <= len(Slot), "more uuids than mdevs: the rest would never be in use"
    assert repairs == 0 or version in (Version.V6, Version.LINUX_6_1), "the repairs are of V6 and LINUX_6_1"
    assert repairs < 4 or version is Version.LINUX_6_1, "F4 is about instances, which LINUX_6_1 alone counts"
    assert not parent_outlives or version is Version.LINUX_6_1, "before LINUX_6_1 a parent is counted"
    assert not registers or version is not Version.LINUX_6_1, "LINUX_6_1 keeps no list of parents"

    parent: dict[Parent, MdevParent] = each(
        MdevParent(instances=instances, gate_at_acquisition=Bug.GATE_AT_ACQUISITION in bugs, stale=stale)
    )
    mdev: dict[Slot, MdevDevice] = each(MdevDevice(stale=stale))
    parent_list_lock: Mutex[Parent]
    mdev_list_lock: Mutex[Remover]
    devlink_mutex: Mutex[Parent]
    opened: dict[User, Slot | None]
    called_late: bool  # ghost: the vendor's create or remove was called after unregistering had returned
    warned: bool  # ghost: sysfs was asked for a file in a directory that is gone, and has warned
    lied: bool  # ghost: a remove reported success, and the mdev is still there

    # --- the versions

    def gated(self) -> bool:
        """Whether create and remove keep unregister out at all."""
        return self.version not in (Version.PRE, Version.PATCH1, Version.PATCH2)

    def has_sem(self) -> bool:
        return self.version in (Version.V5, Version.V6, Version.LINUX_6_1)

    def enters_first(self) -> bool:
        """Whether create enters the parent before it allocates anything."""
        return self.version in (Version.SRCU, Version.REFCOUNT)

    def has_kref(self) -> bool:
        """Whether the parent lives as long as somebody holds a reference. Else it goes when it is unregistered."""
        return self.version not in (Version.REFCOUNT, Version.LINUX_6_1)

    def gates_create(self) -> bool:
        return self.gated() and Bug.NO_GATE_IN_CREATE not in self.bugs

    def gates_remove(self) -> bool:
        return self.gated() and Bug.NO_GATE_IN_REMOVE not in self.bugs

    def creates_again(self) -> bool:
        """Whether a remove that fails creates the file again."""
        return self.version in (Version.PRE, Version.PATCH1)

    # --- keeping unregister out, and references

    def enter(self, p: Parent, blocks: bool) -> bool:
        """Keep unregister out, if it has not begun."""
        if self.version is Version.REFCOUNT:
            return self.parent[p].inside.get_unless_zero()
        if self.version is Version.SRCU:
            return self.parent[p].inside.get_live()
        if blocks:
            self.parent[p].unreg_sem.down_read()
            return True
        return self.parent[p].unreg_sem.down_read_trylock()

    def leave(self, p: Parent) -> None:
        """Let unregister go on."""
        if self.has_sem():
            self.parent[p].unreg_sem.up_read()
        else:
            self.parent[p].inside.put()

    def shut(self, p: Parent) -> Steps:
        """Keep others out, and wait for those who are inside."""
        if self.has_sem():
            yield from self.parent[p].unreg_sem.down_write(p)
        else:
            self.parent[p].inside.kill()
            yield "wait_for_completion"
            self.parent[p].inside.wait()

    def put_parent(self, p: Parent) -> None:
        if self.has_kref():
            last = self.parent[p].ref.put()
            if last:
                self.parent[p].memory.free()

    def device_del(self, d: Slot) -> None:
        """device_del(), and with repair F4 the instance goes back here, while the parent is there for sure."""
        self.mdev[d].device_del()
        if self.repairs >= 4:
            self.give_back(d)

    def put_device(self, d: Slot) -> None:
        """The last one calls mdev_device_release()."""
        self.mdev[d].memory.use()
        last = self.mdev[d].ref.put()
        if last:
            self.give_back(d)
            self.mdev[d].listed = False
            self.mdev[d].memory.free()

    def give_back(self, d: Slot) -> None:
        """Since 6.1 an instance goes back to its parent."""
        if self.mdev[d].holds_instance:
            self.mdev[d].holds_instance = False
            p = self.mdev[d].parent
            self.parent[p].memory.use()
            if Bug.BUDGET_KEPT not in self.bugs:
                self.parent[p].available_instances += 1

    # --- taking an mdev down

    def mdev_device_remove_common(self, d: Slot, p: Parent, force: bool) -> Call[bool]:
        """Take an mdev down. `force` tells unregister from remove. False: the vendor has refused."""
        self.mdev[d].tearing += 1
        if self.version is Version.PRE:
            yield "vendor_remove"
            atomic("nobody but the vendor knows what it removes; the claim is the caller's")
            if self.is_open(d) and not force:  # -EBUSY
                self.mdev[d].active = True
                self.mdev[d].tearing -= 1
                return False
            self.vendor_remove(d, p, force)
        yield from self.mdev[d].remove_file.remove()
        yield "device_del"
        atomic("users are gone before the device is; the driver is detached in the middle of device_del()")
        require(not self.is_open(d))
        self.device_del(d)
        if self.version is Version.LINUX_6_1:
            self.vendor_remove(d, p, force)
        elif self.version is not Version.PRE:
            yield "vendor_remove"
            atomic("nobody but the vendor knows what it removes")
            self.vendor_remove(d, p, force)
        if self.creates_again():  # created again meanwhile, the file goes with its directory
            yield from self.mdev[d].remove_file.remove()
        yield "put_device"
        atomic("mdev_device_release(): the list under its lock, a kref")
        self.mdev[d].tearing -= 1
        self.put_device(d)
        self.put_parent(p)
        return True

    # --- the vendor's driver

    def vendor_create(self, d: Slot, p: Parent) -> bool:
        """The vendor's create, since 6.1 its probe. Whether it succeeds."""
        self.called_late = self.called_late or self.parent[p].gone
        if self.vendor_fails:
            fails = choose(bool)
            if fails:
                return False
        self.mdev[d].vendor = Vendor.CREATED
        return True

    def vendor_remove(self, d: Slot, p: Parent, force: bool) -> None:
        """The vendor's remove, since 6.1 that of its driver."""
        if self.outer_mutex and not force:
            require(self.devlink_mutex.owner is None)  # taken, and given back
        self.mdev[d].memory.use()
        self.called_late = self.called_late or self.parent[p].gone
        self.mdev[d].removals = min(2, self.mdev[d].removals + 1)
        if self.mdev[d].vendor is Vendor.CREATED:
            self.mdev[d].vendor = Vendor.REMOVED

    def is_open(self, d: Slot) -> bool:
        return any(self.opened[u] == d for u in User)
