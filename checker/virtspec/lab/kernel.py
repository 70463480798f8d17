"""A kernel to be probed: its image, its modules and its symbols, of the store or of the running machine.

The image in /boot is packed; what is needed is the ELF file inside, for its code and its types. That file has no symbol
table: addresses come from /proc/kallsyms of the kernel while it runs. A running kernel may lie elsewhere in memory than
the file says (KASLR); by how much is told by the address of its first byte.
"""

from __future__ import annotations

import bisect
import gzip
import lzma
import os
import platform
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from virtspec.errors import InputError, UsageError
from virtspec.lab.btf import Types
from virtspec.lab.disassembly import Code, parse
from virtspec.lab.elf import Elf, Function

XZ, GZIP, ZSTD = b"\xfd7zXZ\x00", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"


class ProbedKernel:
    """The kernel that `vmlinux` (unpacked), `kallsyms` and the modules below `folders` are of."""

    def __init__(self, vmlinux: Path, kallsyms: Path, folders: Sequence[Path], scratch: Path) -> None:
        """Packed modules are unpacked into `scratch`. Raises InputError if a file cannot be read."""
        self.vmlinux, self.folders, self.scratch = vmlinux, folders, scratch
        self.image = Elf(read(vmlinux), str(vmlinux))
        self.starts, self.names = _symbols(kallsyms, self.image)
        self.addresses = sorted(self.names)
        self._types: dict[str, Types] = {}

    def code(self, function: str, modules: Sequence[str]) -> tuple[str, Code] | None:
        for module in modules:
            at = self._functions(module).get(function)
            if at is not None:
                text = _objdump(self._module(module)[0], at.section, at.start, at.size)
                return module, Code(function, at.start, at.size, parse(text), {})
        start = self.starts.get(function)
        if start is None or (modules and not self._built_in & set(modules)):
            return None
        size = self.addresses[bisect.bisect_right(self.addresses, start)] - start
        return "", Code(function, start, size, parse(_objdump(self.vmlinux, ".text", start, size)), self.names)

    def types(self, module: str) -> Types:
        if module not in self._types:
            if module:
                data = self._module(module)[1].content(".BTF") if self._has(module) else None
                # A module that was built without vmlinux at hand has no types of its own.
                self._types[module] = self.types("") if data is None else Types(data, self.types(""), module)
            else:
                self._types[module] = Types(self.image.content(".BTF") or b"", name=str(self.vmlinux))
        return self._types[module]

    def lacks(self, module: str) -> bool:
        return not self._has(module) and module not in self._built_in

    # --- modules -----------------------------------------------------------------------------------------------------

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return modules_below(self.folders)

    @cached_property
    def _built_in(self) -> set[str]:
        """Modules that are part of the kernel itself."""
        lists = [path for folder in self.folders for path in sorted(folder.rglob("modules.builtin"))]
        lines = [line for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
        return {Path(line).name.partition(".ko")[0].replace("-", "_") for line in lines}

    @cached_property
    def _opened(self) -> dict[str, tuple[Path, Elf]]:
        return {}

    def _has(self, module: str) -> bool:
        return module in self._paths

    def _functions(self, module: str) -> dict[str, Function]:
        return self._module(module)[1].functions() if self._has(module) else {}

    def _module(self, module: str) -> tuple[Path, Elf]:
        """A module's file, unpacked, and what is in it."""
        if module not in self._opened:
            path = self._paths[module]
            data = read(path)
            if path.suffix != ".ko":
                self.scratch.mkdir(exist_ok=True)
                path = self.scratch / f"{module}.ko"
                path.write_bytes(data)
            self._opened[module] = path, Elf(data, str(path))
        return self._opened[module]


def running(vmlinux: Path | None, folder: Path) -> ProbedKernel:
    """The kernel this machine runs; its image is unpacked into `folder` unless `vmlinux` names one.

    Raises UsageError if the symbols' addresses are hidden, InputError if the image cannot be found or unpacked."""
    release = platform.release()
    kallsyms = Path("/proc/kallsyms")
    with kallsyms.open(encoding="ascii") as file:
        if int(file.readline().split()[0], 16) == 0:
            raise UsageError("/proc/kallsyms hides the addresses from this user; do this as root")
    if vmlinux is None:
        packed = Path(f"/boot/vmlinuz-{release}")
        if not packed.is_file():
            raise InputError(f"there is no {packed}; name an unpacked image of the running kernel with --vmlinux FILE")
        vmlinux = folder / "vmlinux"
        vmlinux.write_bytes(unpacked(packed))
    return ProbedKernel(vmlinux, kallsyms, [Path("/lib/modules") / release], folder)


def modules_below(folders: Sequence[Path]) -> dict[str, Path]:
    """Modules by their names; in names the kernel takes `-` for `_`."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.ko*")):
            found.setdefault(path.name.partition(".ko")[0].replace("-", "_"), path)
    return found


# --- files -----------------------------------------------------------------------------------------------------------


def unpacked(image: Path) -> bytes:
    """The ELF file inside of a kernel image. Raises InputError if there is none that can be unpacked."""
    data = read(image)
    if data[:4] == b"\x7fELF":
        return data
    zstd = False
    for magic in (XZ, GZIP, ZSTD):
        at = data.find(magic)
        while at >= 0:
            zstd |= magic == ZSTD
            elf = _unpack(data[at:])
            if elf is not None and elf[:4] == b"\x7fELF":
                return elf
            at = data.find(magic, at + 1)
    hint = "; it seems to need the program zstd (Debian package zstd)" if zstd and not shutil.which("zstd") else ""
    raise InputError(f"{image} holds no kernel that can be unpacked{hint}")


def read(path: Path) -> bytes:
    """A file's content, unpacked if it is packed as a whole. Raises InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if data.startswith((XZ, GZIP, ZSTD)):
        plain = _unpack(data)
        if plain is None:
            raise InputError(f"{path} cannot be unpacked")
        return plain
    return data


def _unpack(data: bytes) -> bytes | None:
    """What a packed stream at the start of `data` holds, whatever follows it; None if it is no such stream."""
    try:
        if data.startswith(XZ):
            return lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(data)
        if data.startswith(GZIP):
            return zlib.decompressobj(wbits=31).decompress(data)
        if shutil.which("zstd"):  # complains of what follows, but has written by then
            return subprocess.run(["zstd", "-dc"], input=data, capture_output=True).stdout
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile):
        pass
    return None


def _symbols(kallsyms: Path, image: Elf) -> tuple[dict[str, int], dict[int, str]]:
    """Addresses by names and names by addresses, of vmlinux' functions alone, as the file `image` has them."""
    found: dict[str, int] = {}
    first = None
    with kallsyms.open(encoding="ascii", errors="replace") as file:
        for line in file:
            address, kind, name, *module = line.split()
            if name == "_text":
                first = int(address, 16)
            if kind in "tTwW" and not module:
                found.setdefault(name, int(address, 16))
    text = next((s.address for s in image.sections if s.name == ".text"), None)
    if first is None or text is None:
        raise InputError(f"{kallsyms} and {image.name} do not tell where the kernel starts")
    moved = first - text
    starts = {name: address - moved for name, address in found.items()}
    return starts, {address: name for name, address in starts.items()}


def _objdump(file: Path, section: str, start: int, size: int) -> str:
    span = [f"--start-address={start:#x}", f"--stop-address={start + size:#x}"]
    command = ["objdump", "-dr", "--no-show-raw-insn", "-j", section, *span, str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError as error:
        raise UsageError("the program objdump is missing; it is in the Debian package binutils") from error
    if done.returncode:
        raise InputError(f"objdump cannot read {file}: {done.stderr.strip()}")
    return done.stdout
