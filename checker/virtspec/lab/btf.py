"""Where the members of the kernel's structures are, read from the type information it carries (BTF).

A module's types continue those of vmlinux: numbers of types and places of names go on where those end.
"""

from __future__ import annotations

import struct
from functools import cached_property

from virtspec.errors import InputError

STRUCTURES = (4, 5)  # struct, union
PER_MEMBER = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
FIXED = {1: 4, 3: 12, 14: 4, 17: 4}


class Types:
    """The types of one file, on top of those of `base`."""

    def __init__(self, data: bytes, base: Types | None = None, name: str = "BTF") -> None:
        """Raises InputError for what is no BTF."""
        if len(data) < 24 or data[:2] != b"\x9f\xeb":
            raise InputError(f"{name} holds no type information (BTF)")
        header, types_at, types_size, names_at, names_size = struct.unpack_from("<IIIII", data, 4)
        self.types = data[header + types_at : header + types_at + types_size]
        self.names = data[header + names_at : header + names_at + names_size]
        self.base = base
        self.first_type: int = 1 if base is None else base.first_type + len(base._places)
        self.first_name: int = 0 if base is None else base.first_name + len(base.names)

    def has(self, structure: str) -> bool:
        return structure in self._structures or (self.base is not None and self.base.has(structure))

    def size(self, structure: str) -> int:
        """Bytes of a structure. Raises InputError if there is none of that name."""
        owner, at = self._find(structure)
        return int(struct.unpack_from("<I", owner.types, at + 8)[0])

    def offset(self, structure: str, member: str) -> int:
        """Bytes from the start of a structure to a member of it. Raises InputError if there is none of that name."""
        owner, at = self._find(structure)
        bits = owner._member(at, member)
        if bits is None:
            raise InputError(f"struct {structure} of this kernel has no member {member}")
        if bits % 8:
            raise InputError(f"struct {structure}: {member} is a bit field")
        return bits // 8

    def _find(self, structure: str) -> tuple[Types, int]:
        at = self._structures.get(structure)
        if at is not None:
            return self, at
        if self.base is None:
            raise InputError(f"this kernel has no struct {structure}")
        return self.base._find(structure)

    def _member(self, at: int, wanted: str) -> int | None:
        """Bits to a member of the structure at a place, or of a nameless structure in it."""
        _name, info, _size = struct.unpack_from("<III", self.types, at)
        for i in range(info & 0xFFFF):
            name, kind, bits = struct.unpack_from("<III", self.types, at + 12 + 12 * i)
            bits &= 0xFFFFFF if info >> 31 else 0xFFFFFFFF
            text = self._name(name)
            if text == wanted:
                return int(bits)
            if not text:
                owner, inner = self._type(kind)
                if inner is not None and (found := owner._member(inner, wanted)) is not None:
                    return int(bits) + found
        return None

    def _type(self, number: int) -> tuple[Types, int | None]:
        """Where a type is; no place if it is no structure."""
        if number < self.first_type and self.base is not None:
            return self.base._type(number)
        at = self._places[number - self.first_type]
        (info,) = struct.unpack_from("<I", self.types, at + 4)
        return self, at if info >> 24 & 31 in STRUCTURES else None

    def _name(self, at: int) -> str:
        if at < self.first_name and self.base is not None:
            return self.base._name(at)
        at -= self.first_name
        return self.names[at : self.names.index(b"\0", at)].decode()

    @cached_property
    def _places(self) -> list[int]:
        """Where each type starts, by its number."""
        found, at, end = [], 0, len(self.types)
        while at < end:
            found.append(at)
            (info,) = struct.unpack_from("<I", self.types, at + 4)
            kind = info >> 24 & 31
            at += 12 + FIXED.get(kind, 0) + PER_MEMBER.get(kind, 0) * (info & 0xFFFF)
        return found

    @cached_property
    def _structures(self) -> dict[str, int]:
        """Where each structure with a name and members is, the first one of a name."""
        found: dict[str, int] = {}
        for at in self._places:
            name, info = struct.unpack_from("<II", self.types, at)
            if info >> 24 & 31 in STRUCTURES and name:
                found.setdefault(self._name(name), at)
        return found
