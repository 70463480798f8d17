"""Where probes go: behind what ftrace patches, on every way out, around calls; and what their fields become."""

import re
from collections.abc import Sequence

import pytest
from tests.unit.lab.conftest import INT, STRUCT, btf

from virtspec.errors import InputError
from virtspec.lab.btf import Types
from virtspec.lab.disassembly import Code
from virtspec.lab.disassembly import parse as instructions
from virtspec.lab.kinds import KINDS
from virtspec.lab.probes import REGISTERS, definitions, parse, specification

IN_A_MODULE = """
door.ko:     file format elf64-x86-64

Disassembly of section .text:

0000000000000040 <door_open>:
      40:\tcall   45 <door_open+0x5>
\t\t\t41: R_X86_64_PLT32\t__fentry__-0x4
      45:\tpush   %rbx
      46:\tmov    $0x0,%rdi
\t\t\t49: R_X86_64_32S\tdoor_lock
      4d:\tcall   52 <door_open+0x12>
\t\t\t4e: R_X86_64_PLT32\tmutex_lock-0x4
      52:\tje     60 <door_open+0x20>
      54:\tcall   59 <door_open+0x19>
\t\t\t55: R_X86_64_PLT32\tmutex_unlock-0x4
      59:\tpop    %rbx
      5a:\tjmp    5f <door_open+0x1f>
\t\t\t5b: R_X86_64_PLT32\t__x86_return_thunk-0x4
      5f:\tint3
      60:\tjmp    46 <door_open+0x6>
      62:\tjmp    67 <door_open+0x27>
\t\t\t63: R_X86_64_PC32\t.text.unlikely+0x10
      67:\tcall   6c <door_open+0x2c>
\t\t\t68: R_X86_64_PLT32\tmutex_unlock-0x4
      6c:\tjmp    71 <door_open+0x31>
\t\t\t6d: R_X86_64_PLT32\tdoor_slam-0x4
"""

IN_THE_KERNEL = """
ffffffff81000100 <.text+0x100>:
ffffffff81000100:\tendbr64
ffffffff81000104:\tcall   0xffffffff81000900
ffffffff81000109:\tcall   0xffffffff81000a00
ffffffff8100010e:\tjne    0xffffffff81000118
ffffffff81000110:\tjmp    0xffffffff81000118
ffffffff81000112:\tjmp    0xffffffff81000b00
ffffffff81000117:\tjmp    *%rax
ffffffff81000118:\tret
ffffffff81000119:\tjmp    0xffffffff81000c00
"""

SYMBOLS = {
    0xFFFFFFFF81000A00: "knock",
    0xFFFFFFFF81000B00: "__x86_return_thunk",
    0xFFFFFFFF81000900: "__fentry__",
}

DOOR = btf(
    [
        (INT, "u32", 4, []),
        (STRUCT, "door", 48, [("hinge", 1, 0), ("lock", 1, 256)]),
        (STRUCT, "key", 16, [("door", 1, 64)]),
    ]
)


class Doors:
    """A kernel with one module `door` that holds one function, and one function of its own."""

    def code(self, function: str, modules: Sequence[str]) -> tuple[str, Code] | None:
        if function == "door_open" and "door" in modules:
            return "door", Code(function, 0x40, 0x31, instructions(IN_A_MODULE), {})
        if function == "porch" and not modules:
            return "", Code(function, 0xFFFFFFFF81000100, 0x20, instructions(IN_THE_KERNEL), SYMBOLS)
        return None

    def lacks(self, module: str) -> bool:
        return module != "door"

    def types(self, module: str) -> Types:
        return Types(DOOR)


def placed(line: str, where: str = "modules door") -> list[str]:
    return [definition for definition, _ in definitions(parse(f"{where}\n{line}"), Doors())]


def test_on_entry_behind_what_ftrace_patches() -> None:
    assert placed("open_in in door_open who=a1:x64") == ["p:open_in door:door_open+0x5 who=%di:x64"]
    assert placed("porch_in in porch", "kernel") == ["p:porch_in porch+0x9"]


def test_a_function_that_ftrace_does_not_patch_is_probed_on_its_first_byte() -> None:
    assert Code("f", 0x40, 2, instructions("40:\tpush %rbx\n41:\tret"), {}).entry() == 0


def test_on_every_way_out_and_nowhere_else() -> None:
    found = definitions(parse("modules door\nopen_out out door_open ret=rv:s32"), Doors())
    assert found == [
        ("p:open_out door:door_open+0x1a ret=%ax:s32", ""),
        ("p:open_out door:door_open+0x2c ret=%ax:s32", "goes on in door_slam: %ax says nothing"),
    ]
    # Neither the jump inside, nor that to a part kept elsewhere, which has no name.
    assert placed("porch_out out porch", "kernel") == ["p:porch_out porch+0x12", "p:porch_out porch+0x18"]


def test_around_each_call() -> None:
    assert placed("locked after:mutex_lock door_open") == ["p:locked door:door_open+0x12"]
    assert placed("unlocks before:mutex_unlock door_open") == [
        "p:unlocks door:door_open+0x14",
        "p:unlocks door:door_open+0x27",
    ]
    assert placed("knocked after:knock porch", "kernel") == ["p:knocked porch+0xe"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("a=a1:x64 b=a6:u8 c=rv:s32", "a=%di:x64 b=%r9:u8 c=%ax:s32"),
        ("lock=[door.lock](a2):u32", "lock=+32(%si):u32"),
        ("far=[door.lock-sizeof.door](a2):u32", "far=-16(%si):u32"),
        ("deep=[door.lock]([key.door-sizeof.door](a3)):x64", "deep=+32(-40(%dx)):x64"),
        ("nra1=+8(a1):x64 comm=+0(a3):string", "nra1=+8(%di):x64 comm=+0(%dx):string"),
    ],
)
def test_fields_become_registers_and_numbers_of_this_kernel(fields: str, expected: str) -> None:
    assert placed(f"p in door_open {fields}") == [f"p:p door:door_open+0x5 {expected}"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("modules door\nx in shut", "this kernel has no function shut; it may be inlined into others"),
        ("modules gate\nx in shut", "there is no module gate"),
        ("modules door\nx after:knock door_open", "there is no call of knock in the code of door_open"),
        ("modules door\nx in door_open a=[door.bell](a1):u8", "struct door of this kernel has no member bell"),
        ("modules door\nx in door_open a=[house.bell](a1):u8", "this kernel has no struct house"),
        ("modules door\nx at door_open", "'at' is none of in, out, before:CALLEE, after:CALLEE"),
    ],
)
def test_what_cannot_be_placed_is_told(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        definitions(parse(text), Doors())
    assert str(caught.value) == f"the probe x cannot be placed: {why}"
    told: list[tuple[str, str]] = []
    assert definitions(parse(text), Doors(), lambda name, reason: told.append((name, reason))) == []
    assert told == [("x", why)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_specifications_are_well_formed(kind: str) -> None:
    probes = specification(kind)
    assert probes
    for probe in probes:
        assert probe.where in ("in", "out", "before", "after")
        assert bool(probe.callee) == (probe.where in ("before", "after"))
        for field in probe.fields.split():
            assert re.fullmatch(r"\w+=\S+:(x64|x32|u64|u32|u16|u8|s64|s32|string)", field)
    text = " ".join(probe.fields for probe in probes)
    assert not [f"%{register}" for register in REGISTERS if f"%{register}" in text]
