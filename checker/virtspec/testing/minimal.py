"""A shorter way to the same failure.

Hypothesis shrinks a behaviour by leaving out single draws. A process takes its steps in a row, so nothing can be left out
of a call but the whole of it: here, a step that is left out takes with it those that are not enabled without it.
"""

from __future__ import annotations

from virtspec.testing.belief import Instance
from virtspec.testing.beside import Behaviour, Failure, Plan

CHUNKS = (16, 8, 4, 2, 1)
"""How many steps are left out at once, first to last."""


def minimal(plan: Plan, done: list[Instance], error: Exception) -> tuple[list[Instance], Exception]:
    """The steps of `done` that suffice for a failure like `error`, and that failure.

    What fails in another way each time is given back as it is.
    """
    best = again(plan, done, error)
    if best is None:
        return done, error
    for size in CHUNKS:
        at = 0
        while at < len(best[0]):
            tried = again(plan, best[0][:at] + best[0][at + size :], error)
            if tried is None or len(tried[0]) >= len(best[0]):
                at += size
            else:
                best = tried
    return best


def again(plan: Plan, steps: list[Instance], error: Exception) -> tuple[list[Instance], Exception] | None:
    """Take those of `steps` that are enabled; the steps taken and the failure, if it is one like `error`."""
    behaviour: Behaviour | None = None
    try:
        behaviour = Behaviour(plan)
        for step in steps:
            if step in behaviour.enabled(step.action):
                behaviour.take(step)
    except type(error) as found:
        alike = not isinstance(found, Failure) or (isinstance(error, Failure) and found.what == error.what)
        return (behaviour.done if behaviour is not None else [], found) if alike else None
    finally:
        if behaviour is not None:
            behaviour.close()
    return None
