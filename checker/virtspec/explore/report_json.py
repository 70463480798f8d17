"""A report as JSON, schema `virtspec/report/v1` (report.v1.schema.json beside this file, docs/reference/report.md).

Everything but the times is the same for the same input, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from virtspec.explore.budgets.amounts import Amounts
from virtspec.explore.report import INTERRUPTED, Report
from virtspec.ir.system import System
from virtspec.source import NOWHERE, Span
from virtspec.trace.render import shown_steps
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import DEADLOCK, FAULT, Holds, Reached, Unknown, Unreached, Verdict, Violated

SCHEMA = "virtspec/report/v1"

ALWAYS_CHECKED = {
    FAULT: "No step runs into a fault.",
    DEADLOCK: "No process waits for ever for what nobody can do.",
}
"""What the two properties say that every system has."""


def exit_code(report: Report) -> int:
    """The report's exit code; 130 for one that was interrupted, whatever it had found by then."""
    return 130 if report.stopped == INTERRUPTED else report.exit_code


def says(system: System, prop: str) -> str:
    """What the property claims, in one line: the first of its docstring, else its name."""
    if prop == FAULT and system.faultless:
        return "No step runs into a fault that no other property names."
    if prop in ALWAYS_CHECKED:
        return ALWAYS_CHECKED[prop]
    found = system.declared[prop]
    lines = found.doc.strip().splitlines()
    return lines[0].strip() if lines else found.name.replace("_", " ")


def word(verdict: Verdict) -> str:
    """The verdict in one word."""
    match verdict:
        case Holds():
            return "holds"
        case Violated():
            return "violated"
        case Reached():
            return "reached"
        case Unreached():
            return "unreached"
        case Unknown():
            return "undetermined"
        case _:
            assert_never(verdict)


def trace_of(verdict: Verdict) -> Trace | None:
    """The trace that a verdict comes with."""
    return verdict.trace if isinstance(verdict, Violated | Reached) else None


def short(verdict: Verdict) -> str:
    """The verdict as manifests hold it: `holds`, `violated 14`, `reached 3`, `unreached`, `undetermined`."""
    trace = trace_of(verdict)
    return word(verdict) if trace is None else f"{word(verdict)} {len(trace)}"


def report_json(
    system: System,
    report: Report,
    *,
    specification: str = "",
    configuration: str | None = None,
    trace_files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The report as an object fit for `json.dumps`.

    `specification` and `configuration` are how the user named them; `trace_files` says which trace was stored where.
    """
    from virtspec import __version__

    per_second = 1 / report.seconds if report.seconds > 0 else 0.0
    return {
        "schema": SCHEMA,
        "tool": {"name": "virtspec", "version": __version__},
        "engine": report.engine,
        "origin": report.origin or None,
        "specification": specification,
        "system": report.system,
        "configuration": {"name": configuration, "parameters": dict(report.config)},
        "fingerprint": report.fingerprint,
        "complete": report.complete,
        "stopped": report.stopped or None,
        "exit_code": exit_code(report),
        "figures": {
            "states": report.states,
            "transitions": report.transitions,
            "depth": report.depth,
            "seconds": round(report.seconds, 3),
            "states_per_second": round(report.states * per_second),
            "transitions_per_second": round(report.transitions * per_second),
            "compile_seconds": round(report.compile_seconds, 3),
            "workers": report.workers,
            "words": report.words or None,
            "bytes_per_state": round(report.memory / report.states, 2) if report.memory else None,
        },
        "fairness": dict(system.fairness),
        "reductions": [{"name": r.name, "detail": r.detail, "factor": r.factor} for r in report.reductions],
        "actions": dict(report.per_action),
        "never_fired": report.never_fired,
        "values": dict(report.values) or None,
        "properties": [
            _property_json(system, prop, verdict, (trace_files or {}).get(prop))
            | {"amounts": _amounts_json(system, prop, report.amounts.get(prop), trace_files or {})}
            for prop, verdict in report.verdicts.items()
        ],
    }


def _property_json(system: System, prop: str, verdict: Verdict, trace_file: str | None) -> dict[str, Any]:
    declared = None if prop in ALWAYS_CHECKED else system.declared[prop]
    trace = trace_of(verdict)
    return {
        "id": prop,
        "name": prop if declared is None else declared.name,
        "kind": prop if declared is None else declared.kind,
        "says": says(system, prop),
        "source": "" if declared is None else declared.source,
        "place": None if declared is None else place_json(declared.span),
        "verdict": word(verdict),
        "how": verdict.how if isinstance(verdict, Holds | Unreached) else None,
        "reason": verdict.reason if isinstance(verdict, Violated | Unknown) else None,
        "length": None if trace is None else len(trace),
        "loop": None if trace is None else trace.loop,
        "trace": None if trace is None else trace_json(system, trace),
        "trace_file": trace_file,
    }


def _amounts_json(
    system: System, prop: str, amounts: Amounts | None, trace_files: Mapping[str, str]
) -> dict[str, Any] | None:
    """What is spent, for a budget of which that is known."""
    if amounts is None:
        return None
    return {
        name: {
            "amount": extreme.amount,
            "length": len(extreme.trace),
            "loop": extreme.trace.loop,
            "trace": trace_json(system, extreme.trace),
            "trace_file": trace_files.get(f"{prop}-{name}"),
        }
        for name, extreme in amounts.extremes.items()
    }


def place_json(span: Span) -> dict[str, Any] | None:
    """A place in a source file; null for what no text says."""
    return None if span == NOWHERE else {"file": span.shown_path, "line": span.line}


def trace_json(system: System, trace: Trace) -> list[dict[str, Any]]:
    """The steps of a trace, every value as people read it. Raises NotABehaviour if it does not replay."""
    return [
        {
            "number": step.number,
            "action": step.action,
            "picks": dict(step.picks),
            "call": step.call,
            "place": place_json(step.span),
            "changes": [{"what": c.what, "from": c.old, "to": c.new} for c in step.changes],
            "costs": list(step.costs),
            "fault": step.fault or None,
        }
        for step in shown_steps(system, trace)
    ]
