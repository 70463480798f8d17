"""Budgets: how much of a cost a stretch of a behaviour spends, at least and at most.

    @budget(Batching, id="RB-C1")
    def one_doorbell_a_list(m: Batching, i: Sub) -> Budget:
        return spent("doorbell", call=m.dispatch, by=i) <= 1

What is spent are the marks that `cost("doorbell")` sets. Parameters after the model quantify the budget over all their
values. The report tells the least and the most that is spent, whether or not a bound is exceeded; `>= 0` asks for that
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from virtspec.lang.props import PropertyNote, note


class Budget:
    """What a budget returns. virtspec reads the text of the property; nothing is ever computed with one."""


class Amount:
    """What is spent, to be compared with numbers that the configuration determines."""

    def __le__(self, most: int) -> Budget:
        _refuse()

    def __lt__(self, more: int) -> Budget:
        _refuse()

    def __ge__(self, least: int) -> Budget:
        _refuse()

    def __gt__(self, less: int) -> Budget:
        _refuse()

    def __eq__(self, exactly: int) -> Budget:  # type: ignore[override]  # as a comparison of numbers is written
        _refuse()

    __hash__ = None  # type: ignore[assignment]  # nothing to look up


F = TypeVar("F", bound=Callable[..., Budget])


def budget(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(m, ...)` bounds what every behaviour spends. `id` is stable and shown in reports; `source` says who claims it."""
    return note(PropertyNote("budget", model, id, source))  # type: ignore[no-any-return]


def spent(
    cost: str,
    *,
    start: bool | None = None,
    stop: bool | None = None,
    call: Callable[..., Any] | None = None,
    by: Any = None,
) -> Amount:
    """How many marks of `cost` one stretch of a behaviour sets.

    With `start` and `stop`, conditions on a state: from where `start` becomes true up to the first state, that one
    included, in which `stop` is. With `call`: one occurrence of an action, or one call of a process from its first step
    to its last, by `by` or by anybody; only its own steps count. With neither: the whole run, until nothing can change,
    or be spent, any more. What is spent before a stretch ends counts, even if it never ends.
    """
    _refuse()


def _refuse() -> NoReturn:
    raise RuntimeError("spent() has no value: virtspec reads the text of budgets")
