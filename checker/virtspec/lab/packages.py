"""Debian's packages: which there are, fetched and unpacked into a folder. apt-get does the work; nothing is installed.

`apt-get download` and `apt-get --simulate` need no rights. Which servers packages come from is the machine's business.
"""

from __future__ import annotations

import re
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from virtspec.errors import InputError
from virtspec.lab.processes import Say, run

MEGABYTE = 1_000_000
FLAVOUR = "amd64"
_URI = re.compile(r"^'.*' (\S+_\S+\.deb) (\d+)", re.MULTILINE)


class Packages:
    """The packages that this machine's apt knows."""

    def __init__(self, say: Say) -> None:
        self.say = say

    def kernel(self) -> tuple[str, str]:
        """Release and version of Debian's current kernel, as in ("6.1.0-13-amd64", "6.1.55-1")."""
        depends = self._ask("apt-cache", "depends", f"linux-image-{FLAVOUR}")
        found = re.search(rf"Depends: linux-image-(\S+-{FLAVOUR})\s", depends)
        if found is None:
            raise InputError(
                f"apt knows no package linux-image-{FLAVOUR}. On Debian `apt-get update` (as root) fetches the list of "
                "packages; another distribution's kernels are not supported"
            )
        return found[1], self._candidate(f"linux-image-{found[1]}")

    def headers(self, release: str, version: str) -> list[str]:
        """The packages that a module for this kernel is built with; the compiler is the host's own."""
        name = f"linux-headers-{release}"
        depends = re.findall(r"Depends: (linux-(?:headers|kbuild)\S+)", self._ask("apt-cache", "depends", name))
        return [f"{name}={version}", *(f"{needed}={version}" for needed in depends)]

    def to_install(self, package: str) -> list[str]:
        """The packages that an installation would add to this machine."""
        simulated = self._ask("apt-get", "--simulate", "--no-install-recommends", "install", package)
        found = re.findall(r"^Inst (\S+) (?:\[\S*\] )?\((\S+) ", simulated, re.MULTILINE)
        if not found:
            raise InputError(f"apt-get cannot tell what {package} needs:\n{_indented(simulated)}")
        return [f"{name}={version}" for name, version in found]

    def unpack(self, packages: Sequence[str], to: Path) -> None:
        """Fetch packages and unpack them, one over the other, into a folder; they are not kept."""
        with tempfile.TemporaryDirectory(prefix="packages-", dir=to.parent) as scratch:
            for file in self._fetch(packages, Path(scratch)):
                self._run(["dpkg-deb", "--extract", str(file), str(to)], f"unpacking {file.name.partition('_')[0]}")

    def source_file(self, version: str, path: str, to: Path) -> None:
        """Take one file out of the package with the kernel's source."""
        major_minor = ".".join(version.split(".")[:2])
        package = f"linux-source-{major_minor}"
        with tempfile.TemporaryDirectory(prefix="packages-", dir=to.parent) as scratch:
            root = Path(scratch) / "root"
            self.unpack([f"{package}={version}"], root)
            packed = root / "usr" / "src" / f"{package}.tar.xz"
            self.say(f"looking for {path} in the kernel's source")
            with tarfile.open(packed) as archive:
                for member in archive:
                    if member.name.partition("/")[2] == path and (file := archive.extractfile(member)) is not None:
                        to.write_bytes(file.read())
                        return
        raise InputError(f"there is no {path} in {package} {version}")

    def _fetch(self, packages: Sequence[str], folder: Path) -> list[Path]:
        """Download packages of exactly these names and versions into a folder. Raises InputError."""
        sizes = _URI.findall(self._ask("apt-get", "download", "--print-uris", *packages))
        size = sum(int(size) for _, size in sizes) / MEGABYTE
        first = packages[0].partition("=")[0]
        what = first if len(packages) == 1 else f"{first} and {len(packages) - 1} more packages"
        self._run(["apt-get", "download", *packages], f"fetching {what} ({size:,.0f} MB)", folder)
        found = sorted(folder.glob("*.deb"))
        if len(found) < len(packages):
            raise InputError(f"apt-get fetched {len(found)} of {len(packages)} packages: {' '.join(packages)}")
        return found

    def _candidate(self, package: str) -> str:
        found = re.search(r"Candidate: (\S+)", self._ask("apt-cache", "policy", package))
        if found is None or found[1] == "(none)":
            raise InputError(f"apt knows the package {package}, but no version of it to fetch; try `apt-get update`")
        return found[1]

    def _ask(self, *command: str) -> str:
        return self._run(list(command), "asking apt")

    def _run(self, command: list[str], what: str, folder: Path | None = None) -> str:
        ran = run(command, tick=lambda: self.say(what), folder=folder)
        if ran.code:
            raise InputError(f"{' '.join(command[:2])} failed ({what}):\n{ran.last_lines()}")
        return ran.output


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.strip().splitlines()[-8:])
