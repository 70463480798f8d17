"""What the series, its review and three repairs make of mdev's core, one class on top of the other."""

from __future__ import annotations

from virtspec_models.mdev.reference.core import BeforeTheSeries, Device, Mdev, Parent
from virtspec_models.mdev.reference.kernel import File, Path, Stop, Task


class AsPosted(BeforeTheSeries):
    """The series, v5: create and remove mirror each other, and a semaphore keeps unregister out while they run."""

    def enter(self, mdev: Mdev) -> Path[bool]:
        yield Stop("down_read_trylock")
        return mdev.parent.unreg_sem.try_read()

    def leave(self, parent: Parent) -> None:
        parent.unreg_sem.up_read()

    def set_up(self, mdev: Mdev) -> Path[bool]:
        """The vendor comes first, so that users find what it has created."""
        yield Stop("vendor_create")
        created = mdev.parent.device.vendor.create(mdev)
        if created:
            yield Stop("device_add")
            self.device_add(mdev)
            yield from self.publish(mdev)
        return created

    def failed(self, mdev: Mdev) -> Path[None]:
        """The file is gone for good."""
        yield from ()

    def take_down_inside(self, mdev: Mdev) -> Path[str]:
        parent = mdev.parent
        result = yield from super().take_down_inside(mdev)
        yield Stop("end")
        self.leave(parent)
        return result

    def take_down(self, mdev: Mdev, force: bool) -> Path[str]:
        """The vendor comes last, and is not asked."""
        vendor = mdev.parent.device.vendor
        yield from mdev.directory.remove("remove")
        yield Stop("device_del", lambda: not self.is_open(mdev))
        self.device_del(mdev)
        yield Stop("vendor_remove")
        vendor.remove(mdev)
        yield from self.drop(mdev)
        return "removed"

    def shut_out(self, device: Device) -> Path[None]:
        self.parent_list.remove(device.parent)
        yield from device.parent.unreg_sem.down_write(device.name)

    def let_in(self, device: Device) -> None:
        device.parent.unreg_sem.up_write(device.name)

    def remove_child(self, mdev: Mdev) -> Path[None]:
        """Whoever has claimed it is not inside, and will not come."""
        yield from self.take_down(mdev, force=True)


class AsMerged(AsPosted):
    """v6: an mdev that could not enter is freed again."""

    def refuse(self, mdev: Mdev) -> None:
        self.put_device(mdev)


class Repaired(AsMerged):
    """Three repairs that nobody has posted: the method holds a reference; to claim is to enter; the file goes last."""

    def pin(self, mdev: Mdev) -> None:
        mdev.ref.get()

    def unpin(self, mdev: Mdev) -> Path[None]:
        yield Stop("unpin")
        self.put_device(mdev)

    def claim(self, mdev: Mdev) -> str:
        result = super().claim(mdev)
        if result == "claimed" and not mdev.parent.unreg_sem.try_read():
            mdev.active = True  # nobody has seen it otherwise: mdev_list_lock is held
            return "ENODEV"
        return result

    def enter_claimed(self, mdev: Mdev) -> Path[bool]:
        yield from ()
        return True

    def remove_child(self, mdev: Mdev) -> Path[None]:
        mdev.active = False
        yield from super().remove_child(mdev)

    def remove_by_file(self, task: Task, mdev: Mdev, file: File) -> Path[str]:
        if not mdev.active:
            return "EAGAIN"
        return (yield from super().remove_by_file(task, mdev, file))
