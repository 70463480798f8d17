"""Machine code in this process: made from LLVM assembly, or taken from a folder where it is kept.

The folder is the user's: `virtspec` in `$XDG_CACHE_HOME`, or in `~/.cache`. What has not been used for longest is removed
from it when there is too much.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

PASSES, SELECTION = 1, 2
"""The levels of optimization, as for `clang -O`. More passes than those of level 1 cost a third more time to compile and
made no step of any model faster."""
MOST_KEPT = 4000
"""Files of one kind in the folder: the code of systems, or the kernels of one file. The code of a system takes a few of them,
about 7 kB each; what is shipped takes five hundred, all tests some two thousand."""


class Code:
    """The functions of an object file. They live as long as this object."""

    def __init__(self, binary: bytes) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
        self._engine.finalize_object()

    @classmethod
    def of(cls, text: str) -> Code:
        """The functions of a module in LLVM's assembly."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return cls(kept(f"code-{PASSES}-{SELECTION}-{digest}", lambda: assembled(text)))

    def address(self, function: str) -> int:
        return int(self._engine.get_function_address(function))


def assembled(text: str) -> bytes:
    """An object file of a module in LLVM's assembly."""
    target = machine()
    module = llvm.parse_assembly(text)
    module.verify()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=PASSES))
    builder.getModulePassManager().run(module, builder)
    return bytes(target.emit_object(module))


def machine() -> llvm.TargetMachine:
    """A machine of this kind; the compiler that is given it owns it."""
    _initialize()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=_cpu(), features=_features(), opt=SELECTION, jit=True)


@cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def _cpu() -> str:
    return str(llvm.get_host_cpu_name())


@cache
def _features() -> str:
    return str(llvm.get_host_cpu_features().flatten())


# --- what is kept ----------------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where object files for this machine and this version of LLVM are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    made_for = f"{llvmlite.__version__} {_cpu()} {_features()}"
    return Path(base, "virtspec", f"objects-{hashlib.sha256(made_for.encode()).hexdigest()[:16]}")


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, kept under this name, so that it need not be made again; made again if nothing can be kept."""
    path = folder() / f"{name}.o"
    try:
        found = path.read_bytes()
        os.utime(path)
    except OSError:
        found = make()
        with suppress(OSError):
            _keep(path, found)
    return found


def _keep(path: Path, binary: bytes) -> None:
    """In one go, so that nobody finds half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(binary)
    os.replace(file.name, path)
    kind = path.name.partition("-")[0]  # that much code is made of systems is no reason to forget the kernels
    there = [name for name in os.listdir(path.parent) if name.partition("-")[0] == kind]
    if len(there) > MOST_KEPT:
        old = sorted(map(path.parent.joinpath, there), key=lambda each: each.stat().st_mtime)
        for each in old[: len(old) - MOST_KEPT // 2]:
            each.unlink()
