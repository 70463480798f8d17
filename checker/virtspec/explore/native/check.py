"""The native engine as one function: compile, search, and turn what was found into verdicts with traces."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from virtspec.errors import UsageError
from virtspec.explore.native import intrinsics, traces
from virtspec.explore.native.checkpoint import identity
from virtspec.explore.native.jit import Code
from virtspec.explore.native.keeper import EVERY, Warn, keeping
from virtspec.explore.native.library import ORIGIN, Kernel
from virtspec.explore.native.module import Module, judgeable, module
from virtspec.explore.native.paths import paths
from virtspec.explore.native.reduce import Reduced, reduced
from virtspec.explore.native.search import Bits, Search, Wanted, Words
from virtspec.explore.native.steps import DEADLOCK_BIT, FAULT_BIT, FIRST_PROPERTY_BIT
from virtspec.explore.native.values import distinct_values
from virtspec.explore.report import INTERRUPTED, REDUCTIONS, Limits, Progress, Reduction, Report
from virtspec.ir.system import Faultless, System
from virtspec.semantics.interp import State
from virtspec.trace.verdict import DEADLOCK, FAULT, Unknown, Verdict

if TYPE_CHECKING:
    from virtspec.explore.native.graph import StateGraph


def check(
    system: System,
    *,
    only: Sequence[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    fail_fast: bool = False,
    progress: Callable[[Progress], None] | None = None,
    values: bool = False,
    reduce: Sequence[str] = REDUCTIONS,
    factors: bool = False,
    workers: int | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: float = EVERY,
    resume: Path | None = None,
    warn: Warn = warnings.warn,
) -> Report:
    """Explore everything `system` can reach and judge its properties, deadlocks and faults.

    `only`, `limits`, `fail_fast` and `values` are those of `oracle.check`, but a search ends at the end of a level where
    the number of states or a violation is the reason, so that everything reported is the same for any number of
    `workers` (None: one per CPU). `reduce` names the reductions to apply, see `reduce`; with `values` there
    must be none. `factors` asks for a search without each reduction that did something, to say what it was worth.
    `checkpoint`, `resume` and `warn` are those of `keeping`.

    Raises TooWide, UsageError for what cannot be packed, InputError for what cannot be resumed.
    """
    started = time.monotonic()
    judged = judgeable(system, only)
    always = [i for i in (FAULT, DEADLOCK) if only is None or i in only]
    if values and reduce:
        raise UsageError("reductions leave values out, so these cannot be counted: leave out --reduce or --values")
    behaviours = _Behaviours(system, only, limits, progress, workers or os.cpu_count() or 1)
    if behaviours.ids and not (judged or always or values or checkpoint or resume):
        return behaviours.alone(started)
    small = reduced(system, [p.id for p in judged], reduce)
    chosen = judgeable(small.system, [p.id for p in judged])
    made = module(small.system, chosen, intrinsics.CHECKED, small.symmetric)
    code = Code.of(made.text)
    wanted = _wanted(made, always, fail_fast)
    with Search(made, code, behaviours.workers, limits, wanted) as search:
        compiled = time.monotonic()
        who = identity(system, made, [*(p.id for p in judged), *always])
        with keeping(search, who, checkpoint=checkpoint, every=checkpoint_every, resume=resume, warn=warn):
            search.run(made.layout.pack(small.system.init), progress)
        report = _report(search, made, small)
        report.values = distinct_values(search) if values else {}
    report.settle(system, [i for i in (*(p.id for p in judged), *always) if i not in report.verdicts])
    report.compile_seconds = compiled - started
    behaviours.judge(report)
    report.seconds = search.before + time.monotonic() - started - report.compile_seconds
    if factors and report.complete:
        states = [*(p.id for p in judged), *always]
        again = partial(check, system, only=states, limits=limits, progress=progress, workers=workers)
        report.reductions = tuple(_measured(note, report.states, reduce, again) for note in report.reductions)
    return report


class _Behaviours:
    """Temporal properties and budgets: what is judged on the graph of every single state."""

    def __init__(
        self,
        system: System,
        only: Sequence[str] | None,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        workers: int,
    ) -> None:
        self.system, self.limits, self.progress, self.workers = system, limits, progress, workers
        self.temporal = [p for p in system.temporal if only is None or p.id in only]
        self.budgets = [p for p in system.budgets if only is None or p.id in only]
        self.ids = [p.id for group in (self.temporal, self.budgets) for p in group]

    def alone(self, started: float) -> Report:
        """The report where nothing else is asked: the search for the graph is the only one."""
        with self._graph() as (search, graph, spent):
            report = _report(search, search.module, reduced(self.system, [], ()))
            if graph is not None:
                self._on(graph, report)
            report.settle(self.system, [prop for prop in self.ids if prop not in report.verdicts])
            report.compile_seconds = spent()
            report.seconds = time.monotonic() - started - report.compile_seconds
        return report

    def judge(self, report: Report) -> None:
        """Judge them, if everything reachable was seen; what a limit or Ctrl-C leaves open is undetermined."""
        if report.complete and self.ids:
            with self._graph() as (search, graph, spent):
                if search.stopped == INTERRUPTED:
                    report.stopped, report.complete = INTERRUPTED, False
                elif graph is None:
                    report.verdicts.update({prop: Unknown(search.stopped) for prop in self.ids})
                else:
                    self._on(graph, report)
                report.compile_seconds += spent()
        report.settle(self.system, [prop for prop in self.ids if prop not in report.verdicts])

    @contextmanager
    def _graph(self) -> Iterator[tuple[Search, StateGraph | None, Callable[[], float]]]:
        """The search for the graph, the graph if there is one, and how long was spent by then on getting ready: imports,
        kernels, machine code.
        """
        started, loaded = time.monotonic(), Kernel.seconds
        from virtspec.explore.native.graph import graph_of  # only where it is needed

        import_module("virtspec.explore.native.judging")
        imported = time.monotonic() - started
        with graph_of(self.system, self.limits, self.progress) as (search, graph):
            yield search, graph, lambda: imported + (graph.compile_seconds if graph else 0.0) + Kernel.seconds - loaded

    def _on(self, graph: StateGraph, report: Report) -> None:
        from virtspec.explore.native.judging import judge_behaviours

        try:
            judge_behaviours(self.system, graph, self.temporal, self.budgets, report, self.workers)
        except KeyboardInterrupt:
            report.stopped, report.complete = INTERRUPTED, False


def _measured(note: Reduction, states: int, reduce: Sequence[str], again: Callable[..., Report]) -> Reduction:
    """The same with its factor, found by a search without it, if that one ends."""
    if note.factor is not None:
        return note
    without = again(reduce=[name for name in reduce if name != note.name])
    return replace(note, factor=without.states / states) if without.complete else note


def _report(search: Search, made: Module, small: Reduced) -> Report:
    """What the search found; what it left open is still to be settled."""
    system = small.original
    report = Report(system.name, system.config, system.fingerprint, "native", origin=ORIGIN)
    report.workers, report.words, report.memory = len(search.workers), made.layout.words, search.visited.bytes
    report.stopped, report.complete = search.stopped, not search.stopped
    report.states, report.depth, report.transitions = search.states, search.depth, sum(search.counts)
    report.per_action.update(dict(zip((a.name for a in system.actions), search.counts, strict=False)))
    report.verdicts.update(_verdicts(search, made, small))
    report.reductions = _notes(search, small)
    return report


def _wanted(made: Module, always: list[str], fail_fast: bool) -> Wanted:
    masks, events = (1 << len(made.judged)) - 1, made.event_bits
    events |= (FAULT_BIT if FAULT in always else 0) | (DEADLOCK_BIT if DEADLOCK in always else 0)
    violations = sum(1 << bit for bit, p in enumerate(made.judged) if p.kind == "invariant")
    return Wanted(Bits(masks, violations if fail_fast else 0), Bits(events, events if fail_fast else 0))


# --- verdicts --------------------------------------------------------------------------------------------------------


def _verdicts(search: Search, made: Module, small: Reduced) -> dict[str, Verdict]:
    """A verdict with its trace for everything the search found."""

    def pack(state: State) -> Words:
        return search.representative(made.layout.pack(state))

    found = paths(search, [*search.masks.values(), *search.events.values()])
    ways = {state: small.way(way, pack) for state, way in found.items()}
    system = small.original
    originals = {p.id: p for p in system.properties}
    verdicts: dict[str, Verdict] = {}
    for bit, state in search.masks.items():
        prop = originals[made.judged[bit].id]
        verdicts[prop.id] = traces.judged(system, prop, ways[state])
    for bit, state in search.events.items():
        if 1 << bit == FAULT_BIT:
            verdicts[FAULT] = traces.faulted(system, FAULT, ways[state])
        elif 1 << bit == DEADLOCK_BIT:
            verdicts[DEADLOCK] = traces.deadlocked(system, ways[state])
        elif isinstance(judged := made.eventful[bit - FIRST_PROPERTY_BIT], Faultless):
            verdicts[judged.id] = traces.faulted(system, judged.id, ways[state])
        else:
            verdicts[judged.id] = traces.stepwise(system, originals[judged.id], ways[state])
    return verdicts


def _notes(search: Search, small: Reduced) -> tuple[Reduction, ...]:
    """What the reductions were worth."""
    if not small.symmetric:
        return small.notes
    stands_for = search.stand_for(small.renamings)
    names = ", ".join(f"{s.size} of {s.name}" for s in small.symmetric)
    detail = f"members renamed: {names}; {search.states:,} states stand for {stands_for:,}"
    return (*small.notes, Reduction("symmetry", detail, stands_for / search.states))
