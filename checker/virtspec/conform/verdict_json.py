"""What following logs came to as JSON, schema `virtspec/conformance/v1` (conformance.v1.schema.json beside this file,
docs/reference/report.md), and as exit code.

Everything but the times and the peak of memory is the same for the same input, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from virtspec.conform.verdict import Conformance, Followed, Rejection, Violation
from virtspec.ir.system import System
from virtspec.ir.types import show
from virtspec.semantics.interp import State

SCHEMA = "virtspec/conformance/v1"

INTERRUPTED = 130
NOTHING = "nothing"
"""The word for a log that holds events of the mechanism's, but none that says anything about the model."""

CODES = {"explained": 0, "rejected": 1, "violated": 1, "undetermined": 3, NOTHING: 5}
WORST = (INTERRUPTED, 2, 1, 4, 3, 5, 0)
"""Exit codes, the one first that wins among those of several logs: what is known to be wrong before what is not known."""


@dataclass
class Outcome:
    """One log: what following it came to, or why it could not be followed."""

    log: str
    found: Conformance | None = None
    error: str = ""
    error_code: int = 0
    system: System | None = None
    """The system whose states the rejection shows; None if there are none."""
    lines: Mapping[int, str] = field(default_factory=dict)
    """The text of the lines that are told of, as far as it could be read again."""

    @property
    def word(self) -> str | None:
        """The verdict in one word; None if there is none."""
        if self.found is None:
            return None
        return NOTHING if self.found.verdict == "explained" and not self.found.parts else self.found.verdict

    @property
    def exit_code(self) -> int:
        if self.word is None:
            return self.error_code
        return CODES[self.word]


def told_of(found: Conformance) -> set[int]:
    """The numbers of the lines whose text a report wants."""
    numbers = {v.line for v in found.violations}
    if found.rejection is not None:
        numbers |= {found.rejection.line, *found.rejection.explained}
    return numbers


def worst(codes: Iterable[int]) -> int:
    """The exit code of several logs."""
    return min(codes, key=WORST.index, default=0)


def conformance_json(
    specification: str, outcomes: Sequence[Outcome], says: Mapping[str, str], interrupted: bool = False
) -> dict[str, Any]:
    """All logs as an object fit for `json.dumps`. `says` has what each property claims."""
    from virtspec import __version__

    codes = [o.exit_code for o in outcomes] + ([INTERRUPTED] if interrupted else [])
    return {
        "schema": SCHEMA,
        "tool": {"name": "virtspec", "version": __version__},
        "specification": specification,
        "exit_code": worst(codes),
        "interrupted": interrupted,
        "logs": [_log_json(outcome, says) for outcome in outcomes],
    }


def _log_json(outcome: Outcome, says: Mapping[str, str]) -> dict[str, Any]:
    found = outcome.found
    told = {"log": outcome.log, "verdict": outcome.word, "exit_code": outcome.exit_code}
    if found is None:
        return told | {"reason": outcome.error}
    return told | {
        "reason": found.reason or None,
        "configuration": found.config,
        "engine": found.engine,
        "events": {
            "all": found.events,
            "matched": found.matched,
            "ignored": found.ignored,
            "unknown": found.unknown,
            "foreign": found.foreign,
            "losses": found.lost,
        },
        "read_seconds": round(found.read_seconds, 3),
        "memory": {"rows": found.bytes, "peak": found.peak},
        "instances": [_part_json(part) for part in found.parts],
        "rejection": None if found.rejection is None else _rejection_json(found.rejection, outcome),
        "violations": [_violation_json(v, outcome, says) for v in found.violations],
        "mistake": None if found.mistake is None else _mistake_json(found.mistake),
    }


def _part_json(part: Followed) -> dict[str, Any]:
    return {
        "instance": str(part.instance),
        "parameters": {name: str(value) for name, value in part.params.items()},
        "rows": part.rows,
        "largest": part.largest,
        "candidates": part.seen,
        "bits": part.bits or None,
        "seconds": round(part.seconds, 4),
        "compile_seconds": round(part.compile_seconds, 3),
    }


def _rejection_json(rejection: Rejection, outcome: Outcome) -> dict[str, Any]:
    return {
        **_line_json(rejection.line, outcome),
        "instance": None if rejection.instance is None else str(rejection.instance),
        "why": rejection.why,
        "details": list(rejection.details),
        "possible": list(rejection.possible),
        "explained": [_line_json(line, outcome) for line in rejection.explained],
        "candidates": rejection.candidates,
        "states": [_state_json(outcome.system, state) for state in rejection.states if outcome.system is not None],
    }


def _mistake_json(found: Conformance) -> dict[str, Any]:
    line = None if found.rejection is None else found.rejection.line
    return {"configuration": found.config, "verdict": found.verdict, "line": line}


def _line_json(line: int, outcome: Outcome) -> dict[str, Any]:
    return {"line": line, "text": outcome.lines.get(line)}


def _state_json(system: System, state: State) -> dict[str, str]:
    return {f.name: show(f.type, value) for f, value in zip(system.fields, state, strict=True)}


def _violation_json(violation: Violation, outcome: Outcome, says: Mapping[str, str]) -> dict[str, Any]:
    return {
        "property": violation.property,
        "says": says.get(violation.property, ""),
        "known": violation.expected,
        "instance": str(violation.instance),
        **_line_json(violation.line, outcome),
    }
