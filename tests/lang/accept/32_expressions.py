# min, max, conditional expressions, chained comparisons, -, *, //, %, and, or, not; evaluated from the left, and only
# as far as needed: what stands behind a false test does not fault.
# n runs 0..5 in steps that saturate: 0, 2, 4, 5, and 5 again.
# states: 4 transitions: 4 depth: 3
# holds: arithmetic, lazy
from typing import Annotated

from virtspec import Model, Range, Scalarset, action, invariant


class Task(Scalarset, size=2):
    """A thread."""


class Count(Model):
    n: Annotated[int, Range(0, 5)]
    owner: Task | None
    held: dict[Task, bool]

    @action
    def step(self) -> None:
        self.n = min(self.n + 2, 5)


@invariant(Count)
def arithmetic(m: Count) -> bool:
    return (
        0 <= m.n <= 5
        and m.n == 2 * (m.n // 2) + m.n % 2
        and max(m.n, 3, 4) == (m.n if m.n > 4 else 4)
        and -m.n % 6 == (6 - m.n) % 6
        and not 0 < m.n < 2
    )


@invariant(Count)
def lazy(m: Count) -> bool:
    return m.owner is None or m.held[m.owner]
