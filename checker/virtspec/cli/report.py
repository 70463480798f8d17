"""The report of a check as people read it: verdicts, then each violation's trace, then the figures."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from virtspec.cli.output import Cell, Output, Part, Style, paragraph, plural, table, width
from virtspec.explore.budgets.amounts import Amounts
from virtspec.explore.report import Report
from virtspec.explore.report_json import says, trace_of, word
from virtspec.ir.system import System
from virtspec.trace.itf import config_text
from virtspec.trace.render import Kind, Line, render
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import Unknown, Verdict, Violated

STYLES: dict[str, Style] = {
    "holds": "good",
    "reached": "good",
    "violated": "bad",
    "unreached": "bad",
    "undetermined": "warn",
}
_KINDS: dict[Kind, Style] = {
    "step": "head",
    "cost": "info",
    "fault": "bad",
    "end": "bad",
    "witness": "good",
    "command": "dim",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is reported about: how the user named it, and what was found."""

    target: str
    config: str | None
    system: System
    report: Report
    files: Mapping[str, str]
    """The stored traces, by property."""


def print_report(out: Output, shown: Shown, verbose: bool, quiet: bool) -> None:
    """Everything; with `quiet` one line per property that is not as it should be, and nothing if all are."""
    verdicts = shown.report.verdicts
    failing = {prop: v for prop, v in verdicts.items() if word(v) not in ("holds", "reached")}
    if quiet:
        out.lines_of(_verdict_table(shown, failing))
        return
    print_heading(out, shown.system, shown.target, shown.config)
    out.lines_of(_verdict_table(shown, verdicts))
    if not shown.system.declared:
        out.line()
        out.line("  ", ("No property is declared: only faults and deadlocks were looked for.", "warn"))
    for prop, verdict in verdicts.items():
        trace = trace_of(verdict)
        if trace is not None and (verbose or isinstance(verdict, Violated)):
            out.line()
            print_title(out, shown.system, prop)
            reason = verdict.reason if isinstance(verdict, Violated) else ""
            print_trace(out, shown.system, trace, reason, shown.files.get(prop))
        if verbose and prop in shown.report.amounts:
            _print_extremes(out, shown, prop, verdict)
    out.line()
    out.lines_of(_figures(shown.report, verbose))
    out.line()
    out.lines_of(_conclusion(shown.report))


def _print_extremes(out: Output, shown: Shown, prop: str, verdict: Verdict) -> None:
    """The behaviours in which a budget's least and most are spent, as far as the verdict has not shown them."""
    from virtspec.api import reason_of

    for which, extreme in shown.report.amounts[prop].extremes.items():
        if extreme.trace != trace_of(verdict):
            out.line()
            print_title(out, shown.system, prop, f", the {which}")
            reason = reason_of(shown.system, extreme.trace) or ""
            print_trace(out, shown.system, extreme.trace, reason, shown.files.get(f"{prop}-{which}"))


def print_heading(out: Output, system: System, target: str, config: str | None) -> None:
    """What is looked at: name, configuration, constants, fingerprint."""
    out.line((target, "head"), f"  {system.name}" + (f", configuration {config}" if config else ""))
    if system.config:
        out.lines_of(paragraph(config_text(dict(system.config)), "dim"))
    if system.temporal:
        fair = ", ".join(f"{name} ({kind})" for name, kind in system.fairness.items())
        out.lines_of(paragraph(f"fair: {fair or 'nobody'}", "dim"))
    out.line("  ", (f"fingerprint {system.fingerprint}", "dim"))
    out.line()


def print_title(out: Output, system: System, prop: str, which: str = "") -> None:
    """The property a trace is about, and which of several it is."""
    what = says(system, prop)
    out.line((prop + which if what == prop else f"{prop}{which}: {what}", "head"))


def print_trace(out: Output, system: System, trace: Trace, reason: str = "", file: str | None = None) -> None:
    """One trace, and how to see it again if it is stored."""
    command = "" if file is None else f"virtspec replay {shlex.quote(file)}"
    out.line()
    for line in render(system, trace, reason=reason, command=command, width=width()):
        out.line(*styled(line))


def styled(line: Line) -> Sequence[Part]:
    """A line of a trace in the colours of its kind."""
    style = _KINDS.get(line.kind)
    text = line.text.removesuffix(line.place) if line.place else line.text
    parts: list[Part] = [text if style is None else (text, style)]
    return [*parts, (line.place, "dim")] if line.place else parts


def _verdict_table(shown: Shown, verdicts: Mapping[str, Verdict]) -> list[list[Part]]:
    rows: list[list[Cell]] = []
    for prop, verdict in verdicts.items():
        text = verdict_text(verdict, shown.report.amounts.get(prop))
        rows.append([(prop, "head"), (text, STYLES[word(verdict)]), says(shown.system, prop)])
    return table(rows)


def verdict_text(verdict: Verdict, amounts: Amounts | None = None) -> str:
    """The verdict in a few words, with what is spent, if it is one on a budget."""
    trace = trace_of(verdict)
    text = word(verdict) if trace is None else f"{word(verdict)} in {plural(len(trace), 'step')}"
    return text if amounts is None or amounts.most is None else f"{text}: {amounts}"


def _figures(report: Report, verbose: bool) -> Iterator[list[Part]]:
    rate = f", {report.states / report.seconds:,.0f} states/s" if report.seconds >= 0.1 else ""
    yield [
        f"  {plural(report.states, 'state')}, {plural(report.transitions, 'transition')}, depth {report.depth}, "
        f"{report.seconds:.2f} s{rate}"
    ]
    for reduction in report.reductions:
        factor = "" if reduction.factor is None else f", factor {reduction.factor:.1f}"
        yield from paragraph(f"{reduction.name}: {reduction.detail}{factor}", "dim")
    yield [(f"  {_engine(report)}", "dim")]
    if report.never_fired:
        yield from paragraph("never taken: " + ", ".join(report.never_fired), "warn")
    if verbose:
        yield []
        yield from table([("step", "taken"), *report.per_action.items()])
    if report.values:
        yield []
        yield from table([("field", "distinct values"), *report.values.items()])


LARGE = 100_000
"""States from which on it says something what they take."""


def _engine(report: Report) -> str:
    parts = [f"engine {report.engine}" + (f" ({report.origin})" if report.origin else "")]
    if report.words:
        parts += [plural(report.workers, "worker"), f"compiled in {report.compile_seconds:.2f} s"]
    if report.states >= LARGE and report.memory:
        parts.append(f"{report.memory / report.states:.1f} bytes per state")
    return ", ".join(parts)


def _conclusion(report: Report) -> Iterator[list[Part]]:
    by_word: dict[str, list[str]] = {}
    for prop, verdict in report.verdicts.items():
        by_word.setdefault(word(verdict), []).append(prop)
    for name, what in (("violated", "Violated"), ("unreached", "Not reached"), ("undetermined", "Undetermined")):
        if name in by_word:
            text = f"{what}: {', '.join(by_word[name])}"
            yield from paragraph(text, STYLES[name], indent=0)
    open_ones = {v.reason for v in report.verdicts.values() if isinstance(v, Unknown)}
    if report.stopped:
        yield [(f"The search is not complete: {report.stopped}.", "warn")]
    for reason in sorted(open_ones - {report.stopped}):
        yield from paragraph(f"Left open: {reason}.", "warn", indent=0)
    if not (report.stopped or report.violated or open_ones):
        yield [("Nothing is violated; every reachable state was seen.", "good")]
