"""Programs that the host must have, each with the Debian package that holds it.

The emulator and busybox are not among them: if need be, they are unpacked into the store.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from virtspec.errors import UsageError

QEMU = "qemu-system-x86_64"
QEMU_PACKAGE = "qemu-system-x86"


@dataclass(frozen=True)
class Tool:
    """A program, its Debian package, and what it is for."""

    program: str
    package: str
    purpose: str


APT = Tool("apt-get", "apt", "finds and fetches Debian's packages; another distribution will not do")
DPKG = Tool("dpkg-deb", "dpkg", "unpacks them")
OBJDUMP = Tool("objdump", "binutils", "disassembles, to place the probes")
GCC = Tool("gcc", "gcc libc6-dev", "builds the workloads that run in the guest")
MAKE = Tool("make", "make", "builds the driver mtty, for mdev alone")

FETCHING = (APT, DPKG)
TOOLS = (*FETCHING, OBJDUMP, GCC, MAKE)


def missing(tools: Iterable[Tool] = TOOLS) -> list[Tool]:
    return [tool for tool in tools if shutil.which(tool.program) is None]


def require(tools: Iterable[Tool]) -> None:
    """Raises UsageError that names what is missing, why it is needed and how to get it."""
    lacking = missing(tools)
    if lacking:
        lines = [f"    {tool.program}: {tool.purpose}" for tool in lacking]
        packages = " ".join(tool.package for tool in lacking)
        raise UsageError("\n".join(["missing on this machine:", *lines, f"Try `apt-get install {packages}` as root."]))


def require_architecture() -> None:
    """Raises UsageError unless this machine can build programs for the guest."""
    if platform.machine() != "x86_64":
        raise UsageError(
            f"the guest is an x86-64 machine, and its workloads are built here, on {platform.machine()}: "
            "cross compilers are not supported"
        )
