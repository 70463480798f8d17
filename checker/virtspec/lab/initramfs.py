"""What the guest boots into: busybox, our init and scripts, the workloads, and modules in the order of their needs."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from virtspec.errors import InputError
from virtspec.lab.elf import Elf
from virtspec.lab.kernel import read

BASE = ("virtio_pci", "9pnet_virtio", "9p")
"""Modules that every guest needs: it shares a folder with the host."""

FOLDERS = ("bin", "dev", "proc", "sys", "mods", "share", "tmp")


def write(target: Path, busybox: Path, programs: Iterable[Path], groups: Mapping[str, Iterable[Path]]) -> None:
    """Write the packed archive. `groups` are lists of modules by names; the guest loads such a list from its start."""
    guest = files("virtspec.lab") / "guest"
    content: dict[str, tuple[bytes, int]] = {
        "init": ((guest / "init").read_bytes(), 0o755),
        "bin/busybox": (busybox.read_bytes(), 0o755),
        "lab.sh": ((guest / "lab.sh").read_bytes(), 0o644),
    }
    for program in programs:
        content[f"bin/{program.name}"] = (program.read_bytes(), 0o755)
    for name, modules in groups.items():
        order = []
        for path in modules:
            module = path.name.partition(".ko")[0].replace("-", "_")
            order.append(module)
            content[f"mods/{module}.ko"] = (read(path), 0o644)
        content[f"mods/{name}.list"] = ("".join(f"{module}\n" for module in order).encode(), 0o644)
    target.write_bytes(gzip.compress(archive(FOLDERS, content), compresslevel=1, mtime=0))


def archive(folders: Iterable[str], content: Mapping[str, tuple[bytes, int]]) -> bytes:
    """An archive in cpio's format "newc", which the kernel unpacks: folders, then files with their permissions."""
    parts = [_entry(name, b"", 0o040755) for name in folders]
    parts += [_entry(name, data, 0o100000 | mode) for name, (data, mode) in content.items()]
    return b"".join([*parts, _entry("TRAILER!!!", b"", 0)])


def _entry(name: str, data: bytes, mode: int) -> bytes:
    """One file: fourteen numbers, its name and its content, both filled up to a multiple of four bytes."""
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name.encode() + b"\0"
    return _filled(head) + _filled(data)


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def in_order(wanted: Iterable[str], available: Mapping[str, Path]) -> list[Path]:
    """The modules and all they need, each behind what it needs itself. Raises InputError if one is missing."""
    order: dict[str, Path] = {}

    def visit(name: str, asked_by: str) -> None:
        name = name.replace("-", "_")
        if name in order:
            return
        if name not in available:
            raise InputError(f"this kernel comes without the module {name}{asked_by}")
        for needed in needs(available[name]):
            visit(needed, f", which {name} needs")
        order[name] = available[name]

    for name in wanted:
        visit(name, "")
    return list(order.values())


def needs(module: Path) -> list[str]:
    """The modules that a module says it needs."""
    info = Elf(read(module), str(module)).content(".modinfo") or b""
    for item in info.split(b"\0"):
        key, _, value = item.partition(b"=")
        if key == b"depends":
            return [name for name in value.decode().split(",") if name]
    return []
