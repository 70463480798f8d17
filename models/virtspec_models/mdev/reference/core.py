"""mdev's core as it was before the series, and the objects it works on. `versions` says what later patches change."""

from __future__ import annotations

from collections.abc import Sequence

from virtspec_models.mdev.reference.kernel import Directory, File, Kref, Memory, RwSem
from virtspec_models.playing.paths import KernelBug, Path, Picks, Stop, Task, named


class Vendor:
    """The vendor's driver of one device, and what it knows of each mdev: created, removed how often."""

    def __init__(self) -> None:
        self.loaded = True
        self.called_late = False
        self.created: set[Mdev] = set()
        self.removals: dict[Mdev, int] = {}

    def create(self, mdev: Mdev, fails: bool) -> bool:
        self.called_late |= not self.loaded
        if fails:
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
    """5.2-rc1. Users see a device before the vendor does; who removes an mdev is settled by its `active` alone.

    Every code path logs its stretches under the model's names. What it sees there, `entered` or `claimed`, is added to the
    line, and so is the address of an mdev that it chooses: `d`, which is "None" where there is none to be had.
    """

    def __init__(
        self,
        *,
        devices: Sequence[Task] = ("Parent",),
        slots: Sequence[str] = ("Slot0", "Slot1"),
        vendor_fails: bool = True,
    ) -> None:
        self.devices = [Device(name) for name in devices]
        self.parent_list = [device.parent for device in self.devices]
        self.parent_list_lock: Task | None = None
        self.mdev_list: list[Mdev] = []
        self.slots = slots  # the addresses of mdevs; each is given out once
        self.vendor_fails = vendor_fails  # whether it may
        self.allocated: list[Mdev] = []
        self.directories: list[Directory] = []  # of those allocated
        self.added = 0  # how many children devices have had
        self.opened: dict[Task, Mdev] = {}
        self.warned = False
        self.lied = False

    # --- create

    def create_store(self, task: Task, device: Device, uuid: str) -> Path[None]:
        file = device.types.files["create"]
        file.begin(task)
        line = yield Stop("mdev_device_create")
        parent = device.parent
        parent.ref.get()
        mdev = self.allocate(parent, uuid)
        line["d"] = "None" if mdev is None else self.slot(mdev)
        if mdev is None:  # -EEXIST, -ENOMEM
            self.put_parent(parent)
        elif (yield from self.enter(mdev)):
            yield from self.create_inside(mdev)
        else:
            yield from self.refuse(mdev)
        file.end(task)

    def create_inside(self, mdev: Mdev) -> Path[None]:
        parent = mdev.parent
        created = yield from named("set_up", self.set_up(mdev))
        yield Stop("up_read")  # the end of the method, whether there is a semaphore or not
        self.leave(parent)
        if not created:
            yield from self.drop(mdev)

    def allocate(self, parent: Parent, uuid: str) -> Mdev | None:
        if any(mdev.uuid == uuid for mdev in self.mdev_list) or len(self.allocated) == len(self.slots):
            return None
        mdev = Mdev(parent, uuid)
        self.allocated.append(mdev)
        self.directories.append(mdev.directory)
        self.mdev_list.append(mdev)
        return mdev

    def slot(self, mdev: Mdev) -> str:
        """The name of an mdev's address."""
        return next(slot for slot, m in zip(self.slots, self.allocated, strict=False) if m is mdev)

    def enter(self, mdev: Mdev) -> Path[bool]:
        """Keep unregister out: nobody does, so far."""
        yield from ()
        return True

    def leave(self, parent: Parent) -> None:
        """Let unregister go on."""

    def refuse(self, mdev: Mdev) -> Path[None]:
        """What becomes of an mdev that could not enter, and of its reference to the parent."""
        self.put_parent(mdev.parent)
        yield from ()

    def set_up(self, mdev: Mdev) -> Path[bool]:
        """Whether the vendor has agreed. If not, no device is left."""
        yield Stop("device_register")
        self.device_add(mdev)
        created = yield from self.vendor_create(mdev)
        if created:
            yield from self.publish(mdev)
        else:
            yield Stop("device_unregister", lambda: not self.is_open(mdev))
            self.device_del(mdev)
        return created

    def vendor_create(self, mdev: Mdev) -> Path[bool]:
        line = yield Stop("vendor_create", ways=self.moods)
        return mdev.parent.device.vendor.create(mdev, bool(line["fails"]))

    def moods(self) -> list[Picks]:
        """Of the vendor."""
        return [{"fails": False}, {"fails": True}] if self.vendor_fails else [{"fails": False}]

    def publish(self, mdev: Mdev) -> Path[None]:
        yield Stop("mdev_create_sysfs_files")
        self.create_file(mdev)
        yield Stop("set_active")
        mdev.active = True

    def create_file(self, mdev: Mdev) -> None:
        self.warned |= not mdev.directory.create("remove")

    # --- remove

    def remove_store(self, task: Task, mdev: Mdev) -> Path[None]:
        file = mdev.directory.files["remove"]
        file.begin(task)
        self.pin(mdev)
        if self.is_in_vain(mdev):
            yield from named("end_remove", self.end_remove(task, mdev, file))
            return
        line = yield Stop("device_remove_file_self")
        first = line["first"] = file.suicidal is None
        yield from named("remove_self", file.remove_self(task))
        if not first:
            self.lied |= file.directory.present
            yield from named("end_remove[2]", self.end_remove(task, mdev, file))
            return
        line = yield Stop("mdev_device_remove")
        claimed = line["claimed"] = self.claim(mdev)
        removed = claimed and (yield from named("mdev_device_remove", self.mdev_device_remove(mdev)))
        if not removed:
            yield from self.failed(mdev)
        yield from named("end_remove[3]", self.end_remove(task, mdev, file))

    def pin(self, mdev: Mdev) -> None:
        """Keep the mdev in memory while the method runs: nobody does."""

    def is_in_vain(self, mdev: Mdev) -> bool:
        """Whether the method returns before it removes anything."""
        return False

    def end_remove(self, task: Task, mdev: Mdev, file: File) -> Path[None]:
        file.end(task)
        yield from ()

    def failed(self, mdev: Mdev) -> Path[None]:
        """A remove that failed can be tried again."""
        yield Stop("device_create_file")
        self.create_file(mdev)

    def claim(self, mdev: Mdev) -> bool:
        """Of all who want to remove an mdev one may. The list is searched for its address."""
        if not any(m is mdev for m in self.mdev_list) or not mdev.active:  # -ENODEV, -EAGAIN
            return False
        mdev.active = False
        return True

    def mdev_device_remove(self, mdev: Mdev) -> Path[bool]:
        """Behind the claim."""
        entered = yield from self.enter_claimed(mdev)
        return entered and (yield from self.take_down_inside(mdev))

    def enter_claimed(self, mdev: Mdev) -> Path[bool]:
        return (yield from self.enter(mdev))

    def take_down_inside(self, mdev: Mdev) -> Path[bool]:
        return (yield from self.take_down(mdev, force=False))

    def take_down(self, mdev: Mdev, force: bool) -> Path[bool]:
        return (yield from named("mdev_device_remove_common", self.mdev_device_remove_common(mdev, force)))

    def mdev_device_remove_common(self, mdev: Mdev, force: bool) -> Path[bool]:
        vendor = mdev.parent.device.vendor
        line = yield Stop("vendor_remove")
        removed = line["removed"] = force or not self.is_open(mdev)
        if not removed:  # -EBUSY
            mdev.active = True
            return False
        vendor.remove(mdev)
        yield from named("remove", mdev.directory.remove("remove"))
        yield Stop("device_del", lambda: not self.is_open(mdev))
        self.device_del(mdev)
        yield from named("remove[2]", mdev.directory.remove("remove"))  # if somebody failed meanwhile
        yield from self.drop(mdev)
        return True

    def drop(self, mdev: Mdev) -> Path[None]:
        yield Stop("put_device")
        parent = mdev.parent
        self.put_device(mdev)
        self.put_parent(parent)

    # --- unregister

    def mdev_unregister_parent(self, device: Device) -> Path[None]:
        yield from self.shut(device)
        yield from self.remove_children(device)
        yield Stop("parent_remove_sysfs_files")
        yield from named("remove", device.types.remove("create"))
        yield Stop("put_parent")
        self.let_in(device)
        device.vendor.loaded = False
        self.put_parent(device.parent)

    def shut(self, device: Device) -> Path[None]:
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
            line = yield Stop("device_for_each_child")
            seen = min((number for number in device.children if number > seen), default=-1)
            line["d"] = "None" if seen < 0 else self.slot(device.children[seen])
            if seen < 0:
                return
            yield from self.remove_child(device.children[seen])

    def remove_child(self, mdev: Mdev) -> Path[None]:
        """A child that somebody else has claimed is left to them."""
        if self.claim(mdev):
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
