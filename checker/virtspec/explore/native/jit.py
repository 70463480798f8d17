"""Machine code from LLVM assembly, in this process."""

from __future__ import annotations

from functools import cache

import llvmlite.binding as llvm

PASSES, SELECTION = 1, 2
"""The levels of optimization, as for `clang -O`. More passes than those of level 1 cost a third more time to compile and
made no step of any model faster."""


class Code:
    """The functions of a module. They live as long as this object."""

    def __init__(self, text: str) -> None:
        machine = _machine()
        module = llvm.parse_assembly(text)
        module.verify()
        passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=PASSES))
        passes.getModulePassManager().run(module, passes)
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def address(self, function: str) -> int:
        return int(self._engine.get_function_address(function))


def _machine() -> llvm.TargetMachine:
    """A machine of this kind; the compiler that is given it owns it."""
    _initialize()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=SELECTION, jit=True
    )


@cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
