"""k-induction: a property that held for k steps holds after the next one, too.

Two questions for every k. The base: is there a behaviour of k steps from the initial state that violates the property?
(`bmc` asks that.) The step: is there a path of k steps, all its states different and good, that goes on to a violation?
If neither, the property holds. As no state stands twice on a path, some k suffices for every finite system; it may be
out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from virtspec.ir.system import System
from virtspec.symbolic import logic
from virtspec.symbolic.bmc import Bounded
from virtspec.symbolic.solver import Session, solver
from virtspec.trace.trace import Trace


@dataclass
class Progress:
    """What is known when a k is done: traces of properties that are violated, the k of those that hold, the rest."""

    k: int
    found: dict[str, Trace]
    proved: dict[str, int]
    pending: list[str]


def prove(
    system: System,
    properties: Sequence[str],
    session: Session,
    *,
    most: int | None = None,
    deeper: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Judge `properties` (ids; a `reachable` one holds if there is no witness) by k-induction, up to k = `most`.

    `deeper` is called when a k is done. Raises OutOfTime, KeyboardInterrupt: what was found was told before.
    """
    base = Bounded(system, properties, session)
    paths = {p: _Paths(base, p) for p in properties}
    now = Progress(-1, base.state.found, {}, base.state.pending)
    while now.pending and (most is None or now.k < most):
        k = now.k + 1
        base.run(k + 1, lambda _: None)  # one further: what takes a step to be seen is seen then
        for p in list(now.pending):
            if base.state.complete or paths[p].cannot_go_on(session, k):
                now.proved[p] = k
                now.pending.remove(p)
        now.k = k
        deeper(now)
    return now


class _Paths:
    """Paths from anywhere, all of whose states and steps are good for one property."""

    def __init__(self, base: Bounded, prop: str) -> None:
        self.unrolling = base.unrolling
        self.prop = prop
        self.bad, self.late = base.violations[prop]
        self.solver = solver("QF_FD")
        self.solver.add(self.unrolling.at(self.unrolling.relation.domain(self.unrolling.before), 0))
        self.length = 0

    def cannot_go_on(self, session: Session, k: int) -> bool:
        """Whether no good path of k steps (k and one, for a property of steps) ends in a violation."""
        while self.length < k:
            self.extend()
        self.solver.push()
        self.solver.add(self.unrolling.at(self.bad, k))
        answer = session.ask(self.solver, f"{self.prop}: induction over {k} steps")
        self.solver.pop()
        return answer == "unsat"

    def extend(self) -> None:
        """One more step, to a state that was not there before."""
        now, at = self.length, self.unrolling.at
        self.solver.add(logic.no(at(self.bad, now)), at(self.unrolling.step, now))
        states = [self.unrolling.variables_at(depth) for depth in range(now + 2)]
        *earlier, last = states
        self.solver.add(*(_differ(state, last) for state in earlier))
        self.length += 1


def _differ(a: list[Any], b: list[Any]) -> z3.BoolRef:
    return logic.some(x != y for x, y in zip(a, b, strict=True))
