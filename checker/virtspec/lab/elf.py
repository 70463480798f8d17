"""As much of ELF as is needed: sections and the functions in them. 64 bits, little endian, as x86-64 has it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from virtspec.errors import InputError


@dataclass(frozen=True)
class Section:
    """Where a section lies: in memory, and in the file."""

    index: int
    name: str
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Function:
    """A function's section, its address (in a module: its distance from the section's start) and its length."""

    section: str
    start: int
    size: int


class Elf:
    """The content of one file. Raises InputError for what is no ELF file of this kind."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name = data, name
        if data[:6] != b"\x7fELF\x02\x01":
            raise InputError(f"{name} is no ELF file of 64 bits")
        try:
            self.sections = self._sections()
        except (struct.error, IndexError) as error:
            raise InputError(f"{name} is damaged: its sections cannot be read") from error

    def content(self, section: str) -> bytes | None:
        """The bytes of a section; None if there is none of that name."""
        found = next((s for s in self.sections if s.name == section), None)
        return None if found is None else self.data[found.offset : found.offset + found.size]

    def functions(self) -> dict[str, Function]:
        """The functions of the symbol table; the first one, if a name is used twice."""
        table = next((s for s in self.sections if s.name == ".symtab"), None)
        if table is None:
            return {}
        names = self.sections[table.link].offset
        found: dict[str, Function] = {}
        entries = self.data[table.offset : table.offset + table.size]
        for name, info, _other, section, start, size in struct.iter_unpack("<IBBHQQ", entries):
            if info & 15 == 2 and 0 < section < len(self.sections):  # a function that is defined here
                where = self.sections[section].name
                found.setdefault(_text(self.data, names + name), Function(where, start, size))
        return found

    def _sections(self) -> list[Section]:
        (at,) = struct.unpack_from("<Q", self.data, 40)
        each, count, names = struct.unpack_from("<HHH", self.data, 58)
        raw = [struct.unpack_from("<IIQQQQI", self.data, at + i * each) for i in range(count)]
        base = raw[names][4]
        return [
            Section(i, _text(self.data, base + name), address, offset, size, link)
            for i, (name, _type, _flags, address, offset, size, link) in enumerate(raw)
        ]


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode(errors="replace")
