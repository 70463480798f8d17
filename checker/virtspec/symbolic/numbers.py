"""Integers of known intervals as terms: bit-vectors just wide enough, or z3's unbounded integers.

Nothing wraps: the interval of a result, which `ir.build` has computed, says how wide it must be, and operands are widened
to it first. A bit-vector is unsigned where its interval holds no negative number. Members of enums and of finite
scalarsets are numbers, too: their position.

An interval that reaches `ENDLESS` is represented by unbounded integers in either case; where there are types of any size,
it is that of a counter without a bound.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import z3

from virtspec.ir.types import ANY
from virtspec.symbolic import logic

_EXACT: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}

ENDLESS = ANY // 2
"""Bounds beyond this one depend on the size of a type of any size: there is none."""


@dataclass(frozen=True, slots=True)
class Number:
    """A term for an integer of lo..hi."""

    term: Any
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """How integers are represented: as bit-vectors where they have bounds (`bits`), or all as unbounded integers."""

    bits: bool = True
    endless: bool = False
    """Whether there are types of any size: then bounds from `ENDLESS` on depend on how many members they have."""

    def is_integer(self, lo: int, hi: int) -> bool:
        """Whether the interval is represented by unbounded integers."""
        return not self.bits or hi >= ENDLESS or lo <= -ENDLESS

    def sort(self, lo: int, hi: int) -> z3.SortRef:
        return z3.IntSort() if self.is_integer(lo, hi) else z3.BitVecSort(_width(lo, hi))

    def constant(self, value: int) -> Number:
        return Number(self._constant(value, value, value), value, value)

    def _constant(self, value: int, lo: int, hi: int) -> Any:
        return z3.IntVal(value) if self.is_integer(lo, hi) else z3.BitVecVal(value, _width(lo, hi))

    def domain(self, n: Number) -> z3.BoolRef:
        """That the term of `n`, a variable, lies in the interval of `n`."""
        lo, hi = n.lo, n.hi
        if self.is_integer(lo, hi):
            above = n.term >= lo
            return above if self.endless and hi >= ENDLESS else z3.And(above, n.term <= hi)
        width = _width(lo, hi)
        if lo >= 0:
            low = logic.TRUE if lo == 0 else z3.UGE(n.term, lo)
            return low if hi == (1 << width) - 1 else logic.both(low, z3.ULE(n.term, hi))
        return z3.And(n.term >= lo, n.term <= hi)

    def cast(self, n: Number, lo: int, hi: int) -> Number:
        """`n`, whose value lies in lo..hi, as a number of that interval."""
        if (n.lo, n.hi) == (lo, hi):
            return n
        if n.lo == n.hi:
            return Number(self._constant(n.lo, lo, hi), lo, hi)
        if self.is_integer(lo, hi):
            term = n.term if self.is_integer(n.lo, n.hi) else z3.BV2Int(n.term, is_signed=n.lo < 0)
            return Number(term, lo, hi)
        width = _width(lo, hi)
        if self.is_integer(n.lo, n.hi):
            return Number(z3.Int2BV(n.term, width), lo, hi)
        have = _width(n.lo, n.hi)
        if width < have:
            return Number(z3.Extract(width - 1, 0, n.term), lo, hi)
        if width > have:
            extended = z3.SignExt(width - have, n.term) if n.lo < 0 else z3.ZeroExt(width - have, n.term)
            return Number(extended, lo, hi)
        return Number(n.term, lo, hi)

    def arith(self, op: str, a: Number, b: Number, lo: int, hi: int) -> Number:
        """The result, which lies in lo..hi. The divisor of `//` and `%` is positive where the result matters."""
        if a.lo == a.hi and b.lo == b.hi and not (op in ("//", "%") and b.lo == 0):
            return self.constant(_EXACT[op](a.lo, b.lo))
        wide = min(a.lo, b.lo, lo), max(a.hi, b.hi, hi)
        x, y = self.cast(a, *wide).term, self.cast(b, *wide).term
        integers = self.is_integer(*wide)
        match op:
            case "+":
                term = x + y
            case "-":
                term = x - y
            case "*":
                term = x * y
            case _ if integers:
                term = _divided(op, x, y, b)
            case "%":
                term = z3.URem(x, y) if wide[0] >= 0 else x % y
            case _:
                term = z3.UDiv(x, y) if wide[0] >= 0 else (x - x % y) / y
        return self.cast(Number(term, *wide), lo, hi)

    def less(self, a: Number, b: Number, or_equal: bool) -> z3.BoolRef:
        if a.hi < b.lo or (or_equal and a.hi == b.lo):
            return logic.TRUE
        if b.hi < a.lo or (not or_equal and b.hi == a.lo):
            return logic.FALSE
        wide = min(a.lo, b.lo), max(a.hi, b.hi)
        x, y = self.cast(a, *wide).term, self.cast(b, *wide).term
        if self.is_integer(*wide) or wide[0] < 0:
            return x <= y if or_equal else x < y
        return z3.ULE(x, y) if or_equal else z3.ULT(x, y)

    def equal(self, a: Number, b: Number) -> z3.BoolRef:
        if a.hi < b.lo or b.hi < a.lo:
            return logic.FALSE
        if a.lo == a.hi == b.lo == b.hi:
            return logic.TRUE
        wide = min(a.lo, b.lo), max(a.hi, b.hi)
        x, y = self.cast(a, *wide).term, self.cast(b, *wide).term
        return logic.TRUE if x.eq(y) else x == y

    def choose(self, cond: z3.BoolRef, then: Number, orelse: Number) -> Number:
        if then.lo == then.hi == orelse.lo == orelse.hi:
            return then
        wide = min(then.lo, orelse.lo), max(then.hi, orelse.hi)
        x, y = self.cast(then, *wide).term, self.cast(orelse, *wide).term
        return Number(x if x.eq(y) else z3.If(cond, x, y), *wide)


def _divided(op: str, x: Any, y: Any, divisor: Number) -> Any:
    """`x // y` or `x % y` of integers, by constants only: solvers of Horn clauses know no other division."""
    if divisor.hi - max(divisor.lo, 1) > MOST_DIVISORS:
        return x / y if op == "//" else x % y
    found: Any = z3.IntVal(0)  # where the divisor is 0, which nobody asks for
    for value in range(max(divisor.lo, 1), divisor.hi + 1):
        found = z3.If(y == value, x / value if op == "//" else x % value, found)
    return found


MOST_DIVISORS = 64
"""A divisor that may have more values is divided by as it is."""


def _width(lo: int, hi: int) -> int:
    """Bits of a number of lo..hi: two's complement if there are negative ones."""
    if lo >= 0:
        return max(hi.bit_length(), 1)
    return 1 + max(hi.bit_length(), (-lo - 1).bit_length())
