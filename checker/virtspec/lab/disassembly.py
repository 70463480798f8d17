"""Instructions as `objdump -dr` prints them, and what must be known of them: calls, the entry, the ways out.

In a module a call's target is named by a relocation behind the instruction; in vmlinux, which is linked, by its address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

RETURN_THUNK = "__x86_return_thunk"
RETURN = "ret"

_RELOCATION = re.compile(r"\s*[0-9a-f]+:\s+R_X86\S+\s+(\S+)")
_INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\s+(\S.*)")
_TARGET = re.compile(r"\S+\s+(?:0x)?([0-9a-f]+)(?:\s+<([\w.]+)(\+0x[0-9a-f]+)?>)?")


@dataclass(frozen=True)
class Instruction:
    """An instruction at an address; `relocation` is the symbol that its operand refers to, if the file tells."""

    address: int
    text: str
    relocation: str = ""

    @property
    def mnemonic(self) -> str:
        return self.text.split(maxsplit=1)[0]


@dataclass(frozen=True)
class Code:
    """One function: where it starts and ends, what it consists of, and the names of addresses elsewhere."""

    name: str
    start: int
    size: int
    instructions: tuple[Instruction, ...]
    symbols: Mapping[int, str]

    def entry(self) -> int:
        """How far from the start a probe on entry goes: behind what ftrace would patch, if there is such a place."""
        for before, instruction in zip(self.instructions, self.instructions[1:], strict=False):
            if before.mnemonic.startswith(("call", "nop")):
                return instruction.address - self.start
            if before.mnemonic != "endbr64":
                break
        return 0

    def calls(self, callee: str) -> list[tuple[int, int]]:
        """For each call of a function: how far from the start it is, and how far what follows it."""
        return [
            (call.address - self.start, after.address - self.start)
            for call, after in zip(self.instructions, self.instructions[1:], strict=False)
            if call.mnemonic.startswith("call") and self._target(call) == callee
        ]

    def exits(self) -> list[tuple[int, str]]:
        """Where the function is left: how far from the start, and RETURN or the name of the function jumped to."""
        found = []
        for instruction in self.instructions:
            if instruction.mnemonic in ("ret", "retq"):
                found.append((instruction.address - self.start, RETURN))
            elif instruction.mnemonic == "jmp" and (target := self._leaves(instruction)) is not None:
                found.append((instruction.address - self.start, RETURN if target == RETURN_THUNK else target))
        return found

    def _leaves(self, jump: Instruction) -> str | None:
        """The function that a jump goes to. None: it stays here, or goes to a part of this function kept elsewhere."""
        if jump.relocation:
            return None if jump.relocation.startswith(".") else self._target(jump)
        match = _TARGET.fullmatch(jump.text)
        if match is None or self.start <= int(match[1], 16) < self.start + self.size:
            return None
        return self.symbols.get(int(match[1], 16))

    def _target(self, instruction: Instruction) -> str | None:
        """The function whose first byte a call or a jump goes to."""
        if instruction.relocation:
            return re.sub(r"[-+]0x.*", "", instruction.relocation)
        match = _TARGET.fullmatch(instruction.text)
        if match is None:
            return None
        name = self.symbols.get(int(match[1], 16))
        return match[2] if name is None and match[3] is None else name


def parse(text: str) -> tuple[Instruction, ...]:
    """The instructions that objdump printed, each with the relocation of the line below it."""
    found: list[Instruction] = []
    for line in text.splitlines():
        if (match := _RELOCATION.match(line)) and found:
            found[-1] = replace(found[-1], relocation=match[1])
        elif match := _INSTRUCTION.match(line):
            found.append(Instruction(int(match[1], 16), match[2].split("#")[0].strip()))
    return tuple(found)
