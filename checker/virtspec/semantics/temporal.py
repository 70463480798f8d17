"""What temporal formulas mean, on behaviours that are a stem and a cycle repeated for ever.

This is the definition. Engines work with automata instead, which are compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from virtspec.ir.temporal import Both, Either, Formula, Literal, Release, Truth, Until


def holds(formula: Formula, states: Sequence[Collection[int]], loop: int) -> bool:
    """Whether a formula holds of a behaviour: `states` are the atoms true at each time, and after the last one it goes on
    with number `loop`."""
    return _values(formula, states, loop)[0]


def _values(formula: Formula, states: Sequence[Collection[int]], loop: int) -> list[bool]:
    """Whether the formula holds from each time on."""
    match formula:
        case Truth(value):
            return [value] * len(states)
        case Literal(atom, positive):
            return [(atom in true) == positive for true in states]
    left, right = _values(formula.left, states, loop), _values(formula.right, states, loop)
    match formula:
        case Both():
            return [a and b for a, b in zip(left, right, strict=True)]
        case Either():
            return [a or b for a, b in zip(left, right, strict=True)]
        case Until():
            # The least solution of: now `right`, or now `left` and then the same again.
            return _solved([False] * len(states), loop, lambda i, later: right[i] or (left[i] and later))
        case Release():
            # The greatest solution of: now `right`, and now `left` or then the same again.
            return _solved([True] * len(states), loop, lambda i, later: right[i] and (left[i] or later))


def _solved(values: list[bool], loop: int, now: Callable[[int, bool], bool]) -> list[bool]:
    """Twice round is enough: what is known of the first time of the cycle then is known for good."""
    for _ in range(2):
        later = values[loop]
        for i in reversed(range(len(values))):
            values[i] = later = now(i, later)
    return values
