"""The two objects of the mechanism: struct mdev_parent and struct mdev_device."""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Range
from virtspec_models.mdev.vocabulary import Creator, Parent, Remover, Slot, Uuid, Vendor
from virtspec_models.primitives.freeable import Freeable, Mem
from virtspec_models.primitives.kernfs import File, KernfsFile
from virtspec_models.primitives.kref import Kref
from virtspec_models.primitives.refcount import Refcount
from virtspec_models.primitives.rwsem import RwSem


class MdevParent(Component):
    """struct mdev_parent, with the `create` file of its one type. It is registered at first."""

    instances: Const[int] = 1
    gate_at_acquisition: Const[bool] = False
    stale: Const[bool] = False

    memory: Freeable = Freeable(
        at_first=Mem.OK,
        used_after_free="a parent is used after it was freed",
        freed_twice="a parent is freed twice",
        stale=stale,
    )
    ref: Kref = Kref(at_first=1, most=1 + len(Slot), below_zero="a parent's reference is put that nobody holds")
    create_file: KernfsFile[Creator] = KernfsFile(at_first=File.PRESENT)
    unreg_sem: RwSem[Parent] = RwSem(most=len(Creator) + len(Remover), gate_at_acquisition=gate_at_acquisition)
    inside: Refcount = Refcount(at_first=1, most=1 + len(Creator) + len(Remover))  # what stood before the semaphore
    listed: bool = True  # on parent_list; in 6.1, without a list, until it is unregistered
    gone: bool  # unregistering has returned: its driver's text may be unloaded
    available_instances: Annotated[int, Range(0, instances)] = instances

    def register(self) -> None:
        """mdev_register_device(): a new object, ready for creators at once."""
        self.memory.alloc()
        self.ref.init()
        self.create_file.create()
        self.listed = True
        self.gone = False


class MdevDevice(Component):
    """struct mdev_device at one address. Counters that only properties look at are ghosts."""

    stale: Const[bool] = False

    memory: Freeable = Freeable(
        used_after_free="an mdev is used after it was freed", freed_twice="an mdev is freed twice", stale=stale
    )
    ref: Kref = Kref(most=1 + len(Remover), below_zero="an mdev's reference is put that nobody holds")
    remove_file: KernfsFile[Remover]
    parent: Parent
    uuid: Uuid
    listed: bool  # on mdev_list
    active: bool  # false until create is done, and once somebody has claimed it in order to remove it
    added: bool  # device_add() was called, device_del() was not
    bound: bool  # users can open it
    visited: bool  # the loop of unregister has seen it
    holds_instance: bool  # one of its parent's available_instances is its own
    vendor: Vendor
    refused: bool  # ghost: a remover has found its parent shut
    tearing: Annotated[int, Range(0, 3)]  # ghost: who takes it down at this moment
    deletions: Annotated[int, Range(0, 2)]  # ghost: calls of device_del(); 2 stands for more, too
    removals: Annotated[int, Range(0, 2)]  # ghost: calls of the vendor's remove, likewise

    def alloc(self, parent: Parent, uuid: Uuid) -> None:
        """kzalloc() and device_initialize(); on mdev_list from now on."""
        self.memory.alloc()
        self.ref.init()
        self.parent = parent
        self.uuid = uuid
        self.listed = True
        self.active = False
        self.visited = False
        self.vendor = Vendor.NONE
        self.refused = False
        self.deletions = 0
        self.removals = 0

    def device_add(self) -> None:
        """The device is there: children of its parent are counted from here."""
        self.memory.use()
        self.added = True

    def device_del(self) -> None:
        """It is not there any more, and users cannot open it."""
        self.memory.use()
        self.deletions = min(2, self.deletions + 1)
        self.added = False
        self.bound = False
