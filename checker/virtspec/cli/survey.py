"""`virtspec check NAME --all-configs`: every configuration in one table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from virtspec.cli import options, progress
from virtspec.cli.output import Cell, Output, Part, Style, paragraph, plural, table, width
from virtspec.errors import UsageError

if TYPE_CHECKING:
    from virtspec.api import Row, Specification, Survey

_ALONE = {
    "checkpoint": "--checkpoint",
    "checkpoint_every": "--checkpoint-every",
    "resume": "--resume",
    "trace_dir": "--trace-dir",
    "values": "--values",
    "factors": "--factors",
    "verbose": "--verbose",
}
"""What is about one configuration, by its place among the arguments."""

_CELLS: dict[str, tuple[str, Style, str]] = {
    "violated": ("", "bad", "a number = violated, steps of the shortest trace"),
    "unreached": ("none", "bad", "none = not reached"),
    "undetermined": ("?", "warn", "? = undetermined"),
    "holds": (".", "dim", ". = holds or is reached"),
    "reached": (".", "dim", ". = holds or is reached"),
    "": ("-", "dim", "- = not judged"),
}
"""How a verdict is shown, in which style, and what that means; the first is shown with its steps alone."""

_SAID: tuple[tuple[str, str, Style], ...] = (
    ("violated", "Violated", "bad"),
    ("unreached", "Not reached", "bad"),
    ("undetermined", "Undetermined", "warn"),
)


def run(args: argparse.Namespace) -> int:
    """The verb `check` where every configuration is asked for. Raises UsageError for what goes with one alone."""
    from virtspec import api
    from virtspec.explore.report import Limits

    for name, option in _ALONE.items():
        if getattr(args, name) not in (None, False):
            raise UsageError(f"{option} is for one configuration: choose it with --config NAME, without --all-configs")
    if args.config is not None and not set(args.config) & set("*?["):
        raise UsageError(
            f"--config {args.config} is one configuration: leave out --all-configs, or give a pattern, such as 'v6*'"
        )
    given = options.params(args.param)
    spec = api.find(args.target, args.model)
    with Output(args.output) as out:
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:
            put(f"{spec.name}: loading")
            found = api.survey(
                spec,
                args.config or "*",
                given,
                slow=args.slow,
                jobs=args.workers,
                progress=lambda name, done, total: put(f"{done} of {total} done: {name}"),
                engine=args.engine,
                only=args.property,
                limits=Limits(args.max_states, args.max_depth, args.timeout, args.memory),
                fail_fast=args.fail_fast,
                reduce=args.reduce,
            )
        if args.format == "json":
            out.json(_as_json(spec, given, found))
        elif args.quiet:
            out.lines_of(table(_bad(found)))
        else:
            _print(out, spec, given, found)
    return found.exit_code


def _bad(found: Survey) -> list[Sequence[Cell]]:
    """One row for every verdict that is not as it should be."""
    verdicts = [(r.config, prop, text) for r in found.rows for prop, text in r.figures.verdicts.items()]
    return [
        ((config, "head"), prop, (text.replace(" ", " in ") + (" steps" if " " in text else ""), _style(text)))
        for config, prop, text in verdicts
        if text.split()[0] not in ("holds", "reached")
    ]


# --- the table -------------------------------------------------------------------------------------------------------


def _print(out: Output, spec: Specification, given: dict[str, object], found: Survey) -> None:
    checked = plural(len(found.rows), "configuration")
    out.line((spec.target, "head"), f"  {spec.model.__name__}, {checked}")
    if given:
        out.lines_of(paragraph("in each: " + ", ".join(f"{name}={value}" for name, value in given.items()), "dim"))
    out.line()
    props = list(dict.fromkeys(prop for row in found.rows for prop in row.figures.verdicts))
    alike = {prop: _everywhere(found.rows, prop) for prop in props}
    columns = [prop for prop in props if not alike[prop]]
    prefix = _prefix(props)
    for block in _blocks(found.rows, columns, prefix):
        out.lines_of(table(block))
        out.line()
    for word, what in (("holds", "Hold in every configuration"), ("reached", "Reached in every configuration")):
        same = [prop for prop in props if alike[prop] == word]
        if same:
            out.lines_of(paragraph(f"{what}: {', '.join(same)}"))
    if columns:
        out.lines_of(_legend(found.rows, columns, prefix))
    out.line()
    out.lines_of(_conclusion(found))


def _everywhere(rows: Sequence[Row], prop: str) -> str:
    """`holds` or `reached`, if the property does so in every row; else nothing."""
    words = {_word(row, prop) for row in rows}
    return words.pop() if words in ({"holds"}, {"reached"}) else ""


def _word(row: Row, prop: str) -> str:
    return row.figures.verdicts.get(prop, "").partition(" ")[0]


def _style(text: str) -> Style:
    return _CELLS[text.partition(" ")[0]][1]


def _prefix(props: Sequence[str]) -> str:
    """What the ids of all declared properties begin with, up to their first hyphen: headings do without it."""
    from virtspec.explore.report_json import ALWAYS_CHECKED

    declared = [prop for prop in props if prop not in ALWAYS_CHECKED]
    found = {"".join(prop.partition("-")[:2]) for prop in declared}
    return found.pop() if len(found) == 1 and len(declared) > 1 else ""


def _blocks(rows: Sequence[Row], props: Sequence[str], prefix: str) -> Iterator[list[list[Cell]]]:
    """The table, cut between columns where it would be wider than the terminal. Every piece begins with the names."""
    names: list[Cell] = [("configuration", "dim"), *((row.config, "head") for row in rows)]
    columns = [_column("states", [(f"{row.figures.states:,}", None) for row in rows])]
    columns += [_column(prop.removeprefix(prefix), [_cell(row, prop) for row in rows]) for prop in props]
    room = width() - 2 - max(map(_wide, names))
    while columns:
        used, n = 0, 0
        while n < len(columns) and (n == 0 or used + 2 + _wide(columns[n][0]) <= room):
            used += 2 + _wide(columns[n][0])
            n += 1
        yield [list(row) for row in zip(names, *columns[:n], strict=True)]
        columns = columns[n:]


def _column(heading: str, cells: Sequence[tuple[str, Style | None]]) -> list[Cell]:
    """Heading and cells, to the right."""
    wide = max(len(text) for text, _ in [(heading, None), *cells])
    return [(heading.rjust(wide), "dim"), *((t.rjust(wide), s) if s else t.rjust(wide) for t, s in cells)]


def _wide(cell: Cell) -> int:
    return len(cell[0] if isinstance(cell, tuple) else str(cell))


def _cell(row: Row, prop: str) -> tuple[str, Style]:
    text = row.figures.verdicts.get(prop, "")
    shown, style, _ = _CELLS[text.partition(" ")[0]]
    return shown or text.partition(" ")[2], style


def _legend(rows: Sequence[Row], props: Sequence[str], prefix: str) -> list[list[Part]]:
    """What the cells mean that there are, and what the headings leave out."""
    words = {_word(row, prop) for row in rows for prop in props}
    said = list(dict.fromkeys(meaning for word, (_, _, meaning) in _CELLS.items() if word in words))
    return paragraph("; ".join([*said, *([f"headings without their {prefix}"] if prefix else [])]), "dim")


def _conclusion(found: Survey) -> Iterator[list[Part]]:
    total = plural(len(found.rows), "configuration")
    for word, what, style in _SAID:
        if names := found.having(word):
            yield from paragraph(f"{what} in {len(names)} of {total}: {', '.join(names)}", style, indent=0)
    for reason in dict.fromkeys(row.stopped for row in found.rows if row.stopped):
        names = [row.config for row in found.rows if row.stopped == reason]
        yield from paragraph(f"The search is not complete in {', '.join(names)}: {reason}.", "warn", indent=0)
    if found.interrupted:
        yield [(f"Interrupted: {plural(len(found.interrupted), 'configuration')} not checked.", "warn")]
    if found.slow:
        yield [(f"{plural(len(found.slow), 'slow configuration')} left out; --slow checks them, too.", "warn")]
    if found.exit_code == 0:
        yield [(f"Nothing is violated in {total}; every reachable state was seen.", "good")]


# --- for programs ----------------------------------------------------------------------------------------------------


def _as_json(spec: Specification, given: dict[str, object], found: Survey) -> dict[str, Any]:
    from virtspec import __version__

    return {
        "schema": "virtspec/survey/v1",
        "tool": {"name": "virtspec", "version": __version__},
        "specification": spec.target,
        "system": spec.model.__name__,
        "given": given,
        "exit_code": found.exit_code,
        "configurations": [
            {
                "name": row.config,
                "says": row.summary,
                "parameters": dict(row.parameters),
                "fingerprint": row.fingerprint,
                "verdicts": dict(row.figures.verdicts),
                "spent": dict(row.figures.spent),
                "states": row.figures.states,
                "transitions": row.figures.transitions,
                "depth": row.figures.depth,
                "seconds": round(row.seconds, 3),
                "stopped": row.stopped or None,
            }
            for row in found.rows
        ],
        "interrupted": list(found.interrupted),
        "slow": list(found.slow),
    }
