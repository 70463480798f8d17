"""The interpreter beside CPython: do both take the same steps from every reachable state of a specification?"""

from __future__ import annotations

from collections.abc import Iterator

from virtspec.frontend.load import Specification
from virtspec.frontend.native import Native
from virtspec.semantics.interp import Taken
from virtspec.semantics.successors import successors


def disagreements(spec: Specification) -> Iterator[str]:
    """Every reachable state in which a step under CPython is not what the interpreter says, in words.

    Compared are the steps in their order: action, picks, the state after it (none after a fault) and what it costs.
    """
    system, native = spec.system, Native(spec)
    seen, queue = {system.init}, [system.init]
    for state in queue:
        interpreted: list[tuple[object, ...]] = []
        for action, outcome in successors(system, state):
            picks = tuple(value for _, value in outcome.picks)
            if isinstance(outcome, Taken):
                interpreted.append((action.name, picks, outcome.state, outcome.costs))
                if outcome.state not in seen:
                    seen.add(outcome.state)
                    queue.append(outcome.state)
            else:
                interpreted.append((action.name, picks, None, ()))
        executed = [
            (m.action, m.picks, m.state, m.costs if m.state is not None else ()) for m in native.successors(state)
        ]
        if interpreted != executed:
            yield f"in {state}: {interpreted} interpreted, {executed} executed"
