"""Small files of the formats that the laboratory reads, and programs that play those it calls."""

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Make a program that the shell runs, and nothing else is found but the shell's own commands and these."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def elf(sections: Mapping[str, bytes], functions: Sequence[tuple[str, str, int, int]] = (), text_at: int = 0) -> bytes:
    """An ELF file with these sections, and functions given by name, section, start and size; `.text` lies at an address."""
    names = list(sections)
    strings, symbols = b"\0", struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    for name, section, start, size in functions:
        symbols += struct.pack("<IBBHQQ", len(strings), 2, 0, names.index(section) + 1, start, size)
        strings += name.encode() + b"\0"
    every = {**sections, ".symtab": symbols, ".strtab": strings, ".shstrtab": b""}
    labels = b"\0" + b"".join(name.encode() + b"\0" for name in every)
    every[".shstrtab"] = labels
    body, headers = b"", struct.pack("<IIQQQQIIQQ", *[0] * 10)
    for name, content in every.items():
        label = labels.index(b"\0" + name.encode() + b"\0") + 1
        kind, link, each = {".symtab": (2, list(every).index(".strtab") + 1, 24)}.get(name, (1, 0, 0))
        kind = 3 if name in (".strtab", ".shstrtab") else kind
        flags, address = (6, text_at) if name == ".text" else (0, 0)
        where = (address, 64 + len(body), len(content))
        headers += struct.pack("<IIQQQQIIQQ", label, kind, flags, *where, link, 1 if each else 0, 1, each)
        body += content
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, len(every) + 1, len(every))
    return head + body + headers


INT, STRUCT, UNION = 1, 4, 5


def btf(types: Sequence[tuple[int, str, int, Sequence[tuple[str, int, int]]]], names_from: int = 0) -> bytes:
    """Type information: kind, name, size and members (name, number of the type, bits from the start) of each type."""
    strings, body = b"\0" if names_from == 0 else b"", b""

    def named(text: str) -> int:
        nonlocal strings
        if not text:
            return 0
        at = names_from + len(strings)
        strings += text.encode() + b"\0"
        return at

    for kind, name, size, members in types:
        body += struct.pack("<III", named(name), kind << 24 | len(members), size)
        body += struct.pack("<I", 32) if kind == INT else b""
        body += b"".join(struct.pack("<III", named(member), of, bits) for member, of, bits in members)
    head = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(body), len(body), len(strings))
    return head + body + strings
