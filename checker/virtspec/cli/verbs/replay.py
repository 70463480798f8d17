"""Run a stored trace again through the interpreter and show it.

A trace that was altered, or whose specification has changed since, is refused. With --format mermaid a sequence diagram:
who does what to whom, step by step.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from virtspec.cli import options
from virtspec.cli.output import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trace", metavar="TRACE", type=Path, help="a trace written by `virtspec check` (*.itf.json)")
    parser.add_argument(
        "--spec", metavar="NAME|PATH.py", help="the specification it was made from, if it has moved since"
    )
    options.output(parser, ("text", "json", "mermaid"))


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.cli.report import print_heading, print_title, print_trace
    from virtspec.explore.report_json import trace_json
    from virtspec.export.sequence import sequence
    from virtspec.trace.itf import subject

    done = api.replay(args.trace, args.spec)
    prop = subject(done.trace)
    with Output(args.output) as out:
        match args.format:
            case "json":
                out.json(
                    {
                        "schema": "virtspec/replay/v1",
                        "system": done.system.name,
                        "parameters": dict(done.system.config),
                        "fingerprint": done.system.fingerprint,
                        "property": prop,
                        "reason": done.reason,
                        "trace": trace_json(done.system, done.trace),
                    }
                )
            case "mermaid":
                out.text(sequence(done.system, done.trace, reason=done.reason))
            case _:
                print_heading(out, done.system, done.target, None)
                print_title(out, done.system, prop)
                print_trace(out, done.system, done.trace, done.reason)
                out.line()
                out.line(("The trace replays.", "good"))
    return 0
