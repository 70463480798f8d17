"""Which locals a process must keep across a yield: those a later step may read before it writes them.

All others are no part of the state there, so that dead data never splits a state.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from virtspec.frontend.steps import IDLE, Step


def live_locals(steps: Iterable[Step], names: set[str]) -> dict[str, frozenset[str]]:
    """Per location the names (out of `names`) that are live there: the least fixpoint over the steps."""
    steps = list(steps)
    live: dict[str, frozenset[str]] = {IDLE: frozenset()}
    live.update({s.location: frozenset() for s in steps})
    changed = True
    while changed:
        changed = False
        for step in reversed(steps):
            found = frozenset(_before(step.body, frozenset(), live, names))
            if step.location != IDLE and found != live[step.location]:
                live[step.location] = found
                changed = True
    return live


def targets(body: Iterable[ast.stmt]) -> list[str]:
    """The locations the step may end in, each once, in order."""
    found = {}
    for stmt in body:
        for node in ast.walk(stmt):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                found[str(node.value.value)] = True
    return list(found)


def assigned(body: Iterable[ast.stmt]) -> set[str]:
    """The locals the step may write."""
    return {n.id for s in body for n in own_names(s) if isinstance(n.ctx, ast.Store)}


def own_names(node: ast.AST) -> Iterator[ast.Name]:
    """The names in `node` that are not bound by a comprehension in it: those are no locals of the process."""
    comprehensions = getattr(node, "generators", ())
    bound = {n.id for c in comprehensions for n in ast.walk(c.target) if isinstance(n, ast.Name)}
    if isinstance(node, ast.Name):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from (n for n in own_names(child) if n.id not in bound)


def _before(
    body: list[ast.stmt], after: frozenset[str], live: Mapping[str, frozenset[str]], names: set[str]
) -> frozenset[str]:
    """The names live before `body` if `after` are live behind it."""
    for stmt in reversed(body):
        match stmt:
            case ast.Return(value=ast.Constant(value=str(location))):
                after = live.get(location, frozenset())
            case ast.If(test=test, body=then, orelse=orelse):
                after = _before(then, after, live, names) | _before(orelse, after, live, names) | _read(test, names)
            case ast.For(target=ast.Name(id=name), iter=domain, body=inner):
                after = after | (_before(inner, after, live, names) - {name}) | _read(domain, names)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                after = (after - {name}) | _read(value, names)
            case _:
                after = after | _read(stmt, names)
    return after


def _read(node: ast.AST, names: set[str]) -> frozenset[str]:
    """Names read in `node`; the target of `x += 1` counts as read, too."""
    found = {n.id for n in own_names(node) if isinstance(n.ctx, ast.Load)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        found.add(node.target.id)
    return frozenset(found & names)
