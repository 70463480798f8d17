"""The specifications in `probes/`, and the tracefs definitions they become in one kernel.

Why not simply a probe on a function's name: on its first byte a probe is served by ftrace, whose handler runs with
interrupts on, and every probe that an interrupt hits meanwhile is skipped without a word. On any other byte it is a
breakpoint, interrupts are off, and nothing is lost. So a probe on entry goes behind the instruction that ftrace patches,
and a probe on return to every instruction that leaves the function. At such places a probe knows registers only, no
`$arg1` and no `$retval`.

A specification says `modules NAME...` or `kernel`, where the functions are that follow, and then line by line what is
probed: `NAME WHERE FUNCTION FIELD=VALUE:TYPE...`. WHERE is `in`, `out`, `before:CALLEE` or
`after:CALLEE`, a call of CALLEE inside FUNCTION. In values `a1` to `a6` are arguments, `rv` what is returned, and
`[structure.member]`, `[sizeof.structure]` and differences of these become the numbers that this kernel has for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from virtspec.errors import InputError
from virtspec.lab.btf import Types
from virtspec.lab.disassembly import RETURN, Code

REGISTERS = {"a1": "%di", "a2": "%si", "a3": "%dx", "a4": "%cx", "a5": "%r8", "a6": "%r9", "rv": "%ax"}


@dataclass(frozen=True)
class Probe:
    """One line of a specification."""

    name: str
    modules: tuple[str, ...]
    """One of these holds the function; none: the kernel itself does."""
    where: str
    callee: str
    function: str
    fields: str


class Kernel(Protocol):
    """What placing a probe asks of a kernel."""

    def code(self, function: str, modules: Sequence[str]) -> tuple[str, Code] | None:
        """The module that holds a function (empty: the kernel itself) and its code; None if it has none of its own.

        Without modules, and where they are built into the kernel, the function is looked for in the kernel itself."""

    def lacks(self, module: str) -> bool:
        """Whether a module is neither among the modules nor built in."""

    def types(self, module: str) -> Types: ...


def specification(kind: str) -> tuple[Probe, ...]:
    """The specification that is shipped for a kind."""
    return parse((files("virtspec.lab") / "probes" / f"{kind}.probes").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Probe, ...]:
    modules: tuple[str, ...] = ()
    probes = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("modules", "kernel"):
            modules = tuple(words[1:])
        else:
            name, where, function, *fields = words
            where, _, callee = where.partition(":")
            probes.append(Probe(name, modules, where, callee, function, " ".join(fields)))
    return tuple(probes)


def definitions(
    wanted: Sequence[Probe], kernel: Kernel, missing: Callable[[str, str], None] | None = None
) -> list[tuple[str, str]]:
    """For every place a probe goes to: the line for tracefs' kprobe_events, and a remark (empty: none).

    A probe that cannot be placed, and why, is told to `missing`; without that it raises InputError."""
    found: list[tuple[str, str]] = []
    for probe in wanted:
        try:
            found += _placed(probe, kernel)
        except InputError as error:
            if missing is None:
                raise InputError(f"the probe {probe.name} cannot be placed: {error}") from error
            missing(probe.name, str(error))
    return found


def _placed(probe: Probe, kernel: Kernel) -> list[tuple[str, str]]:
    at = kernel.code(probe.function, probe.modules)
    if at is None:
        lacking = [module for module in probe.modules if kernel.lacks(module)]
        if lacking:
            raise InputError(f"there is no module {' or '.join(lacking)}")
        raise InputError(f"this kernel has no function {probe.function}; it may be inlined into others")
    module, code = at
    fields = _fields(probe.fields, [kernel.types(name) for name in dict.fromkeys((module, "", *probe.modules))])
    symbol = f"{module}:{probe.function}" if module else probe.function
    places = _places(probe, code)
    if not places:
        what = f"no call of {probe.callee}" if probe.callee else "no way out"
        raise InputError(f"there is {what} in the code of {probe.function}")
    return [(f"p:{probe.name} {symbol}+{offset:#x} {fields}".rstrip(), remark) for offset, remark in places]


def _places(probe: Probe, code: Code) -> list[tuple[int, str]]:
    match probe.where:
        case "in":
            return [(code.entry(), "")]
        case "out":
            return [
                (offset, "" if to == RETURN else f"goes on in {to}: %ax says nothing") for offset, to in code.exits()
            ]
        case "before":
            return [(before, "") for before, _ in code.calls(probe.callee)]
        case "after":
            return [(after, "") for _, after in code.calls(probe.callee)]
    raise InputError(f"{probe.where!r} is none of in, out, before:CALLEE, after:CALLEE")


def _fields(text: str, types: Sequence[Types]) -> str:
    """The fields with registers and numbers in them, as tracefs reads them."""
    text = re.sub(r"\[([^]]+)\]", lambda match: f"{_number(match[1], types):+d}", text)
    return re.sub(r"(?<![\w$%])(a[1-6]|rv)(?!\w)", lambda match: REGISTERS[match[1]], text)


def _number(expression: str, types: Sequence[Types]) -> int:
    """A sum of members' offsets and structures' sizes."""
    total = 0
    for sign, structure, member in re.findall(r"([-+]?)(\w+)\.(\w+)", expression):
        wanted = member if structure == "sizeof" else structure
        known = next((t for t in types if t.has(wanted)), types[0])
        value = known.size(member) if structure == "sizeof" else known.offset(structure, member)
        total += -value if sign == "-" else value
    return total
