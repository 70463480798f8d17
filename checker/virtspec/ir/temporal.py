"""Linear temporal formulas over the states of a behaviour, which is infinite: what has ended stutters for ever.

There is no "next": whether a formula holds must not depend on how often a behaviour stutters. Formulas are kept in
negation normal form, so that engines meet six kinds of nodes and no others. Atoms are numbers; what they stand for is
known to the property that holds the formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool

    def __str__(self) -> str:
        return str(self.value).lower()


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom, or that it is false."""

    atom: int
    positive: bool = True

    def __str__(self) -> str:
        return f"{'' if self.positive else '!'}p{self.atom}"


@dataclass(frozen=True, slots=True)
class Both:
    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"({self.left} & {self.right})"


@dataclass(frozen=True, slots=True)
class Either:
    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"({self.left} | {self.right})"


@dataclass(frozen=True, slots=True)
class Until:
    """`right` holds at some time, and `left` at all times before."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"({self.left} U {self.right})"


@dataclass(frozen=True, slots=True)
class Release:
    """`right` holds for ever, or up to and including a time at which `left` does."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"({self.left} R {self.right})"


@dataclass(frozen=True, slots=True)
class CanReach:
    """From every reachable state there is a way to one in which the atom is true. No formula about one behaviour."""

    atom: int

    def __str__(self) -> str:
        return f"AG EF p{self.atom}"


Formula: TypeAlias = Truth | Literal | Both | Either | Until | Release

TRUE, FALSE = Truth(True), Truth(False)


def both(left: Formula, right: Formula) -> Formula:
    if FALSE in (left, right):
        return FALSE
    if left in (TRUE, right):
        return right
    return left if right == TRUE else Both(left, right)


def either(left: Formula, right: Formula) -> Formula:
    if TRUE in (left, right):
        return TRUE
    if left in (FALSE, right):
        return right
    return left if right == FALSE else Either(left, right)


def until(left: Formula, right: Formula) -> Formula:
    return right if isinstance(right, Truth) or left == FALSE else Until(left, right)


def release(left: Formula, right: Formula) -> Formula:
    return right if isinstance(right, Truth) or left == TRUE else Release(left, right)


def always(formula: Formula) -> Formula:
    return release(FALSE, formula)


def eventually(formula: Formula) -> Formula:
    return until(TRUE, formula)


def weak_until(left: Formula, right: Formula) -> Formula:
    """As `until`, but `right` need never hold if `left` holds for ever."""
    return release(right, either(left, right))


def leads_to(left: Formula, right: Formula) -> Formula:
    """Whenever `left` holds, `right` holds then or later."""
    return always(either(negated(left), eventually(right)))


def negated(formula: Formula) -> Formula:
    match formula:
        case Truth(value):
            return Truth(not value)
        case Literal(atom, positive):
            return Literal(atom, not positive)
        case Both(left, right):
            return either(negated(left), negated(right))
        case Either(left, right):
            return both(negated(left), negated(right))
        case Until(left, right):
            return release(negated(left), negated(right))
        case Release(left, right):
            return until(negated(left), negated(right))


def conjuncts(formula: Formula | CanReach) -> tuple[Formula | CanReach, ...]:
    """The formulas all of which must hold."""
    if isinstance(formula, Both):
        return (*conjuncts(formula.left), *conjuncts(formula.right))
    return (formula,)


def atoms(formula: Formula) -> set[int]:
    """The atoms that a formula speaks of."""
    match formula:
        case Truth():
            return set()
        case Literal(atom):
            return {atom}
        case Both(left, right) | Either(left, right) | Until(left, right) | Release(left, right):
            return atoms(left) | atoms(right)
