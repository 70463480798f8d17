"""Fairness chosen for a configuration, in place of what the model declares: `-p fair.run=strong`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from virtspec.errors import UsageError
from virtspec.ir.system import Action, Fairness
from virtspec.ir.types import Value, is_any, show, values
from virtspec.source import did_you_mean

PREFIX = "fair."
KINDS: tuple[Fairness, ...] = get_args(Fairness)


def chosen(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration says of fairness, by process or action."""
    return {name.removeprefix(PREFIX): value for name, value in params.items() if name.startswith(PREFIX)}


def applied(actions: Sequence[Action], wanted: Mapping[str, Any], model: str) -> list[Action]:
    """The actions with the fairness wanted, for all who take them ("run") or for one member ("run.Task0").

    Raises UsageError for a name that nothing has and for what is no fairness.
    """
    names = [name for a in actions for name in (a.duty, *(f"{a.duty}.{shown}" for shown, _ in _members(a)))]
    for name, value in wanted.items():
        if name not in names:
            hint = did_you_mean(name, names) or "-p fair.PROCESS=weak, or fair.PROCESS.MEMBER=weak"
            raise UsageError(f"{PREFIX}{name}: {model} has no process or action {name!r}; {hint}")
        if value not in KINDS:
            raise UsageError(f"{PREFIX}{name}={value}: expected one of {', '.join(KINDS)}")
    return [_applied(a, wanted) for a in actions]


def _applied(action: Action, wanted: Mapping[str, Any]) -> Action:
    fair = cast("Fairness", wanted.get(action.duty, action.fair))
    chosen = [(who, wanted.get(f"{action.duty}.{shown}", fair)) for shown, who in _members(action)]
    return replace(action, fair=fair, exceptions=tuple((who, to) for who, to in chosen if to != fair))


def _members(action: Action) -> list[tuple[str, Value]]:
    """Who may take a step of a process, with their names."""
    if action.process is None:
        return []
    t = action.params[0].type
    if is_any(t):
        return []
    return [(show(t, who), who) for who in values(t)]
