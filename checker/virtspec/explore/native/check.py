"""The native engine as one function: compile, search, and turn what was found into verdicts with traces."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import llvmlite
import numba

from virtspec.errors import InternalError
from virtspec.explore.native import kernels
from virtspec.explore.native.checkpoint import identity
from virtspec.explore.native.jit import Code
from virtspec.explore.native.keeper import EVERY, Warn, keeping
from virtspec.explore.native.module import Module, module
from virtspec.explore.native.paths import paths
from virtspec.explore.native.search import Bits, Search, Wanted, Words
from virtspec.explore.native.steps import DEADLOCK_BIT, FAULT_BIT, FIRST_PROPERTY_BIT
from virtspec.explore.native.values import distinct_values
from virtspec.explore.reasons import deadlock_reason, why_false
from virtspec.explore.report import DEADLOCK, FAULT, Limits, Progress, Report
from virtspec.ir.system import Property, System
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import Reached, Verdict, Violated

ORIGIN = f"llvmlite {llvmlite.__version__}, numba {numba.__version__}"


def check(
    system: System,
    *,
    only: Sequence[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    fail_fast: bool = False,
    progress: Callable[[Progress], None] | None = None,
    values: bool = False,
    workers: int | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: float = EVERY,
    resume: Path | None = None,
    warn: Warn = warnings.warn,
) -> Report:
    """Explore everything `system` can reach and judge its properties, deadlocks and faults.

    `only`, `limits`, `fail_fast` and `values` are those of `oracle.check`, but a search ends at the end of a level where the number
    of states or a violation is the reason, so that everything reported is the same for any number of `workers` (None:
    one per CPU). `checkpoint`, `resume` and `warn` are those of `keeping`. Raises TooWide, UsageError for what cannot be
    packed, InputError for what cannot be resumed.
    """
    started = time.monotonic()
    judged = [p for p in system.properties if only is None or p.id in only]
    always = [i for i in (FAULT, DEADLOCK) if only is None or i in only]
    made = module(system, judged, kernels.CHECKED)
    code = Code(made.text)
    compiled = time.monotonic()
    search = Search(made, code, workers or os.cpu_count() or 1, limits, _wanted(made, always, fail_fast))
    who = identity(system, made, [*(p.id for p in judged), *always])
    with keeping(search, who, checkpoint=checkpoint, every=checkpoint_every, resume=resume, warn=warn):
        search.run(made.layout.pack(system.init), progress)
    report = Report(system.name, system.config, system.fingerprint, "native", origin=ORIGIN)
    report.workers, report.words, report.memory = len(search.shards), made.layout.words, search.bytes
    report.compile_seconds = compiled - started
    report.stopped, report.complete = search.stopped, not search.stopped
    report.states, report.depth, report.transitions = search.states, search.depth, sum(search.counts)
    report.per_action.update(dict(zip((a.name for a in system.actions), search.counts, strict=False)))
    report.verdicts.update(_verdicts(search, made))
    report.values = distinct_values(search) if values else {}
    report.settle(system, [i for i in (*(p.id for p in judged), *always) if i not in report.verdicts])
    report.seconds = search.before + time.monotonic() - compiled
    return report


def _wanted(made: Module, always: list[str], fail_fast: bool) -> Wanted:
    masks, events = (1 << len(made.judged)) - 1, ((1 << len(made.stepwise)) - 1) << FIRST_PROPERTY_BIT
    events |= (FAULT_BIT if FAULT in always else 0) | (DEADLOCK_BIT if DEADLOCK in always else 0)
    violations = sum(1 << bit for bit, p in enumerate(made.judged) if p.kind == "invariant")
    return Wanted(Bits(masks, violations if fail_fast else 0), Bits(events, events if fail_fast else 0))


# --- verdicts --------------------------------------------------------------------------------------------------------


def _verdicts(search: Search, made: Module) -> dict[str, Verdict]:
    """A verdict with its trace for everything the search found."""
    ways = paths(search, [*search.masks.values(), *search.events.values()])
    found: dict[str, Verdict] = {}
    for bit, state in search.masks.items():
        found[made.judged[bit].id] = _judged(made, made.judged[bit], ways[state])
    for bit, state in search.events.items():
        if 1 << bit == FAULT_BIT:
            found[FAULT] = _fault(made, ways[state])
        elif 1 << bit == DEADLOCK_BIT:
            found[DEADLOCK] = _deadlock(made, ways[state])
        else:
            prop = made.stepwise[bit - FIRST_PROPERTY_BIT]
            found[prop.id] = _stepwise(made, prop, ways[state])
    return found


def _trace(made: Module, way: list[Words], prop: str | None, last: Step | None = None) -> tuple[Trace, State]:
    """The trace along these states, and the state it ends in, before the `last` step if that is given."""
    system, steps = made.layout.system, []
    states = [made.layout.unpack(words) for words in way]
    for before, after in zip(states, states[1:], strict=False):
        steps.append(_step(system, before, after))
    return Trace(system.fingerprint, tuple(steps if last is None else [*steps, last]), prop), states[-1]


def _step(system: System, before: State, after: State) -> Step:
    for action, outcome in successors(system, before):
        if isinstance(outcome, Taken) and outcome.state == after:
            return Step(action.name, tuple(value for _, value in outcome.picks), after)
    raise InternalError("the native engine took a step that the interpreter does not know")


def _judged(made: Module, prop: Property, way: list[Words]) -> Verdict:
    trace, state = _trace(made, way, prop.id)
    reason = why_false(made.layout.system, prop, state)
    if prop.kind == "reachable":
        return Reached(trace)
    if reason is None:
        raise InternalError(f"the native engine takes {prop.id} for violated, the interpreter does not")
    return Violated(trace, reason)


def _fault(made: Module, way: list[Words]) -> Verdict:
    system, state = made.layout.system, made.layout.unpack(way[-1])
    for action, outcome in successors(system, state):
        if isinstance(outcome, Faulted):
            step = Step(action.name, tuple(value for _, value in outcome.picks), None)
            return Violated(_trace(made, way, None, step)[0], f"{outcome.message} ({outcome.span})")
    raise InternalError("the native engine ran into a fault, the interpreter does not")


def _deadlock(made: Module, way: list[Words]) -> Verdict:
    trace, state = _trace(made, way, None)
    return Violated(trace, deadlock_reason(made.layout.system, state))


def _stepwise(made: Module, prop: Property, way: list[Words]) -> Verdict:
    system, state = made.layout.system, made.layout.unpack(way[-1])
    for action, outcome in successors(system, state):
        if isinstance(outcome, Taken):
            reason = why_false(system, prop, outcome.state, state)
            if reason is not None:
                step = Step(action.name, tuple(value for _, value in outcome.picks), outcome.state)
                return Violated(_trace(made, way, prop.id, step)[0], reason)
    raise InternalError(f"the native engine takes {prop.id} for violated, the interpreter does not")
