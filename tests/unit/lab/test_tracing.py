"""One trace: what the guest is given, and when it is booted once more. A shell script plays the emulator."""

from pathlib import Path

import pytest
from tests.unit.lab.conftest import Program
from tests.unit.lab.test_machine import LOSSES, PROFILE, TRACE

from virtspec.lab import tracing
from virtspec.lab.kinds import KINDS, Kind
from virtspec.lab.machine import Emulator, Guest, GuestDied, GuestFailed, Incomplete
from virtspec.lab.store import Store

KIND = KINDS["batching"]
GOOD = "cp $files/* $share; echo 'LAB: done'"
DIES = "echo 'Kernel panic'"
LOSES = GOOD.replace("; echo", "; echo 'irq 96 1' > $share/profile.txt; echo")
FAILS = "echo 'LAB: failed: there is no disk'; echo 'LAB: done'"


class Stub(Store):
    """A store that has everything, and boots a script."""

    def __init__(self, folder: Path, emulator: Path) -> None:
        super().__init__(folder, lambda text: None)
        self.script = emulator

    def emulator(self) -> Emulator:
        return Emulator(self.script)

    def kernel(self) -> None:  # type: ignore[override]
        return None

    def guest(self, kind: Kind | None, share: Path) -> Guest:
        return Guest(Path("vmlinuz"), Path("initramfs"))


@pytest.fixture
def boots(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Make a store whose emulator does one thing at its first boot and another at every later one."""
    files = tmp_path / "files"
    files.mkdir()
    for name, text in (("trace.txt", TRACE), ("profile.txt", PROFILE), ("losses.txt", LOSSES)):
        (files / name).write_text(text)
    monkeypatch.setattr(tracing, "definitions", lambda *_: [("p:qc_in virtio_scsi:f+0x5", ""), ("p:irq g+0x5", "")])

    def make(first: str, later: str) -> Stub:
        again = tmp_path / "again"
        script = f"files={files}; share={tmp_path}/lab/runs/batching\n"
        script += f"if [ -e {again} ]; then {later}; else touch {again}; {first}; fi"
        return Stub(tmp_path / "lab", program("qemu", script))

    return make


def trace(store: Stub) -> tracing.Trace:
    return tracing.trace(KIND, KIND.values({"depth": 3}), store, 20, lambda text: None)


def test_a_trace_and_what_its_guest_was_given(boots: object, tmp_path: Path) -> None:
    assert callable(boots)
    found = trace(boots(GOOD, DIES))
    assert (found.events, found.attempts) == (1, 1)
    first, second, *rest = found.text.splitlines(keepends=True)
    assert first.startswith("# config: num_queues=1 ") and " depth=3 " in first
    assert second == "# kernel: Debian None (unknown), emulated by QEMU; no event was lost\n"
    assert "".join(rest) == TRACE
    share = tmp_path / "lab" / "runs" / "batching"
    assert (share / "probes.txt").read_text() == "p:qc_in virtio_scsi:f+0x5\np:irq g+0x5\n"
    assert "depth=3\n" in (share / "parameters").read_text()
    assert (share / "run.sh").read_text().startswith(". /share/parameters\n")
    assert not (share / "disk.img").exists()


@pytest.mark.parametrize("first", [DIES, LOSES], ids=["died", "lost events"])
def test_it_is_tried_once_more(boots: object, first: str) -> None:
    assert callable(boots)
    assert trace(boots(first, GOOD)).attempts == 2


@pytest.mark.parametrize(
    ("first", "later", "error"), [(DIES, DIES, GuestDied), (DIES, LOSES, Incomplete), (FAILS, GOOD, GuestFailed)]
)
def test_and_then_no_more(boots: object, first: str, later: str, error: type[Exception]) -> None:
    assert callable(boots)
    with pytest.raises(error):
        trace(boots(first, later))
