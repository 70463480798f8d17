"""Certificates checked: made again from the specification, compared, and put to solvers that know nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from virtspec.api.checking import find
from virtspec.errors import InputError, UsageError
from virtspec.ir.system import System
from virtspec.trace.verdict import DEADLOCK

if TYPE_CHECKING:
    from virtspec.symbolic.certificate import Header, Section
    from virtspec.symbolic.solvers import Solver


@dataclass(frozen=True)
class Recheck:
    """What solvers said to a certificate."""

    header: Header
    obligations: int
    answers: dict[str, dict[str, str]]
    """By solver: the obligations to which the answer was not `unsat`, with the answer."""
    origins: dict[str, str]
    seconds: dict[str, float]

    @property
    def refused(self) -> bool:
        return any("sat" in answers.values() for answers in self.answers.values())

    @property
    def exit_code(self) -> int:
        """1 if a solver refutes an obligation, else 3 if one does not know, else 0."""
        return 1 if self.refused else 3 if any(self.answers.values()) else 0


def recheck(
    path: str | Path,
    *,
    solvers: Sequence[str] = ("z3", "cvc5"),
    spec: str | None = None,
    seconds: float = 60.0,
    progress: Callable[[str], None] = lambda _: None,
) -> Recheck:
    """Compare a certificate with what the specification gives, then ask every solver for each obligation.

    `spec` names the specification where the file's own name is no use; `seconds` is the limit for one obligation. Raises
    InputError for a file that is no certificate or not the specification's, UsageError for a solver that is not there.
    """
    from virtspec.symbolic import certificate  # z3, only where it is needed
    from virtspec.symbolic.solvers import available

    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    header = certificate.read_header(content, str(path))
    _compare(content, header, path, spec or header.specification)
    first, parts = certificate.parts(content)
    used = [available(name, seconds) for name in solvers]
    answers: dict[str, dict[str, str]] = {}
    took: dict[str, float] = {}
    for solver in used:
        begun = time.monotonic()
        answers[solver.name] = _ask(solver, first, parts, seconds, progress)
        took[solver.name] = time.monotonic() - begun
    return Recheck(header, len(parts), answers, {s.name: s.origin for s in used}, took)


def certificate_text(target: str, system: System, proved: Sequence[str], invariants: Sequence[str]) -> str:
    """The certificate of a proof of `proved` by `invariants`, all ids, in a system with its lemmas; `target` is how users
    name the specification."""
    from virtspec.symbolic import certificate
    from virtspec.symbolic.inductive import Formulas, Induction
    from virtspec.symbolic.relation import never_stuck
    from virtspec.symbolic.solver import Session

    header = certificate.header_of(system, target, proved, invariants)
    system = replace(system, properties=(*system.properties, never_stuck(system)))
    kept = [p for p in system.properties if p.id in invariants]
    obligations = Induction(Formulas(system), kept, Session()).proof_of(proved)
    return certificate.text(header, obligations)


def _compare(content: str, header: Header, path: Path, target: str) -> None:
    from virtspec.symbolic import certificate

    try:
        found = find(target, header.model if target.endswith(".py") else None)
        system = found.load(params=dict(header.parameters), lemmas=True)
    except (UsageError, InputError) as error:
        raise InputError(
            f"{path} is about {target}, which cannot be loaded here: {error}; name the specification with --spec"
        ) from error
    unknown = [i for i in header.invariants if i != DEADLOCK and i not in system.declared]
    if unknown:
        raise InputError(f"{path}: {target} has no invariant {unknown[0]!r}: it has changed since, or the file has")
    try:
        made = certificate_text(header.specification, system, header.proves, header.invariants)
    except ValueError as why:
        raise InputError(f"{path} claims what it does not prove: {why}") from None
    certificate.compare(content, made, str(path))


SEEDS = 3
"""How many solvers are asked what the first one does not know: how long an answer takes is a matter of luck."""


def _ask(
    solver: Solver, first: str, parts: Sequence[Section], seconds: float, progress: Callable[[str], None]
) -> dict[str, str]:
    from virtspec.symbolic.solvers import available

    found: dict[str, str] = {}
    solver.run(first)
    for number, part in enumerate(parts, 1):
        progress(f"{solver.name}: {number} of {len(parts)}, {part.name}")
        answer = solver.run(part.text) or "unknown"
        for seed in range(1, SEEDS + 1):
            if answer == "unknown":
                other = available(solver.name, seconds, seed)
                other.run(first)
                answer = other.run(part.text) or "unknown"
        if answer != "unsat":
            found[part.name] = answer
    return found
