"""What is fetched and built, and what is said when something is missing."""

import gzip
import platform
import shutil
from pathlib import Path

import pytest
from tests.unit.lab.conftest import Program, elf

from virtspec.errors import InputError, UsageError
from virtspec.lab import initramfs, tools
from virtspec.lab.kinds import KINDS
from virtspec.lab.packages import Packages
from virtspec.lab.store import Store, default_folder

MDEV = KINDS["mdev"]


def silent(text: str) -> None:
    pass


@pytest.mark.usefixtures("nothing_installed")
def test_every_missing_program_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Store(tmp_path / "lab", silent).prepare([MDEV])
    if platform.machine() == "x86_64":
        assert str(caught.value) == (
            "missing on this machine:\n"
            "    objdump: disassembles, to place the probes\n"
            "    gcc: builds the workloads that run in the guest\n"
            "    make: builds the driver mtty, for mdev alone\n"
            "    apt-get: finds and fetches Debian's packages; another distribution will not do\n"
            "    dpkg-deb: unpacks them\n"
            "Try `apt-get install binutils gcc libc6-dev make apt dpkg` as root."
        )


def test_other_machines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(UsageError, match="built here, on aarch64: cross compilers are not supported"):
        Store(tmp_path, silent).prepare([MDEV])


def test_one_folder_is_used_by_one_at_a_time(tmp_path: Path) -> None:
    folder, message = tmp_path / "a" / "b", "another virtspec works in .*; use --dir for a second folder"
    with Store(folder, silent).locked(), pytest.raises(UsageError, match=message), Store(folder, silent).locked():
        pass
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be used"), Store(tmp_path / "file", silent).locked():
        pass


def test_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/virtspec/lab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder().parts[-3:] == (".cache", "virtspec", "lab")


def test_an_installed_emulator_goes_before_an_unpacked_one(program: Program, tmp_path: Path) -> None:
    store = Store(tmp_path, silent)
    assert store.emulator() is None
    (tmp_path / "tools" / "qemu").mkdir(parents=True)
    unpacked = store.emulator()
    assert unpacked is not None and unpacked.program == tmp_path / "tools/qemu/usr/bin/qemu-system-x86_64"
    assert unpacked.arguments[:2] == ("-L", f"{tmp_path}/tools/qemu/usr/share/qemu")
    assert dict(unpacked.environment)["LD_LIBRARY_PATH"].startswith(f"{tmp_path}/tools/qemu/lib/")
    installed = program(tools.QEMU, "")
    found = store.emulator()
    assert found is not None and (found.program, found.environment) == (installed, ())


def test_a_product_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path, silent)

    def half(to: Path) -> None:
        to.write_text("half")
        raise InputError("no more")

    with pytest.raises(InputError):
        store._make(tmp_path / "thing", half)
    assert list(tmp_path.iterdir()) == []
    store._make(tmp_path / "thing", lambda to: to.write_text("whole"))
    store._make(tmp_path / "thing", half)
    assert (tmp_path / "thing").read_text() == "whole"


def test_a_compiler_that_fails_is_quoted(program: Program, tmp_path: Path) -> None:
    program("gcc", "echo 'cannot find -lc'; exit 1")
    with pytest.raises(InputError) as caught:
        Store(tmp_path, silent).program(MDEV)
    assert str(caught.value) == (
        "gcc cannot build the workload mdevrace:\n    cannot find -lc\nIt needs the static C library and the kernel's "
        "headers for programs: `apt-get install libc6-dev linux-libc-dev` as root."
    )


def test_a_workload_is_built_again_if_its_source_changes(program: Program, tmp_path: Path) -> None:
    program("gcc", f"for last; do :; done; cp $last {tmp_path}/seen; while [ $1 != -o ]; do shift; done; echo x > $2")
    store = Store(tmp_path, silent)
    built = store.program(MDEV)
    (tmp_path / "seen").unlink()
    assert store.program(MDEV) == built and not (tmp_path / "seen").exists()
    built.with_suffix(".c").write_text("older")
    store.program(MDEV)
    assert (tmp_path / "seen").exists()


# --- packages --------------------------------------------------------------------------------------------------------

APT_CACHE = """
case "$1 $2" in
"depends linux-image-amd64") printf 'linux-image-amd64\\n  Depends: linux-image-6.1.0-13-amd64\\n';;
"depends linux-headers-6.1.0-13-amd64") printf '  Depends: linux-headers-6.1.0-13-common\\n  Depends: linux-kbuild-6.1\\n\
  Depends: linux-compiler-gcc-12-x86\\n';;
"policy linux-image-6.1.0-13-amd64") printf '  Installed: (none)\\n  Candidate: 6.1.55-1\\n';;
*) echo 'E: No packages found';;
esac"""


def test_the_current_kernel_and_what_modules_are_built_with(program: Program) -> None:
    program("apt-cache", APT_CACHE)
    packages = Packages(silent)
    assert packages.kernel() == ("6.1.0-13-amd64", "6.1.55-1")
    assert packages.headers("6.1.0-13-amd64", "6.1.55-1") == [
        "linux-headers-6.1.0-13-amd64=6.1.55-1",
        "linux-headers-6.1.0-13-common=6.1.55-1",
        "linux-kbuild-6.1=6.1.55-1",
    ]


def test_a_machine_that_knows_no_such_kernel(program: Program) -> None:
    program("apt-cache", "echo 'E: No packages found'")
    with pytest.raises(InputError, match="apt knows no package linux-image-amd64. On Debian `apt-get update`"):
        Packages(silent).kernel()


def test_what_an_installation_would_add(program: Program) -> None:
    program("apt-get", "echo 'Inst libfdt1 (1.6.1 Debian [amd64])'; echo 'Inst liblzma5 [5.4] (5.5 Debian [amd64])'")
    assert Packages(silent).to_install("qemu") == ["libfdt1=1.6.1", "liblzma5=5.5"]


def test_packages_are_fetched_and_unpacked_and_not_kept(program: Program, tmp_path: Path) -> None:
    program(
        "apt-get",
        """case "$*" in
*--print-uris*) echo "'uri' busybox-static_1_amd64.deb 2000000 SHA256:0";;
*) echo package > busybox-static_1_amd64.deb;;
esac""",
    )
    program("dpkg-deb", 'mkdir -p "$3/bin"; cp "$2" "$3/bin/busybox"')
    said: list[str] = []
    Packages(said.append).unpack(["busybox-static"], tmp_path / "busybox")
    assert (tmp_path / "busybox/bin/busybox").read_text() == "package\n"
    assert {path.name for path in tmp_path.iterdir()} == {"busybox", "programs"}
    assert list(dict.fromkeys(said)) == ["asking apt", "fetching busybox-static (2 MB)", "unpacking busybox-static"]


def test_a_server_that_cannot_be_reached_is_quoted(program: Program, tmp_path: Path) -> None:
    program("apt-get", "echo 'E: Failed to fetch'; exit 100")
    with pytest.raises(InputError) as caught:
        Packages(silent).unpack(["busybox-static"], tmp_path / "busybox")
    assert str(caught.value) == "apt-get download failed (asking apt):\n    E: Failed to fetch"


# --- the initramfs ---------------------------------------------------------------------------------------------------


def test_modules_come_behind_what_they_need(tmp_path: Path) -> None:
    depends = {"virtio_scsi": "virtio,virtio-ring,scsi_mod", "virtio_ring": "virtio", "virtio": "", "scsi_mod": ""}
    for name, needed in depends.items():
        (tmp_path / f"{name}.ko").write_bytes(elf({".modinfo": f"name={name}\0depends={needed}\0".encode()}))
    available = {name: tmp_path / f"{name}.ko" for name in depends}
    order = [path.stem for path in initramfs.in_order(["virtio-scsi", "virtio_ring"], available)]
    assert order == ["virtio", "virtio_ring", "scsi_mod", "virtio_scsi"]
    del available["virtio"]
    with pytest.raises(InputError, match="this kernel comes without the module virtio, which virtio_scsi needs"):
        initramfs.in_order(["virtio_scsi"], available)


def test_the_archive_holds_what_the_guest_needs(tmp_path: Path) -> None:
    for name in ("busybox", "mdevrace", "mdev.ko"):
        (tmp_path / name).write_bytes(name.encode())
    target = tmp_path / "initramfs"
    initramfs.write(target, tmp_path / "busybox", [tmp_path / "mdevrace"], {"mdev": [tmp_path / "mdev.ko"]})
    found = entries(gzip.decompress(target.read_bytes()))
    assert [name for name, (mode, _) in found.items() if mode == 0o040755] == [*initramfs.FOLDERS]
    assert found["mods/mdev.list"] == (0o100644, b"mdev\n")
    assert found["mods/mdev.ko"] == (0o100644, b"mdev.ko")
    assert found["bin/mdevrace"] == (0o100755, b"mdevrace")
    assert found["init"][0] == 0o100755 and found["init"][1].startswith(b"#!/bin/busybox sh\n")
    assert [*found][-1] == "TRAILER!!!"


def entries(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """What is in a cpio archive of the format "newc"."""
    found, at = {}, 0
    while at < len(archive):
        numbers = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name = archive[at + 110 : at + 110 + numbers[11] - 1].decode()
        start = (at + 110 + numbers[11] + 3) // 4 * 4
        found[name] = numbers[1], archive[start : start + numbers[6]]
        at = (start + numbers[6] + 3) // 4 * 4
    return found


@pytest.mark.skipif(shutil.which("sh") is None, reason="not installed: sh")
def test_the_scripts_of_the_guest_are_a_shell_s() -> None:
    import subprocess
    from importlib.resources import files

    for script in (files("virtspec.lab") / "guest").iterdir():
        assert subprocess.run(["sh", "-n", "/dev/stdin"], input=script.read_bytes()).returncode == 0, script
