"""Fairness chosen for a configuration, in place of what the model declares: `-p fair.run=strong`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

from virtspec.errors import UsageError
from virtspec.ir.system import Action, Fairness
from virtspec.source import did_you_mean

PREFIX = "fair."
KINDS: tuple[Fairness, ...] = get_args(Fairness)


def chosen(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration says of fairness, by process or action."""
    return {name.removeprefix(PREFIX): value for name, value in params.items() if name.startswith(PREFIX)}


def applied(actions: Sequence[Action], wanted: Mapping[str, Any], model: str) -> list[Action]:
    """The actions with the fairness wanted. Raises UsageError for a name that nothing has and for what is no fairness."""
    names = dict.fromkeys(a.duty for a in actions)
    for name, value in wanted.items():
        if name not in names:
            raise UsageError(f"{PREFIX}{name}: {model} has no process or action {name!r}; {did_you_mean(name, names)}")
        if value not in KINDS:
            raise UsageError(f"{PREFIX}{name}={value}: expected one of {', '.join(KINDS)}")
    return [replace(a, fair=cast("Fairness", wanted.get(a.duty, a.fair))) for a in actions]
