"""From a violated invariant back to the behaviour that it stands for: see `ir.passes.liveness_to_safety`."""

from __future__ import annotations

from virtspec.ir.passes.liveness_to_safety import SAVE, Lassos
from virtspec.trace.trace import Step, Trace


def lasso(made: Lassos, trace: Trace) -> Trace:
    """The behaviour of the original System that a violation of the invariant of `made` found.

    It goes on for ever with what follows `(save)`; what changes nothing is left out. As with every trace, whoever shows it
    replays it first, and judges it by the property.
    """
    fields = len(made.original.fields)
    steps: list[Step] = []
    loop = None
    now = made.original.init
    for step in trace.steps:
        assert step.state is not None, "a violated invariant is no fault"
        before, now = now, step.state[:fields]
        if step.action == SAVE:
            loop = len(steps)
        elif now != before:
            own = len(made.original.action(step.action).params)
            picks = (*step.picks[:own], *step.picks[own + made.chooses :])
            steps.append(Step(step.action, picks, now))
    return Trace(made.original.fingerprint, tuple(steps), made.property, loop)
