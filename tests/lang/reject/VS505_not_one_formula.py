# A temporal property whose body is more than a formula, or less.
# expect: VS505 at 25:5 `goal = m.n == 2`
# hint: return leads_to(m.asked, m.answered)
# expect: VS505 at 31:1 `def nothing`
# hint: return leads_to(m.asked, m.answered)
from typing import Annotated

from virtspec import *


class Count(Model):
    n: Annotated[int, Range(0, 2)]

    @action
    def up(self) -> None:
        require(self.n < 2)
        self.n += 1


# A comment keeps the lines below where they are.


@temporal(Count)
def in_two_statements(m: Count) -> Formula:
    goal = m.n == 2
    return eventually(goal)


@temporal(Count)
# The line that is told is that of `def`.
def nothing(m: Count) -> Formula:
    """Only a docstring."""
