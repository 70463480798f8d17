"""One trace of one kind: place the probes, boot, take what the guest left, and refuse it if events were lost.

A guest that ends without a word, or whose probes miss, is booted once more: the former has been seen once on a busy
machine, without a cause that could be found. A second time is told, and so is what a guest says itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from virtspec.lab.kinds import Kind, Values, assignments, first_line
from virtspec.lab.machine import GuestDied, Incomplete, boot, traced
from virtspec.lab.probes import definitions, specification
from virtspec.lab.processes import Say
from virtspec.lab.store import Store

ATTEMPTS = 2


@dataclass(frozen=True)
class Trace:
    """The text of a complete trace, its first line being that of the configuration."""

    text: str
    events: int
    seconds: float
    """From the start of the emulator to its end."""
    attempts: int


def trace(kind: Kind, values: Values, store: Store, limit: float, say: Say) -> Trace:
    """Trace a kind with these values on the kernel of a store that is prepared for it.

    Raises GuestFailed, GuestDied, Incomplete, and OutOfTime if a guest is not done within `limit` seconds."""
    say(f"{kind.name}: placing the probes")
    lines = [line for line, _ in definitions(specification(kind.name), store.kernel())]
    emulator = store.emulator()
    assert emulator is not None
    for attempt in range(1, ATTEMPTS + 1):
        share = store.fresh_run(kind.name)
        guest = store.guest(kind, share)
        (share / "run.sh").write_bytes((files("virtspec.lab") / "guest" / f"{kind.name}.sh").read_bytes())
        (share / "parameters").write_text(assignments(values), encoding="utf-8")
        (share / "probes.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        name = kind.name if attempt == 1 else f"{kind.name}, once more"
        try:
            ran = boot(emulator, guest, share, kind.devices(values, share), limit, say, name)
            body = traced(share, kind.name)
        except (GuestDied, Incomplete):
            if attempt == ATTEMPTS:
                raise
            continue
        finally:
            (share / "disk.img").unlink(missing_ok=True)
        about = f"# kernel: Debian {store.release} ({store.version}), emulated by QEMU; no event was lost"
        text = f"{first_line(values)}\n{about}\n{body}"
        events = sum(1 for line in body.splitlines() if line and not line.startswith("#"))
        return Trace(text, events, ran.seconds, attempt)
    raise AssertionError("the last attempt returns or raises")
