"""One run of a guest: the emulator's command line, what is made of what the guest says, and of what it lost."""

from pathlib import Path

import pytest
from tests.unit.lab.conftest import Program

from virtspec.errors import UsageError
from virtspec.lab.kinds import KINDS
from virtspec.lab.machine import (
    Emulator,
    Guest,
    GuestDied,
    GuestFailed,
    Incomplete,
    OutOfTime,
    boot,
    command,
    losses,
    traced,
)

GUEST = Guest(Path("vmlinuz"), Path("initramfs"))
TRACE = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/2   #P:2\n a-1 [000] d.Z.. 1: x: (f)\n"
PROFILE = "  qc_in                96               0\n  irq                  11               0\n"
LOSSES = (
    "cpu0: overrun: 0,commit overrun: 0,dropped events: 0,\ncpu1: overrun: 0,commit overrun: 0,dropped events: 0,\n"
)


def test_the_command_line() -> None:
    devices = ["-device", "virtio-balloon-pci"]
    emulator = Emulator(Path("/usr/bin/qemu-system-x86_64"), ("-L", "firmware"))
    words = command(emulator, GUEST, Path("/cache/a,b"), devices)
    kernel = words.pop(words.index("-append") + 1)
    assert kernel == "console=ttyS0 panic=-1 mitigations=off nokaslr quiet loglevel=4"
    assert " ".join(words) == (
        "/usr/bin/qemu-system-x86_64 -L firmware -accel tcg,thread=multi -machine q35 -cpu max -smp 2 -m 512 "
        "-nographic -nodefaults -no-reboot -serial stdio -kernel vmlinuz -initrd initramfs -append "
        "-fsdev local,id=fs0,path=/cache/a,,b,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=share "
        "-device virtio-balloon-pci"
    )


@pytest.mark.parametrize(
    ("given", "controller"),
    [
        ({}, "virtio-scsi-pci,id=s0,num_queues=1,event_idx=on,indirect_desc=on"),
        (
            {"num_queues": 2, "event_idx": "off", "indirect": "off", "vqsize": "32"},
            "virtio-scsi-pci,id=s0,num_queues=2,event_idx=off,indirect_desc=off,virtqueue_size=32",
        ),
    ],
)
def test_the_devices_of_batching(tmp_path: Path, given: dict[str, int | str | None], controller: str) -> None:
    kind = KINDS["batching"]
    assert kind.devices(kind.values(given), tmp_path) == [
        *("-device", controller),
        *("-drive", f"if=none,id=d0,format=raw,file={tmp_path}/disk.img"),
        *("-device", "scsi-hd,drive=d0,bus=s0.0"),
    ]
    assert (tmp_path / "disk.img").stat().st_size == 64 << 20


def test_the_devices_of_the_others(tmp_path: Path) -> None:
    devices = {name: kind.devices(kind.values({}), tmp_path) for name, kind in KINDS.items() if name != "batching"}
    balloon = ["-device", "virtio-balloon-pci,free-page-reporting=on"]
    assert devices == {"mdev": [], "reporting": balloon, "yield": []}


# --- what the guest says ---------------------------------------------------------------------------------------------


def booted(program: Program, share: Path, script: str, limit: float = 20.0) -> list[str]:
    stages: list[str] = []

    def say(stage: str) -> None:
        if stage not in stages:
            stages.append(stage)

    boot(Emulator(program("qemu", script)), GUEST, share, (), limit, say, "mdev")
    return stages


def test_a_guest_tells_what_it_does(program: Program, tmp_path: Path) -> None:
    stages = booted(program, tmp_path, "printf 'BIOS\\033[2JLAB: up\\r\\n'; sleep 0.6; echo 'LAB: done'")
    assert stages == ["mdev: booting the kernel under emulation", "mdev: up", "mdev: done"]
    assert "BIOS" in (tmp_path / "console.txt").read_text()


def test_what_went_wrong_in_the_guest_is_told(program: Program, tmp_path: Path) -> None:
    script = "echo 'LAB: failed: the module mdev cannot be loaded'; echo 'LAB: failed: again'; echo 'LAB: done'"
    with pytest.raises(GuestFailed) as caught:
        booted(program, tmp_path, script)
    assert str(caught.value) == (
        "mdev: the guest reports:\n    the module mdev cannot be loaded\n    again\n"
        f"All it said is in {tmp_path}/console.txt"
    )
    assert caught.value.exit_code == 4


def test_a_guest_that_dies_is_told_with_its_last_words(program: Program, tmp_path: Path) -> None:
    with pytest.raises(GuestDied) as caught:
        booted(program, tmp_path, "printf '\\033cKernel panic\\n\\033[0m'; exit 1")
    assert str(caught.value) == "mdev: the guest ended before its time; the last it said:\n    Kernel panic"


def test_a_guest_that_takes_too_long_is_ended(program: Program, tmp_path: Path) -> None:
    with pytest.raises(OutOfTime) as caught:
        booted(program, tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 100", 0.3)
    assert "mdev: the guest was not done within 0.3 s (--timeout)" in str(caught.value)
    assert caught.value.exit_code == 3
    assert not Path(f"/proc/{int((tmp_path / 'pid').read_text())}").exists()


def test_ctrl_c_ends_the_emulator(program: Program, tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def say(stage: str) -> None:
        if pid.exists() and pid.read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        boot(Emulator(program("qemu", f"echo $$ > {pid}; exec sleep 100")), GUEST, tmp_path, (), 20, say, "mdev")
    assert not Path(f"/proc/{int(pid.read_text())}").exists()


def test_an_emulator_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="qemu cannot be started: No such file or directory"):
        boot(Emulator(tmp_path / "qemu"), GUEST, tmp_path, (), 1, lambda stage: None, "mdev")


# --- what the guest lost ---------------------------------------------------------------------------------------------


def test_a_complete_trace() -> None:
    assert losses(TRACE, PROFILE, LOSSES) == []


@pytest.mark.parametrize(
    ("trace", "profile", "statistics", "expected"),
    [
        (TRACE, PROFILE.replace("11               0", "11               1"), LOSSES, ["probe irq missed 1 times"]),
        (TRACE, PROFILE, LOSSES.replace("1: overrun: 0", "1: overrun: 326069"), ["cpu1: overrun 326069"]),
        (
            TRACE,
            PROFILE,
            LOSSES.replace("events: 0", "events: 3"),
            ["cpu0: dropped events 3", "cpu1: dropped events 3"],
        ),
        (TRACE.replace("2/2", "2/9"), PROFILE, LOSSES, ["2 of 9 events are left"]),
        (TRACE.replace("2/2", "0/0"), PROFILE, LOSSES, ["no event was recorded"]),
        ("", PROFILE, LOSSES, ["the trace does not say how many events it holds"]),
        (TRACE, "", LOSSES, ["the guest left no profile of its probes"]),
        (TRACE, PROFILE, "", ["the guest left no profile of its probes"]),
        (TRACE, "qc_in 96\n", LOSSES, ["unreadable line in the probes' profile: qc_in 96"]),
    ],
)
def test_an_incomplete_trace(trace: str, profile: str, statistics: str, expected: list[str]) -> None:
    assert losses(trace, profile, statistics) == expected


def test_an_incomplete_trace_is_refused(tmp_path: Path) -> None:
    for name, text in (("trace.txt", TRACE), ("profile.txt", PROFILE), ("losses.txt", LOSSES)):
        (tmp_path / name).write_text(text)
    assert traced(tmp_path, "mdev") == TRACE
    (tmp_path / "losses.txt").unlink()
    with pytest.raises(Incomplete) as caught:
        traced(tmp_path, "mdev")
    assert str(caught.value) == "mdev: the trace is not complete:\n    the guest left no profile of its probes"
    assert caught.value.exit_code == 4
