"""Reading a kernel's files: sections, functions, members of structures, packed images, symbols that were moved."""

import gzip
import lzma
import shutil
from pathlib import Path

import pytest
from tests.unit.lab.conftest import INT, STRUCT, UNION, btf, elf

from virtspec.errors import InputError
from virtspec.lab.btf import Types
from virtspec.lab.elf import Elf, Function
from virtspec.lab.kernel import ProbedKernel, modules_below, read, unpacked

needs_objdump = pytest.mark.skipif(shutil.which("objdump") is None, reason="not installed: objdump")

BASE = [
    (INT, "u32", 4, []),
    (STRUCT, "plain", 12, [("a", 1, 0), ("b", 1, 32), ("bits", 1, 67)]),
    (UNION, "", 8, [("x", 1, 0), ("y", 1, 0)]),
    (STRUCT, "nested", 24, [("first", 1, 0), ("", 3, 64), ("last", 1, 128)]),
]

# nop (5 bytes); xor %eax,%eax; ret
CODE = b"\x0f\x1f\x44\x00\x00" + b"\x31\xc0" + b"\xc3"


def test_members_are_found_in_nameless_structures_too() -> None:
    types = Types(btf(BASE))
    assert [types.offset("plain", "b"), types.offset("nested", "y"), types.offset("nested", "last")] == [4, 8, 16]
    assert types.size("nested") == 24
    with pytest.raises(InputError, match="struct plain: bits is a bit field"):
        types.offset("plain", "bits")


def test_a_module_goes_on_where_the_kernel_ends() -> None:
    base = Types(btf(BASE))
    module = Types(btf([(STRUCT, "mine", 16, [("", 3, 0), ("own", 5, 64)])], names_from=len(base.names)), base)
    assert module.offset("mine", "own") == 8
    assert module.offset("mine", "x") == 0
    assert module.offset("plain", "b") == 4
    assert module.has("plain") and not base.has("mine")


def test_what_is_no_type_information_is_refused() -> None:
    with pytest.raises(InputError, match=r"vmlinux holds no type information \(BTF\)"):
        Types(b"", name="vmlinux")


def test_sections_and_functions() -> None:
    found = Elf(elf({".text": CODE, ".modinfo": b"a=1\0"}, [("open", ".text", 2, 6)]), "x")
    assert found.content(".modinfo") == b"a=1\0"
    assert found.content(".BTF") is None
    assert found.functions() == {"open": Function(".text", 2, 6)}


@pytest.mark.parametrize("data", [b"", b"MZ and so on", b"\x7fELF\x02\x01" + bytes(40)])
def test_what_is_no_elf_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="x is"):
        Elf(data, "x")


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress], ids=["xz", "gzip"])
def test_the_image_is_taken_out_of_its_shell(tmp_path: Path, pack: object) -> None:
    inner = elf({".text": CODE})
    image = tmp_path / "vmlinuz"
    image.write_bytes(b"MZ" + b"\x1f\x8b\x08 no gzip" + pack(inner) + b"more")  # type: ignore[operator]
    assert unpacked(image) == inner
    packed = tmp_path / "door.ko.xz"
    packed.write_bytes(pack(inner))  # type: ignore[operator]
    assert read(packed) == inner


def test_an_image_without_a_kernel_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "vmlinuz"
    image.write_bytes(b"MZ" + bytes(1000))
    with pytest.raises(InputError, match="holds no kernel that can be unpacked"):
        unpacked(image)


def test_modules_are_named_as_the_kernel_names_them(tmp_path: Path) -> None:
    for name in ("kvm-amd.ko", "sub/virtio_ring.ko.xz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert modules_below([tmp_path]) == {
        "kvm_amd": tmp_path / "kvm-amd.ko",
        "virtio_ring": tmp_path / "sub" / "virtio_ring.ko.xz",
    }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A kernel with two functions, one of them of a module that is built in, and one module of its own."""
    where = 0xFFFFFFFF81000000
    (tmp_path / "vmlinux").write_bytes(elf({".text": CODE * 2, ".BTF": btf(BASE)}, text_at=where))
    moved = where + 0x1C000000
    lines = [(moved, "T", "_text"), (moved, "t", "first"), (moved + 8, "T", "second"), (moved + 16, "T", "end")]
    text = "".join(f"{address:016x} {kind} {name}\n" for address, kind, name in lines)
    (tmp_path / "kallsyms").write_text(text + f"{moved - 99:016x} t first\t[other]\n")
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods" / "door.ko").write_bytes(elf({".text": CODE}, [("open", ".text", 0, 8)]))
    (tmp_path / "mods" / "modules.builtin").write_text("kernel/drivers/wall-clock.ko\n")
    return tmp_path


@needs_objdump
def test_code_is_found_in_a_kernel_that_lies_elsewhere_in_memory(files: Path) -> None:
    kernel = ProbedKernel(files / "vmlinux", files / "kallsyms", [files / "mods"], files / "scratch")
    found = kernel.code("second", ())
    assert found is not None
    module, code = found
    assert (module, code.start, code.size) == ("", 0xFFFFFFFF81000008, 8)
    assert (code.entry(), code.exits()) == (5, [(7, "ret")])


@needs_objdump
def test_functions_of_modules(files: Path) -> None:
    kernel = ProbedKernel(files / "vmlinux", files / "kallsyms", [files / "mods"], files / "scratch")
    found = kernel.code("open", ["gate", "door"])
    assert found is not None and found[0] == "door" and found[1].exits() == [(7, "ret")]
    # A function of the same name in the kernel is somebody else's, unless the module is part of the kernel.
    assert kernel.code("second", ["door"]) is None
    assert kernel.code("second", ["wall_clock"]) is not None
    assert [kernel.lacks(module) for module in ("door", "wall_clock", "gate")] == [False, False, True]
    assert kernel.types("door").offset("plain", "b") == 4


@needs_objdump
def test_packed_modules(files: Path) -> None:
    module = files / "mods" / "door.ko"
    module.with_suffix(".ko.xz").write_bytes(lzma.compress(module.read_bytes()))
    module.unlink()
    found = ProbedKernel(files / "vmlinux", files / "kallsyms", [files / "mods"], files / "scratch").code(
        "open", ["door"]
    )
    assert found is not None and found[1].exits() == [(7, "ret")]
