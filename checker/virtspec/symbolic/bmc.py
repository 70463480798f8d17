"""Bounded model checking: is there a behaviour of 0, 1, 2, ... steps that violates a property?

The first one found is a shortest one. A search that ends at a depth says that there is none up to there; if there is no
behaviour of so many steps at all, it says that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import z3

from virtspec.ir.system import System
from virtspec.symbolic import logic
from virtspec.symbolic.relation import Relation
from virtspec.symbolic.solver import Session, solver
from virtspec.symbolic.unroll import Unrolling
from virtspec.trace.trace import Trace


@dataclass
class Search:
    """What was found so far: traces by property, and how far the search has come."""

    pending: list[str]
    found: dict[str, Trace] = field(default_factory=dict)
    depth: int = -1
    """Behaviours of so many steps have been looked at."""
    complete: bool = False
    """No behaviour has more steps than have been looked at."""


def search(
    system: System,
    properties: Sequence[str],
    session: Session,
    *,
    depth: int | None = None,
    deeper: Callable[[Search], None] = lambda _: None,
) -> Search:
    """Look for shortest violations of `properties` (ids; of a `reachable` one for its witness), up to `depth` steps.

    Without `depth` until all are found or no behaviour is longer. `deeper` is called when a depth is done. Raises
    OutOfTime, KeyboardInterrupt: what was found stands in the `Search` last given to `deeper`.
    """
    return Bounded(system, properties, session).run(depth, deeper)


class Bounded:
    """One search; `run` may be called again with a greater depth, to go on."""

    def __init__(self, system: System, properties: Sequence[str], session: Session) -> None:
        self.unrolling = Unrolling(Relation(system))
        self.session = session
        self.state = Search(list(properties))
        self.violations = {p: self.unrolling.violation(p) for p in properties}
        self.solver = solver("QF_FD")
        self.solver.add(self.unrolling.at(self.unrolling.init, 0))

    def run(self, depth: int | None, deeper: Callable[[Search], None]) -> Search:
        state = self.state
        deeper(state)
        while state.pending and not state.complete and (depth is None or state.depth < depth):
            now = state.depth + 1
            if now and not self.extend(now):
                state.complete = True
            else:
                self.look(now)
            state.depth = now
            deeper(state)
        return state

    def extend(self, now: int) -> bool:
        """Go on to behaviours of `now` steps; whether there are any."""
        self.look_for({p: bad for p, (bad, late) in self.violations.items() if late}, now - 1, now)
        self.solver.add(self.unrolling.at(self.unrolling.step, now - 1))
        return self.session.ask(self.solver, f"is there a behaviour of {now} steps") != "unsat"

    def look(self, now: int) -> None:
        self.look_for({p: bad for p, (bad, late) in self.violations.items() if not late}, now, now)

    def look_for(self, violations: dict[str, z3.BoolRef], at: int, length: int) -> None:
        """Find violations by behaviours of `length` steps, one after the other until there are no more."""
        bad = {p: self.unrolling.at(e, at) for p, e in violations.items() if p in self.state.pending}
        while bad:
            self.solver.push()
            self.solver.add(logic.some(bad.values()))
            answer = self.session.ask(self.solver, f"violations after {length} steps")
            if answer == "sat":
                model = self.solver.model()
                for p in list(self.shown(model, bad)):
                    self.state.found[p] = self.unrolling.trace(model, length, p)
                    self.state.pending.remove(p)
                    del bad[p]
            self.solver.pop()
            if answer == "unsat":
                self.solver.add(*(logic.no(e) for e in bad.values()))  # known now, and of use to deeper questions
            if answer != "sat":
                return

    def shown(self, model: z3.ModelRef, bad: dict[str, z3.BoolRef]) -> Iterator[str]:
        """The properties that the behaviour in `model` violates."""
        return (p for p, e in bad.items() if z3.is_true(model.eval(e, model_completion=True)))
