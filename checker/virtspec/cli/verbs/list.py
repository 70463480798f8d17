"""List the mechanisms that are shipped, with their configurations."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from virtspec.cli import options
from virtspec.cli.output import Output, paragraph, plural, table

if TYPE_CHECKING:
    from virtspec.api import Mechanism


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbose", action="store_true", help="name every configuration")
    options.output(parser)


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.errors import NothingChecked

    shipped = list(api.catalog().values())
    if not shipped:
        raise NothingChecked("no mechanism is installed; packages register them under the entry points virtspec.corpus")
    with Output(args.output) as out:
        if args.format == "json":
            out.json([_as_json(m) for m in shipped])
            return 0
        out.lines_of(table([((m.name, "head"), plural(len(m.cases), "configuration"), m.title) for m in shipped]))
        for m in shipped if args.verbose else ():
            out.line()
            out.line((m.name, "head"))
            out.lines_of(table([((c.name, "info"), c.summary + (" (slow)" if c.slow else "")) for c in m.cases]))
        out.line()
        out.lines_of(paragraph("virtspec show NAME tells more; virtspec check NAME checks one.", indent=0))
    return 0


def _as_json(m: Mechanism) -> dict[str, object]:
    return {
        "name": m.name,
        "title": m.title,
        "package": m.package,
        "configurations": [{"name": c.name, "summary": c.summary, "slow": c.slow} for c in m.cases],
    }
