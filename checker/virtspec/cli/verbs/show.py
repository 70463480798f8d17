"""Show what a specification declares: parameters, configurations, properties, processes and their steps.

With --format markdown the step table alone; with mermaid or dot a state diagram of every process.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from virtspec.cli import options
from virtspec.cli.output import Output, paragraph, table

if TYPE_CHECKING:
    from virtspec.api import Specification
    from virtspec.ir.system import System


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser)
    options.output(parser, ("text", "json", "markdown", "mermaid", "dot"))


def run(args: argparse.Namespace) -> int:
    from virtspec import api
    from virtspec.export.diagram import diagrams, dot, mermaid
    from virtspec.export.steps import markdown

    spec = api.find(args.target, args.model)
    system = spec.load(args.config, options.params(args.param))
    with Output(args.output) as out:
        match args.format:
            case "json":
                out.json(_as_json(spec, system))
            case "markdown":
                out.text(markdown(system))
            case "mermaid":
                out.text("\n".join(mermaid(diagram) for diagram in diagrams(system)))
            case "dot":
                out.text(dot(system))
            case _:
                _print(out, spec, system, args.config)
    return 0


def _print(out: Output, spec: Specification, system: System, config: str | None) -> None:
    from virtspec.cli.report import print_heading
    from virtspec.export.steps import step_rows

    print_heading(out, system, spec.target, config)
    for line in paragraph(system.doc) if system.doc else ():
        out.line(*line)
    now = dict(system.config)
    _section(out, "Parameters (-p NAME=VALUE)", [(p.name, p.kind, now[p.name], p.doc) for p in spec.parameters()])
    if spec.mechanism is not None:
        _section(out, "Configurations (--config NAME)", [(c.name, c.summary) for c in spec.mechanism.cases])
    _section(out, "State", [(f.name, str(f.type), str(f.span)) for f in system.fields if f.role == "shared"])
    _section(
        out,
        "Properties",
        [(p.id, p.kind, _first_line(p.doc) or p.name) for p in system.declared.values()],
    )
    steps = step_rows(system)
    processes = dict.fromkeys(a.process for a in system.actions)
    for process in sorted(processes, key=lambda name: name is None):  # the environment last
        title = f"Process {process}" if process else "Environment"
        rows = [
            (row.action, ", ".join(row.params), row.place)
            for row, action in zip(steps, system.actions, strict=True)
            if action.process == process
        ]
        _section(out, title, rows)


def _section(out: Output, title: str, rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        out.line()
        out.line((title, "head"))
        out.lines_of(table([((row[0], "info"), *row[1:]) for row in rows]))


def _first_line(doc: str) -> str:
    lines = doc.strip().splitlines()
    return lines[0] if lines else ""


def _as_json(spec: Specification, system: System) -> dict[str, Any]:
    from virtspec.explore.report_json import place_json
    from virtspec.export.steps import step_rows

    now = dict(system.config)
    return {
        "schema": "virtspec/specification/v1",
        "specification": spec.target,
        "system": system.name,
        "fingerprint": system.fingerprint,
        "parameters": [
            {"name": p.name, "kind": p.kind, "value": now[p.name], "says": p.doc} for p in spec.parameters()
        ],
        "configurations": [c.name for c in spec.mechanism.cases] if spec.mechanism else [],
        "state": [{"name": f.name, "type": str(f.type), "role": f.role} for f in system.fields],
        "properties": [
            {"id": p.id, "name": p.name, "kind": p.kind, "says": _first_line(p.doc), "place": place_json(p.span)}
            for p in system.declared.values()
        ],
        "steps": [
            {
                "action": row.action,
                "process": action.process,
                "location": action.location,
                "parameters": list(row.params),
                "reads": list(row.reads),
                "writes": list(row.writes),
                "place": place_json(action.span),
            }
            for row, action in zip(step_rows(system), system.actions, strict=True)
        ],
    }
