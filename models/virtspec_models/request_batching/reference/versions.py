"""The versions to play: the right driver, and three that make a mistake which Linux made, or might make."""

from __future__ import annotations

from virtspec_models.playing.command import Model, Reference, Version
from virtspec_models.playing.paths import Path, Stop, named
from virtspec_models.playing.play import Tasks
from virtspec_models.request_batching.reference.driver import INDEX, Device, Driver


class CommitsOnlyIfSomethingIsLeft(Driver):
    """As the series was merged (8930a6c20791): a list whose last request fails is not committed."""

    def must_commit(self, left: bool, errors: bool) -> bool:
        return left


class KicksOutsideTheLock(Driver):
    """As virtio-blk before f02b9ac35a47: the window is read under no lock and reset a moment later."""

    def behind_the_add(self, i: int, last: bool) -> Path[None]:
        self.lock = None
        if last:
            yield from named("kick_unlocked", self.kick_unlocked())

    def kick_unlocked(self) -> Path[None]:
        yield Stop("read")
        new, added = self.ring.avail_idx, self.num_added
        line = yield Stop("write")
        self.num_added = 0
        wanted = line["needs_kick"] = self.need_event(new, (new - added) % INDEX)
        if wanted:
            yield from self.notify()


class SleepsWithoutALook(Driver):
    """The device arms its event and sleeps at once; what was added just before stays unseen."""

    def make_device(self) -> Device:
        return HastyDevice(self.ring)


class HastyDevice(Device):
    def recheck(self) -> Path[bool]:
        yield from ()
        return False


SIZES = {"Sub": 2, "plan": "0,0", "lists_each": 2, "faults_total": 1, "kinds": "IOERR,BUSY", "spurious": False}
"""What the model is to have of each: two submitters with two lists of two requests each, of which one may go wrong."""

RIGHT = Model("v6.1-submitters", SIZES)


def version(driver: type[Driver], summary: str, model: Model) -> Version:
    def tasks() -> Tasks:
        return driver(lists=2, faults=1).tasks()

    return Version(summary, tasks, RIGHT, model)


REFERENCE = Reference(
    "request_batching",
    {
        "v6.1": version(Driver, "Linux 6.1", RIGHT),
        "W1": version(
            CommitsOnlyIfSomethingIsLeft, "a list whose last request fails is not committed", Model("W1", SIZES)
        ),
        "W8": version(SleepsWithoutALook, "the device sleeps without a second look at the ring", Model("W8", SIZES)),
        "W9": version(KicksOutsideTheLock, "the window is closed outside the lock", Model("W9", SIZES)),
    },
)
