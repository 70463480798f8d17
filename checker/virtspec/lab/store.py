"""The cache folder: packages fetched and unpacked, programs built, each once. Nothing is installed on the machine.

    kernel/         the image and modules of Debian's kernel package      tools/      busybox, and the emulator if need be
    vmlinux         the image, unpacked                                   programs/   the workloads
    kallsyms        its symbols, told by a first boot                     mtty/       the sample driver, built
    runs/KIND/      what the last guest of a kind shared with the host

Every product is made beside its place and moved there when it is whole: an interrupted set-up goes on where it stopped.
To take a newer kernel, delete the folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from virtspec.errors import InputError, UsageError
from virtspec.lab import initramfs, tools
from virtspec.lab.kernel import ProbedKernel, modules_below, unpacked
from virtspec.lab.kinds import Kind
from virtspec.lab.machine import Emulator, Guest, boot
from virtspec.lab.packages import Packages
from virtspec.lab.processes import Say, run

BOOT_LIMIT = 300.0


def default_folder() -> Path:
    """`$XDG_CACHE_HOME/virtspec/lab`, or the same below `~/.cache`."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "virtspec" / "lab"


class Store:
    """The products in one folder. Each `ensure_` method makes one unless it is there; they may call one another."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder, self.say = folder, say
        self.packages = Packages(say)

    # --- what there is -----------------------------------------------------------------------------------------------

    @property
    def vmlinux(self) -> Path:
        return self.folder / "vmlinux"

    @property
    def kallsyms(self) -> Path:
        return self.folder / "kallsyms"

    @property
    def mtty(self) -> Path:
        return self.folder / "mtty" / "mtty.ko"

    @property
    def busybox(self) -> Path:
        return self.folder / "tools" / "busybox" / "bin" / "busybox"

    @property
    def release(self) -> str | None:
        """The release of the kernel that is unpacked here."""
        modules = self.folder / "kernel" / "lib" / "modules"
        return next((path.name for path in sorted(modules.iterdir())), None) if modules.is_dir() else None

    @property
    def image(self) -> Path:
        return self.folder / "kernel" / "boot" / f"vmlinuz-{self.release}"

    @property
    def version(self) -> str:
        """The version of the kernel's package."""
        file = self.folder / "kernel" / "version"
        return file.read_text(encoding="utf-8").strip() if file.is_file() else "unknown"

    def emulator(self) -> Emulator | None:
        """The emulator that is installed, or else the one that is unpacked here."""
        installed = shutil.which(tools.QEMU)
        if installed is not None:
            return Emulator(Path(installed))
        root = self.folder / "tools" / "qemu"
        if not root.is_dir():
            return None
        libraries = [root / "lib/x86_64-linux-gnu", root / "usr/lib/x86_64-linux-gnu"]
        firmware = [root / "usr/share" / name for name in ("qemu", "seabios", "qemu/optionrom")]
        return Emulator(
            root / "usr/bin" / tools.QEMU,
            tuple(word for path in firmware for word in ("-L", str(path))),
            (("LD_LIBRARY_PATH", ":".join(map(str, libraries))),),
        )

    def kernel(self) -> ProbedKernel:
        """The kernel, for placing probes in it."""
        folders = [self.folder / "kernel", self.folder / "mtty"]
        return ProbedKernel(self.vmlinux, self.kallsyms, folders, self.folder / "unpacked")

    # --- making it ---------------------------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works in the folder meanwhile. Raises UsageError if somebody does, or it cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("w")
        except OSError as error:
            raise UsageError(f"the folder {self.folder} cannot be used: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(f"another virtspec works in {self.folder}; use --dir for a second folder") from error
            yield

    def prepare(self, kinds: Sequence[Kind]) -> None:
        """Everything that these kinds need. Raises UsageError for what is missing, InputError for what fails."""
        tools.require_architecture()
        wanted = [tools.OBJDUMP, tools.GCC]
        with_mtty = any(kind.needs_mtty for kind in kinds)
        build_mtty = with_mtty and not self.mtty.is_file()
        if build_mtty:
            wanted.append(tools.MAKE)
        if build_mtty or not (self.release and self.busybox.is_file() and self.emulator()):
            wanted += tools.FETCHING
        tools.require(wanted)
        self._make(self.busybox.parents[1], lambda to: self.packages.unpack(["busybox-static"], to))
        if self.emulator() is None:
            closure = self.packages.to_install(tools.QEMU_PACKAGE)
            self._make(self.folder / "tools" / "qemu", lambda to: self.packages.unpack(closure, to))
        self._make(self.folder / "kernel", self._kernel)
        self._make(self.vmlinux, lambda to: to.write_bytes(self._unpacked()))
        for kind in kinds:
            self.program(kind)
        self._make(self.kallsyms, self._symbols)
        if with_mtty:
            self._make(self.mtty.parent, self._mtty)

    def guest(self, kind: Kind | None, share: Path) -> Guest:
        """What to boot for a kind (None: to be told the symbols); the initramfs is written into the folder."""
        available = modules_below([self.folder / "kernel"])
        groups = {"base": initramfs.in_order(initramfs.BASE, available)}
        programs = []
        if kind is not None:
            groups[kind.name] = initramfs.in_order(kind.modules, available)
            programs.append(self.program(kind))
            if kind.needs_mtty:
                groups[kind.name].append(self.mtty)
        target = share.with_suffix(".initramfs")
        initramfs.write(target, self.busybox, programs, groups)
        return Guest(self.image, target)

    def program(self, kind: Kind) -> Path:
        """The workload of a kind, built anew if its source is not the one it was built from."""
        target = self.folder / "programs" / kind.program
        kept = target.with_suffix(".c")
        source = files("virtspec.lab") / "programs" / f"{kind.program}.c"
        if not target.is_file() or not kept.is_file() or kept.read_bytes() != source.read_bytes():
            target.unlink(missing_ok=True)
            self._make(target, lambda to: self._compile(source.read_text(encoding="utf-8"), to))
            kept.write_bytes(source.read_bytes())
        return target

    def _make(self, target: Path, make: Callable[[Path], object]) -> None:
        """Have `target` made unless it is there. Raises UsageError if it cannot be written."""
        if target.exists():
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="making-", dir=self.folder) as scratch:
                made = Path(scratch) / target.name
                make(made)
                made.replace(target)
        except OSError as error:
            raise UsageError(f"{target} cannot be made: {error.strerror}") from error

    def _kernel(self, to: Path) -> None:
        release, version = self.packages.kernel()
        self.packages.unpack([f"linux-image-{release}={version}"], to)
        (to / "version").write_text(version + "\n", encoding="utf-8")

    def _unpacked(self) -> bytes:
        self.say("unpacking the kernel's image")
        return unpacked(self.image)

    def _compile(self, source: str, to: Path) -> None:
        file = to.with_suffix(".c")
        file.write_text(source, encoding="utf-8")
        command: list[str | Path] = ["gcc", "-O2", "-static", "-pthread", "-Wall", "-o", to, file]
        ran = run(command, tick=lambda: self.say(f"building the workload {to.name}"))
        if ran.code:
            raise InputError(
                f"gcc cannot build the workload {to.name}:\n{ran.last_lines()}\n"
                "It needs the static C library and the kernel's headers for programs: "
                "`apt-get install libc6-dev linux-libc-dev` as root."
            )

    def _symbols(self, to: Path) -> None:
        share = self.fresh_run("symbols")
        (share / "run.sh").write_bytes((files("virtspec.lab") / "guest" / "symbols.sh").read_bytes())
        emulator = self.emulator()
        assert emulator is not None
        boot(emulator, self.guest(None, share), share, (), BOOT_LIMIT, self.say, "symbols")
        (share / "kallsyms").replace(to)

    def fresh_run(self, name: str) -> Path:
        """An empty folder for a guest to share."""
        share = self.folder / "runs" / name
        shutil.rmtree(share, ignore_errors=True)
        share.mkdir(parents=True)
        return share

    def _mtty(self, to: Path) -> None:
        """Fetch the kernel's headers and the sample driver's source, and build it beside the kernel's tree."""
        release = self.release
        assert release is not None
        to.mkdir()
        headers = to.parent / "headers"
        try:
            self.packages.unpack(self.packages.headers(release, self.version), headers)
            self.packages.source_file(self.version, "samples/vfio-mdev/mtty.c", to / "mtty.c")
        except InputError as error:
            old = f"If this kernel, {self.version}, has gone from Debian's servers: delete {self.folder} to take a newer one."
            raise InputError(f"{error}\n{old}") from error
        tree = headers / "usr" / "src" / f"linux-headers-{release}"
        common = next(headers.glob("usr/src/linux-headers-*-common"))
        (tree / "Makefile").write_text(f"include {common}/Makefile\n", encoding="utf-8")
        (to / "Makefile").write_text("obj-m := mtty.o\n", encoding="utf-8")
        ran = run(["make", "-C", tree, f"M={to}", "modules"], tick=lambda: self.say("building the driver mtty"))
        if ran.code or not (to / "mtty.ko").is_file():
            raise InputError(f"the driver mtty cannot be built:\n{ran.last_lines()}")
        for path in to.iterdir():
            if path.name != "mtty.ko":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
