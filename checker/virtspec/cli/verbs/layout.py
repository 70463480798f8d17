"""Show how the native engine packs a state: which bits of which word hold what.

A state is a row of 64-bit words; no value lies in two of them. What is wide costs time and memory, so this is where to
look before a large run.
"""

from __future__ import annotations

import argparse

from virtspec.cli import options
from virtspec.cli.output import Cell, Output, plural, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    options.output(parser)


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.cli.report import print_heading
    from virtspec.explore.native.layout import describe, layout

    spec = api.find(args.target, args.model)
    system = spec.load(args.config, options.params(args.param))
    api.refuse_endless(system)
    found = layout(system)
    rows = list(describe(found))
    with Output(args.output) as out:
        if args.format == "json":
            keys = ("what", "type", "bits", "word", "first")
            fields = [dict(zip(keys, row, strict=True)) for row in rows]
            out.json({"system": system.name, "words": found.words, "bits": found.bits, "fields": fields})
            return 0
        print_heading(out, system, spec.target, args.config)
        cells: list[list[Cell]] = [[r.what, r.type, r.bits, _place(r.word, r.first, r.bits)] for r in rows]
        out.lines_of(table([_header(), *cells]))
        out.line()
        out.line(f"  {found.bits} bits in {plural(found.words, 'word')}: {8 * found.words} bytes per state")
    return 0


def _header() -> list[Cell]:
    return [(name, "dim") for name in ("field", "type", "bits", "place")]


def _place(word: int, first: int, bits: int) -> str:
    if bits == 0:
        return "none needed"
    return f"word {word}, bit {first}" if bits == 1 else f"word {word}, bits {first} to {first + bits - 1}"
