"""Check every configuration of the shipped mechanisms and compare with what is expected.

Expected are the verdicts a mechanism's history claims, and the verdicts and counts its manifest holds. Exits 0 only if
everything agrees. --update writes what was measured into the manifests and says what that changed. Configurations that
take minutes are left out without --slow.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Any

from virtspec.cli import options, progress
from virtspec.cli.output import Cell, Output, Part, Style, plural, table

if TYPE_CHECKING:
    from virtspec.api import Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="shipped mechanisms (default: all)")
    jobs = "worker processes (default: one per CPU)"
    parser.add_argument("--jobs", metavar="N", type=options.positive_int, help=jobs)
    parser.add_argument("--slow", action="store_true", help="check the configurations that take minutes, too")
    parser.add_argument("--update", action="store_true", help="write the measured figures into the manifests")
    options.output(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what disagrees")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec import api

    with Output(args.output) as out:
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:

            def tell(name: str, done: int, total: int) -> None:
                put(f"{done} of {total} done: {name}")

            put("loading the corpus")
            results = api.corpus(args.names, slow=args.slow, jobs=args.jobs, progress=tell)
        interrupted = any(r.error == api.INTERRUPTED for r in results)
        if args.update and not interrupted:
            for change in api.record(results):
                print(f"manifest: {change}", file=sys.stderr)
            results = api.judged(results)
        unmatched = api.unmatched(results, args.names)
        if args.format == "json":
            out.json([_as_json(r) for r in results])
        else:
            _print(out, results, unmatched, args.quiet)
            slow = api.left_out(results, args.names)
            if slow and not args.quiet:
                out.line((f"{plural(len(slow), 'slow configuration')} left out; --slow checks them, too.", "warn"))
    return 130 if interrupted else 0 if all(r.agrees for r in results) and not unmatched else 1


def _print(out: Output, results: list[Result], unmatched: dict[str, str], quiet: bool) -> None:
    if not quiet:
        header = ("configuration", "states", "transitions", "depth", "seconds", "verdicts")
        for name, group in groupby(results, key=lambda r: r.mechanism):
            out.line((name, "head"))
            out.lines_of(table([[(cell, "dim") for cell in header], *map(_row, group)]))
            out.line()
        out.lines_of(_matrix(results))
        out.line()
    for result in results:
        for line in [result.error] if result.error else result.disagreements:
            out.line((result.name, "bad"), f": {line}")
    for name, line in unmatched.items():
        out.line((name, "bad"), f": {line}")
    wrong = [r for r in results if not r.agrees]
    if not wrong and not unmatched and not quiet:
        out.line((f"All {plural(len(results), 'configuration')} are as expected.", "good"))
    elif wrong:
        what = "not as expected" + (" or not checked" if any(r.error for r in wrong) else "")
        out.line((f"{len(wrong)} of {plural(len(results), 'configuration')}: {what}.", "bad"))


def _row(result: Result) -> list[Cell]:
    f = result.figures
    if result.error:
        return [result.config, "", "", "", "", _verdicts(result)]
    return [result.config, f.states, f.transitions, f.depth, result.seconds, _verdicts(result)]


def _verdicts(result: Result) -> tuple[str, Style]:
    """All verdicts of a configuration in one line, the bad ones by name."""
    if result.error:
        return "not checked", "bad"
    shown = result.figures.verdicts
    violated = [f"{prop} in {plural(int(v.split()[1]), 'step')}" for prop, v in shown.items() if v.startswith("viol")]
    other = [f"{prop} {v}" for prop, v in shown.items() if v in ("unreached", "undetermined")]
    parts = []
    if violated:
        parts.append(f"violated{' as expected' if result.agrees else ''}: {', '.join(violated)}")
    if other:
        parts.append(", ".join(other))
    if not parts:
        reached = sum(v.startswith("reached") for v in shown.values())
        parts.append(f"{len(shown) - reached} hold" + (f", {reached} reached" if reached else ""))
    if not result.agrees:
        return "; ".join([*parts, "NOT as expected"]), "bad"
    return "; ".join(parts), "info" if violated or other else "good"


def _matrix(results: list[Result]) -> list[list[Part]]:
    """Mechanisms against what became of their configurations."""
    rows: list[list[Cell]] = [
        [(c, "dim") for c in ("mechanism", "all hold", "violated as expected", "not as expected")]
    ]
    for name, group in groupby(results, key=lambda r: r.mechanism):
        mine = list(group)
        good = [r for r in mine if r.agrees]
        clean = sum(not any(v.startswith(("violated", "unre")) for v in r.figures.verdicts.values()) for r in good)
        rows.append([name, clean, len(good) - clean, len(mine) - len(good)])
    return table(rows)


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "mechanism": result.mechanism,
        "configuration": result.config,
        "agrees": result.agrees,
        "error": result.error or None,
        "disagreements": list(result.disagreements),
        "verdicts": dict(result.figures.verdicts),
        "spent": dict(result.figures.spent),
        "reduced": result.figures.reduced,
        "states": result.figures.states,
        "transitions": result.figures.transitions,
        "depth": result.figures.depth,
        "seconds": round(result.seconds, 3),
    }
