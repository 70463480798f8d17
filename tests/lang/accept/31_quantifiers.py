# all, any, sum over types, ranges, sets, sequences and tuples, with filters, nested, and sums of amounts; len of sets.
# A 2 x 2 matrix of flags, each raised once: 16 states, 32 steps.
# states: 16 transitions: 32 depth: 4
# holds: rows, left, amounts
# violated: not_two in 2
from enum import Enum, auto

from virtspec import Const, Model, Scalarset, action, invariant, require


class Row(Scalarset, size=2):
    """A row."""


class Col(Enum):
    LEFT = auto()
    RIGHT = auto()


class Matrix(Model):
    weights: Const[tuple[int, ...]] = (1, 2, 4)
    bit: dict[Row, dict[Col, bool]]

    @action
    def lift(self, r: Row, c: Col) -> None:
        require(not self.bit[r][c])
        self.bit[r][c] = True


@invariant(Matrix)
def rows(m: Matrix) -> bool:
    full = {r for r in Row if all(m.bit[r][c] for c in Col)}
    empty = {r for r in Row if not any(m.bit[r][c] for c in Col)}
    total = sum(1 for r in Row for c in Col if m.bit[r][c])
    return total == 2 * len(full) + sum(1 for r in Row if r not in full and r not in empty)


@invariant(Matrix)
def left(m: Matrix) -> bool:
    some = any(m.bit[r][c] for r in Row for c in Col if c is Col.LEFT)
    return some == (not all(not m.bit[r][Col.LEFT] for r in Row))


@invariant(Matrix)
def amounts(m: Matrix, r: Row) -> bool:
    value = sum((1 if c is Col.LEFT else 2) for c in Col if m.bit[r][c])
    listed = sum(w for w in m.weights if w <= value)
    counted = sum(i for i in range(3) if i < value)
    upto = all(i < value for i in range(value))
    return value <= 3 and listed == (0, 1, 3, 3)[value] and counted == (0, 0, 1, 3)[value] and upto


@invariant(Matrix)
def not_two(m: Matrix) -> bool:
    return sum(1 for r in Row for c in Col if m.bit[r][c]) != 2
