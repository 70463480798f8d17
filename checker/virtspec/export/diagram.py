"""Each process as a state diagram: its locations and the steps between them, for Mermaid and for Graphviz.

A diagram shows the control flow alone: where a step may lead, and the conditions that stand on every way there
(`require` and `if`), shortened. It is read off the assignments to the program counter, not off the reachable states;
faults are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from virtspec.ir.build import not_
from virtspec.ir.nodes import Assign, Block, Const, Expr, Fault, If, Ite, Read, Require
from virtspec.ir.system import Action, Runner, System
from virtspec.ir.text import expr_text
from virtspec.ir.walk import subexpressions

Conditions: TypeAlias = tuple[str, ...]

LABEL = 48
"""Columns of an edge's label before it is cut."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step may lead from one location to another; `conditions` hold on every way it does."""

    source: str
    target: str
    action: str
    conditions: Conditions

    def label(self, width: int = LABEL) -> str:
        """The conditions in one line of at most `width` columns."""
        text = " and ".join(f"({c})" if " or " in c and len(self.conditions) > 1 else c for c in self.conditions)
        return text if len(text) <= width else text[: width - 3].rstrip() + "..."


@dataclass(frozen=True, slots=True)
class Diagram:
    """The control flow of one process. `locations` starts with the idle one."""

    process: str
    runner: str
    locations: tuple[str, ...]
    edges: tuple[Edge, ...]


def diagrams(system: System) -> list[Diagram]:
    """One diagram per process, in order of declaration."""
    return [_diagram(system, runner, process) for runner in system.runners for process in runner.processes]


def _diagram(system: System, runner: Runner, process: str) -> Diagram:
    edges = [edge for a in system.actions if a.process == process for edge in _edges(runner, a)]
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    locations = tuple(where for where in runner.locations.members if where in ends)
    return Diagram(process, str(runner.type), locations, tuple(edges))


def _edges(runner: Runner, action: Action) -> Iterator[Edge]:
    """One edge per location the step may lead to, under the conditions that all the ways there have in common."""
    source = action.location
    assert source is not None
    ways: dict[str, list[Conditions]] = {}
    for target, conditions in _paths(runner, action.body, source):
        ways.setdefault(target, []).append(conditions)
    for target, found in ways.items():
        common = [c for c in dict.fromkeys(found[0]) if all(c in conditions for conditions in found)]
        yield Edge(source, target, action.name, tuple(common))


def _paths(runner: Runner, body: Block, here: str) -> Iterator[tuple[str, Conditions]]:
    """Where control stands after `body`, entered at `here`, and on which conditions, for every path to its end.

    A path into a fault ends nowhere, and what keeps a step from it is not worth a label.
    """
    if not body:
        yield here, ()
        return
    first, rest = body[0], body[1:]
    match first:
        case Fault():
            return
        case If(cond, then, orelse) if _leads_anywhere(runner, then) or _leads_anywhere(runner, orelse):
            one, other = list(_paths(runner, (*then, *rest), here)), list(_paths(runner, (*orelse, *rest), here))
            for condition, paths, alternative in ((cond, one, other), (not_(cond), other, one)):
                for target, conditions in paths:
                    yield target, (expr_text(condition), *conditions) if alternative else conditions
        case Require(cond) if not (isinstance(cond, Const) or _reads(cond, runner.pc)):
            for target, conditions in _paths(runner, rest, here):
                yield target, (expr_text(cond), *conditions)
        case Assign(field, _, value) if field == runner.pc:
            for target in _constants(value):
                yield from _paths(runner, rest, target)
        case _:
            yield from _paths(runner, rest, here)


def _leads_anywhere(runner: Runner, body: Block) -> bool:
    """Whether `body` moves the program counter, restricts or ends the step."""
    return any(
        isinstance(stmt, Require | Fault)
        or (isinstance(stmt, Assign) and stmt.field == runner.pc)
        or (isinstance(stmt, If) and (_leads_anywhere(runner, stmt.then) or _leads_anywhere(runner, stmt.orelse)))
        for stmt in body
    )


def _reads(e: Expr, field: str) -> bool:
    return any(isinstance(part, Read) and part.field == field for part in subexpressions(e))


def _constants(e: Expr) -> Iterator[str]:
    """The locations a value assigned to a program counter may be."""
    match e:
        case Const(value):
            yield str(value)
        case Ite(_, then, orelse):
            yield from _constants(then)
            yield from _constants(orelse)
        case _:
            raise ValueError(f"a program counter is set to what is no location: {expr_text(e)}")


# --- Mermaid ---------------------------------------------------------------------------------------------------------


def mermaid(diagram: Diagram) -> str:
    """The text of a Mermaid `stateDiagram-v2`."""
    lines = ["stateDiagram-v2", f"    %% {diagram.process}, run by {diagram.runner}"]
    lines += [f'    state "{_short(diagram, where)}" as {_node(diagram, where)}' for where in diagram.locations]
    lines.append(f"    [*] --> {_node(diagram, diagram.locations[0])}")
    for edge in diagram.edges:
        label = _mermaid_text(edge.label())
        ends = f"{_node(diagram, edge.source)} --> {_node(diagram, edge.target)}"
        lines.append(f"    {ends}" + (f" : {label}" if label else ""))
    return "\n".join(lines) + "\n"


def _mermaid_text(label: str) -> str:
    """Colons, semicolons and hashes end a label or start an entity in Mermaid."""
    return label.replace("#", "#35;").replace(":", "#58;").replace("{", "#123;").replace("}", "#125;")


def _node(diagram: Diagram, where: str) -> str:
    return f"s{diagram.locations.index(where)}"


def _short(diagram: Diagram, where: str) -> str:
    """A location without the process's own name in front."""
    return where.removeprefix(diagram.process + ".")


# --- Graphviz --------------------------------------------------------------------------------------------------------


def dot(system: System) -> str:
    """One Graphviz digraph with a cluster per process."""
    lines = [f"digraph {_quoted(system.name)} {{", "  node [shape=box, style=rounded, fontname=monospace];"]
    lines.append("  edge [fontname=monospace, fontsize=10];")
    for number, diagram in enumerate(diagrams(system)):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={_quoted(f'{diagram.process} ({diagram.runner})')};")
        for where in diagram.locations:
            first = ", penwidth=2" if where == diagram.locations[0] else ""
            lines.append(f"    p{number}{_node(diagram, where)} [label={_quoted(_short(diagram, where))}{first}];")
        for edge in diagram.edges:
            ends = f"p{number}{_node(diagram, edge.source)} -> p{number}{_node(diagram, edge.target)}"
            label = edge.label()
            lines.append(f"    {ends}" + (f" [label={_quoted(label)}]" if label else "") + ";")
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
