"""Kernels as functions that Python can call: compiled once per machine, then taken from where they are kept.

They are called by way of `ctypes`, with the addresses and lengths of arrays, and let go of the interpreter's lock. So
Numba is imported only where something is to be compiled.
"""

from __future__ import annotations

import ctypes
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, TypeVar, cast

import llvmlite
import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native.intrinsics import CHECKED
from virtspec.explore.native.jit import Code, kept

F = TypeVar("F", bound=Callable[..., Any])


def _version(package: str) -> str:
    """Of an installed package, without importing it: `importlib.metadata` takes longer than loading all kernels."""
    found = find_spec(package)
    assert found is not None and found.origin is not None, f"{package} is not installed"
    described = Path(found.origin).parents[1].glob(f"{package}-*.dist-info")
    return next((path.stem.partition("-")[2] for path in described), "unknown")


NUMBA = _version("numba")
ORIGIN = f"llvmlite {llvmlite.__version__}, numba {NUMBA}"
"""What runs."""
SOURCES = (
    "budget_kernels.py",
    "compiling.py",
    "follow_kernels.py",
    "graph_kernels.py",
    "intrinsics.py",
    "level_kernels.py",
    "orbits.py",
    "visited_kernels.py",
    "walk_kernels.py",
)
"""The files that kernels are made of, and with."""
ARRAYS: dict[str, np.dtype[Any]] = {
    "Words": np.dtype(np.uint64),
    "Numbers": np.dtype(np.int64),
    "Slots": np.dtype(np.uint32),
}
"""What the annotations of kernels mean."""
RAISED = -(1 << 63)
"""What a kernel returns that ran into an error, as only checked ones do."""

_compiling = Lock()


class Kernel:
    """A function compiled from `function`, with a variant for each kind of state, see `visited_kernels.Width`."""

    seconds: ClassVar[float] = 0.0
    """What all of them have taken in this process to be compiled, or read from where they are kept."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = function.__name__
        self.kinds = [kind for name, kind in function.__annotations__.items() if name != "return"]
        self.variants: dict[int, Callable[..., int]] = {}
        self.codes: list[Code] = []

    def __call__(self, *args: Any) -> int:
        return self.bind(*args)()

    def bind(self, *first: Any) -> Callable[..., int]:
        """The kernel with its first arguments given; the others must be integers."""
        given: list[int] = []
        variant = 0
        for kind, arg in zip(self.kinds, first, strict=False):
            if kind == "int":
                given.append(arg)
            elif kind == "Width":
                variant = len(arg)
                given.append(arg[0])
            else:
                given += _array(arg, kind)
        call = self.variants.get(variant) or self.variant(variant)
        return Bound(self.name, call, given, len(self.kinds) - len(first), first)

    def variant(self, width: int) -> Callable[..., int]:
        """The kernel compiled for states of this kind."""
        with _compiling:
            if width in self.variants:  # another thread was first
                return self.variants[width]
            started = time.monotonic()
            place = self.function.__module__.rpartition(".")[2]  # kernels of two files may have one name
            name = f"{place}-{self.name}-{width}-{'checked-' if CHECKED else ''}{DIGEST}"
            code = Code(kept(name, lambda: self.compiled(width)))
            count = sum(1 if kind in ("int", "Width") else 2 for kind in self.kinds)
            function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * count)(code.address(self.name))
            self.codes.append(code)
            self.variants[width] = function
            Kernel.seconds += time.monotonic() - started
            return function

    def compiled(self, width: int) -> bytes:
        from virtspec.explore.native.compiling import compiled

        return compiled(self.function, self.kinds, width)


@dataclass(frozen=True, slots=True)
class Bound:
    """A kernel with its first arguments given."""

    name: str
    call: Callable[..., int]
    given: list[int]
    missing: int
    arrays: tuple[Any, ...]
    """What lies at the addresses given; it must live as long as this."""

    def __call__(self, *rest: int) -> int:
        if len(rest) != self.missing:
            raise TypeError(f"{self.name} takes {self.missing} more arguments, not {len(rest)}")
        found = self.call(*self.given, *rest)
        if found == RAISED:
            raise InternalError(f"the kernel {self.name} left the bounds of an array")
        return found


def kernel(function: F) -> F:
    """A loop called from Python."""
    return cast("F", Kernel(function))


def bind(function: Callable[..., Any], *first: Any) -> Callable[..., int]:
    """A kernel with its first arguments given, so that calling it costs less."""
    return cast("Kernel", function).bind(*first)


def _array(array: Any, kind: str) -> tuple[int, int]:
    """Where an array lies and how many elements it has."""
    if array.dtype != ARRAYS[kind] or not array.flags.c_contiguous:
        raise TypeError(f"{kind} must be a contiguous array of {ARRAYS[kind]}, not of {array.dtype}")
    return array.__array_interface__["data"][0], array.size


def digest() -> str:
    """Of all that compiled kernels depend on, but the machine."""
    texts = [(Path(__file__).parent / name).read_bytes() for name in SOURCES]
    return hashlib.sha256(b"\0".join([NUMBA.encode(), *texts])).hexdigest()[:24]


DIGEST = digest()
"""What it is when this process begins to use kernels: files may be edited while it runs."""
