"""Take random walks through a specification and report what they run into.

For what is too large to be explored. A violation that is found is one, exit code 1. That none is found proves nothing:
what no walk shows is undetermined, exit code 3. The seed is printed: with it, the same walks can be taken again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from virtspec.cli import options, progress, traces
from virtspec.cli.output import Cell, Output, Part, paragraph, plural, table

if TYPE_CHECKING:
    from virtspec.explore.simulation import Mean, Simulation, Walking
    from virtspec.ir.system import System
    from virtspec.trace.verdict import Verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    what = parser.add_argument_group("what to look for")
    what.add_argument(
        "--property",
        metavar="ID",
        action="append",
        help="judge this property alone; may be repeated; `deadlock` and `fault` are ids, too",
    )
    what.add_argument(
        "--fail-fast", action="store_true", help="end a walk at a violation, and begin no more after a few"
    )
    walks = parser.add_argument_group("walks", "Without --walks and --timeout: for two seconds.")
    walks.add_argument("--seed", metavar="N", type=_seed, help="take the walks of this seed (default: a random one)")
    walks.add_argument("--walks", metavar="N", type=options.positive_int, help="how many")
    walks.add_argument(
        "--depth", metavar="N", type=options.positive_int, default=1000, help="most steps of a walk (default: 1000)"
    )
    walks.add_argument(
        "--timeout", metavar="SECONDS", type=options.seconds, help="begin no walk after so much wall time"
    )
    workers = "threads (default: one per CPU); the same walks find the same for any number"
    walks.add_argument("--workers", metavar="N", type=options.positive_int, help=workers)
    options.output(parser)
    traces.arguments(parser)
    options.verbosity(parser)


def _seed(text: str) -> int:
    """For argparse: a whole number of 64 bits."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2**64 - 1")
    return value


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.explore.simulation import simulation_json

    given = options.params(args.param)
    spec = api.find(args.target, args.model)
    system = spec.load(args.config, given)
    with Output(args.output) as out:
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:

            def tell(now: Walking) -> None:
                rate = now.steps / now.seconds if now.seconds else 0
                put(f"{spec.name}: {now.walks:,} walks, {now.steps:,} steps, {rate:,.0f}/s, {now.seconds:.0f} s")

            put(f"{spec.name}: loading")
            found = api.simulate(
                system,
                seed=args.seed,
                walks=args.walks,
                depth=args.depth,
                seconds=args.timeout,
                only=args.property,
                fail_fast=args.fail_fast,
                workers=args.workers,
                progress=tell,
            )
        stem = f"{traces.stem(spec.name, args.config, given)}-walk"
        files = traces.store(args, system, found.verdicts, spec.target, stem)
        if args.format == "json":
            named = {"specification": spec.target, "configuration": args.config}
            out.json(simulation_json(system, found, **named, trace_files=files))
        else:
            _print(out, args, system, found, files)
    return found.exit_code


# --- for people ------------------------------------------------------------------------------------------------------


def _print(out: Output, args: argparse.Namespace, system: System, found: Simulation, files: dict[str, str]) -> None:
    """Everything; with --quiet one line per property that is violated or undetermined."""
    from virtspec.cli.report import print_heading, print_title, print_trace
    from virtspec.explore.report_json import trace_of
    from virtspec.trace.verdict import Reached, Violated

    if args.quiet:
        bad = {prop: v for prop, v in found.verdicts.items() if not isinstance(v, Reached)}
        out.lines_of(_verdicts(system, bad, found.means))
        return
    print_heading(out, system, args.target, args.config)
    out.lines_of(_verdicts(system, found.verdicts, found.means))
    for prop, verdict in found.verdicts.items():
        trace = trace_of(verdict)
        if trace is not None and (args.verbose or isinstance(verdict, Violated)):
            out.line()
            print_title(out, system, prop)
            reason = verdict.reason if isinstance(verdict, Violated) else ""
            print_trace(out, system, trace, reason, files.get(prop))
    out.line()
    out.lines_of(_figures(found, args.verbose, args.fail_fast))
    out.line()
    out.lines_of(_conclusion(found))


def _verdicts(system: System, verdicts: Mapping[str, Verdict], means: Mapping[str, Mean]) -> list[list[Part]]:
    from virtspec.cli.report import STYLES, verdict_text
    from virtspec.explore.report_json import says, word

    rows: list[list[Cell]] = []
    for prop, verdict in verdicts.items():
        text = verdict_text(verdict) + (f": {means[prop]}" if prop in means else "")
        rows.append([(prop, "head"), (text, STYLES[word(verdict)]), says(system, prop)])
    return table(rows)


def _figures(found: Simulation, verbose: bool, fail_fast: bool) -> Iterator[list[Part]]:
    rate = f", {found.steps_per_second:,.0f} steps/s" if found.seconds >= 0.1 else ""
    cut = f" and {plural(found.cut, 'walk')} cut short" if found.cut else ""
    yield [
        f"  {plural(found.walks, 'walk')}{cut}, {plural(found.steps, 'step')}, longest {found.longest:,}, "
        f"{found.seconds:.2f} s{rate}"
    ]
    again = f"--seed {found.seed} --walks {found.walks} --depth {found.depth}" + (" --fail-fast" if fail_fast else "")
    yield [f"  seed {found.seed}"] if found.cut or not found.walks else [f"  the same walks again: {again}"]
    engine = f"{found.origin}, {plural(found.workers, 'worker')}, compiled in {found.compile_seconds:.2f} s"
    yield [(f"  {engine}", "dim")]
    if found.never_taken:
        yield from paragraph("never taken: " + ", ".join(found.never_taken), "warn")
    if verbose:
        yield []
        rows = [(name, n, found.enabled[name]) for name, n in found.taken.items()]
        yield from table([("step", "taken", "enabled"), *rows])


def _conclusion(found: Simulation) -> Iterator[list[Part]]:
    violated, undetermined = _ids(found, "violated"), _ids(found, "undetermined")
    if violated:
        yield from paragraph(f"Violated: {', '.join(violated)}", "bad", indent=0)
    if undetermined:
        yield from paragraph(f"Undetermined: {', '.join(undetermined)}", "warn", indent=0)
    if found.interrupted:
        yield [("Interrupted.", "warn")]
    if not violated and undetermined:
        yield [("No violation was met. Random walks prove nothing: other walks may meet one.", "warn")]
    if not violated and not undetermined:
        yield [("Everything asked for was reached.", "good")]


def _ids(found: Simulation, which: str) -> list[str]:
    from virtspec.explore.report_json import word

    return [prop for prop, verdict in found.verdicts.items() if word(verdict) == which]
