"""The step table of a system, for a model's README: who does what where, and which fields it touches."""

from __future__ import annotations

from dataclasses import dataclass

from virtspec.ir.passes.footprint import footprint
from virtspec.ir.system import Action, System
from virtspec.source import NOWHERE

HEADER = ("step", "parameters", "at", "reads", "writes", "source")


@dataclass(frozen=True, slots=True)
class Row:
    """One action. `reads` and `writes` name shared fields alone; a field in `always` is written by every such step."""

    action: str
    params: tuple[str, ...]
    location: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    always: frozenset[str]
    place: str

    def cells(self) -> tuple[str, ...]:
        """The row as text, under HEADER."""
        writes = [name if name in self.always else f"({name})" for name in self.writes]
        return (
            self.action,
            ", ".join(self.params),
            self.location,
            ", ".join(self.reads),
            ", ".join(writes),
            self.place,
        )


def step_rows(system: System) -> list[Row]:
    """One row per action, in order of declaration; fields in order of declaration."""
    return [_row(system, action) for action in system.actions]


def _row(system: System, action: Action) -> Row:
    prints = footprint(system, action)
    shared = [f.name for f in system.fields if f.role == "shared"]
    return Row(
        action.name,
        tuple(f"{v.name}: {v.type}" for v in action.params),
        action.location or "",
        tuple(name for name in shared if name in prints.reads),
        tuple(name for name in shared if name in prints.may_write),
        prints.must_write,
        "" if action.span == NOWHERE else str(action.span),
    )


def markdown(system: System) -> str:
    """The step table as GitHub shows it. A field in parentheses is written on some paths only."""
    rows = [HEADER, ("---",) * len(HEADER)] + [tuple(map(_code, row.cells())) for row in step_rows(system)]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def _code(cell: str) -> str:
    """Each comma-separated part in backticks; a bar would end the cell."""
    parts = [part.replace("|", "\\|") for part in cell.split(", ") if part]
    return ", ".join(f"`{part}`" for part in parts)
