"""Certificates: the obligations of an inductive proof as SMT-LIB text that any solver can be asked.

A file says what it proves, of which specification in which configuration, defines formulas, and then has one obligation
after the other: a set of assertions that cannot all be true. All of them together say that the invariants hold initially,
that every step from a state in which all hold leads to one in which all hold (or, for a property of steps, is as it should
be), and that no step faults as it must not.

Whoever checks one makes the text again from the specification and compares: what was altered, or made from another text,
is refused before a solver sees it. The text has the same bytes wherever and whenever it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from virtspec.errors import InputError
from virtspec.ir.system import System
from virtspec.symbolic import smtlib
from virtspec.symbolic.inductive import Obligation

FORMAT = "virtspec certificate, version 1"


@dataclass(frozen=True)
class Header:
    """What a certificate says about itself."""

    specification: str
    model: str
    parameters: tuple[tuple[str, str], ...]
    fingerprint: str
    proves: tuple[str, ...]
    invariants: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        return [
            FORMAT,
            f"specification: {self.specification}",
            f"model: {self.model}",
            *(f"parameter: {name}={value}" for name, value in self.parameters),
            f"fingerprint: {self.fingerprint}",
            f"proves: {' '.join(self.proves)}",
            f"invariants: {' '.join(self.invariants)}",
        ]


@dataclass(frozen=True)
class Section:
    """One obligation of a file: its name, and its text from `(push 1)` to `(pop 1)`."""

    name: str
    text: str


def text(header: Header, obligations: Iterable[Obligation]) -> str:
    """The whole file."""
    definitions = smtlib.Definitions()
    sections = []
    for obligation in obligations:
        asserted = "".join(f"(assert {definitions.name(e)})\n" for e in obligation.assertions)
        sections.append(f"{BEGIN}{obligation.name}\n{asserted}{END}")
    said = "".join(f"; {line}\n" for line in header.lines)
    return "".join([said, "; every answer must be: unsat\n(set-logic ALL)\n", definitions.text, *sections])


BEGIN = "\n(push 1)\n; obligation: "
END = "(check-sat)\n(pop 1)\n"


def header_of(system: System, specification: str, proves: Sequence[str], invariants: Sequence[str]) -> Header:
    return Header(specification, system.name, system.config, system.fingerprint, tuple(proves), tuple(invariants))


def read_header(content: str, path: str) -> Header:
    """The header of a file. Raises InputError."""
    lines = [line[2:] for line in content.split("\n(", 1)[0].splitlines() if line.startswith("; ")]
    if not lines or lines[0] != FORMAT:
        raise InputError(f"{path} is no certificate: its first line is not `; {FORMAT}`")
    found: dict[str, list[str]] = {}
    for line in lines[1:]:
        key, colon, value = line.partition(": ")
        if colon:
            found.setdefault(key, []).append(value)
    try:
        return Header(
            found["specification"][0],
            found["model"][0],
            tuple((name, value) for name, _, value in (p.partition("=") for p in found.get("parameter", []))),
            found["fingerprint"][0],
            tuple(found["proves"][0].split()),
            tuple(found["invariants"][0].split()),
        )
    except KeyError as missing:
        raise InputError(f"{path}: the line `; {missing.args[0]}: ...` is missing from the certificate") from None


def parts(content: str) -> tuple[str, list[Section]]:
    """What a file begins with, and its obligations in order."""
    first, *rest = content.split(BEGIN)
    found = []
    for part in rest:
        name, _, asserted = part.partition("\n")
        found.append(Section(name, f"(push 1)\n{asserted}"))
    return first, found


def compare(given: str, made: str, path: str) -> None:
    """Raises InputError if a file is not what is made from the specification."""
    if given == made:
        return
    pairs = zip(given.splitlines(), made.splitlines(), strict=False)
    number = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), min(given.count("\n"), made.count("\n")) + 1)
    raise InputError(
        f"{path}:{number}: this is not what the specification gives: the file has been altered, or the specification "
        "has changed since; prove it again"
    )
