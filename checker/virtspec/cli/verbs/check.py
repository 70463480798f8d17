"""Explore every reachable state of a specification and judge its properties, deadlocks and faults.

The trace of every violated property is shown and stored, in virtspec-traces/ unless --trace-dir says otherwise, so
that `virtspec replay FILE` can show it again. With --all-configs one table shows every configuration of a shipped
mechanism beside the others, and no trace is stored.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from virtspec.cli import options, progress, survey, traces
from virtspec.cli.output import Output
from virtspec.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    what = parser.add_argument_group("what to check")
    what.add_argument(
        "--property",
        metavar="ID",
        action="append",
        help="judge this property alone; may be repeated; `deadlock` and `fault` are ids, too",
    )
    what.add_argument(
        "--all-configs",
        action="store_true",
        help="every configuration of a shipped mechanism in one table; with --config 'PATTERN*' those that match",
    )
    what.add_argument("--slow", action="store_true", help="with --all-configs: those that take minutes, too")
    what.add_argument("--values", action="store_true", help="count the distinct values of every field, too")
    what.add_argument("--fail-fast", action="store_true", help="stop at the first violation")
    limits = parser.add_argument_group("limits", "What a limit leaves open is undetermined, never a pass.")
    limits.add_argument(
        "--max-states",
        metavar="N",
        type=options.positive_int,
        help="distinct states; the native engine ends with the level in which there are more",
    )
    limits.add_argument("--max-depth", metavar="N", type=options.positive_int, help="steps from the initial state")
    limits.add_argument("--timeout", metavar="SECONDS", type=options.seconds, help="wall time to search for")
    limits.add_argument(
        "--memory",
        metavar="SIZE",
        type=options.size,
        help="for the visited states, as in 8G (default: 4/5 of the machine's)",
    )
    options.engine(parser)
    checkpoints = parser.add_argument_group("checkpoints", "A search that was stopped, or killed, can be continued.")
    checkpoints.add_argument("--checkpoint", metavar="DIR", type=Path, help="write checkpoints into this directory")
    checkpoints.add_argument(
        "--checkpoint-every",
        metavar="SECONDS",
        type=_pause,
        help="at most so often, at the beginning of a level (default: 60; 0: at every level)",
    )
    checkpoints.add_argument("--resume", metavar="DIR", type=Path, help="go on from the checkpoint in this directory")
    options.output(parser)
    traces.arguments(parser)
    options.verbosity(parser)


def run(args: argparse.Namespace) -> int:
    if args.all_configs:
        return survey.run(args)
    if args.slow:
        raise UsageError("--slow is about --all-configs: a configuration that is named is checked, slow or not")

    from virtspec import api
    from virtspec.cli.report import Shown, print_report
    from virtspec.explore.report import Limits
    from virtspec.explore.report_json import exit_code, report_json

    if args.checkpoint_every is not None and args.checkpoint is None:
        raise UsageError("--checkpoint-every says how often, but not where: add --checkpoint DIR")
    given = options.params(args.param)
    spec = api.find(args.target, args.model)
    system = spec.load(args.config, given)
    limits = Limits(args.max_states, args.max_depth, args.timeout, args.memory)
    with Output(args.output) as out:
        with progress.search(progress.wanted(args.no_progress, args.quiet), spec.name) as tell:
            report = api.check(
                system,
                engine=args.engine,
                only=args.property,
                limits=limits,
                fail_fast=args.fail_fast,
                progress=tell,
                values=args.values,
                reduce=args.reduce,
                factors=args.factors,
                workers=args.workers,
                checkpoint=args.checkpoint,
                checkpoint_every=60.0 if args.checkpoint_every is None else args.checkpoint_every,
                resume=args.resume,
                warn=_warn,
            )
        stem = traces.stem(spec.name, args.config, given)
        files = traces.store(args, system, report.verdicts, spec.target, stem, report.amounts)
        if args.format == "json":
            named = {"specification": spec.target, "configuration": args.config}
            out.json(report_json(system, report, **named, trace_files=files))
        else:
            print_report(out, Shown(spec.target, args.config, system, report, files), args.verbose, args.quiet)
    if report.stopped and not args.quiet:
        _tell_how_to_go_on(args.checkpoint)
    return exit_code(report)


def _warn(text: str) -> None:
    print(f"virtspec: warning: {text}", file=sys.stderr)


def _tell_how_to_go_on(folder: Path | None) -> None:
    if folder is not None and (folder / "checkpoint.json").exists():  # it may be that none could be written
        print(f"virtspec: to go on: --resume {folder} --checkpoint {folder}", file=sys.stderr)


def _pause(text: str) -> float:
    """For argparse: a number of seconds, 0 included."""
    return 0.0 if text == "0" else options.seconds(text)
