"""What can be traced: for each kind its parameters, its probes, and the virtual devices and modules it needs.

A parameter has one value in three places: the option of the command line, a variable of the guest's script, and an
item of the trace's first line. The names of the last two are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from virtspec.errors import UsageError

Value: TypeAlias = int | str | None
Values: TypeAlias = Mapping[str, Value]
"""Values by the `key` of their parameter; None: whatever the kernel or the device does by itself."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: a whole number from `least` to `most`, or one of `words`."""

    option: str
    key: str
    default: Value
    about: str
    least: int = 1
    most: int = 1000
    words: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """The value that the text of an option stands for. Raises UsageError."""
        if self.words:
            if text not in self.words:
                raise UsageError(f"--{self.option} {text}: expected one of {', '.join(self.words)}")
            return text
        if not (text.isascii() and text.isdigit() and self.least <= int(text) <= self.most):
            raise UsageError(f"--{self.option} {text}: expected a whole number from {self.least} to {self.most}")
        return int(text)


@dataclass(frozen=True)
class Kind:
    """A mechanism and the workload that stresses it."""

    name: str
    about: str
    mechanism: str | None
    """The shipped specification that such a trace can be compared with, if there is one."""
    parameters: tuple[Parameter, ...]
    modules: tuple[str, ...]
    """To be loaded in the guest; what they need comes with them."""
    program: str
    devices: Callable[[Values, Path], list[str]]
    """Arguments of the emulator for these values; files may be made in the folder."""
    needs_mtty: bool = False

    def values(self, given: Values) -> dict[str, Value]:
        """Every parameter's value, by its key: the given ones, and the defaults of the others."""
        return {p.key: given.get(p.key, p.default) for p in self.parameters}


def first_line(values: Values) -> str:
    """The line that a trace starts with."""
    shown = (f"{key}={'default' if value is None else value}" for key, value in values.items())
    return "# config: " + " ".join(shown)


def assignments(values: Values) -> str:
    """The values as variables of a shell. They are numbers and single words: nothing needs quotes."""
    return "".join(f"{key}={'' if value is None else value}\n" for key, value in values.items())


# --- devices ---------------------------------------------------------------------------------------------------------

DISK_BYTES = 64 << 20  # programs/aio_batch.c stays below 56 MiB


def _scsi(values: Values, folder: Path) -> list[str]:
    """A disk behind a virtio-scsi controller. The ring's size is left to the device unless one is asked for."""
    disk = folder / "disk.img"
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    ring = "" if values["vqsize"] is None else f",virtqueue_size={values['vqsize']}"
    controller = (
        f"virtio-scsi-pci,id=s0,num_queues={values['num_queues']},event_idx={values['event_idx']}"
        f",indirect_desc={values['indirect']}{ring}"
    )
    backend = f"if=none,id=d0,format=raw,file={str(disk).replace(',', ',,')}"
    return ["-device", controller, "-drive", backend, "-device", "scsi-hd,drive=d0,bus=s0.0"]


def _balloon(values: Values, folder: Path) -> list[str]:
    return ["-device", "virtio-balloon-pci,free-page-reporting=on"]


def _none(values: Values, folder: Path) -> list[str]:
    return []


# --- the kinds -------------------------------------------------------------------------------------------------------

ON_OFF = ("on", "off")
RING_SIZES = tuple(str(1 << bits) for bits in range(4, 11))

_BATCHING = Kind(
    name="batching",
    about="virtio-scsi: batches of requests, doorbells, interrupts",
    mechanism="request_batching",
    parameters=(
        Parameter("queues", "num_queues", 1, "request queues of the controller", most=8),
        Parameter("event-idx", "event_idx", "on", "whether the device offers VIRTIO_F_EVENT_IDX", words=ON_OFF),
        Parameter("scheduler", "sched", "none", "I/O scheduler of the disk", words=("none", "mq-deadline")),
        Parameter("processes", "procs", 2, "processes that submit, each on a CPU", most=16),
        Parameter("batch", "batch", 8, "requests of one system call", most=256),
        Parameter("rounds", "rounds", 6, "system calls of each process"),
        Parameter("depth", "depth", None, "queue depth of the disk: how many requests may be under way", most=256),
        Parameter("vq-size", "vqsize", None, "entries of a virtqueue", words=RING_SIZES),
        Parameter("rw", "rw", "r", "read or write", words=("r", "w")),
        Parameter("indirect", "indirect", "on", "whether the device offers indirect descriptors", words=ON_OFF),
    ),
    modules=("virtio_scsi", "sd_mod"),
    program="aio_batch",
    devices=_scsi,
)

_MDEV = Kind(
    name="mdev",
    about="mediated devices: create, remove and the unloading of their driver, all at once",
    mechanism="mdev",
    parameters=(
        Parameter("creators", "creators", 2, "processes that create", most=16),
        Parameter("removers", "removers", 2, "processes that remove", least=0, most=16),
        Parameter("iterations", "iters", 40, "attempts of each of them"),
        Parameter("reloads", "reloads", 0, "how often the driver is unloaded and loaded again meanwhile", least=0),
        Parameter("uuids", "nuuid", 4, "different UUIDs: the fewer, the more collisions", most=256),
    ),
    modules=("vfio", "mdev"),
    program="mdevrace",
    devices=_none,
    needs_mtty=True,
)

_REPORTING = Kind(
    name="reporting",
    about="free page reporting while memory is taken and given back",
    mechanism=None,
    parameters=(
        Parameter("huge", "huge", 1, "1: huge pages, 0: small ones", least=0, most=1),
        Parameter("processes", "procs", 2, "processes that take memory, each on a CPU", most=8),
        Parameter("megabytes", "mb", 120, "how much each of them takes", most=180),
        Parameter("rounds", "rounds", 8, "how often"),
        Parameter("gap-ms", "gap_ms", 300, "how long it is kept, and left alone", least=0, most=10_000),
        Parameter("order", "order", None, "order of the blocks that are reported", least=0, most=10),
    ),
    modules=("virtio_balloon",),
    program="memhog",
    devices=_balloon,
)

_YIELD = Kind(
    name="yield",
    about="a virtual machine in the guest yields to the targets of its interrupts",
    mechanism=None,
    parameters=(
        Parameter("rounds", "rounds", 4, "how often each target is yielded to", most=50),
        Parameter("spinners", "spinners", 3, "virtual CPUs that spin", most=6),
        Parameter("gap-us", "gap_us", 2000, "pause between two yields", least=0, most=1_000_000),
        Parameter("touch", "touch", 1, "1: KVM is made to learn of the last virtual CPU, 0: not", least=0, most=1),
    ),
    modules=("kvm-amd",),
    program="kvmyield",
    devices=_none,
)

KINDS = {kind.name: kind for kind in (_BATCHING, _MDEV, _REPORTING, _YIELD)}
