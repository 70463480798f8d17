"""The outcome of a proof as an object fit for `json.dumps`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtspec.explore.report_json import place_json, says, trace_json, trace_of, word
from virtspec.ir.types import show
from virtspec.semantics.interp import Faulted, Taken
from virtspec.symbolic.report import Outcome, Proof, Stuck
from virtspec.trace.render import Change, call_text, differences
from virtspec.trace.verdict import Holds, Unknown, Unreached, Violated

SCHEMA = "virtspec-proof/1"


def proof_json(
    proof: Proof,
    *,
    specification: str = "",
    configuration: str | None = None,
    trace_files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`specification` and `configuration` are how the user named them; `trace_files` says which trace lies where."""
    from virtspec import __version__

    return {
        "schema": SCHEMA,
        "tool": {"name": "virtspec", "version": __version__},
        "origin": proof.origin,
        "specification": specification,
        "system": proof.system,
        "configuration": {"name": configuration, "parameters": dict(proof.config)},
        "fingerprint": proof.fingerprint,
        "exit_code": proof.exit_code,
        "seconds": round(proof.seconds, 3),
        "invariants": list(proof.invariants),
        "dropped": dict(proof.dropped),
        "questions": [{"about": q.about, "answer": q.answer, "seconds": round(q.seconds, 4)} for q in proof.queries],
        "properties": [_outcome_json(proof, p, o, (trace_files or {}).get(p)) for p, o in proof.outcomes.items()],
    }


def _outcome_json(proof: Proof, prop: str, outcome: Outcome, trace_file: str | None) -> dict[str, Any]:
    verdict, trace = outcome.verdict, trace_of(outcome.verdict)
    return {
        "id": prop,
        "says": says(proof.traced, prop),
        "verdict": word(verdict),
        "how": verdict.how if isinstance(verdict, Holds | Unreached) else None,
        "reason": verdict.reason if isinstance(verdict, Violated | Unknown) else None,
        "invariant": outcome.invariant or None,
        "tried": [{"method": t.method, "outcome": t.outcome, "seconds": round(t.seconds, 3)} for t in outcome.tried],
        "length": None if trace is None else len(trace),
        "trace": None if trace is None else trace_json(proof.traced, trace),
        "trace_file": trace_file,
        "counterexample_to_induction": None if outcome.stuck is None else _stuck_json(outcome.stuck),
    }


def _stuck_json(stuck: Stuck) -> dict[str, Any]:
    found, system, outcome = stuck.counterexample, stuck.system, stuck.outcome
    before = None
    if found.before is not None:
        before = {f.name: show(f.type, value) for f, value in zip(system.fields, found.before, strict=True)}
    changes: list[Change] = []
    if isinstance(outcome, Taken) and found.before is not None:
        changes = list(differences(system, found.before, outcome.state))
    picks = found.offers if outcome is None else outcome.picks
    return {
        "sizes": dict(found.sizes),
        "before": before,
        "step": None if found.action is None else call_text(found.action, picks),
        "place": None if found.action is None else place_json(found.action.span),
        "possible": outcome is not None,
        "changes": [{"what": c.what, "from": c.old, "to": c.new} for c in changes],
        "fault": outcome.message if isinstance(outcome, Faulted) else None,
        "false": stuck.clause or None,
        "reachable": stuck.reachable,
    }
