# A budget that is no comparison of spent(...) with fixed numbers.
# expect: VS507 at 37:5 `limit = 1`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 43:12 `spent("lock")`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 48:12 `spent("lock") != 2`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 53:29 `m.n`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 58:12 `spent("lock") <= spent("lock")`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 63:12 `spent("lock") <= 1 <= 2`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 68:12 `spent("lock") + 1 <= 2`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS507 at 73:29 `True`
# hint: return spent("exit", call=m.submit, by=t) <= 1
# expect: VS501 at 78:29 `choose(range(2))`
# hint: properties only look at states
from typing import Annotated

from virtspec import *


class Count(Model):
    n: Annotated[int, Range(0, 2)]

    @action
    def up(self) -> None:
        require(self.n < 2)
        self.n += 1
        cost("lock")


@budget(Count)
def in_two_statements(m: Count) -> Budget:
    limit = 1
    return spent("lock") <= limit


@budget(Count)
def without_a_bound(m: Count) -> Budget:
    return spent("lock")


@budget(Count)
def all_but_one(m: Count) -> Budget:
    return spent("lock") != 2


@budget(Count)
def depends_on_the_state(m: Count) -> Budget:
    return spent("lock") <= m.n


@budget(Count)
def one_with_the_other(m: Count) -> Budget:
    return spent("lock") <= spent("lock")


@budget(Count)
def not_in_the_middle(m: Count) -> Budget:
    return spent("lock") <= 1 <= 2


@budget(Count)
def reckoned_with(m: Count) -> Budget:
    return spent("lock") + 1 <= 2


@budget(Count)
def no_number(m: Count) -> Budget:
    return spent("lock") == True


@budget(Count)
def chosen(m: Count) -> Budget:
    return spent("lock") <= choose(range(2))
