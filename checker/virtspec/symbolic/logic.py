"""Connectives that fold constants, over z3's terms.

z3's own constructors keep `And(True, x)` as it stands; formulas of a whole system have so much of it that folding here
is worth more than simplifying later.
"""

from __future__ import annotations

from collections.abc import Iterable

import z3

TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)


def truth(value: bool) -> z3.BoolRef:
    return TRUE if value else FALSE


def is_constant(e: z3.BoolRef) -> bool:
    return bool(z3.is_true(e) or z3.is_false(e))


def no(e: z3.BoolRef) -> z3.BoolRef:
    if z3.is_true(e):
        return FALSE
    if z3.is_false(e):
        return TRUE
    return e.arg(0) if z3.is_not(e) else z3.Not(e)


def both(*items: z3.BoolRef) -> z3.BoolRef:
    return every(items)


def every(items: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """The conjunction; true for none."""
    kept: list[z3.BoolRef] = []
    for item in items:
        if z3.is_false(item):
            return FALSE
        if not z3.is_true(item):
            kept.append(item)
    return kept[0] if len(kept) == 1 else z3.And(kept) if kept else TRUE


def either(*items: z3.BoolRef) -> z3.BoolRef:
    return some(items)


def some(items: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """The disjunction; false for none."""
    kept: list[z3.BoolRef] = []
    for item in items:
        if z3.is_true(item):
            return TRUE
        if not z3.is_false(item):
            kept.append(item)
    return kept[0] if len(kept) == 1 else z3.Or(kept) if kept else FALSE


def implied(cond: z3.BoolRef, then: z3.BoolRef) -> z3.BoolRef:
    return either(no(cond), then)


def same_truth(a: z3.BoolRef, b: z3.BoolRef) -> z3.BoolRef:
    if is_constant(a):
        return b if z3.is_true(a) else no(b)
    if is_constant(b):
        return a if z3.is_true(b) else no(a)
    return a == b


def pick_truth(cond: z3.BoolRef, then: z3.BoolRef, orelse: z3.BoolRef) -> z3.BoolRef:
    """`then` where `cond` holds, else `orelse`."""
    if is_constant(cond):
        return then if z3.is_true(cond) else orelse
    if then.eq(orelse):
        return then
    if is_constant(then):
        return either(cond, orelse) if z3.is_true(then) else both(no(cond), orelse)
    if is_constant(orelse):
        return either(no(cond), then) if z3.is_true(orelse) else both(cond, then)
    return z3.If(cond, then, orelse)
