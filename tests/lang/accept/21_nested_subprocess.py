# Sub-processes call sub-processes; labels show the path of calls: "outer.inner.deep". Locals of each call are its own:
# both `inner` calls have a local `n` that lives across "deep".
# n is picked from 0..1 and kept at the first "deep", both n and 1 - n at the second: idle, 2 and 2 states.
# states: 5 transitions: 6 depth: 2
# holds: paths
from typing import Annotated

from virtspec import Call, Model, Range, Singleton, Steps, at, choose, invariant, process

Bit = Annotated[int, Range(0, 1)]


class Thread(Singleton):
    """Who runs it."""


class Nested(Model):
    @process
    def run(self, t: Thread) -> Steps:
        yield from self.outer(t)

    def outer(self, t: Thread) -> Steps:
        n = choose(range(2))
        first = yield from self.inner(t, n)
        yield from self.check(t, first, 1 - first)

    def check(self, t: Thread, a: int, b: int) -> Steps:
        second = yield from self.inner(t, b)
        assert a + second == 1

    def inner(self, t: Thread, given: int) -> Call[int]:
        n = given
        yield "deep"
        return n


@invariant(Nested)
def paths(m: Nested) -> bool:
    deep = at(m.run, "deep")
    return deep == at(m.run) and deep == (at(m.run, "outer.inner.deep") or at(m.run, "check.inner.deep"))
