"""What kernels are made of: how they are compiled, how they call generated code, how they compare states.

`VIRTSPEC_CHECK=1` in the environment makes them check every index.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from virtspec.explore.native.memory import Words

CHECKED = os.environ.get("VIRTSPEC_CHECK") == "1"

F = TypeVar("F", bound=Callable[..., Any])


SOURCES = ("intrinsics.py", "level_kernels.py", "orbits.py", "visited_kernels.py", "walk_kernels.py")
"""The files that kernels are made of."""


def cache_folder() -> str:
    """Where compiled kernels are kept: one folder per version of all their sources.

    Numba looks at the one file that a kernel stands in, and would take an old kernel for a new one if what it calls in
    another file has changed.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    digest = hashlib.sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in SOURCES))
    return os.path.join(base, "virtspec", f"kernels-{digest.hexdigest()[:16]}")


CACHE = cache_folder()


def kernel(f: F) -> F:
    """A loop called from Python: compiled when it is first called on a machine, then loaded."""
    if CHECKED:
        return part(f)
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, CACHE
    try:
        return cast("F", numba.njit(nogil=True, cache=True)(f))
    except RuntimeError:  # nothing can be written anywhere: compile it in every run
        return part(f)
    finally:
        settings.CACHE_DIR = before


def part(f: F) -> F:
    """A function that kernels are made of."""
    return cast("F", numba.njit(nogil=True, boundscheck=CHECKED)(f))


# --- what Numba does not offer -----------------------------------------------------------------------------------------


def _call_expand(context, address, states, n, out, end, ends, events, counts):  # type: ignore[no-untyped-def]
    return types.int64(*[types.int64] * 8), _caller(7, [2], ir.IntType(64))


def _call_judge(context, address, states, n, masks):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 4), _caller(3, [2], ir.VoidType())


def _call_keys(context, address, state, keys):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 3), _caller(2, [], ir.VoidType())


def _call_rename(context, address, state, out, places, members):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 5), _caller(4, [], ir.VoidType())


def _caller(count: int, numbers: list[int], result: ir.Type) -> Callable[..., Any]:
    """Code that calls a function of `count` arguments by address; all are pointers but the `numbers`, counted from 1."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        kinds = [word if i in numbers else pointer for i in range(1, count + 1)]
        function = builder.inttoptr(args[0], ir.FunctionType(result, kinds).as_pointer())
        given = [a if kind is word else builder.inttoptr(a, pointer) for kind, a in zip(kinds, args[1:], strict=True)]
        found = builder.call(function, given)
        return context.get_dummy_value() if isinstance(result, ir.VoidType) else found

    return generate


def _prefetch(context, array, index):  # type: ignore[no-untyped-def]
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _element(context, builder, signature, args)
        pointer = ir.IntType(8).as_pointer()
        kinds = [pointer, *[ir.IntType(32)] * 3]
        signature_ = ir.FunctionType(ir.VoidType(), kinds)
        function = cgutils.get_or_insert_function(builder.module, signature_, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        flags = [ir.Constant(ir.IntType(32), n) for n in (0, 3, 1)]  # to be read, keep it, data
        builder.call(function, [builder.bitcast(at, pointer), *flags])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _element(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """A pointer to args[0][args[1]]."""
    of = signature.args[0]
    found = context.make_array(of)(context, builder, args[0])
    return cgutils.get_item_pointer(context, builder, of, found, [args[1]], wraparound=False)  # type: ignore[no-untyped-call]


def _fetch_add(context, array, index, by):  # type: ignore[no-untyped-def]
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _element(context, builder, signature, args), args[2], "monotonic")

    return types.int64(array, types.int64, types.int64), generate


def _take_slot(context, array, index, value):  # type: ignore[no-untyped-def]
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at, free = _element(context, builder, signature, args), ir.Constant(ir.IntType(32), 0)
        return builder.extract_value(builder.cmpxchg(at, free, args[2], "acq_rel", "acquire"), 1)

    return types.boolean(array, types.int64, types.uint32), generate


call_expand: Callable[..., int] = intrinsic(_call_expand)
"""The generated `expand`, by address; see `module`."""
call_judge: Callable[..., None] = intrinsic(_call_judge)
"""The generated `judge`, by address; see `module`."""
call_keys: Callable[..., None] = intrinsic(_call_keys)
call_rename: Callable[..., None] = intrinsic(_call_rename)
"""The generated `keys` and `rename`, by address; see `canonical`."""
prefetch: Callable[..., None] = intrinsic(_prefetch)
"""Ask for an element of an array; it will be read soon."""
fetch_add: Callable[..., int] = intrinsic(_fetch_add)
"""Add to an element of an array of 64-bit numbers in one atomic step; what it was."""
take_slot: Callable[..., bool] = intrinsic(_take_slot)
"""Set an element of an array of 32-bit numbers, if it is 0, in one atomic step; whether it was. What was written before
is seen by whoever sees it."""


# --- states ------------------------------------------------------------------------------------------------------------


@part
def equal(a: Words, i: int, b: Words, j: int, words: int) -> bool:
    for k in range(words):  # noqa: SIM110  # Numba knows no generators in `all`
        if a[i + k] != b[j + k]:
            return False
    return True


@part
def less(a: Words, i: int, b: Words, j: int, words: int) -> bool:
    """Whether the state at a[i:] comes before the one at b[j:], word by word."""
    for k in range(words):
        if a[i + k] != b[j + k]:
            return bool(a[i + k] < b[j + k])
    return False
