"""The report of a proof as people read it: verdicts, traces, counterexamples to induction, what it took."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from virtspec.cli.output import Cell, Output, Part, paragraph, plural, table, width
from virtspec.cli.report import STYLES, print_title, print_trace, styled
from virtspec.explore.report_json import says, trace_of, word
from virtspec.symbolic.report import Outcome, Proof
from virtspec.symbolic.shown import shown
from virtspec.trace.itf import config_text
from virtspec.trace.verdict import Holds, Unknown, Unreached, Violated


def print_proof(out: Output, proof: Proof, args: argparse.Namespace, files: Mapping[str, str]) -> None:
    """Everything; with --quiet one line per property that is not proved."""
    outcomes = proof.outcomes
    if args.quiet:
        out.lines_of(_table(proof, {p: o for p, o in outcomes.items() if word(o.verdict) not in ("holds", "reached")}))
        return
    out.line((args.target, "head"), f"  {proof.system}" + (f", configuration {args.config}" if args.config else ""))
    out.lines_of(paragraph(config_text(dict(proof.config)), "dim"))
    out.line("  ", (f"fingerprint {proof.fingerprint}", "dim"))
    out.line()
    out.lines_of(_table(proof, outcomes))
    for prop, outcome in outcomes.items():
        trace = trace_of(outcome.verdict)
        if trace is not None and (args.verbose or isinstance(outcome.verdict, Violated)):
            out.line()
            print_title(out, proof.traced, prop)
            reason = outcome.verdict.reason if isinstance(outcome.verdict, Violated) else ""
            print_trace(out, proof.traced, trace, reason, files.get(prop))
        if outcome.stuck is not None and isinstance(outcome.verdict, Unknown):
            out.line()
            print_title(out, proof.traced, prop, ", a counterexample to induction")
            out.line()
            for line in shown(outcome.stuck, prop, width()):
                out.line(*styled(line))
        if outcome.invariant:
            out.line()
            print_title(out, proof.traced, prop, ", by the invariant")
            out.lines_of(paragraph(outcome.invariant, indent=6))
    out.line()
    out.lines_of(_figures(proof, args))
    out.line()
    out.lines_of(_conclusion(proof))


def _table(proof: Proof, outcomes: Mapping[str, Outcome]) -> list[list[Part]]:
    rows: list[list[Cell]] = []
    for prop, outcome in outcomes.items():
        rows.append([(prop, "head"), (_verdict(outcome), STYLES[word(outcome.verdict)]), says(proof.traced, prop)])
    return table(rows)


def _verdict(outcome: Outcome) -> str:
    match outcome.verdict:
        case Holds(how) | Unreached(how):
            return f"{word(outcome.verdict)} ({how})"
        case verdict:
            trace = trace_of(verdict)
            return word(verdict) if trace is None else f"{word(verdict)} in {plural(len(trace), 'step')}"


def _figures(proof: Proof, args: argparse.Namespace) -> Iterator[list[Part]]:
    asked = sum(q.seconds for q in proof.queries)
    yield [f"  {plural(len(proof.queries), 'question')} to the solver, {asked:.2f} s of {proof.seconds:.2f} s"]
    if proof.invariants:
        yield from paragraph("inductive together: " + ", ".join(proof.invariants), "dim")
    for prop, why in proof.dropped.items():
        yield from paragraph(f"no help: {prop}, {why}", "dim")
    if args.certificate is not None and proof.certificate:
        yield from paragraph(f"certificate: {args.certificate}; check it with `virtspec recheck {args.certificate}`")
    elif args.certificate is not None:
        yield from paragraph("no certificate: nothing was proved by invariants", "warn")
    yield [(f"  {proof.origin}", "dim")]
    unasked = [
        p for p, d in proof.traced.declared.items() if d.kind in ("temporal", "budget") and p not in proof.outcomes
    ]
    if unasked and not args.property:
        what = "behaviours are asked for by name, costs are for `virtspec check`"
        yield from paragraph(f"not asked: {', '.join(unasked)} ({what})", "warn")
    if args.verbose:
        yield []
        rows: list[list[Cell]] = [["question", "answer", "seconds"]]
        slowest = sorted(proof.queries, key=lambda q: -q.seconds)[:20]
        yield from table([*rows, *([q.about, q.answer, f"{q.seconds:.3f}"] for q in slowest)])


def _conclusion(proof: Proof) -> Iterator[list[Part]]:
    by_word: dict[str, list[str]] = {}
    for prop, outcome in proof.outcomes.items():
        by_word.setdefault(word(outcome.verdict), []).append(prop)
    for name, what in (("violated", "Violated"), ("unreached", "Not reached"), ("undetermined", "Undetermined")):
        if name in by_word:
            yield from paragraph(f"{what}: {', '.join(by_word[name])}", STYLES[name], indent=0)
    why: dict[str, list[str]] = {}
    for prop, outcome in proof.outcomes.items():
        if isinstance(outcome.verdict, Unknown):
            why.setdefault(outcome.verdict.reason, []).append(prop)
    for reason, props in why.items():
        yield from paragraph(f"{', '.join(props)}: {reason}.", "warn", indent=0)
    if set(by_word) <= {"holds", "reached"}:
        bounded = [p for p, o in proof.outcomes.items() if isinstance(o.verdict, Holds) and "depth" in o.verdict.how]
        yield [("No violation up to that depth.", "warn") if bounded else ("Everything asked for is proved.", "good")]
