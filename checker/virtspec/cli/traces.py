"""Storing the traces of verdicts where `virtspec replay` finds them again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtspec.ir.system import System
    from virtspec.trace.verdict import Verdict

FOLDER = Path("virtspec-traces")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to store traces, if at all."""
    traces = parser.add_argument_group("traces")
    traces.add_argument(
        "--trace-dir", metavar="DIR", type=Path, help=f"store traces here, those of witnesses, too (default: {FOLDER})"
    )
    traces.add_argument("--no-traces", action="store_true", help="store no trace")


def stem(name: str, config: str | None, given: Mapping[str, object]) -> str:
    """How the files of a specification in a configuration begin, with the values of `-p`."""
    return "-".join([name, *([config] if config else []), *(f"{n}={value}" for n, value in given.items())])


def store(
    args: argparse.Namespace, system: System, verdicts: Mapping[str, Verdict], target: str, stem: str
) -> dict[str, str]:
    """Store the traces as `arguments` say; the file of each by property.

    `target` is how `replay` finds the specification, `stem` how file names begin. A folder that cannot be written is no
    reason to fail.
    """
    from virtspec.explore.report_json import trace_of
    from virtspec.trace import itf
    from virtspec.trace.verdict import Violated

    folder: Path = args.trace_dir or FOLDER
    files: dict[str, str] = {}
    for prop, verdict in verdicts.items():
        trace = trace_of(verdict)
        if args.no_traces or trace is None or not (isinstance(verdict, Violated) or args.trace_dir):
            continue
        path = folder / (_file_name(f"{stem}-{prop}") + ".itf.json")
        try:
            itf.write(path, system, trace, target)
        except OSError as error:
            print(f"virtspec: warning: {path} cannot be written: {error.strerror}", file=sys.stderr)
            break
        files[prop] = str(path)
    return files


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_.=" else "_" for c in name)
