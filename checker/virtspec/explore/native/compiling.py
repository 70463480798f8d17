"""Kernels compiled by Numba into object files that need nothing of Numba."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils as _cgutils
from numba.core import compiler as _compiler
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from virtspec.explore.native import intrinsics
from virtspec.explore.native.intrinsics import CHECKED, PARTS
from virtspec.explore.native.jit import assembled
from virtspec.explore.native.library import ARRAYS, RAISED

# What is not typed there, or not as it is used here.
cgutils: Any = _cgutils
compiler: Any = _compiler
njit: Any = numba.njit


def compiled(function: Callable[..., Any], kinds: list[str], width: int) -> bytes:
    """An object file with a function of the same name, which takes and returns integers of 64 bits.

    An array is two of them, where it lies and how long it is; a `Width` is one, and says how many times in `width`.
    """
    with _parts_compiled():
        made = _compile(_entrance(function, kinds, width), sum(1 if kind in ("int", "Width") else 2 for kind in kinds))
    text = made.library.get_llvm_str() + _wrapper(
        function.__name__, made.fndesc.llvm_func_name, len(made.signature.args)
    )
    return assembled(text)


def _entrance(function: Callable[..., Any], kinds: list[str], width: int) -> Callable[..., int]:
    """A function of integers alone that calls the kernel."""
    names: list[str] = []
    args = []
    for i, kind in enumerate(kinds):
        if kind in ARRAYS:
            names += [f"at{i}", f"size{i}"]
            args.append(f"array(at{i}, size{i}, {kind})")
        else:
            names.append(f"a{i}")
            args.append(f"a{i}" if kind == "int" else f"({f'a{i}, ' * width})")
    given = {kind: dtype.type(0) for kind, dtype in ARRAYS.items()}  # a number of each type, for its type
    scope: dict[str, Any] = {"kernel": _jit(function), "array": _array, **given}
    returns = function.__annotations__["return"] != "None"
    call = f"kernel({', '.join(args)})"
    body = f"    return {call}\n" if returns else f"    {call}\n    return 0\n"
    exec(f"def entrance({', '.join(names)}):\n{body}", scope)
    return scope["entrance"]  # type: ignore[no-any-return]


def _compile(entrance: Callable[..., int], count: int) -> Any:
    flags: Any = compiler.Flags()
    flags.nrt = False
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    flags.boundscheck = CHECKED
    typing, target = cpu_target.typing_context, cpu_target.target_context
    typing.refresh()
    target.refresh()
    return compiler.compile_extra(typing, target, entrance, (types.int64,) * count, types.int64, flags, {})


def _wrapper(name: str, inner: str, count: int) -> str:
    """LLVM assembly of a function that calls one of Numba's, and returns RAISED if that raises an exception."""
    params = ", ".join(f"i64 %a{i}" for i in range(count))
    return f"""
define i64 @{name}({params}) {{
  %result = alloca i64
  %exception = alloca ptr
  store i64 0, ptr %result
  %status = call i32 @{inner}(ptr %result, ptr %exception, {params})
  %raised = icmp ne i32 %status, 0
  %value = load i64, ptr %result
  %found = select i1 %raised, i64 {RAISED}, i64 %value
  ret i64 %found
}}
"""


# --- parts -----------------------------------------------------------------------------------------------------------


def _jit(function: Callable[..., Any]) -> Any:
    return njit(boundscheck=CHECKED, _nrt=False)(function)


@contextmanager
def _parts_compiled() -> Iterator[None]:
    """Meanwhile all modules have what Numba compiles, or has compiled, in the place of parts and intrinsics."""
    put = {id(f): _jit(f) for f in PARTS} | {id(f): made for f, made in _INTRINSICS}
    changed = []
    for module in list(sys.modules.values()):
        if inspect.ismodule(module) and module.__name__.startswith("virtspec."):
            for name, value in list(vars(module).items()):
                if id(value) in put:
                    changed.append((module, name, value))
                    setattr(module, name, put[id(value)])
    try:
        yield
    finally:
        for module, name, value in changed:
            setattr(module, name, value)


# --- intrinsics ------------------------------------------------------------------------------------------------------


def _array_at(context: Any, address: Any, size: Any, number: Any) -> Any:
    kind = types.Array(number, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        made = context.make_array(kind)(context, builder)
        data = builder.inttoptr(args[0], context.get_data_type(number).as_pointer())
        step = context.get_constant(types.intp, number.bitwidth // 8)
        shape, strides = (cgutils.pack_array(builder, [n]) for n in (args[1], step))
        context.populate_array(made, data=data, shape=shape, strides=strides, itemsize=step, meminfo=None)
        return made._getvalue()

    return kind(address, size, number), generate


def _caller(result: Any, count: int, numbers: tuple[int, ...] = ()) -> Callable[..., Any]:
    """Typing and code of a call by address, with so many arguments; all are pointers but the `numbers`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        kinds = [word if i in numbers else pointer for i in range(count)]
        returned = ir.VoidType() if result is types.void else word
        function = builder.inttoptr(args[0], ir.FunctionType(returned, kinds).as_pointer())
        given = [a if kind is word else builder.inttoptr(a, pointer) for kind, a in zip(kinds, args[1:], strict=True)]
        found = builder.call(function, given)
        return context.get_dummy_value() if result is types.void else found

    return generate


def _call_expand(context, address, states, n, out, end, ends, events, counts):  # type: ignore[no-untyped-def]
    return types.int64(*[types.int64] * 8), _caller(types.int64, 7, (1,))


def _call_judge(context, address, states, n, masks):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 4), _caller(types.void, 3, (1,))


def _call_keys(context, address, state, keys):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 3), _caller(types.void, 2)


def _call_rename(context, address, state, out, places, members):  # type: ignore[no-untyped-def]
    return types.void(*[types.int64] * 5), _caller(types.void, 4)


def _call_move(context, address, way, state, out, work, given):  # type: ignore[no-untyped-def]
    return types.int64(*[types.int64] * 6), _caller(types.int64, 5, (0,))


def _element(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """A pointer to args[0][args[1]]."""
    of = signature.args[0]
    found = context.make_array(of)(context, builder, args[0])
    return cgutils.get_item_pointer(context, builder, of, found, [args[1]], wraparound=False)


def _prefetch(context: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        of = ir.FunctionType(ir.VoidType(), [pointer, *[ir.IntType(32)] * 3])
        function = cgutils.get_or_insert_function(builder.module, of, "llvm.prefetch.p0")
        flags = [ir.Constant(ir.IntType(32), n) for n in (0, 3, 1)]  # to be read, keep it, data
        builder.call(function, [builder.bitcast(_element(context, builder, signature, args), pointer), *flags])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _fetch_add(context: Any, array: Any, index: Any, by: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _element(context, builder, signature, args), args[2], "monotonic")

    return types.int64(array, types.int64, types.int64), generate


def _take_slot(context: Any, array: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at, free = _element(context, builder, signature, args), ir.Constant(ir.IntType(32), 0)
        return builder.extract_value(builder.cmpxchg(at, free, args[2], "acq_rel", "acquire"), 1)

    return types.boolean(array, types.int64, types.uint32), generate


_array = intrinsic(_array_at)
_INTRINSICS = [
    (intrinsics.call_expand, intrinsic(_call_expand)),
    (intrinsics.call_judge, intrinsic(_call_judge)),
    (intrinsics.call_keys, intrinsic(_call_keys)),
    (intrinsics.call_rename, intrinsic(_call_rename)),
    (intrinsics.call_move, intrinsic(_call_move)),
    (intrinsics.prefetch, intrinsic(_prefetch)),
    (intrinsics.fetch_add, intrinsic(_fetch_add)),
    (intrinsics.take_slot, intrinsic(_take_slot)),
]
