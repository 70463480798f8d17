"""Check every configuration of the shipped mechanisms and compare with what is expected.

Expected are the verdicts a mechanism's history claims, and the verdicts and counts its manifest holds. Exits 0 only if
everything agrees. --update writes what was measured into the manifests, after showing what changes.
"""

from __future__ import annotations

import argparse
from itertools import groupby
from typing import TYPE_CHECKING, Any

from virtspec.cli import options, progress
from virtspec.cli.output import Output, Part, Style, plural, table

if TYPE_CHECKING:
    from virtspec.api import Result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="shipped mechanisms (default: all)")
    jobs = "worker processes (default: one per CPU)"
    parser.add_argument("--jobs", metavar="N", type=options.positive_int, help=jobs)
    parser.add_argument("--update", action="store_true", help="write the measured figures into the manifests")
    options.output(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what disagrees")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec import api

    with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:
        put("loading the corpus")
        results = api.corpus(args.names, jobs=args.jobs, progress=lambda name, n, of: put(f"{n} of {of} done: {name}"))
    with Output(args.output) as out:
        interrupted = any(r.error == api.INTERRUPTED for r in results)
        if args.update and not interrupted:
            for change in api.record(results):
                out.line("manifest: ", change)
            results = api.judged(results)
        stale = api.stale(results)
        if args.format == "json":
            out.json([_as_json(r) for r in results])
        else:
            _print(out, results, stale, args.quiet)
    return 130 if interrupted else 0 if all(r.agrees for r in results) and not stale else 1


def _print(out: Output, results: list[Result], stale: list[str], quiet: bool) -> None:
    if not quiet:
        header = ("configuration", "verdicts", "states", "transitions", "depth", "seconds")
        for name, group in groupby(results, key=lambda r: r.mechanism):
            out.line((name, "head"))
            out.lines_of(table([[(cell, "dim") for cell in header], *map(_row, group)]))
            out.line()
        out.lines_of(_matrix(results))
        out.line()
    for result in results:
        for line in [result.error] if result.error else result.disagreements:
            out.line((result.name, "bad"), f": {line}")
    for name in stale:
        out.line((name, "bad"), ": the manifest has this entry, but there is no such configuration")
    wrong = [r for r in results if not r.agrees]
    if not wrong and not stale and not quiet:
        out.line((f"All {plural(len(results), 'configuration')} are as expected.", "good"))
    elif wrong:
        out.line((f"{len(wrong)} of {plural(len(results), 'configuration')} are not as expected.", "bad"))


def _row(result: Result) -> list[Any]:
    f = result.figures
    return [
        result.config,
        _verdicts(result),
        *(f"{n:,}" for n in (f.states, f.transitions, f.depth)),
        f"{result.seconds:.1f}",
    ]


def _verdicts(result: Result) -> tuple[str, Style]:
    if result.error:
        return "not checked", "bad"
    shown = result.figures.verdicts
    bad = [f"{prop} in {plural(int(v.split()[1]), 'step')}" for prop, v in shown.items() if v.startswith("violated")]
    bad += [f"{prop} {v}" for prop, v in shown.items() if v in ("unreached", "undetermined")]
    if bad:
        return f"{'violated as expected' if result.agrees else 'NOT as expected'}: {', '.join(bad)}", (
            "info" if result.agrees else "bad"
        )
    held = sum(v == "holds" for v in shown.values())
    reached = sum(v.startswith("reached") for v in shown.values())
    text = f"{held} hold" + (f", {reached} reached" if reached else "")
    return (text, "good") if result.agrees else (f"{text}; NOT as expected", "bad")


def _matrix(results: list[Result]) -> list[list[Part]]:
    """Mechanisms against what became of their configurations."""
    rows: list[list[Any]] = [[(c, "dim") for c in ("mechanism", "all hold", "violated as expected", "not as expected")]]
    for name, group in groupby(results, key=lambda r: r.mechanism):
        mine = list(group)
        good = [r for r in mine if r.agrees]
        clean = sum(not any(v.startswith(("violated", "unre")) for v in r.figures.verdicts.values()) for r in good)
        rows.append([name, str(clean), str(len(good) - clean), str(len(mine) - len(good))])
    return table(rows)


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "mechanism": result.mechanism,
        "configuration": result.config,
        "agrees": result.agrees,
        "error": result.error or None,
        "disagreements": list(result.disagreements),
        "verdicts": dict(result.figures.verdicts),
        "states": result.figures.states,
        "transitions": result.figures.transitions,
        "depth": result.figures.depth,
        "seconds": round(result.seconds, 3),
    }
