"""Is a log of running code a behaviour of the model?

Follows the set of states in which the model may be, event by event. A log is explained if at its end there is one left,
and rejected at the first event that no behaviour of the model explains; then the report tells why, and what would have
been possible instead. Invariants are judged on the way: exit code 1 if one is violated that the configuration is not
known to violate. What an event means is said in the mechanism's trace.toml, or in the file of --table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from virtspec.cli import options, progress
from virtspec.cli.output import Output
from virtspec.errors import InternalError, UsageError, VirtspecError
from virtspec.source import shown_path

if TYPE_CHECKING:
    from virtspec.api.checking import Specification
    from virtspec.api.conforming import Progress
    from virtspec.conform.table import Table
    from virtspec.conform.verdict import Conformance
    from virtspec.conform.verdict_json import Outcome
    from virtspec.ir.system import System

FORMATS = ("jsonl", "ftrace", "trace-cmd", "perf")
STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a shipped mechanism (`virtspec list`)")
    parser.add_argument("logs", metavar="LOG", nargs="+", help="a log, plain or packed with gzip; - is standard input")
    group = parser.add_argument_group("configuration", "Without these: what the table says, and what the log tells.")
    group.add_argument(
        "-p", "--param", metavar="NAME=VALUE", action="append", default=[], help="set a constant; may be repeated"
    )
    group.add_argument("--config", metavar="NAME", help="a named configuration of the mechanism")
    group.add_argument("--table", metavar="FILE", type=Path, help="which event is which step, instead of trace.toml")
    group.add_argument("--log-format", choices=FORMATS, help="default: found out from the first lines")
    engine = parser.add_argument_group("engine")
    engine.add_argument(
        "--engine",
        choices=("native", "oracle"),
        default="native",
        help="native: machine code (default); oracle: the interpreter, slow, the reference",
    )
    engine.add_argument(
        "--max-candidates",
        metavar="N",
        type=options.positive_int,
        help="states at a time; undetermined if there are more (default: 1,000,000)",
    )
    engine.add_argument(
        "--memory",
        metavar="SIZE",
        type=options.size,
        help="for what the log says and for these states, as in 8G (default: 4/5 of the machine's)",
    )
    options.output(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="show whole lines, and all that states hold")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is not as it should be")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec.cli.conformance import print_outcome
    from virtspec.conform.verdict_json import INTERRUPTED, conformance_json, worst
    from virtspec.explore.report_json import says
    from virtspec.trace.verdict import FAULT

    following = _Following(args)
    claims = {prop: says(following.system, prop) for prop in (*following.system.declared, FAULT)}
    interrupted = False
    with Output(args.output) as out:
        shown = 0
        try:
            for log in args.logs:
                outcome = following.follow(log)
                if args.format == "text" and outcome.found is not None:
                    if shown and not args.quiet:
                        out.line()
                    print_outcome(out, outcome, claims, args.verbose, args.quiet)
                    shown += 1
        except KeyboardInterrupt:
            print("virtspec: interrupted", file=sys.stderr)
            interrupted = True
        done = following.outcomes
        if args.format == "json":
            out.json(conformance_json(args.name, done, claims, interrupted))
    return INTERRUPTED if interrupted else worst(o.exit_code for o in done)


class _Following:
    """Follows logs of one mechanism. One that cannot be followed is told on standard error, the next one is followed."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Raises UsageError, InputError, SpecError for what has to do with no log."""
        from virtspec import api
        from virtspec.conform.table import read_table

        if args.logs.count(STDIN) > 1:
            raise UsageError(f"{STDIN} is standard input, which can be read once only")
        self.args = args
        self.given = options.params(args.param)
        own = api.mechanism(args.name).path.parent / "trace.toml"
        self.table: Table | None = read_table(args.table or own) if args.table or own.exists() else None
        self.spec: Specification = api.find(args.name)
        config = args.config or (self.table.config if self.table else None)
        self.system: System = self.spec.load(config, self.given)
        self.outcomes: list[Outcome] = []

    def follow(self, log: str) -> Outcome:
        """What becomes of one log. It is among `outcomes` then, too."""
        from virtspec.conform import readers
        from virtspec.conform.verdict_json import Outcome, told_of

        outcome = Outcome(log)
        try:
            found = self.conform(log)
            outcome.system = None if found.rejection is None else found.rejection.system
            outcome.lines = readers.lines(log, told_of(found))
            outcome.found = found
        except InternalError:
            raise
        except VirtspecError as error:
            outcome.error, outcome.error_code = self.named(log, str(error)), error.exit_code
            if outcome.error not in {o.error for o in self.outcomes}:
                print(f"virtspec: error: {outcome.error}", file=sys.stderr)
        self.outcomes.append(outcome)
        return outcome

    def named(self, log: str, error: str) -> str:
        """An error with the file that it is about."""
        table = [] if self.table is None else [shown_path(str(self.table.path))]
        return error if error.startswith((log, "<stdin>", *table)) else f"{log}: {error}"

    def conform(self, log: str) -> Conformance:
        from virtspec import api
        from virtspec.api.conforming import MOST

        args = self.args
        show = progress.wanted(args.no_progress, args.quiet)
        with progress.line(show) as put:
            put(f"{log}: reading")
            return api.conform(
                args.name,
                log,
                config=args.config,
                params=self.given,
                table=args.table,
                format=args.log_format,
                engine=args.engine,
                most=args.max_candidates or MOST,
                memory=args.memory,
                progress=_telling(put, log) if show else None,
            )


def _telling(put: Callable[[str], None], log: str) -> Callable[[Progress], None]:
    def tell(now: Progress) -> None:
        if now.rows == 0:
            put(f"{log}: reading, {now.row:,} lines")
        else:
            put(f"{log}: instance {now.instance}, {now.row:,} of {now.rows:,} rows, {now.candidates:,} candidates")

    return tell
