"""Which locals a process must keep across a yield, and which surely have a value there.

Live are those a later step may read before it writes them; all others are no part of the state, so that dead data never
splits a state.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from virtspec.frontend import names
from virtspec.frontend.steps import IDLE, Step


def live_locals(steps: Iterable[Step], among: frozenset[str]) -> dict[str, frozenset[str]]:
    """Per location the names (out of `among`) that are live there: the least fixpoint over the steps."""
    steps = list(steps)
    live: dict[str, frozenset[str]] = {IDLE: frozenset()}
    live.update({s.location: frozenset() for s in steps})
    changed = True
    while changed:
        changed = False
        for step in reversed(steps):
            found = _before(step.body, frozenset(), live) & among
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


def _before(body: list[ast.stmt], after: frozenset[str], live: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The names live before `body` if `after` are live behind it."""
    for stmt in reversed(body):
        match stmt:
            case ast.Return(value=ast.Constant(value=str(location))):
                after = live.get(location, frozenset())
            case ast.If(test=test, body=then, orelse=orelse):
                after = _before(then, after, live) | _before(orelse, after, live) | set(names.reads(test))
            case ast.For(target=ast.Name(id=name), iter=domain, body=inner):
                after = after | (_before(inner, after, live) - {name}) | set(names.reads(domain))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                after = (after - {name}) | set(names.reads(value))
            case _:
                after = after | set(names.reads(stmt))
    return after


def surely_assigned(steps: Iterable[Step], parameters: frozenset[str]) -> dict[str, frozenset[str]]:
    """Per location the names that every path to it has assigned: the greatest fixpoint over the steps."""
    steps = list(steps)
    surely: dict[str, frozenset[str]] = {IDLE: parameters}
    changed = True
    while changed:
        changed = False
        for step in steps:
            if step.location not in surely:
                continue  # not met yet
            ends: dict[str, frozenset[str]] = {}
            _after(step.body, surely[step.location], ends)
            for location, have in ends.items():
                now = surely.get(location, have) & have
                if location != IDLE and now != surely.get(location):
                    surely[location] = now
                    changed = True
    return surely


def _after(body: list[ast.stmt], have: frozenset[str], ends: dict[str, frozenset[str]]) -> frozenset[str] | None:
    """The names assigned behind `body`, or None if its end is never reached; `ends` collects those at each location."""
    for stmt in body:
        match stmt:
            case ast.Return(value=ast.Constant(value=str(location))):
                ends[location] = ends.get(location, have) & have
                return None
            case ast.If(body=then, orelse=orelse):
                one, other = _after(then, have, ends), _after(orelse, have, ends)
                if one is None and other is None:
                    return None
                have = other if one is None else one if other is None else one & other  # type: ignore[assignment]
            case ast.Assign(targets=[ast.Name(id=name)]):
                have |= {name}
    return have
