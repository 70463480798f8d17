"""mdev's core as it was before the series, and the objects it works on. `versions` says what later patches change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from virtspec_models.mdev.reference.kernel import Directory, File, KernelBug, Kref, Memory, Path, RwSem, Stop, Task


class Vendor:
    """The vendor's driver of one device, and what it knows of each mdev: created, removed how often."""

    def __init__(self) -> None:
        self.loaded = True
        self.called_late = False
        self.created: set[Mdev] = set()
        self.removals: dict[Mdev, int] = {}
        self.fails: Callable[[], bool] = lambda: False

    def create(self, mdev: Mdev) -> bool:
        self.called_late |= not self.loaded
        if self.fails():
            return False
        mdev.driver_data = self
        self.created.add(mdev)
        return True

    def remove(self, mdev: Mdev) -> None:
        self.called_late |= not self.loaded
        mdev.driver_data = None
        self.removals[mdev] = self.removals.get(mdev, 0) + 1


class Device:
    """A device with mdevs. It outlives the parent that mdev makes of it."""

    def __init__(self, name: Task) -> None:
        self.name = name
        self.vendor = Vendor()
        self.types = Directory()
        self.types.create("create")
        self.children: dict[int, Mdev] = {}  # in the order in which they were added
        self.parent = Parent(self)


class Parent(Memory):
    def __init__(self, device: Device) -> None:
        self.device = device
        self.ref = Kref()
        self.unreg_sem = RwSem()


class Mdev(Memory):
    def __init__(self, parent: Parent, uuid: str) -> None:
        self.parent = parent
        self.uuid = uuid
        self.ref = Kref()
        self.active = False
        self.bound = False
        self.directory = Directory(present=False)
        self.driver_data: Vendor | None = None


# --- mdev_core.c ------------------------------------------------------------------------------------------------


class BeforeTheSeries:
    """5.2-rc1. Users see a device before the vendor does; who removes an mdev is settled by its `active` alone."""

    def __init__(self, *, devices: Sequence[Task] = ("Parent",), slots: int = 2) -> None:
        self.devices = [Device(name) for name in devices]
        self.parent_list = [device.parent for device in self.devices]
        self.parent_list_lock: Task | None = None
        self.mdev_list: list[Mdev] = []
        self.slots = slots  # how often an mdev can be allocated
        self.allocated: list[Mdev] = []
        self.directories: list[Directory] = []  # of those allocated
        self.added = 0  # how many children devices have had
        self.opened: dict[Task, Mdev] = {}
        self.warned = False
        self.lied = False

    # --- create

    def create_store(self, task: Task, device: Device, uuid: str) -> Path[str]:
        file = device.types.files["create"]
        file.begin(task)
        yield Stop("mdev_device_create")
        result = yield from self.mdev_device_create(device.parent, uuid)
        file.end(task)
        return result

    def mdev_device_create(self, parent: Parent, uuid: str) -> Path[str]:
        parent.ref.get()
        mdev = self.allocate(parent, uuid)
        if mdev is None:
            self.put_parent(parent)
            return "EEXIST or ENOMEM"
        if not (yield from self.enter(mdev)):
            self.refuse(mdev)
            self.put_parent(parent)
            return "ENODEV"
        created = yield from self.set_up(mdev)
        yield Stop("end")
        self.leave(parent)
        if not created:
            yield from self.drop(mdev)
        return "created" if created else "EIO"

    def allocate(self, parent: Parent, uuid: str) -> Mdev | None:
        if any(mdev.uuid == uuid for mdev in self.mdev_list) or len(self.allocated) == self.slots:
            return None
        mdev = Mdev(parent, uuid)
        self.allocated.append(mdev)
        self.directories.append(mdev.directory)
        self.mdev_list.append(mdev)
        return mdev

    def enter(self, mdev: Mdev) -> Path[bool]:
        """Keep unregister out: nobody does, so far."""
        yield from ()
        return True

    def leave(self, parent: Parent) -> None:
        """Let unregister go on."""

    def refuse(self, mdev: Mdev) -> None:
        """What becomes of an mdev that could not enter."""

    def set_up(self, mdev: Mdev) -> Path[bool]:
        """Whether the vendor has agreed. If not, no device is left."""
        yield Stop("device_register")
        self.device_add(mdev)
        yield Stop("vendor_create")
        created = mdev.parent.device.vendor.create(mdev)
        if created:
            yield from self.publish(mdev)
        else:
            yield Stop("device_unregister", lambda: not self.is_open(mdev))
            self.device_del(mdev)
        return created

    def publish(self, mdev: Mdev) -> Path[None]:
        yield Stop("mdev_create_sysfs_files")
        self.create_file(mdev)
        yield Stop("set_active")
        mdev.active = True

    def create_file(self, mdev: Mdev) -> None:
        self.warned |= not mdev.directory.create("remove")

    # --- remove

    def remove_store(self, task: Task, mdev: Mdev) -> Path[str]:
        file = mdev.directory.files["remove"]
        file.begin(task)
        self.pin(mdev)
        result = yield from self.remove_by_file(task, mdev, file)
        yield from self.unpin(mdev)
        file.end(task)
        return result

    def pin(self, mdev: Mdev) -> None:
        """Keep the mdev in memory while the method runs: nobody does."""

    def unpin(self, mdev: Mdev) -> Path[None]:
        yield from ()

    def remove_by_file(self, task: Task, mdev: Mdev, file: File) -> Path[str]:
        yield Stop("device_remove_file_self")
        if not (yield from file.remove_self(task)):
            self.lied |= file.directory.present
            return "removed"
        yield Stop("mdev_device_remove")
        result = yield from self.mdev_device_remove(mdev)
        if result != "removed":
            yield from self.failed(mdev)
        return result

    def failed(self, mdev: Mdev) -> Path[None]:
        """A remove that failed can be tried again."""
        yield Stop("device_create_file")
        self.create_file(mdev)

    def mdev_device_remove(self, mdev: Mdev) -> Path[str]:
        result = self.claim(mdev)
        if result == "claimed":
            entered = yield from self.enter_claimed(mdev)
            result = (yield from self.take_down_inside(mdev)) if entered else "ENODEV"
        return result

    def claim(self, mdev: Mdev) -> str:
        """Of all who want to remove an mdev one may. The list is searched for its address."""
        if not any(m is mdev for m in self.mdev_list):
            return "ENODEV"
        if not mdev.active:
            return "EAGAIN"
        mdev.active = False
        return "claimed"

    def enter_claimed(self, mdev: Mdev) -> Path[bool]:
        return (yield from self.enter(mdev))

    def take_down_inside(self, mdev: Mdev) -> Path[str]:
        return (yield from self.take_down(mdev, force=False))

    def take_down(self, mdev: Mdev, force: bool) -> Path[str]:
        vendor = mdev.parent.device.vendor
        yield Stop("vendor_remove")
        if self.is_open(mdev) and not force:
            mdev.active = True
            return "EBUSY"
        vendor.remove(mdev)
        yield from mdev.directory.remove("remove")
        yield Stop("device_del", lambda: not self.is_open(mdev))
        self.device_del(mdev)
        yield from mdev.directory.remove("remove", "drain again")  # if somebody failed meanwhile
        yield from self.drop(mdev)
        return "removed"

    def drop(self, mdev: Mdev) -> Path[None]:
        yield Stop("put_device")
        parent = mdev.parent
        self.put_device(mdev)
        self.put_parent(parent)

    # --- unregister

    def unregister(self, device: Device) -> Path[str]:
        yield from self.shut_out(device)
        yield from self.remove_children(device)
        yield Stop("parent_remove_sysfs_files")
        yield from device.types.remove("create")
        yield Stop("put_parent")
        self.let_in(device)
        device.vendor.loaded = False
        self.put_parent(device.parent)
        return "unregistered"

    def shut_out(self, device: Device) -> Path[None]:
        """Other parents are shut out, not those who create and remove."""
        yield Stop("parent_list_lock", lambda: self.parent_list_lock is None)
        self.parent_list_lock = device.name
        self.parent_list.remove(device.parent)

    def let_in(self, device: Device) -> None:
        self.parent_list_lock = None

    def remove_children(self, device: Device) -> Path[None]:
        """The driver core's iterator sees those who are added behind it."""
        seen = -1
        while True:
            yield Stop("device_for_each_child")
            ahead = [number for number in device.children if number > seen]
            if not ahead:
                return
            seen = min(ahead)
            yield from self.remove_child(device.children[seen])

    def remove_child(self, mdev: Mdev) -> Path[None]:
        """A child that somebody else has claimed is left to them."""
        if self.claim(mdev) == "claimed":
            yield from self.take_down(mdev, force=True)

    # --- devices and references

    def device_add(self, mdev: Mdev) -> None:
        mdev.parent.device.children[self.added] = mdev
        self.added += 1
        mdev.directory.present = True
        mdev.bound = True

    def device_del(self, mdev: Mdev) -> None:
        children = mdev.parent.device.children
        numbers = [number for number in children if children[number] is mdev]
        if not numbers:
            raise KernelBug("a device is deleted that was not added")
        del children[numbers[0]]
        mdev.directory.present = False
        mdev.bound = False

    def put_device(self, mdev: Mdev) -> None:
        if mdev.ref.put():
            self.mdev_list.remove(mdev)
            mdev.free()

    def put_parent(self, parent: Parent) -> None:
        if parent.ref.put():
            parent.free()

    # --- users

    def open(self, user: Task, mdev: Mdev) -> None:
        if not mdev.bound:
            raise KernelBug("what is opened is no device")
        self.opened[user] = mdev

    def close(self, user: Task) -> None:
        del self.opened[user]

    def is_open(self, mdev: Mdev) -> bool:
        return any(m is mdev for m in self.opened.values())
