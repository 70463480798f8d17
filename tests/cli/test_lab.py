"""`virtspec lab`: what may be asked for, what is said when something is missing, what becomes of a trace.

No emulator runs here, except in the last test, which is slow and needs Debian's packages."""

import gzip
import shutil
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec.cli.verbs import lab
from virtspec.lab import tracing
from virtspec.lab.kinds import Kind, Values
from virtspec.lab.machine import Incomplete
from virtspec.lab.processes import Say
from virtspec.lab.store import Store

TEXT = "# config: x=1\n# tracer: nop\n a-1 [000] d.Z.. 1: qc_in: (f)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def traces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object], float]]:
    """What was asked to be traced; each time the trace is TEXT. What was conformed is appended as well."""
    asked: list[tuple[str, dict[str, object], float]] = []

    def trace(kind: Kind, values: Values, store: Store, limit: float, say: Say) -> tracing.Trace:
        asked.append((kind.name, dict(values), limit))
        say(f"{kind.name}: booting")
        return tracing.Trace(TEXT, 1, 8.0, len(asked))

    def conform(mechanism: str, path: Path, no_progress: bool) -> int:
        asked.append((mechanism, {"trace": gzip.decompress(path.read_bytes()).decode()}, 0))
        return 1

    monkeypatch.setattr(Store, "prepare", lambda self, kinds: None)
    monkeypatch.setattr(tracing, "trace", trace)
    monkeypatch.setattr(lab, "conform_trace", conform)
    return asked


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "the following arguments are required: ACTION"),
        (("run",), "the following arguments are required: KIND"),
        (("run", "batchin"), "invalid choice: 'batchin'"),
        (("run", "batching", "--queue", "2"), "there is no option or argument '--queue'; did you mean '--queues'?"),
        (("run", "mdev", "--queues", "2"), "there is no option or argument '--queues'"),
        (("run", "batching", "--queues", "9"), "--queues 9: expected a whole number from 1 to 8"),
        (("run", "batching", "--rw", "x"), "--rw x: expected one of r, w"),
        (("run", "batching", "--timeout", "0"), "'0' is not a number of seconds above 0"),
        (("run", "batching", "-o", "nowhere/x.gz"), "--output nowhere/x.gz: there is no folder for such a file"),
        (("setup", "mdve"), "there is no kind 'mdve'; did you mean 'mdev'?"),
        (("probes", "mdev", "--vmlinux", "x"), "--vmlinux goes with --running"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_wrong_with_a_command_is_said(run: Run, args: tuple[str, ...], message: str) -> None:
    done = run("lab", *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("args", [("run", "mdev"), ("setup",), ("probes", "batching")])
def test_what_is_missing_is_named(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    done = run("lab", *args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("virtspec: error: missing on this machine:\n    objdump: disassembles")
    assert "Try `apt-get install binutils gcc libc6-dev" in done.err


@pytest.mark.parametrize("args", [("doctor",), ("setup", "--check")])
def test_the_doctor(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    programs = folder / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    sick = run("lab", *args)
    assert sick.code == 2 and "\n  make       missing: package make  builds the driver mtty" in sick.out
    assert "\nNot ready: missing on this machine:\n" in sick.out
    for name in ("apt-get", "dpkg-deb", "objdump", "gcc", "make"):
        (programs / name).touch(0o755)
    well = run("lab", *args, "--dir", "here")
    assert well.code == 0
    assert (
        f"\nIn {folder / 'here'}\n  QEMU       not yet  package qemu-system-x86; not installed: is fetched\n"
        in well.out
    )
    assert well.out.endswith("\nNothing is missing that setup would not fetch or build.\n")
    assert not (folder / "here").exists()


def test_a_trace_is_kept_and_compared(
    folder: Path, run: Run, traces: list[tuple[str, dict[str, object], float]]
) -> None:
    done = run("lab", "run", "mdev", "--reloads", "3", "--timeout", "60", "-o", "x.gz", "--no-progress")
    assert traces == [
        ("mdev", {"creators": 2, "removers": 2, "iters": 40, "reloads": 3, "nuuid": 4}, 60.0),
        ("mdev", {"trace": TEXT}, 0),
    ]
    assert done.code == 1, "what the comparison says"
    assert done.out == (
        "x.gz: 1 event, none lost, in 8 s\n# config: creators=2 removers=2 iters=40 reloads=3 nuuid=4\n"
    )
    assert done.err == ""


def test_the_comparison_is_that_of_conform(
    folder: Path, run: Run, traces: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "tutorial" / "batching.txt").read_text()
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Store, "prepare", lambda self, kinds: None)
    monkeypatch.setattr(tracing, "trace", lambda *args: tracing.Trace(text, 48, 8.0, 1))
    done = run("lab", "run", "batching", "-o", "x.gz", "--dir", "lab", "--no-progress")
    assert (done.code, done.err) == (0, "")
    assert "\n\nx.gz: explained\n\n  request_batching, configuration v6.1, engine native\n" in done.out


def test_traces_get_names_of_their_own(
    folder: Path, run: Run, traces: list[tuple[str, dict[str, object], float]]
) -> None:
    first = run("lab", "run", "batching", "--no-conform")
    second = run("lab", "run", "batching", "--no-conform")
    assert (first.code, second.code) == (0, 0)
    assert first.err == "batching: booting\n"
    assert second.out.startswith("batching-2.txt.gz: 1 event, none lost, in 8 s, after 1 failed attempt\n")
    assert sorted(path.name for path in folder.glob("*.gz")) == ["batching-1.txt.gz", "batching-2.txt.gz"]
    assert len(traces) == 2


def test_a_trace_that_lost_events_is_no_trace(
    folder: Path, run: Run, traces: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trace(*args: object) -> tracing.Trace:
        raise Incomplete("mdev: the trace is not complete:\n    probe irq missed 1 times")

    monkeypatch.setattr(tracing, "trace", trace)
    done = run("lab", "run", "mdev")
    assert (done.code, done.out) == (4, "")
    assert done.err == "virtspec: error: mdev: the trace is not complete:\n    probe irq missed 1 times\n"
    assert not list(folder.glob("*.gz"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="not installed: apt")
@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="not installed: qemu-system-x86_64")
def test_a_real_kernel(folder: Path, run: Run) -> None:
    arguments = ("--dir", str(folder / "lab"), "--no-conform", "-o", "q2.gz", "--queues", "2", "--rounds", "3")
    done = run("lab", "run", "batching", *arguments)
    if "apt-get download failed" in done.err or "apt knows no package" in done.err:
        pytest.skip("Debian's packages cannot be fetched here")
    assert done.code == 0, done.err
    text = gzip.decompress((folder / "q2.gz").read_bytes()).decode()
    assert text.startswith("# config: num_queues=2 event_idx=on")
    assert [text.count(f" {name}: ") for name in ("qc_in", "qc_out", "complete")] == [48, 48, 48]
    probes = run("lab", "probes", "batching", "--dir", str(folder / "lab"), "--no-progress")
    assert probes.code == 0 and probes.out.startswith("p:qc_in virtio_scsi:virtscsi_queuecommand+0x5 ")
