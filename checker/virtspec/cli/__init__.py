"""The command line: `virtspec VERB ...`.

This module knows the verbs by name alone. Only the one asked for is imported, and that only when its arguments have
been read, so that `virtspec --help` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from virtspec.cli import options
from virtspec.errors import InternalError, SpecError, UsageError, VirtspecError
from virtspec.source import did_you_mean

VERBS = {
    "list": "the mechanisms that are shipped",
    "show": "what a specification declares: parameters, properties, steps, diagrams",
    "layout": "which bits of which word hold what",
    "check": "explore every reachable state and judge the properties",
    "prove": "ask a solver: shortest violations, inductive proofs, proofs for any size",
    "recheck": "ask solvers again what a certificate claims",
    "simulate": "take random walks and report what they run into",
    "conform": "is a log of running code a behaviour of the model?",
    "replay": "run a stored trace again, step by step",
    "lint": "steps that may be larger than what they model",
    "mutate": "take away one condition after the other: does any property notice?",
    "corpus": "check every shipped configuration against what is expected of it",
    "bench": "measure virtspec beside other checkers on the same models",
    "lab": "trace a stock Linux kernel under emulation",
}

EXIT_CODES = """\
exit codes:
    0  everything asked for holds
    1  a property is violated, a witness is missing, a mutant survives, or the corpus disagrees
    2  the command is wrong: an option, a name, a value
    3  undetermined: a limit was met before the answer was known, or random walks did not show it
    4  a specification or another input file is malformed
    5  nothing was checked
   70  internal error
  130  interrupted; what was found so far is reported
"""

REPORT = """\
This is a bug in virtspec. Please report it with the command you ran, the specification, and what the same command
prints with --debug."""

INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Raises UsageError instead of exiting, so that `main` is the one place that decides on the exit code."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nTry `{self.prog} --help`.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Deliberate errors are shown as their text, never as a traceback."""
    args = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to fail
    try:
        return _run(args)
    except VirtspecError as error:
        _complain(error, "--debug" in args)
        return error.exit_code
    except KeyboardInterrupt:
        print("virtspec: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a help text has gone; verbs see to their output themselves
        from virtspec.cli.output import hush

        hush()
        return 0
    except Exception as error:  # the one place where anything unforeseen ends: said to be our fault, exit code 70
        _complain(InternalError(f"{type(error).__name__}: {error}"), "--debug" in args)
        return InternalError.exit_code


def _run(args: list[str]) -> int:
    verb = next((arg for arg in args if not arg.startswith("-")), None)
    if verb is not None and verb not in VERBS:
        raise UsageError(f"there is no verb {verb!r}; {did_you_mean(verb, VERBS)}\nTry `virtspec --help`.")
    parser, verb_parser = _parsers(verb)
    if not args:
        parser.print_help(sys.stderr)
        return UsageError.exit_code
    try:
        parsed, unknown = parser.parse_known_args(args)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if unknown:
        hint = did_you_mean(unknown[0], [o for a in verb_parser._actions for o in a.option_strings])
        verb_parser.error(f"there is no option or argument {unknown[0]!r}" + (f"; {hint}" if hint else ""))
    if verb is None:
        parser.error("a verb is missing")
    return _module(verb).run(parsed)


def _parsers(verb: str | None) -> tuple[_Parser, _Parser]:
    """The parser of the whole line and that of the verb's own arguments (the same one if there is no verb)."""
    from virtspec import __version__

    top = found = _Parser(
        prog="virtspec",
        description="Check executable specifications of concurrent kernel protocols.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"virtspec {__version__}")
    verbs = top.add_subparsers(title="verbs", metavar="VERB", parser_class=_Parser)
    for name, what in VERBS.items():
        formatter = argparse.RawDescriptionHelpFormatter
        sub = verbs.add_parser(name, help=what, formatter_class=formatter, allow_abbrev=False)
        if name == verb:
            module = _module(name)
            sub.description = module.__doc__
            module.add_arguments(sub)
            options.common(sub)
            found = sub
    return top, found


class _Verb(Protocol):
    """What each module in `cli.verbs` offers. Nothing heavy is imported before `run`."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


def _module(verb: str) -> _Verb:
    return cast("_Verb", importlib.import_module(f"virtspec.cli.verbs.{verb}"))


def _complain(error: VirtspecError, debug: bool) -> None:
    """Show the error on standard error. Call it while the error is being handled."""
    if isinstance(error, SpecError):
        n = len(error.diagnostics)
        print(f"{error}\n\nvirtspec: {n} problem{'s' if n != 1 else ''} in the specification", file=sys.stderr)
    elif isinstance(error, InternalError):
        if debug:
            traceback.print_exc()
        print(f"virtspec: internal error: {error}\n{REPORT}", file=sys.stderr)
    else:
        print(f"virtspec: error: {error}", file=sys.stderr)
