"""Who takes part: tasks that create and remove mdevs, open them and unregister their parents, and the versions to play."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec_models.mdev.reference.core import BeforeTheSeries, Device, Mdev
from virtspec_models.mdev.reference.versions import AsMerged, AsPosted, Repaired
from virtspec_models.playing.command import Model, Reference, Version
from virtspec_models.playing.paths import Path, Picks, Stop, Task, named
from virtspec_models.playing.play import Tasks


@dataclass(frozen=True)
class Crowd:
    """Tasks by kind, and the uuids that creators choose from. Each begins `runs` times at most; a device goes but once."""

    creators: Sequence[Task] = ("Creator0", "Creator1")
    removers: Sequence[Task] = ("Remover0", "Remover1")
    users: Sequence[Task] = ("User",)
    uuids: Sequence[str] = ("Uuid0", "Uuid1")
    runs: int = 2

    def tasks(self, core: BeforeTheSeries) -> Tasks:
        """Everybody, at work on a core."""
        return {
            **{task: self.creator(task, core) for task in self.creators},
            **{task: self.remover(task, core) for task in self.removers},
            **{task: self.user(task, core) for task in self.users},
            **{device.name: self.parent(core, device) for device in core.devices},
        }

    def creator(self, task: Task, core: BeforeTheSeries) -> Path[None]:
        """Writes to any `create` that is there."""

        def ways() -> list[Picks]:
            offering = [device.name for device in core.devices if device.types.offers("create")]
            return [{"p": name, "uuid": uuid} for name in offering for uuid in self.uuids]

        for _ in range(self.runs):
            line = yield Stop("create_store", ways=ways, begins=True)
            device = next(device for device in core.devices if device.name == line["p"])
            yield from named("create_store", core.create_store(task, device, str(line["uuid"])))

    def remover(self, task: Task, core: BeforeTheSeries) -> Path[None]:
        """Writes to any `remove` that is there."""

        def ways() -> list[Picks]:
            return [{"d": core.slot(mdev)} for mdev in children(core) if mdev.directory.offers("remove")]

        for _ in range(self.runs):
            line = yield Stop("remove_store", ways=ways, begins=True)
            mdev = core.allocated[core.slots.index(str(line["d"]))]
            yield from named("remove_store", core.remove_store(task, mdev))

    def user(self, task: Task, core: BeforeTheSeries) -> Path[None]:
        """Opens any mdev, and closes it some day: nobody may wait for a user for ever."""

        def ways() -> list[Picks]:
            return [{"d": core.slot(mdev)} for mdev in children(core) if mdev.bound]

        for _ in range(self.runs):
            line = yield Stop("open", ways=ways, begins=True)
            core.open(task, core.allocated[core.slots.index(str(line["d"]))])
            yield Stop("close", begins=True)
            core.close(task)

    def parent(self, core: BeforeTheSeries, device: Device) -> Path[None]:
        """Unregisters its device."""
        yield Stop("mdev_unregister_parent", begins=True)
        yield from named("mdev_unregister_parent", core.mdev_unregister_parent(device))


def children(core: BeforeTheSeries) -> Iterator[Mdev]:
    """The mdevs that sysfs shows."""
    return (mdev for device in core.devices for mdev in device.children.values())


TWO = {"Creator": 2, "Remover": 2, "Slot": 2, "Uuid": 2, "vendor_fails": True}
"""What the model is to have of each, to compare with a crowd as above."""


VERSIONS: dict[str, type[BeforeTheSeries]] = {"v6": AsMerged, "pre": BeforeTheSeries, "v5": AsPosted, "F3": Repaired}
"""By the names of the model's configurations that say the same."""


def version(name: str, summary: str, claims: str) -> Version:
    def tasks() -> Tasks:
        return Crowd().tasks(VERSIONS[name]())

    return Version(summary, tasks, Model(claims, TWO), Model(name, TWO))


REFERENCE = Reference(
    "mdev",
    {
        "v6": version("v6", "as merged for 5.2", "v6"),
        "pre": version("pre", "before the series; claims to be v6", "v6"),
        "v5": version("v5", "as posted: create leaks an mdev; claims to be v6", "v6"),
        "F3": version("F3", "v6 with the repairs F1 to F3", "F3"),
    },
)
