"""vfio/mdev: tasks create and remove mediated devices through sysfs while their parent is unregistered.

The text is one for all versions; a constant says whose it is. Function names are the kernel's. What one step does is
atomic in the kernel, or commutes with what others do in between; the README beside this file says which, and what is
left out.
"""

from __future__ import annotations

from virtspec import Call, Steps, action, atomic, choose, process, require
from virtspec_models.mdev.core import Core
from virtspec_models.mdev.vocabulary import Bug, Creator, Parent, Registrar, Remover, Slot, User, Uuid, Version
from virtspec_models.primitives.freeable import Mem
from virtspec_models.primitives.kernfs import File


class Mdev(Core):
    """Parents, tasks that write to their sysfs files and to those of mdevs, users who hold mdevs open."""

    # --- create

    @process(fair="weak")
    def create_store(self, t: Creator, p: Parent, uuid: Uuid) -> Steps:
        """A write to `create`: mdev_device_create()."""
        require(self.parent[p].create_file.get_active(t))
        yield "mdev_device_create"
        atomic("under mdev_list_lock; the parent's count is a kref, a creator's file is its own")
        self.parent[p].memory.use()
        if self.enters_first():
            entered = self.enter(p, False)
            if not entered:  # -EINVAL
                self.parent[p].create_file.put_active(t)
                return
            yield "mdev_list_lock"
            atomic("under mdev_list_lock")
        d = self.allocate(p, uuid)
        if d is None:  # -EEXIST, -EUSERS, -ENOMEM
            if self.enters_first():
                self.leave(p)
            self.parent[p].create_file.put_active(t)
            return
        if self.gates_create() and not self.enters_first():
            yield "down_read_trylock"
            atomic("of the mdev itself nobody else has a pointer yet")
            self.parent[p].memory.use()
            entered = self.enter(p, Bug.BLOCKING_CREATE in self.bugs)
            if not entered:  # -ENODEV
                if self.version is not Version.V5:
                    yield "out_put_device"
                    atomic("mdev_device_release(): the list under its lock, a kref")
                    self.put_device(d)
                self.put_parent(p)
                self.parent[p].create_file.put_active(t)
                return
        created = yield from self.set_up(d, p)
        yield "up_read"
        atomic("the end of the method: nobody who waits for the one does not wait for the other")
        if self.gates_create():
            self.leave(p)
        if not created:
            yield "put_device"
            atomic("mdev_device_release(): the list under its lock, a kref")
            self.put_device(d)
            self.put_parent(p)
        self.parent[p].create_file.put_active(t)

    def allocate(self, p: Parent, uuid: Uuid) -> Slot | None:
        """Under mdev_list_lock: refuse a uuid that is taken, else put a new mdev on the list."""
        taken = any(
            self.mdev[e].listed
            and self.mdev[e].uuid == uuid
            and (Bug.UUID_PER_PARENT not in self.bugs or self.mdev[e].parent == p)
            for e in Slot
        )
        if taken:
            return None
        if not any(self.is_free(e) for e in Slot):
            return None
        if self.version is Version.LINUX_6_1:
            if self.parent[p].available_instances <= (1 if Bug.BUDGET_OF_ONE in self.bugs else 0):
                return None
            self.parent[p].available_instances -= 1
        if self.no_memory:
            fails = choose(bool)
            if fails:
                return None
        d = choose(Slot)
        require(self.is_free(d))
        self.mdev[d].alloc(p, uuid)
        if self.version is Version.LINUX_6_1:
            self.mdev[d].holds_instance = True
        if self.has_kref():
            self.parent[p].ref.get()
        return d

    def is_free(self, d: Slot) -> bool:
        """Whether kzalloc() may give out that address."""
        return self.mdev[d].memory.mem is Mem.NONE or (self.reuse and self.mdev[d].memory.mem is Mem.FREED)

    def set_up(self, d: Slot, p: Parent) -> Call[bool]:
        """From the allocated mdev to the one that users and removers find; no device is left if the vendor refuses."""
        if self.version is Version.LINUX_6_1:
            yield "device_add"
            atomic("a group of the device: the file is created in the middle of device_add()")
            self.mdev[d].device_add()
            self.mdev[d].remove_file.create()
            yield "device_driver_attach"
            atomic("the probe: users can open it when the vendor's create has returned")
            created = self.vendor_create(d, p)
            self.mdev[d].bound = created
            if not created:
                yield from self.mdev[d].remove_file.remove()
                self.device_del(d)
        elif self.version is Version.PRE:
            yield "device_register"
            atomic("the probe is in the middle of device_register()")
            self.mdev[d].device_add()
            self.mdev[d].bound = True
            yield "vendor_create"
            atomic("nobody but the vendor knows what it has created")
            created = self.vendor_create(d, p)
            if not created:
                yield "device_unregister"
                atomic("users are gone before the device is")
                require(not self.is_open(d))
                self.device_del(d)
        else:
            yield "vendor_create"
            atomic("nobody but the vendor knows what it has created")
            created = self.vendor_create(d, p)
            if created:
                yield "device_add"
                atomic("the probe is in the middle of device_add()")
                self.mdev[d].device_add()
                self.mdev[d].bound = True
        if not created:
            return False
        if self.version is not Version.LINUX_6_1:
            yield "mdev_create_sysfs_files"
            atomic("a check of ours, and one file")
            self.mdev[d].memory.use()
            self.mdev[d].remove_file.create()
        yield "set_active"
        atomic("a check of ours, and one store")
        self.mdev[d].memory.use()
        self.mdev[d].active = True
        return True

    # --- remove

    @process(fair="strong")
    def remove_store(self, t: Remover, d: Slot) -> Steps:
        """A write to `remove` of an mdev, which removes that file first."""
        atomic("kernfs_get_active() is one operation; while it holds, the mdev stays")
        require(self.mdev[d].remove_file.get_active(t))
        if self.repairs >= 1:
            self.mdev[d].ref.get()
        if self.repairs >= 3 and not self.mdev[d].active:  # -EAGAIN, and the file stays
            yield from self.end_remove(t, d)
            return
        yield "device_remove_file_self"
        first = yield from self.mdev[d].remove_file.remove_self(t)
        if not first:  # reports success all the same
            self.lied = self.lied or (self.mdev[d].added and not self.reuse)
            yield from self.end_remove(t, d)
            return
        yield "mdev_device_remove"
        removed = yield from self.mdev_device_remove(t, d)
        if not removed and self.creates_again():
            yield "device_create_file"
            atomic("one file; the end of the method")
            self.mdev[d].memory.use()
            if self.mdev[d].added:
                self.mdev[d].remove_file.create()
            else:
                self.warned = True
        yield from self.end_remove(t, d)

    def end_remove(self, t: Remover, d: Slot) -> Steps:
        """The method returns."""
        if self.repairs >= 1:
            yield "put_device"
            atomic("a kref; with repair F1 the method alone may have the last one")
            self.put_device(d)
        self.mdev[d].remove_file.put_active(t)

    def mdev_device_remove(self, t: Remover, d: Slot) -> Call[bool]:
        """Claim the mdev, enter its parent, take it down."""
        atomic("under mdev_list_lock")
        if self.version is Version.LINUX_6_1:
            self.mdev[d].memory.use()
        p = self.mdev[d].parent
        claimed = self.claim(t, d, p)
        if not claimed:
            return False
        if self.gates_remove() and self.repairs < 2:
            yield "down_read_trylock"
            atomic("what is read here is the remover's own, or so the text believes")
            if self.version is not Version.LINUX_6_1:
                self.mdev[d].memory.use()
                p = self.mdev[d].parent
            self.parent[p].memory.use()
            entered = self.enter(p, Bug.BLOCKING_REMOVE in self.bugs)
            if not entered:  # -ENODEV: the claim stays, the file is gone
                self.mdev[d].refused = True
                if Bug.DOUBLE_UNLOCK in self.bugs:
                    self.mdev_list_lock.unlock(t)
                return False
        removed = yield from self.mdev_device_remove_common(d, p, False)
        if self.gates_remove():
            yield "up_read"
            atomic("as in create_store()")
            self.leave(p)
        return removed

    def claim(self, t: Remover, d: Slot, p: Parent) -> bool:
        """Under mdev_list_lock: of all who want to remove an mdev, one may. The list is searched for its address."""
        if Bug.NO_CLAIM in self.bugs:
            return True
        self.mdev_list_lock.lock(t)
        claimed = self.mdev[d].listed and self.mdev[d].active  # else -ENODEV, -EAGAIN
        if claimed and self.repairs >= 2:
            self.mdev[d].memory.use()
            self.parent[p].memory.use()
            claimed = self.enter(p, False)
            self.mdev[d].refused = not claimed
        if claimed:
            self.mdev[d].active = False
        self.mdev_list_lock.unlock(t)
        return claimed

    # --- register and unregister

    @process(fair="strong")
    def mdev_unregister_parent(self, p: Parent) -> Steps:
        """mdev_unregister_device() until 6.0."""
        atomic("under parent_list_lock, or the caller's own")
        require(self.parent[p].listed)
        if self.outer_mutex:
            self.devlink_mutex.lock(p)
        if not self.gated():
            yield "parent_list_lock"
            atomic("under parent_list_lock")
            self.parent_list_lock.lock(p)
        self.parent[p].listed = False
        if self.gated():
            yield from self.shut(p)
        if Bug.DRAIN_FIRST in self.bugs:
            yield from self.parent[p].create_file.remove()
        while True:
            yield "device_for_each_child"
            atomic("the iterator; a claim is under mdev_list_lock")
            if not any(self.is_next(e, p) for e in Slot):
                break
            d = choose(Slot)
            require(self.is_next(d, p))
            self.mdev[d].visited = True
            if self.gated() or self.mdev[d].active:
                if not self.gated() or self.repairs >= 2:
                    self.mdev[d].active = False
                yield from self.mdev_device_remove_common(d, p, True)
            elif Bug.LOOP_ABORTS in self.bugs:  # -EAGAIN
                break
        if Bug.UP_WRITE_EARLY in self.bugs:
            yield "up_write"
            self.parent[p].unreg_sem.up_write(p)
        yield "parent_remove_sysfs_files"
        yield from self.parent[p].create_file.remove()
        yield "put_parent"
        atomic("the lock is released, then a reference is put; nobody can tell the two apart but by the parent's end")
        if self.has_sem() and Bug.UP_WRITE_EARLY not in self.bugs:
            self.parent[p].unreg_sem.up_write(p)
        if not self.gated():
            self.parent_list_lock.unlock(p)
        if self.outer_mutex:
            self.devlink_mutex.unlock(p)
        self.parent[p].gone = True
        if self.has_kref():
            self.put_parent(p)
        elif not self.parent_outlives:
            self.parent[p].memory.free()

    def is_next(self, d: Slot, p: Parent) -> bool:
        """Whether the iterator over the parent's children has yet to come to that one."""
        return self.mdev[d].added and self.mdev[d].parent == p and not self.mdev[d].visited

    @process
    def mdev_register_parent(self, r: Registrar, p: Parent) -> Steps:
        """mdev_register_device(), of 5.x, under parent_list_lock."""
        require(self.registers)
        yield "parent_list_lock"
        atomic("under parent_list_lock")
        require(self.parent_list_lock.owner is None)
        if self.parent[p].listed:  # -EEXIST
            if Bug.REGISTER_PUTS in self.bugs:
                self.put_parent(p)
            return
        assert self.parent[p].create_file.file is File.ABSENT, (
            "a parent's directory is created while the old one is there"
        )
        require(not self.parent[p].memory.is_ok())  # a second object of one parent is beyond this model
        self.parent[p].register()

    # --- users

    @action
    def open(self, u: User, d: Slot) -> None:
        """A user opens the device, which takes a reference on the vendor's module: its text stays until the close."""
        require(self.opened[u] is None and self.mdev[d].bound)
        self.opened[u] = d

    @action(fair="weak")
    def close(self, u: User) -> None:
        require(self.opened[u] is not None)
        self.opened[u] = None
