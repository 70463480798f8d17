"""Show every step that touches shared state more than once without a lock held and without a reason given.

A step is atomic. One that does more than the code it models does atomically hides interleavings, and with them bugs:
put a `yield` between the accesses, or say `atomic("why this is one step")`.
"""

from __future__ import annotations

import argparse

from virtspec.cli import options
from virtspec.cli.output import Output, plural


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    options.output(parser)


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.explore.report_json import place_json
    from virtspec.source import excerpt

    system = api.load(args.target, args.config, options.params(args.param), args.model)
    findings = api.lint(system)
    with Output(args.output) as out:
        if args.format == "json":
            out.json([{"action": f.action, "message": f.message, "place": place_json(f.span)} for f in findings])
            return 1 if findings else 0
        for finding in findings:
            out.line((f"{finding.span}", "dim"), ": ", (finding.action, "head"), f": {finding.message}")
            for line in excerpt(finding.span):
                out.line(line)
            out.line()
        if findings:
            out.line((f"{plural(len(findings), 'step')} of {len(system.actions)} may be too large.", "warn"))
        else:
            out.line((f"All {plural(len(system.actions), 'step')} touch shared state once, or say why not.", "good"))
    return 1 if findings else 0
