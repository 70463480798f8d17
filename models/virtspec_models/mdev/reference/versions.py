"""What the series, its review and three repairs make of mdev's core, one class on top of the other."""

from __future__ import annotations

from virtspec_models.mdev.reference.core import BeforeTheSeries, Device, Mdev, Parent
from virtspec_models.mdev.reference.kernel import File
from virtspec_models.playing.paths import Path, Stop, Task, named


class AsPosted(BeforeTheSeries):
    """The series, v5: create and remove mirror each other, and a semaphore keeps unregister out while they run."""

    def enter(self, mdev: Mdev) -> Path[bool]:
        line = yield Stop("down_read_trylock")
        entered = mdev.parent.unreg_sem.try_read()
        line["entered"] = entered
        return entered

    def leave(self, parent: Parent) -> None:
        parent.unreg_sem.up_read()

    def set_up(self, mdev: Mdev) -> Path[bool]:
        """The vendor comes first, so that users find what it has created."""
        created = yield from self.vendor_create(mdev)
        if created:
            yield Stop("device_add")
            self.device_add(mdev)
            yield from self.publish(mdev)
        return created

    def failed(self, mdev: Mdev) -> Path[None]:
        """The file is gone for good."""
        yield from ()

    def take_down_inside(self, mdev: Mdev) -> Path[bool]:
        parent = mdev.parent
        removed = yield from super().take_down_inside(mdev)
        yield Stop("up_read")
        self.leave(parent)
        return removed

    def mdev_device_remove_common(self, mdev: Mdev, force: bool) -> Path[bool]:
        """The vendor comes last, and is not asked."""
        vendor = mdev.parent.device.vendor
        yield from named("remove", mdev.directory.remove("remove"))
        yield Stop("device_del", lambda: not self.is_open(mdev))
        self.device_del(mdev)
        yield Stop("vendor_remove")
        vendor.remove(mdev)
        yield from self.drop(mdev)
        return True

    def shut(self, device: Device) -> Path[None]:
        self.parent_list.remove(device.parent)
        yield from named("shut.down_write", device.parent.unreg_sem.down_write(device.name))

    def let_in(self, device: Device) -> None:
        device.parent.unreg_sem.up_write(device.name)

    def remove_child(self, mdev: Mdev) -> Path[None]:
        """Whoever has claimed it is not inside, and will not come."""
        yield from self.take_down(mdev, force=True)


class AsMerged(AsPosted):
    """v6: an mdev that could not enter is freed again."""

    def refuse(self, mdev: Mdev) -> Path[None]:
        yield Stop("out_put_device")
        parent = mdev.parent
        self.put_device(mdev)
        self.put_parent(parent)


class Repaired(AsMerged):
    """Three repairs that nobody has posted: the method holds a reference; to claim is to enter; the file goes last."""

    def pin(self, mdev: Mdev) -> None:
        mdev.ref.get()

    def is_in_vain(self, mdev: Mdev) -> bool:
        return not mdev.active

    def end_remove(self, task: Task, mdev: Mdev, file: File) -> Path[None]:
        yield Stop("put_device")
        self.put_device(mdev)
        file.end(task)

    def claim(self, mdev: Mdev) -> bool:
        if not super().claim(mdev):
            return False
        if not mdev.parent.unreg_sem.try_read():
            mdev.active = True  # nobody has seen it otherwise: mdev_list_lock is held
            return False
        return True

    def enter_claimed(self, mdev: Mdev) -> Path[bool]:
        yield from ()
        return True

    def remove_child(self, mdev: Mdev) -> Path[None]:
        mdev.active = False
        yield from super().remove_child(mdev)
