"""One run of the guest: the emulator's command line, what the guest says meanwhile, whether its trace is complete.

The guest says what it does on its serial console, in lines that start with "LAB: ", and leaves files in the folder that
it shares with the host. It has no network. Emulation is by software (TCG): no /dev/kvm is needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from virtspec.errors import InputError, VirtspecError
from virtspec.lab.processes import Ran, Say, run

MARK = "LAB: "
FAILED = "failed: "
DONE = "done"


class GuestFailed(InputError):
    """The guest says that something went wrong."""


class GuestDied(InputError):
    """The guest ended before it was done."""


class Incomplete(InputError):
    """Events were lost: the trace is no evidence of anything."""


class OutOfTime(VirtspecError):
    """The guest was not done in time."""

    exit_code = 3


@dataclass(frozen=True)
class Emulator:
    """The program, and what it needs if it is unpacked and not installed."""

    program: Path
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Guest:
    """What is booted."""

    image: Path
    initramfs: Path
    cpus: int = 2
    megabytes: int = 512


def command(emulator: Emulator, guest: Guest, share: Path, devices: Sequence[str] = ()) -> list[str]:
    """The emulator's command line. Symbols lie where the kernel's file says (nokaslr), and a panic ends the run."""
    shared = f"local,id=fs0,path={str(share).replace(',', ',,')},security_model=none"
    return [
        str(emulator.program),
        *emulator.arguments,
        *("-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max"),
        *("-smp", str(guest.cpus), "-m", str(guest.megabytes)),
        *("-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(guest.image), "-initrd", str(guest.initramfs)),
        *("-append", "console=ttyS0 panic=-1 mitigations=off nokaslr quiet loglevel=4"),
        *("-fsdev", shared, "-device", "virtio-9p-pci,fsdev=fs0,mount_tag=share"),
        *devices,
    ]


def boot(
    emulator: Emulator, guest: Guest, share: Path, devices: Sequence[str], limit: float, say: Say, name: str
) -> Ran:
    """Run the guest to its end; its console is kept in `share`. Raises GuestFailed, GuestDied and OutOfTime."""
    stage = f"{name}: booting the kernel under emulation"
    failures: list[str] = []
    done = False

    def heard(line: str) -> None:
        nonlocal stage, done
        _, mark, text = line.partition(MARK)
        if not mark:
            return
        if text.startswith(FAILED):
            failures.append(text.removeprefix(FAILED))
        done = done or text == DONE
        stage = f"{name}: {text}"

    ran = run(
        command(emulator, guest, share, devices),
        tick=lambda: say(stage),
        heard=heard,
        limit=limit,
        environment=dict(emulator.environment),
    )
    console = share / "console.txt"
    console.write_text(ran.output, encoding="utf-8")
    if ran.out_of_time:
        raise OutOfTime(f"{name}: the guest was not done within {limit:g} s (--timeout); see {console}")
    if failures:
        raise GuestFailed("\n    ".join([f"{name}: the guest reports:", *failures]) + f"\nAll it said is in {console}")
    if not done:
        raise GuestDied(f"{name}: the guest ended before its time; the last it said:\n{ran.last_lines()}")
    return ran


# --- is it complete? -------------------------------------------------------------------------------------------------

_WRITTEN = re.compile(r"^# entries-in-buffer/entries-written: (\d+)/(\d+)", re.MULTILINE)
_LOST = re.compile(r"([\w ]+): *([1-9]\d*)")


def losses(trace: str, profile: str, statistics: str) -> list[str]:
    """What speaks against a trace: probes that missed, events that were overwritten or dropped. Empty: nothing.

    `profile` is tracefs' kprobe_profile (probe, hits, misses); `statistics` has a line of counters for each CPU."""
    found = []
    for line in profile.splitlines():
        match line.split():
            case [probe, _hits, misses] if misses != "0":
                found.append(f"probe {probe} missed {misses} times")
            case [_probe, _hits, _misses]:
                pass
            case _:
                found.append(f"unreadable line in the probes' profile: {line}")
    for line in statistics.splitlines():
        cpu, _, counters = line.partition(":")
        found += [f"{cpu}: {name.strip()} {count}" for name, count in _LOST.findall(counters)]
    if not profile.strip() or not statistics.strip():
        found.append("the guest left no profile of its probes")
    if (written := _WRITTEN.search(trace)) is None:
        found.append("the trace does not say how many events it holds")
    elif written[1] != written[2]:
        found.append(f"{written[1]} of {written[2]} events are left")
    elif written[1] == "0":
        found.append("no event was recorded")
    return found


def traced(share: Path, name: str) -> str:
    """The trace that the guest left in its folder. Raises Incomplete."""
    texts = []
    for file in ("trace.txt", "profile.txt", "losses.txt"):
        path = share / file
        texts.append(path.read_text(encoding="utf-8", errors="replace") if path.is_file() else "")
    wrong = losses(*texts)
    if wrong:
        raise Incomplete("\n    ".join([f"{name}: the trace is not complete:", *wrong]))
    return texts[0]
