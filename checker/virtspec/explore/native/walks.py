"""Random walks: from the initial state on one of the steps that are possible, each as likely as any other.

Walks are numbered and handed out in order, some at a time, to whoever has done his last ones. A walk depends on the seed
and its number alone, and of everything found the walk that shows it in the fewest steps is kept, the first of equals. So
whatever is reported about a given number of walks is the same for any number of workers.

Which step a walk took is told by its label, see `ir.passes.labels`.
"""

from __future__ import annotations

import math
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial

import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native import intrinsics, traces, walk_kernels
from virtspec.explore.native.gauges import Extreme, Gauges, Meters, breaking, mean_of
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import Leaf
from virtspec.explore.native.library import ORIGIN, bind
from virtspec.explore.native.memory import Numbers, Words
from virtspec.explore.native.module import Module, judgeable, module
from virtspec.explore.native.steps import DEADLOCK_BIT, FAULT_BIT, FIRST_PROPERTY_BIT
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.native.walk_kernels import AGAIN, BROKEN, LONGEST, STEP, STEPS, STOP, WALK
from virtspec.explore.reasons import why_broken
from virtspec.explore.simulation import DEFAULT_DEPTH, Mean, Simulation, Walking
from virtspec.ir.budget import Budget
from virtspec.ir.passes.labels import LABEL, Label, labelled
from virtspec.ir.system import Faultless, Property, System
from virtspec.semantics.interp import State
from virtspec.trace.trace import Step, Trace
from virtspec.trace.verdict import DEADLOCK, FAULT, Reached, Violated

BUDGET = 1 << 16
"""Steps between two looks at the clock, and about as many as are handed out at a time;"""
AT_MOST = 64
"""but no more walks than these."""
ROUND = 16
"""So many times that, all of them ended, before it is asked whether to stop at a violation."""
GRACE = 1.0
"""Seconds that walks may go on when the time is over, so that those begun are ended ones."""
PROGRESS_EVERY = 0.1
"""Seconds between two calls of the progress callback."""
ENDLESS = 1 << 60
"""More walks, or steps, than anybody has time for."""


def simulate(
    system: System,
    *,
    seed: int,
    walks: int | None = None,
    depth: int = DEFAULT_DEPTH,
    seconds: float | None = None,
    only: Sequence[str] | None = None,
    fail_fast: bool = False,
    workers: int | None = None,
    progress: Callable[[Walking], None] | None = None,
) -> Simulation:
    """Walk through what `system` can do and report what was seen, with a trace for everything found.

    As many `walks` as are given, begun within so many `seconds`, of up to `depth` steps; with `fail_fast` no more after
    some in which a violation was found, and each ends at its first one. `seed` is a number of 64 bits. `only` names the
    properties to judge, as in `check`; `workers` defaults to one per CPU. One of `walks` and `seconds` should be given,
    else it goes on until Ctrl-C. Raises TooWide, UsageError for what cannot be packed.
    """
    started = time.monotonic()
    judged = judgeable(system, only)
    budgets = [b for b in system.budgets if only is None or b.id in only]
    always = [i for i in (FAULT, DEADLOCK) if only is None or i in only]
    walking = Walks(system, judged, budgets, always, seed, depth, workers or os.cpu_count() or 1, fail_fast)
    compiled = time.monotonic()
    walking.run(walks, seconds, progress)
    found = Simulation(system.name, system.config, system.fingerprint, seed, depth, origin=ORIGIN)
    found.compile_seconds, found.seconds = compiled - started, time.monotonic() - compiled
    found.interrupted, found.workers = walking.interrupted, len(walking.walkers)
    found.walks, found.cut, found.steps, found.longest = walking.ended, walking.cut, walking.steps, walking.longest
    names = [a.name for a in system.actions]
    found.taken.update(dict(zip(names, walking.sum_of("taken"), strict=True)))
    found.enabled.update(dict(zip(names, walking.sum_of("enabled"), strict=True)))
    found.verdicts.update(walking.verdicts())
    found.means.update(walking.means())
    found.settle(system, [*(p.id for p in judged), *(b.id for b in budgets), *always])
    return found


class Walker:
    """Walks one after the other, with buffers of its own."""

    def __init__(
        self,
        made: Module,
        code: Code,
        kinds: Numbers,
        meters: Meters,
        depth: int,
        wanted: Numbers,
        fatal: Numbers,
        seed: int,
    ) -> None:
        words, actions = made.layout.words, max(len(made.layout.system.actions), 1)
        mark = made.layout.node(LABEL)
        assert isinstance(mark, Leaf)
        self.words, self.depth = words, depth
        self.codes = (code.address("expand"), code.address("judge"))
        initial: Words = np.array(made.layout.pack(made.layout.system.init), np.uint64)
        self.mark: Numbers = np.array([mark.word, mark.shift, mark.mask], np.int64)
        self.gauges = Gauges(meters)
        self.given = (wanted, fatal, self.mark, kinds, *self.gauges.arrays, initial)
        self.seed: Words = np.array([seed], np.uint64)
        self.info: Numbers = np.zeros(walk_kernels.INFO, np.int64)
        self.state: Words = initial.copy()
        self.stream: Words = np.zeros(4, np.uint64)
        self.out: Words = np.zeros(2 * made.most_successors * words, np.uint64)
        self.ends: Numbers = np.zeros(1, np.int64)
        self.events: Numbers = np.zeros(1, np.int64)
        self.masks: Numbers = np.zeros(1, np.int64)
        self.enabled: Numbers = np.zeros(actions, np.int64)
        self.taken: Numbers = np.zeros(actions, np.int64)
        self.of_masks: Numbers = np.full((64, 2), -1, np.int64)
        self.of_events: Numbers = np.full((64, 2), -1, np.int64)
        self.trail: Words = np.zeros(0, np.uint64)
        self.advance()  # of no walk: whatever is to be compiled is compiled now

    def begin(self, numbers: range) -> None:
        """Get ready for these walks."""
        self.info[WALK], self.info[STOP], self.info[STEP] = numbers.start, numbers.stop, -1

    def advance(self, budget: int = BUDGET) -> bool:
        """Walk on; whether there is more to walk."""
        how = (*self.codes, self.words, self.depth, *self.given, self.seed)
        buffers = (self.info, self.state, self.stream, self.out, self.ends, self.events, self.masks)
        seen = (self.enabled, self.taken, self.of_masks, self.of_events, self.trail)
        reason = bind(walk_kernels.walk, *how, *buffers, *seen)(budget)
        if reason == BROKEN:
            raise InternalError(BROKEN_CODE)
        return bool(reason == AGAIN)

    @property
    def left(self) -> int:
        """Walks that it was given and that have not ended."""
        return int(self.info[STOP] - self.info[WALK])


class Walks:
    """Walks through one System, and what they found."""

    def __init__(
        self,
        system: System,
        judged: list[Property | Faultless],
        budgets: list[Budget],
        always: list[str],
        seed: int,
        depth: int,
        workers: int,
        fail_fast: bool = False,
    ) -> None:
        self.system, self.depth, self.seed = system, depth, seed
        marked = labelled(system)
        self.kinds = marked.labels
        numbers = {a.name: i for i, a in enumerate(system.actions)}
        self.numbers: Numbers = np.array([numbers[kind.action.name] for kind in self.kinds], np.int64)
        whole = replace(marked.system, properties=system.properties, faultless=system.faultless)
        self.made = module(whole, judged, intrinsics.CHECKED)
        self.code = Code.of(self.made.text)
        self.meters = Meters(marked, budgets, intrinsics.CHECKED)
        events = self.made.event_bits
        events |= (FAULT_BIT if FAULT in always else 0) | (DEADLOCK_BIT if DEADLOCK in always else 0)
        violations = sum(1 << bit for bit, p in enumerate(self.made.judged) if p.kind == "invariant")
        self.wanted: Numbers = np.array([(1 << len(self.made.judged)) - 1, events], np.int64)
        self.fatal: Numbers = np.array([violations, events] if fail_fast else [0, 0], np.int64)
        self.walkers = [self.walker(depth, self.fatal) for _ in range(workers)]
        self.at_a_time = min(max(BUDGET // max(depth, 1), 1), AT_MOST)
        self.next = self.until = 0
        """The next walk to be handed out, and how far that may go for now."""
        self.halted = self.interrupted = False
        self.started, self.seconds = time.monotonic(), math.inf
        self.lock = threading.Lock()

    def walker(self, depth: int, fatal: Numbers) -> Walker:
        return Walker(self.made, self.code, self.numbers, self.meters, depth, self.wanted, fatal, self.seed)

    # --- walking

    def run(self, walks: int | None, seconds: float | None, progress: Callable[[Walking], None] | None = None) -> None:
        """Walk until it is enough, the time is over, or Ctrl-C. To be called once."""
        enough = min(walks or ENDLESS, ENDLESS)
        self.started, self.seconds = time.monotonic(), math.inf if seconds is None else seconds
        with ThreadPoolExecutor(len(self.walkers)) as pool:
            try:
                while self.next < enough and not self.over:
                    stop = self.next + ROUND * self.at_a_time if self.fatal.any() else enough
                    self.until = min(stop, enough)
                    self.round([pool.submit(self.work, walker) for walker in self.walkers], progress)
            except KeyboardInterrupt:
                self.halted = self.interrupted = True

    @property
    def over(self) -> bool:
        """Whether no further walk is to be begun. The first ones always are, however little time there is."""
        if self.halted or (self.next > 0 and time.monotonic() - self.started >= self.seconds):
            return True
        masks, events = self.fatal
        return any(int(masks) >> bit & 1 for bit in self.best("of_masks")) or any(
            int(events) >> bit & 1 for bit in self.best("of_events")
        )

    def round(self, workers: list[Future[None]], progress: Callable[[Walking], None] | None) -> None:
        """Wait for all of them. One that fails, and Ctrl-C, is the end of the others, too."""
        pending = set(workers)
        try:
            while pending:
                done, pending = wait(pending, PROGRESS_EVERY, FIRST_EXCEPTION)
                for worker in done:
                    worker.result()
                if progress is not None:
                    progress(Walking(self.next, self.steps, time.monotonic() - self.started))
        finally:
            self.halted = self.halted or bool(pending)

    def work(self, walker: Walker) -> None:
        """Walk whatever is handed out."""
        for numbers in self.handed_out():
            walker.begin(numbers)
            while walker.advance():
                if time.monotonic() - self.started >= self.seconds + GRACE:
                    self.halted = True
                if self.halted:
                    return

    def handed_out(self) -> Iterator[range]:
        """The next walks, for one worker, until there are none."""
        while True:
            with self.lock:
                late = self.next > 0 and time.monotonic() - self.started >= self.seconds
                if self.halted or late or self.next >= self.until:
                    return
                numbers = range(self.next, min(self.next + self.at_a_time, self.until))
                self.next = numbers.stop
            yield numbers

    # --- what was seen

    @property
    def ended(self) -> int:
        return self.next - self.cut

    @property
    def cut(self) -> int:
        """Walks that were handed out and have not ended."""
        return sum(walker.left for walker in self.walkers)

    @property
    def steps(self) -> int:
        return sum(int(walker.info[STEPS]) for walker in self.walkers)

    @property
    def longest(self) -> int:
        return max(int(walker.info[LONGEST]) for walker in self.walkers)

    def sum_of(self, counts: str) -> list[int]:
        """How often each action was `taken`, or `enabled`."""
        total = sum(getattr(walker, counts) for walker in self.walkers)
        return [int(n) for n in total[: len(self.system.actions)]]

    def best(self, of: str) -> dict[int, tuple[int, int]]:
        """For each bit found `of_masks` or `of_events`, after how many steps of which walk."""
        found: dict[int, tuple[int, int]] = {}
        for walker in self.walkers:
            for bit, (step, number) in enumerate(getattr(walker, of).tolist()):
                if step >= 0:
                    found[bit] = min(found.get(bit, (step, number)), (step, number))
        return found

    def way(self, number: int, steps: int) -> list[State]:
        """The states of a walk, the initial one first, up to that after `steps` steps: the walk is walked once more."""
        return [self.made.layout.unpack(words)[:-1] for words in self.words_of(number, steps)]

    def words_of(self, number: int, steps: int) -> list[tuple[int, ...]]:
        """The same, packed, and without the labels."""
        return [words for words, _ in self.trail(number, steps)]

    def trail(self, number: int, steps: int) -> list[tuple[tuple[int, ...], Label]]:
        """The same, each with the label of the step that led there; that of the first means nothing."""
        walker = self.walker(steps, np.zeros(2, np.int64))
        walker.trail = np.zeros((steps + 1) * walker.words, np.uint64)
        walker.begin(range(number, number + 1))
        walker.advance(ENDLESS)
        if walker.info[STEPS] != steps:
            raise InternalError("a walk that was walked once more is another one")
        rows = walker.trail.reshape(-1, walker.words)
        word, shift, mask = map(int, walker.mark)
        labels = (rows[:, word] >> np.uint64(shift)) & np.uint64(mask)
        rows[:, word] &= np.uint64(~(mask << shift) & ((1 << 64) - 1))
        return [(tuple(row), self.kinds[at]) for row, at in zip(rows.tolist(), labels.tolist(), strict=True)]

    def verdicts(self) -> dict[str, Violated | Reached]:
        """A verdict with its trace for everything found. A walk that comes back to a state is shown without the detour."""
        found: dict[str, Violated | Reached] = {}
        for bit, (step, number) in self.best("of_masks").items():
            prop = self.made.judged[bit]
            found[prop.id] = traces.judged(self.system, prop, self.shown(number, step))
        for bit, (step, number) in self.best("of_events").items():
            way = self.shown(number, step)
            if 1 << bit == FAULT_BIT:
                found[FAULT] = traces.faulted(self.system, FAULT, way)
            elif 1 << bit == DEADLOCK_BIT:
                found[DEADLOCK] = traces.deadlocked(self.system, way)
            elif isinstance(named := self.made.eventful[bit - FIRST_PROPERTY_BIT], Faultless):
                found[named.id] = traces.faulted(self.system, named.id, way)
            else:
                found[named.id] = traces.stepwise(self.system, named, way)
        found.update({budget.id: verdict for budget, verdict in self.broken()})
        return found

    def means(self) -> dict[str, Mean]:
        """What was spent, by budget."""
        gauges = [walker.gauges for walker in self.walkers]
        return {b.id: mean_of(gauges, i, self.ended) for i, b in enumerate(self.meters.budgets)}

    def broken(self) -> Iterator[tuple[Budget, Violated]]:
        """The budgets that a walk did not keep to, each with the walk."""
        gauges = [walker.gauges for walker in self.walkers]
        for number, budget in enumerate(self.meters.budgets):
            extreme = breaking(gauges, number)
            if extreme is not None:
                yield budget, self.shown_broken(budget, self.walked(budget, extreme))

    def shown_broken(self, budget: Budget, walk: Trace) -> Violated:
        """The walk up to where it first does not keep to the budget; from there on it never does."""
        length = bisect_left(range(len(walk)), True, key=lambda n: self.why(budget, walk, n) is not None)
        reason = self.why(budget, walk, length)
        if reason is None:
            raise InternalError(f"a walk was to break {budget.id}, and does not")
        return Violated(replace(walk, steps=walk.steps[:length]), reason)

    def why(self, budget: Budget, walk: Trace, length: int) -> str | None:
        """Why so many steps of a walk do not keep to the budget."""
        return why_broken(self.system, budget, replace(walk, steps=walk.steps[:length]))

    def walked(self, budget: Budget, extreme: Extreme) -> Trace:
        """The steps of a walk up to where an extreme was reached, every one of them."""
        steps: list[Step] = []
        state = self.system.init
        for words, label in self.trail(extreme.walk, extreme.step)[1:]:
            after = self.made.layout.unpack(words)[:-1]
            step = traces.step(self.system, state, after, partial(traces.is_a, label))
            steps.append(step)
            state = after
        return Trace(self.system.fingerprint, tuple(steps), budget.id)

    def shown(self, number: int, steps: int) -> list[State]:
        """The way to a finding without detours."""
        words = traces.without_loops(self.words_of(number, steps))
        return [self.made.layout.unpack(one)[:-1] for one in words]
