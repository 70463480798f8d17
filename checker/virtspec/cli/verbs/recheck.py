"""Check a certificate that `virtspec prove --certificate FILE` wrote.

It is made again from the specification first, and refused if it is not the same to the last byte. Then every obligation
in it is put to z3, in a context of its own, and to cvc5, which knows nothing of virtspec: each must answer `unsat`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from virtspec.cli import options, progress
from virtspec.cli.output import Output, Part, paragraph, plural

if TYPE_CHECKING:
    from virtspec.api import Recheck


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a certificate")
    parser.add_argument("--spec", metavar="NAME|PATH.py", help="the specification, if the name in the file is no use")
    parser.add_argument(
        "--solver",
        metavar="LIST",
        type=options.names,
        default=("z3", "cvc5"),
        help="which solvers to ask (default: z3,cvc5)",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=options.seconds, default=60.0, help="for one obligation (default: 60)"
    )
    options.output(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is not as it should be")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec import api

    with Output(args.output) as out:
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:
            found = api.recheck(args.file, solvers=args.solver, spec=args.spec, seconds=args.timeout, progress=put)
        if args.format == "json":
            out.json(_json(found))
        else:
            out.lines_of(_lines(found, args.file, args.quiet))
    return found.exit_code


def _lines(found: Recheck, file: str, quiet: bool) -> Iterator[list[Part]]:
    header = found.header
    if not quiet:
        yield [(file, "head"), f"  {header.specification}, {header.model}"]
        yield from paragraph(", ".join(f"{name}={value}" for name, value in header.parameters), "dim")
        yield from paragraph(f"proves {', '.join(header.proves)}")
        yield from paragraph(f"by the invariants {', '.join(header.invariants) or '(none)'}", "dim")
        yield [f"  {plural(found.obligations, 'obligation')}, the same as the specification gives"]
        yield []
    for solver, answers in found.answers.items():
        if answers or not quiet:
            good = found.obligations - len(answers)
            what = f"  {found.origins[solver]}: {good} of {found.obligations} accepted, {found.seconds[solver]:.2f} s"
            yield [(what, "bad" if answers else "good")]
        for name, answer in answers.items():
            yield from paragraph(f"{name}: {answer}", "bad", indent=4)


def _json(found: Recheck) -> dict[str, object]:
    return {
        "schema": "virtspec-recheck/1",
        "specification": found.header.specification,
        "parameters": dict(found.header.parameters),
        "fingerprint": found.header.fingerprint,
        "proves": list(found.header.proves),
        "invariants": list(found.header.invariants),
        "obligations": found.obligations,
        "solvers": [
            {
                "name": name,
                "origin": found.origins[name],
                "not_accepted": answers,
                "seconds": round(found.seconds[name], 3),
            }
            for name, answers in found.answers.items()
        ],
        "exit_code": found.exit_code,
    }
