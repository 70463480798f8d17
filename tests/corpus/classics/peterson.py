"""Peterson's filter lock (G. L. Peterson, "Myths about the mutual exclusion problem", 1981).

N processes climb L levels. Whoever arrives at a level last waits there until somebody arrives after it, or nobody else
is as high. Each level holds one process back: N - 1 levels are mutual exclusion, fewer let N - L processes through.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Const, Model, Range, Steps, at, choose, invariant, process, reachable, require


class Peterson(Model):
    """Processes are numbers, because each looks at the others in order."""

    N: Const[int] = 3
    L: Const[int] = N - 1

    level: dict[Annotated[int, Range(0, N - 1)], Annotated[int, Range(0, L)]]  # 0: not competing
    last: dict[Annotated[int, Range(1, L)], Annotated[int, Range(0, N - 1)]]  # who arrived at a level last

    @process
    def lock(self, i: Annotated[int, Range(0, N - 1)]) -> Steps:
        """Climb to the critical section, and leave it again."""
        for j in range(1, self.L + 1):
            yield "climb"
            self.level[i] = j
            yield "arrive"
            self.last[j] = i
            k: Annotated[int, Range(0, self.N)] = 0
            while True:
                yield "wait"  # everybody below k was seen below level j
                go_on = choose(bool)
                if go_on:
                    require(self.last[j] != i or k == self.N)
                    break
                require(k < self.N and (k == i or self.level[k] < j))
                k += 1
        yield "enter"
        yield "critical"
        self.level[i] = 0


@invariant(Peterson, id="FILTER", source="the paper, for L = N - 1 levels")
def filtered(m: Peterson) -> bool:
    """Each level holds one process back."""
    return sum(1 for i in range(m.N) if at(m.lock, "critical", i)) <= m.N - m.L


@invariant(Peterson, id="EXCLUSION")
def exclusion(m: Peterson) -> bool:
    """One process at a time, which takes N - 1 levels."""
    return sum(1 for i in range(m.N) if at(m.lock, "critical", i)) <= 1


@reachable(Peterson, id="CONTENDED")
def contended(m: Peterson) -> bool:
    """Somebody is in the critical section while all others compete."""
    return at(m.lock, "critical") and all(m.level[i] > 0 for i in range(m.N))
