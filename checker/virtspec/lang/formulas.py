"""Temporal properties: what every fair behaviour does sooner or later, or never stops doing.

    @temporal(Mdev, id="MDEV-L1")
    def unregister_ends(m: Mdev, t: Task) -> Formula:
        return leads_to(at(m.unregister, "down_write", t), m.unregistered)

Claims about a state and formulas are joined by `and`, `or`, `not`, and by `all(... for x in T)` and `any(...)`.
Parameters after the model quantify the property over all their values. A behaviour is infinite: one that has ended goes
on without a step, and so may any other unless fairness says that somebody takes a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias, TypeVar

from virtspec.lang.props import PropertyNote, note


class Formula:
    """What a temporal property returns. virtspec reads the text of the property; nothing is ever computed with one."""


Claim: TypeAlias = "Formula | bool"
F = TypeVar("F", bound=Callable[..., "Formula | bool"])


def temporal(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(m, ...)` holds of every fair behaviour. `id` is stable and shown in reports; `source` says who claims it."""
    return note(PropertyNote("temporal", model, id, source))  # type: ignore[no-any-return]


def always(claim: Claim) -> Formula:
    """Now and at all times to come."""
    _refuse("always")


def eventually(claim: Claim) -> Formula:
    """Now or at some time to come."""
    _refuse("eventually")


def until(before: Claim, goal: Claim) -> Formula:
    """`goal` holds at some time, and `before` at all times up to then."""
    _refuse("until")


def weak_until(before: Claim, goal: Claim) -> Formula:
    """As `until`, but `goal` need never hold where `before` always does."""
    _refuse("weak_until")


def release(release: Claim, held: Claim) -> Formula:
    """`held` holds for ever, or up to and including a time at which `release` holds."""
    _refuse("release")


def leads_to(trigger: Claim, response: Claim) -> Formula:
    """Whenever `trigger` holds, `response` holds then or later."""
    _refuse("leads_to")


def can_always_reach(goal: bool) -> Formula:
    """From every reachable state there is a way to a state in which `goal` holds, fair or not. Only as a whole formula."""
    _refuse("can_always_reach")


def _refuse(name: str) -> NoReturn:
    raise RuntimeError(f"{name}() has no value: virtspec reads the text of temporal properties")
