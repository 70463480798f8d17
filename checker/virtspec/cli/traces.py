"""Storing the traces of verdicts where `virtspec replay` finds them again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtspec.explore.budgets.amounts import Amounts
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
    args: argparse.Namespace,
    system: System,
    verdicts: Mapping[str, Verdict],
    target: str,
    stem: str,
    amounts: Mapping[str, Amounts] | None = None,
) -> dict[str, str]:
    """Store the traces as `arguments` say; the file of each by property, with "-least" and "-most" for what is spent.

    `target` is how `replay` finds the specification, `stem` how file names begin. A folder that cannot be written is no
    reason to fail.
    """
    from virtspec.explore.report_json import trace_of
    from virtspec.trace import itf
    from virtspec.trace.verdict import Violated

    folder: Path = args.trace_dir or FOLDER
    files: dict[str, str] = {}
    chosen = {prop: trace_of(v) for prop, v in verdicts.items() if isinstance(v, Violated) or args.trace_dir}
    if args.trace_dir:
        chosen |= {f"{prop}-{w}": e.trace for prop, a in (amounts or {}).items() for w, e in a.extremes.items()}
    for prop, trace in chosen.items():
        if args.no_traces or trace is None:
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
