"""Show every step that touches shared state more than once without a lock held and without a reason given.

A step is atomic. One that does more than the code it models does atomically hides interleavings, and with them bugs:
put a `yield` between the accesses, or say `atomic("why this is one step")`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from virtspec.cli import options
from virtspec.cli.output import Output, plural

if TYPE_CHECKING:
    from virtspec.frontend.lint import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    options.output(parser)


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.source import excerpt

    spec = api.find(args.target, args.model).compile(args.config, options.params(args.param))
    findings = api.lint(spec)
    steps = len(spec.system.actions)
    with Output(args.output) as out:
        if args.format == "json":
            out.json([finding_json(f) for f in findings])
            return 1 if findings else 0
        for finding in findings:
            out.line((f"{finding.span}", "dim"), ": ", (finding.action, "head"), f": {finding.message}")
            for line in excerpt(finding.span):
                out.line(line)
            for access in finding.accesses:
                out.line("   = ", (f"{access.span}", "dim"), f": {access}")
            out.line(f"   = hint: {finding.remedy}")
            out.line()
        if findings:
            out.line((f"{plural(len(findings), 'step')} of {steps} may be too large.", "warn"))
        else:
            out.line((f"All {plural(steps, 'step')} touch shared state once, or say why not.", "good"))
    return 1 if findings else 0


def finding_json(finding: Finding) -> dict[str, object]:
    from virtspec.explore.report_json import place_json

    accesses = [{"access": str(a), "place": place_json(a.span)} for a in finding.accesses]
    place = place_json(finding.span)
    return {"action": finding.action, "message": finding.message, "place": place, "accesses": accesses}
